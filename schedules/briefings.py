"""What staff should read before they are asked: summaries before sessions."""

from __future__ import annotations

from bot.actions.briefings import brief_before_sessions, sessions_come_up
from bot.store.database import Database

SECONDS = 30.0  # between two looks


async def brief(database: Database) -> int:
    """Send what is due; return how many papers there were."""
    # Looked for without the write lock: mostly there is none.
    async with database.read() as tx:
        due = await sessions_come_up(tx)
    if not due:
        return 0
    async with database.write() as tx:
        return await brief_before_sessions(tx)
