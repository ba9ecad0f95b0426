"""Write down what became of sends, many at a time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, literal_column, null, update

from bot.channels.base import SendError, Sent
from bot.domain.instants import to_micros
from bot.domain.messages import Lane, MessageState
from bot.outbox.claim import many
from bot.store.base import table_of
from bot.store.bulk import Bulk, Row
from bot.store.database import Tx
from bot.store.messages import Message

LOOK_UP_AFTER = timedelta(seconds=2)  # the provider's own list may lag behind its answer
SLOWEST = {
    Lane.ALERT: timedelta(seconds=30),
    Lane.REPLY: timedelta(minutes=5),
    Lane.SCHEDULED: timedelta(minutes=10),
}

_DELIVERED, _TAKEN = str(MessageState.DELIVERED), str(MessageState.SENT)
_MESSAGES = table_of(Message)
# A status callback may have been faster; it is not taken back.
_UNDECIDED = _MESSAGES.c.state.in_([literal_column("'sending'"), literal_column("'uncertain'")])
_SENT = Bulk(
    ("b_state", "b_provider", "b_at", "b_id"),
    lambda _: (
        update(_MESSAGES)
        .where(_MESSAGES.c.id == bindparam("b_id"))
        .values(
            state=case((_UNDECIDED, bindparam("b_state")), else_=_MESSAGES.c.state),
            provider_id=bindparam("b_provider"),
            sent_at=bindparam("b_at"),
            lease_owner=null(),
            lease_until=null(),
        )
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of one attempt: either `sent` or `error` is set. `attempts` counts this one."""

    message_id: str
    attempts: int
    lane: Lane
    sent: Sent | None = None
    error: SendError | None = None


def backoff(attempts: int, lane: Lane, spread: float) -> timedelta:
    """Return how long to wait after `attempts` failures: about 1 s, doubled up to the lane's slowest.

    `spread` in 0..1 is the jitter's draw: between half and one and a half of the step.
    """
    step = timedelta(seconds=min(2.0 ** (attempts - 1), 3600.0))
    return min(step, SLOWEST[lane]) * (0.5 + spread)


async def record(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes: sent, tried again later, failed, or uncertain. States only move forward."""
    now = to_micros(tx.now)
    await _SENT.run(tx, [_sent(now, o) for o in outcomes if o.sent is not None])
    errors = [o for o in outcomes if o.error is not None]
    if errors:
        await many(
            tx,
            update(table_of(Message))
            .where(Message.id == bindparam("b_id"), Message.state == MessageState.SENDING)
            .values(
                state=bindparam("b_state"),
                not_before=bindparam("b_at"),
                lease_until=bindparam("b_lease"),
                lease_owner=None,
                reason=bindparam("b_why"),
                finished_at=bindparam("b_end"),
            ),
            [_failed(tx.now, o) for o in errors],
        )


def _sent(now: int, outcome: Outcome) -> Row:
    assert outcome.sent is not None  # noqa: S101 - chosen by the caller
    state = _DELIVERED if outcome.sent.delivered else _TAKEN
    return state, outcome.sent.provider_id, now, outcome.message_id


def _failed(now: datetime, outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    assert error is not None  # noqa: S101 - chosen by the caller
    row: dict[str, Any] = {
        "b_id": outcome.message_id,
        "b_at": now,
        "b_lease": None,
        "b_end": None,
        "b_why": error.code[:40],
    }
    if error.uncertain:
        return row | {"b_state": MessageState.UNCERTAIN, "b_lease": now + LOOK_UP_AFTER}
    if error.permanent or error.opted_out or error.unreachable:
        return row | {"b_state": MessageState.FAILED, "b_end": now}
    wait = error.retry_after or backoff(outcome.attempts, outcome.lane, random.random())
    return row | {"b_state": MessageState.QUEUED, "b_at": now + wait}
