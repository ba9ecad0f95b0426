"""Remind people, once, of a question that is still open to them."""

from __future__ import annotations

from bot.actions.nudges import nudge_due, nudges_wait
from bot.store.database import Database

BATCH = 100


async def nudge(database: Database) -> int:
    """Send the nudges that are due, in batches; return how many questions there were."""
    total = 0
    while await _anything(database):
        async with database.write() as tx:
            done = await nudge_due(tx, limit=BATCH)
        total += done
        if not done:
            break  # another process has them
    return total


async def _anything(database: Database) -> bool:
    # Looked at without the write lock: an idle look costs one index.
    async with database.read() as tx:
        return await nudges_wait(tx)
