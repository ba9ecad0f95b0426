"""What staff should read before they are asked: a word in the morning, summaries before sessions."""

from __future__ import annotations

from bot.actions.briefings import brief_before_sessions, sessions_come_up
from bot.actions.digests import mornings_wait, say_good_morning
from bot.store.database import Database

SECONDS = 30.0  # between two looks


async def brief(database: Database) -> int:
    """Send what is due; return how many texts and papers there were."""
    # Looked for without the write lock: mostly there is none.
    async with database.read() as tx:
        sessions, mornings = await sessions_come_up(tx), await mornings_wait(tx)
    done = 0
    if mornings:
        async with database.write() as tx:
            done += await say_good_morning(tx)
    if sessions:
        async with database.write() as tx:
            done += await brief_before_sessions(tx)
    return done
