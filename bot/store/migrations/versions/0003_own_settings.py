"""A person's own settings, the programme's holidays, and whom a broadcast goes to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A person's own settings, the programme's holidays, and whom a broadcast goes to."""
    op.add_column("enrolments", sa.Column("overrides", sa.Text(), nullable=True))
    op.add_column("programmes", sa.Column("holidays", sa.Text(), nullable=True))
    op.add_column("schedules", sa.Column("audience", sa.Text(), nullable=True))
