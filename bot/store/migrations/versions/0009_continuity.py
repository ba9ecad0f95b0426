"""What a link shows: a situation, a summary before a session, or what somebody hands over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What a link shows, and whose; sessions are found by their hour."""
    op.add_column(
        "links", sa.Column("kind", sa.String(length=20), nullable=False, server_default="situation")
    )
    op.add_column("links", sa.Column("about_id", sa.String(length=32), nullable=True))
    op.create_index("ix_sessions_local", "sessions", ["local"], unique=False)
