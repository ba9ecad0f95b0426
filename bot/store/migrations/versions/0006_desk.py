"""The desk: rotas and leave, closing, notes and promises, talks and links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make what staff need between distress and its end."""
    op.add_column("programmes", sa.Column("rotas", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("programmes", sa.Column("policy", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("staff", sa.Column("leave", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("messages", sa.Column("picture", sa.LargeBinary(), nullable=True))
    op.add_column("alerts", sa.Column("reminded_at", sa.BigInteger(), nullable=True))
    op.add_column("alerts", sa.Column("closed_by", sa.String(length=32), nullable=True))
    op.add_column("alerts", sa.Column("reason", sa.LargeBinary(), nullable=True))
    op.drop_index("ix_alerts_step", table_name="alerts")
    op.create_index(
        "ix_alerts_step",
        "alerts",
        ["next_step_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    # Whoever had an alert is asked from now on; those taken long ago are asked first.
    op.execute("UPDATE alerts SET next_step_at = acknowledged_at WHERE state = 'acknowledged'")
    op.create_table(
        "contact_notes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("alert_id", sa.String(length=32), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=True),
        sa.Column("support", sa.String(length=20), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_contact_notes_alert_id_alerts")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_contact_notes_participant_id_participants")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_contact_notes_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_notes")),
    )
    op.create_index(op.f("ix_contact_notes_participant_id"), "contact_notes", ["participant_id"])
    op.create_table(
        "promises",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=8), nullable=False),
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("note_id", sa.String(length=32), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("reminded_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["note_id"], ["contact_notes.id"], name=op.f("fk_promises_note_id_contact_notes")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_promises_participant_id_participants")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_promises_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index("ix_promises_participant_id", "promises", ["participant_id"])
    due = sa.text("done_at IS NULL AND reminded_at IS NULL")
    op.create_index("ix_promises_due", "promises", ["due_at"], sqlite_where=due, postgresql_where=due)
    _talks()


def _talks() -> None:
    op.create_table(
        "talks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("alert_id", sa.String(length=32), nullable=True),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_talks_alert_id_alerts")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_talks_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_talks")),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_talks_open", "talks", ["participant_id"], unique=True, sqlite_where=still, postgresql_where=still
    )
    op.create_index("ix_talks_until", "talks", ["until"], sqlite_where=still, postgresql_where=still)
    op.create_table(
        "talk_members",
        sa.Column("talk_id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_talk_members_contact_id_contacts")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_talk_members_staff_id_staff")),
        sa.ForeignKeyConstraint(["talk_id"], ["talks.id"], name=op.f("fk_talk_members_talk_id_talks")),
        sa.PrimaryKeyConstraint("talk_id", "staff_id", name=op.f("pk_talk_members")),
    )
    op.create_index(op.f("ix_talk_members_staff_id"), "talk_members", ["staff_id"])
    op.create_table(
        "links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("participant_id", sa.String(length=32), nullable=True),
        sa.Column("alert_id", sa.String(length=32), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_links_alert_id_alerts")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_links_participant_id_participants")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_links_staff_id_staff")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_links")),
    )
