"""Words of a programme's own that triage looks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Words of a programme's own that triage looks for."""
    op.add_column("programmes", sa.Column("own_words", sa.Text(), nullable=True))
