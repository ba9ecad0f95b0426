"""The small jobs that keep the house in order."""

from __future__ import annotations

import httpx
import structlog

from bot.actions.checkins import close_overdue
from bot.actions.closings import remind_of_promises
from bot.actions.escalations import mend_times
from bot.actions.talks import end_quiet_talks
from bot.outbox.claim import hurry, release
from bot.store.database import Database

log = structlog.get_logger()

HEARTBEAT_SECONDS = 10.0


async def tidy(database: Database) -> int:
    """Do what comes due by the second: questions expire, promises come back, dead workers' claims are freed.

    What a set-back clock left is mended. Return how many things somebody is told of now.
    """
    async with database.write() as tx:
        closed = await close_overdue(tx)
        told = await remind_of_promises(tx) + await end_quiet_talks(tx)
        freed = await release(tx, owner=None)
        mended = await mend_times(tx) + await hurry(tx)
    if closed or freed or mended:
        log.info("tidied", questions=closed, claims=freed, times=mended)
    return told


async def beat(url: str) -> None:
    """Tell the dead-man's switch that we live; when this stops, somebody is called."""
    try:
        async with httpx.AsyncClient(timeout=HEARTBEAT_SECONDS) as client:
            answer = await client.get(url)
            answer.raise_for_status()
    except httpx.HTTPError as error:
        log.warning("heartbeat_failed", error=type(error).__name__)
