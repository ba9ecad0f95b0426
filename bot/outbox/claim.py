"""Take messages out of the outbox under a lease, or put them off, or end them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, func, literal_column, null, select, update

from bot.domain.instants import to_micros
from bot.domain.messages import ChannelName, Direction, Lane, MessageState
from bot.store.base import table_of
from bot.store.bulk import Bulk
from bot.store.database import Database, Tx
from bot.store.looks import look
from bot.store.messages import CLAIMED, Message

LONGEST_RETRY = timedelta(minutes=1)  # of an alert, jitter included; a sender's own rest is kept elsewhere
EVERY_LANE = tuple(Lane)
LEASE = timedelta(seconds=45)  # a hung worker's claims are free within a minute

# These are asked many times a second, so they are put together once.
_MESSAGES = table_of(Message)
_QUEUED = _MESSAGES.c.state == literal_column("'queued'")  # the word itself, so that the partial index serves


def claimable(asking: Select[Any]) -> Select[Any]:
    """Return a question about messages for those that may be sent now; `due_rows` asks it."""
    return (
        asking.where(
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


_DUE = claimable(select(_MESSAGES.c.id))
# A look at the end of the index for each lane.
_EARLIEST = select(
    *(
        select(func.min(_MESSAGES.c.not_before))
        .where(_QUEUED, _MESSAGES.c.channel == bindparam("channel"), _MESSAGES.c.lane == int(lane))
        .scalar_subquery()
        for lane in Lane
    )
)
_TAKEN: dict[str, Any] = {
    "state": literal_column("'sending'"),
    "lease_owner": bindparam("b_owner"),
    "lease_until": bindparam("b_until"),
    "attempts": _MESSAGES.c.attempts + literal_column("1"),
}
_THIS = update(_MESSAGES).where(_MESSAGES.c.id == bindparam("b_id"))
_TAKE = Bulk(("b_owner", "b_until", "b_id"), lambda _: _THIS.values(_TAKEN))
_TAKE_RENDERED = Bulk(
    ("b_owner", "b_until", "b_body", "b_id"), lambda _: _THIS.values(_TAKEN | {"body": bindparam("b_body")})
)
_GIVE_BACK = Bulk(
    ("b_id", "b_owner"),
    lambda _: _THIS.where(
        _MESSAGES.c.state == literal_column("'sending'"), _MESSAGES.c.lease_owner == bindparam("b_owner")
    ).values(
        state=literal_column("'queued'"),
        lease_owner=null(),
        lease_until=null(),
        attempts=_MESSAGES.c.attempts - literal_column("1"),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A message that is ours to send until the lease ends; `body` is set when it was rendered just now."""

    message_id: str
    body: bytes | None


async def due(tx: Tx, channel: ChannelName, limit: int) -> list[str]:
    """Return the ids of what may be sent now: alerts first, then replies, then scheduled; locked."""
    return [message_id for (message_id,) in await due_rows(tx, _DUE, channel, limit)]


async def due_rows(
    tx: Tx,
    question: Select[Any],
    channel: ChannelName,
    limit: int,
    lanes: Collection[Lane] = EVERY_LANE,
    **given: Any,
) -> list[Any]:
    """Ask a `claimable` question about up to `limit` messages, alerts first; their rows are locked."""
    found: list[Any] = []
    connection = await tx.session.connection()
    for lane, at in _by_lane((await connection.execute(_EARLIEST, {"channel": channel})).one()):
        if lane in lanes and at <= tx.now and len(found) < limit:
            about = {"channel": channel, "lane": int(lane), "now": tx.now, "most": limit - len(found)}
            found.extend(await connection.execute(question, about | given))
    return found


async def next_due(
    database: Database, channel: ChannelName, lanes: Collection[Lane] = EVERY_LANE
) -> datetime | None:
    """Return when the next queued message of a channel may be sent; takes nothing and waits for nobody."""
    row = await look(database, _EARLIEST, channel=channel)
    return min((at for lane, at in _by_lane(row) if lane in lanes), default=None)


def _by_lane(row: Sequence[datetime | None]) -> list[tuple[Lane, datetime]]:
    """Return when each lane's first message may be sent; a lane without one is left out."""
    return [(lane, at) for lane, at in zip(Lane, row, strict=True) if at is not None]


async def take(tx: Tx, taken: Sequence[Taken], owner: str) -> None:
    """Mark messages as being sent by `owner`."""
    until = to_micros(tx.now + LEASE)
    await _TAKE.run(tx, [(owner, until, t.message_id) for t in taken if t.body is None])
    await _TAKE_RENDERED.run(tx, [(owner, until, t.body, t.message_id) for t in taken if t.body is not None])


async def give_back(tx: Tx, message_ids: Sequence[str], owner: str) -> None:
    """Queue messages of `owner` again that were taken and never handed to a provider."""
    await _GIVE_BACK.run(tx, [(message_id, owner) for message_id in message_ids])


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
