"""A published change reaches everybody in small batches, so that delivery goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.actions.publishing import anything_unfinished, carry_over, next_unfinished
from bot.store.database import Database

log = structlog.get_logger()

BATCH = 150  # enrolments a transaction: a webhook waits behind one of these at most
PAUSE = 0.005  # seconds between two, for whoever else has something to write


async def publish_on(database: Database, *, progress: Callable[[int, int], None] | None = None) -> int:
    """Carry everybody over to what was published; return how many enrolments were looked at.

    `progress` is told how many of how many have been reached.
    """
    total = 0
    while await _anything(database):
        async with database.write() as tx:
            publication = await next_unfinished(tx)
            if publication is None:
                break  # another process works at it
            total += await carry_over(tx, publication, limit=BATCH)
        if progress is not None:
            progress(publication.done, publication.total)
        if publication.finished_at is not None:
            log.info("published", publication=publication.id, enrolments=publication.done)
        await asyncio.sleep(PAUSE)
    return total


async def _anything(database: Database) -> bool:
    # Looked at without the write lock: an idle look costs one index look-up.
    async with database.read() as tx:
        return await anything_unfinished(tx)
