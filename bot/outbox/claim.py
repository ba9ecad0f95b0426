"""Take messages out of the outbox under a lease, or put them off, or end them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select, union_all, update

from bot.domain.messages import ChannelName, Direction, Lane, MessageState
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.messages import CLAIMED, Message

LONGEST_RETRY = timedelta(minutes=1)  # of an alert, jitter included; a sender's own rest is kept elsewhere
LEASE = timedelta(seconds=45)  # a hung worker's claims are free within a minute

# These are asked many times a second, so they are put together once.
_MESSAGES = table_of(Message)
_QUEUED = _MESSAGES.c.state == literal_column("'queued'")  # the word itself, so that the partial index serves
_DUE = (
    select(_MESSAGES.c.id)
    .where(
        _QUEUED,
        _MESSAGES.c.channel == bindparam("channel"),
        _MESSAGES.c.lane == bindparam("lane"),
        _MESSAGES.c.not_before <= bindparam("now"),
    )
    # By time alone: to sort the ids of a whole broadcast's same instant costs more than sending.
    .order_by(_MESSAGES.c.not_before)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=_MESSAGES)
)
# A look at the end of the index for each lane.
_LANES = union_all(
    *(
        select(func.min(_MESSAGES.c.not_before).label("at")).where(
            _QUEUED,
            _MESSAGES.c.channel == bindparam("channel"),
            _MESSAGES.c.lane == int(lane),
        )
        for lane in Lane
    )
).subquery()
_EARLIEST = select(func.min(_LANES.c.at))


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A message that is ours to send until the lease ends; `body` is set when it was rendered just now."""

    message_id: str
    body: bytes | None


async def due(tx: Tx, channel: ChannelName, limit: int) -> list[str]:
    """Return the ids of what may be sent now: alerts first, then replies, then scheduled; locked."""
    found: list[str] = []
    for lane in Lane:
        if len(found) >= limit:
            break
        given = {"channel": channel, "lane": int(lane), "now": tx.now, "most": limit - len(found)}
        found.extend(await tx.session.scalars(_DUE, given))
    return found


async def next_due(tx: Tx, channel: ChannelName) -> datetime | None:
    """Return when the next queued message of a channel may be sent."""
    found: datetime | None = await tx.session.scalar(_EARLIEST, {"channel": channel})
    return found


async def take(tx: Tx, taken: Sequence[Taken], owner: str) -> None:
    """Mark messages as being sent by `owner`."""
    shared = {"state": MessageState.SENDING, "lease_owner": owner, "lease_until": tx.now + LEASE}
    plain = [t.message_id for t in taken if t.body is None]
    if plain:
        await tx.session.execute(
            update(table_of(Message))
            .where(Message.id.in_(plain))
            .values(**shared, attempts=Message.attempts + 1)
            .execution_options(synchronize_session=False)
        )
    rendered = [{"b_id": t.message_id, "b_body": t.body} for t in taken if t.body is not None]
    if rendered:
        await many(
            tx,
            update(table_of(Message))
            .where(Message.id == bindparam("b_id"))
            .values(**shared, attempts=Message.attempts + 1, body=bindparam("b_body")),
            rendered,
        )


async def put_off(tx: Tx, until: Sequence[tuple[str, datetime, str]]) -> None:
    """Queue messages again for later: (id, not before, reason)."""
    if until:
        await many(
            tx,
            update(table_of(Message))
            .where(Message.id == bindparam("b_id"))
            .values(state=MessageState.QUEUED, not_before=bindparam("b_at"), reason=bindparam("b_why")),
            [{"b_id": i, "b_at": at, "b_why": why} for i, at, why in until],
        )


async def end(tx: Tx, ended: Sequence[tuple[str, MessageState, str]]) -> None:
    """End messages without sending: (id, cancelled or expired or failed, reason)."""
    if ended:
        await many(
            tx,
            update(table_of(Message))
            .where(Message.id == bindparam("b_id"))
            .values(state=bindparam("b_state"), reason=bindparam("b_why"), finished_at=tx.now),
            [{"b_id": i, "b_state": state, "b_why": why} for i, state, why in ended],
        )


async def release(tx: Tx, *, owner: str | None) -> int:
    """Make abandoned claims uncertain: those of all owners but `owner`, or (None) those whose lease ended.

    Nobody can know whether such a message left, so it is looked up before anything else is done with it.
    """
    abandoned: list[Any] = [
        CLAIMED,
        Message.state == MessageState.SENDING,
        Message.direction == Direction.OUT,
    ]
    abandoned.append(Message.lease_until < tx.now if owner is None else Message.lease_owner != owner)
    result: Any = await tx.session.execute(
        update(Message)
        .where(*abandoned)
        .values(state=MessageState.UNCERTAIN, lease_owner=None, lease_until=tx.now)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)


async def hurry(tx: Tx) -> int:
    """Free what waits longer than any wait of ours, which only a clock set back leaves; return how many.

    Alerts wait for no time at all, and nothing is leased for longer than `LEASE`.
    """
    leased: Any = await tx.session.execute(
        update(Message)
        .where(
            Message.state.in_([MessageState.SENDING, MessageState.UNCERTAIN]),
            Message.lease_until > tx.now + 2 * LEASE,
        )
        .values(lease_until=tx.now)
        .execution_options(synchronize_session=False)
    )
    waiting: Any = await tx.session.execute(
        update(Message)
        .where(
            Message.state == MessageState.QUEUED,
            Message.lane == int(Lane.ALERT),
            Message.not_before > tx.now + LONGEST_RETRY,
        )
        .values(not_before=tx.now)
        .execution_options(synchronize_session=False)
    )
    return int(leased.rowcount + waiting.rowcount)


async def many(tx: Tx, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Run one statement for many rows."""
    # On the connection, not the session: an ORM update by primary key would want loaded objects.
    connection = await tx.session.connection()
    await connection.execute(statement, rows if len(rows) > 1 else rows[0])
