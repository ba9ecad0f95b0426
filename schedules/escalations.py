"""Carry open alerts along: when nobody has said "I have it", the next people are told."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select

from bot.actions.escalations import BATCH, advance_due
from bot.actions.leaving import CANNOT_BE_TOLD
from bot.actions.results import fail_over_stuck
from bot.store.alerts import Alert, AlertState
from bot.store.database import Database
from bot.store.looks import look
from bot.store.messages import Message

_DUE = select(
    exists().where(Alert.state != AlertState.CLOSED, Alert.next_step_at <= bindparam("now"))
    | exists().where(Message.alert_id.is_not(None), Message.reason == CANNOT_BE_TOLD)
)


async def escalate(database: Database) -> int:
    """Advance every alert whose next step has come; return how many."""
    total = 0
    while await _anything(database):
        async with database.write() as tx:
            stuck = await fail_over_stuck(tx)
            advanced = await advance_due(tx)
        total += advanced + stuck
        if advanced < BATCH:
            break
    return total


async def _anything(database: Database) -> bool:
    (found,) = await look(database, _DUE, now=database.now())
    return bool(found)
