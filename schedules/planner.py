"""What has fallen due becomes messages: one tick for everybody, never a job a person."""

from __future__ import annotations

import asyncio

from sqlalchemy import bindparam, exists, select

from bot.actions.planning import plan_due
from bot.store.database import Database
from bot.store.looks import look
from bot.store.schedules import Enrolment

_DUE = select(exists().where(Enrolment.next_due_at <= bindparam("now")))
BATCH = 400  # enrolments a transaction: a webhook waits behind one of these at most


async def plan(database: Database) -> int:
    """Plan everything that is due, in batches; return how many enrolments there were."""
    total = planned = 0
    while planned == BATCH or await _anything(database):
        async with database.write() as tx:
            planned = await plan_due(tx, limit=BATCH)
        total += planned
        if not planned:
            break  # another process has them
        await asyncio.sleep(0)  # let a webhook in between
    return total


async def _anything(database: Database) -> bool:
    # Looked at without the write lock: an idle tick costs one index look-up.
    (found,) = await look(database, _DUE, now=database.now())
    return bool(found)
