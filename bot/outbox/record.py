"""Write down what became of sends, many at a time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, update

from bot.channels.base import SendError, Sent
from bot.domain.messages import Lane, MessageState
from bot.outbox.claim import many
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.messages import Message

LOOK_UP_AFTER = timedelta(seconds=2)  # the provider's own list may lag behind its answer
SLOWEST = {
    Lane.ALERT: timedelta(seconds=30),
    Lane.REPLY: timedelta(minutes=5),
    Lane.SCHEDULED: timedelta(minutes=10),
}


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
    sent = [o for o in outcomes if o.sent is not None]
    if sent:
        # A status callback may have been faster; it is not taken back.
        ahead = (Message.state == MessageState.SENDING) | (Message.state == MessageState.UNCERTAIN)
        await many(
            tx,
            update(table_of(Message))
            .where(Message.id == bindparam("b_id"))
            .values(
                state=case((ahead, bindparam("b_state")), else_=Message.state),
                provider_id=bindparam("b_provider"),
                sent_at=tx.now,
                lease_owner=None,
                lease_until=None,
            ),
            [_sent(o) for o in sent],
        )
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


def _sent(outcome: Outcome) -> dict[str, Any]:
    assert outcome.sent is not None  # noqa: S101 - chosen by the caller
    state = MessageState.DELIVERED if outcome.sent.delivered else MessageState.SENT
    return {"b_id": outcome.message_id, "b_state": state, "b_provider": outcome.sent.provider_id}


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
