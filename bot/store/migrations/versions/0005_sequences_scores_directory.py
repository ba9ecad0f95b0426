"""Check-ins in sequence, with nudges; scores; a programme's directory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUDGE = sa.text("nudge_at IS NOT NULL")


def upgrade() -> None:
    """Check-ins in sequence, with nudges; scores; a programme's directory."""
    op.add_column("programmes", sa.Column("directory", sa.JSON(), nullable=True))
    op.add_column("checkins", sa.Column("run_id", sa.String(length=32), nullable=True))
    op.add_column("checkins", sa.Column("question_key", sa.String(length=80), nullable=True))
    op.add_column("checkins", sa.Column("version_id", sa.String(length=32), nullable=True))
    op.add_column("checkins", sa.Column("nudge_at", sa.BigInteger(), nullable=True))
    op.add_column("checkins", sa.Column("nudged_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_checkins_nudge", "checkins", ["nudge_at"], sqlite_where=NUDGE, postgresql_where=NUDGE)
    op.create_index("ix_checkins_run", "checkins", ["run_id"])
    op.create_table(
        "scores",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_scores_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
        sa.UniqueConstraint("run_id", name=op.f("uq_scores_run_id")),
    )
    op.create_index("ix_scores_participant_id", "scores", ["participant_id", "instrument", "at"])
