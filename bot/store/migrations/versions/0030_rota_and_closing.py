"""Rotas and leave; an alert that was taken is asked after, and closed by somebody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the duty rota and the closing of alerts need."""
    op.add_column("programmes", sa.Column("rotas", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("programmes", sa.Column("policy", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("staff", sa.Column("leave", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("alerts", sa.Column("reminded_at", sa.BigInteger(), nullable=True))
    op.add_column("alerts", sa.Column("closed_by", sa.String(length=32), nullable=True))
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
