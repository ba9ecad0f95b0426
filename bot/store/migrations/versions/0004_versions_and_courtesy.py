"""Drafts, publications, and what courtesy must remember."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drafts, publications, and what courtesy must remember."""
    op.add_column("schedules", sa.Column("switched_at", sa.BigInteger(), nullable=True))
    op.add_column("schedules", sa.Column("archived_at", sa.BigInteger(), nullable=True))
    op.add_column("schedule_versions", sa.Column("published_by", sa.String(length=80), nullable=True))
    op.add_column("enrolments", sa.Column("version_id", sa.String(length=32), nullable=True))
    # Whoever is enrolled was decided by what is published now.
    op.execute(
        "UPDATE enrolments SET version_id = "
        "(SELECT s.version_id FROM schedules s WHERE s.id = enrolments.schedule_id)"
    )
    op.drop_index("ix_enrolments_schedule_id", table_name="enrolments")
    op.create_index("ix_enrolments_schedule_id", "enrolments", ["schedule_id", "id"])
    op.add_column(
        "programmes", sa.Column("courtesy", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    )
    for name in ("talking_until", "prompted_at", "greeted_silence_at", "reviewed_silence_at"):
        op.add_column("participants", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("participants", sa.Column("prompted_on", sa.String(length=10), nullable=True))
    op.add_column(
        "participants",
        sa.Column("prompts_that_day", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.create_table(
        "schedule_drafts",
        sa.Column("schedule_id", sa.String(length=32), nullable=False),
        sa.Column("prompts", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_by", sa.String(length=80), nullable=True),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_drafts_schedule_id_schedules")
        ),
        sa.PrimaryKeyConstraint("schedule_id", name=op.f("pk_schedule_drafts")),
    )
    op.create_table(
        "publications",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("schedule_id", sa.String(length=32), nullable=False),
        sa.Column("change", sa.String(length=20), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=True),
        sa.Column("before_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.String(length=32), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_publications_schedule_id_schedules")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["schedule_versions.id"],
            name=op.f("fk_publications_version_id_schedule_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["before_id"],
            ["schedule_versions.id"],
            name=op.f("fk_publications_before_id_schedule_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
    )
    op.create_index("ix_publications_schedule_id", "publications", ["schedule_id", "at"])
    op.create_index(
        "ix_publications_unfinished",
        "publications",
        ["id"],
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
