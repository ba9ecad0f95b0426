"""One follow-up for each episode of a sign; trends to be looked at; receipts that did not come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One follow-up for each episode of a sign; trends to be looked at; receipts that did not come."""
    op.create_table(
        "episodes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("sign", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("loudness", sa.String(length=20), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_episodes_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
    )
    op.create_index(
        "uq_episodes_open",
        "episodes",
        ["participant_id", "sign", "subject"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_episodes_participant_id", "episodes", ["participant_id", "sign"])
    op.add_column("participants", sa.Column("trend_due_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_participants_trend_due_at",
        "participants",
        ["trend_due_at"],
        sqlite_where=sa.text("trend_due_at IS NOT NULL"),
        postgresql_where=sa.text("trend_due_at IS NOT NULL"),
    )
    op.create_index("ix_checkins_asked_at", "checkins", ["participant_id", "asked_at"])
    op.create_index(
        "ix_messages_unconfirmed",
        "messages",
        ["sent_at"],
        sqlite_where=sa.text("state = 'sent' AND channel = 'sms'"),
        postgresql_where=sa.text("state = 'sent' AND channel = 'sms'"),
    )
    op.create_table(
        "receipt_looks",
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_receipt_looks_message_id_messages")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_receipt_looks")),
    )
