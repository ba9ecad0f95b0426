"""The outbox: alerts first, nobody's row twice, states that only move forward, and a rate that is kept."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from bot.actions.deliveries import claim_batch
from bot.actions.results import record_status
from bot.channels.base import SendError, Sent
from bot.domain.instants import EPOCH
from bot.domain.messages import Direction, Kind, Lane, MessageState, StatusEvent
from bot.outbox.claim import Taken, due, next_due, release, take
from bot.outbox.enqueue import Draft, To, enqueue
from bot.outbox.rates import AHEAD, sender, take_slots
from bot.outbox.record import SLOWEST, Outcome, backoff, record
from bot.store.messages import Message
from bot.store.messages import Sender as SenderRow
from bot.store.vault import KeyRing
from tests.conftest import HandClock
from tests.faults.house import ALEX, SMS, House, open_house

OUT = Message.direction == Direction.OUT
START = HandClock().instant


@pytest.fixture
async def house(database_url: str, ring: KeyRing, clock: HandClock) -> AsyncIterator[House]:
    """Return a house with the example programme in it."""
    opened = await open_house(database_url, ring, clock)
    yield opened
    await opened.database.close()


async def _queue(house: House, *drafts: dict[str, Any]) -> list[str]:
    """Enqueue drafts to Alex; return the ids of all that is queued, oldest first."""
    contact = await house.contact(ALEX)
    to = To(contact_id=contact.id, key_id=contact.key_id, channel=SMS, participant_id=contact.participant_id)
    async with house.database.write() as tx:
        await tx.vault.load(tx.session, [contact.key_id])
        plain: dict[str, Any] = {"to": to, "kind": Kind.REPLY, "lane": Lane.REPLY, "text": "hello"}
        await enqueue(tx, [Draft(**(plain | draft)) for draft in drafts])
    return [m.id for m in await house.messages(OUT)]


async def _due(house: House, limit: int = 10) -> list[str]:
    async with house.database.write() as tx:
        return await due(tx, SMS, limit)


async def _take(house: House, ids: list[str], owner: str = "me") -> None:
    async with house.database.write() as tx:
        await take(tx, [Taken(message_id=i, body=None) for i in ids], owner)


async def _state(house: House, message_id: str) -> Message:
    (message,) = await house.messages(Message.id == message_id)
    return message


async def test_alerts_before_replies_before_scheduled(house: House) -> None:
    """Whatever was queued first; within a lane, what is due first."""
    late = house.clock()
    ids = await _queue(
        house,
        {"lane": Lane.SCHEDULED, "not_before": late - timedelta(hours=3)},
        {"lane": Lane.REPLY, "not_before": late - timedelta(hours=2)},
        {"lane": Lane.ALERT, "not_before": late},
        {"lane": Lane.ALERT, "not_before": late - timedelta(seconds=1)},
    )
    assert await _due(house) == [ids[3], ids[2], ids[1], ids[0]]
    assert await _due(house, limit=1) == [ids[3]]


async def test_the_same_key_is_kept_once(house: House) -> None:
    """A second draft with a key that is taken is dropped; without a key, each is its own."""
    assert len(await _queue(house, *[{"dedupe_key": "k"}] * 2, {"dedupe_key": "k"})) == 1
    assert len(await _queue(house, {"dedupe_key": "k"}, {}, {})) == 3


async def test_nothing_leaves_before_its_time(house: House) -> None:
    """Not a microsecond early; the next time is known."""
    at = house.clock() + timedelta(minutes=5)
    (message,) = await _queue(house, {"not_before": at})
    assert await next_due(house.database, SMS) == at
    house.clock.instant = at - timedelta(microseconds=1)
    assert await _due(house) == []
    house.clock.instant = at
    assert await _due(house) == [message]


async def test_what_is_late_expires(house: House) -> None:
    """At its expiry it is over."""
    (message,) = await _queue(house, {"expires_at": house.clock() + timedelta(hours=2)})
    await house.forward(hours=2)
    assert (await _state(house, message)).state is MessageState.EXPIRED
    assert "hello" not in house.screen(ALEX)


async def test_two_claimers_never_share_a_row(house: House) -> None:
    """However many claim at once, each row has one owner and one attempt."""
    await _queue(house, *[{}] * 60)

    async def claim(owner: str) -> list[str]:
        async with house.database.write() as tx:
            batch = await claim_batch(tx, SMS, limit=10, rate=None, owner=owner)
        return [ready.outgoing.message_id for ready in batch.ready]

    claimed = [i for ids in await asyncio.gather(*(claim(f"w{n}") for n in range(6))) for i in ids]
    assert len(claimed) == len(set(claimed))
    assert {m.attempts for m in await house.messages(Message.state == MessageState.SENDING)} == {1}


async def test_a_row_somebody_holds_is_passed_over(house: House) -> None:
    """On PostgreSQL a second claimer does not wait for the first one's transaction."""
    if house.database.sqlite:
        pytest.skip("SQLite has one writer at a time")
    await _queue(house, {}, {})
    async with house.database.write() as first, house.database.write() as second:
        assert len(await due(first, SMS, 1)) == 1
        assert len(await asyncio.wait_for(due(second, SMS, 10), 5)) == 1


async def test_a_lease_that_ends_leaves_it_uncertain(house: House) -> None:
    """Nobody knows whether it left; a live owner's claim is left alone."""
    (message,) = await _queue(house, {})
    await _take(house, [message])
    async with house.database.write() as tx:
        assert await release(tx, owner=None) == 0
        assert await release(tx, owner="me") == 0
    house.clock.forward(seconds=46)
    async with house.database.write() as tx:
        assert await release(tx, owner=None) == 1
    assert (await _state(house, message)).state is MessageState.UNCERTAIN


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (SendError(code="30003", permanent=True), MessageState.FAILED),
        (SendError(code="21610", opted_out=True), MessageState.FAILED),
        (SendError(code="timeout", uncertain=True), MessageState.UNCERTAIN),
        (SendError(code="503"), MessageState.QUEUED),
        (SendError(code="429", retry_after=timedelta(minutes=7)), MessageState.QUEUED),
    ],
)
async def test_what_went_wrong_is_written_down(house: House, error: SendError, state: MessageState) -> None:
    """Failed for good, uncertain, or tried again later: never before the provider allows it."""
    (message,) = await _queue(house, {})
    await _take(house, [message])
    async with house.database.write() as tx:
        await record(tx, [Outcome(message_id=message, attempts=1, lane=Lane.REPLY, error=error)])
    row = await _state(house, message)
    assert (row.state, row.reason, row.lease_owner) == (state, error.code, None)
    if error.retry_after is not None:
        assert row.not_before == house.clock() + error.retry_after


async def test_delivered_then_sent_stays_delivered(house: House) -> None:
    """A callback that is faster than our own record is not taken back; an error neither."""
    (message,) = await _queue(house, {})
    await _take(house, [message])
    async with house.database.write() as tx:
        delivered = StatusEvent(
            channel=SMS,
            provider_id="SM1",
            status="delivered",
            state=MessageState.DELIVERED,
            at=tx.now,
            message_id=message,
        )
        await record_status(tx, delivered)
    for outcome in ({"sent": Sent(provider_id="SM1")}, {"error": SendError(code="late", permanent=True)}):
        async with house.database.write() as tx:
            await record(tx, [Outcome(message_id=message, attempts=1, lane=Lane.REPLY, **outcome)])
        assert (await _state(house, message)).state is MessageState.DELIVERED


@given(st.integers(1, 100), st.sampled_from(Lane), st.floats(0, 1))
def test_retries_grow_apart_within_bounds(attempts: int, lane: Lane, spread: float) -> None:
    """From half a second to one and a half of the lane's slowest; never sooner than the step before."""
    wait = backoff(attempts, lane, spread)
    assert timedelta(seconds=0.5) <= wait <= 1.5 * SLOWEST[lane]
    assert backoff(attempts + 1, lane, spread) >= wait
    assert backoff(attempts, lane, 0) != backoff(attempts, lane, 1)


def _row(**values: Any) -> SenderRow:
    return SenderRow(**({"channel": SMS, "busy_until": EPOCH, "failures": 0} | values))


@pytest.mark.parametrize("rate", [1.0, 10.0, 30.0, 300.0])
def test_the_rate_is_kept_and_used(rate: float) -> None:
    """In any second at most the rate, and over a minute at least 95 in 100 of it."""
    draw = random.Random(7)
    row, now = _row(), START
    times: list[datetime] = []
    while now < START + timedelta(minutes=1):
        slots = take_slots(row, now, rate, draw.randint(1, 32))
        times += slots.times
        assert all(at <= now + AHEAD + timedelta(seconds=1 / rate) for at in slots.times)
        now = max(now + timedelta(milliseconds=draw.randint(1, 40)), slots.again_at or now)
    for first, at in enumerate(times):
        later = first + int(rate)
        if later < len(times):
            assert times[later] - at >= timedelta(seconds=1)
    assert len(times) >= 0.95 * rate * 60


def test_a_sender_that_rests_or_is_off_gives_nothing() -> None:
    """Resting: asked again at its end. Off: until an operator acts."""
    until = START + timedelta(seconds=30)
    resting = take_slots(_row(resting_until=until), START, 10, 5)
    assert (resting.times, resting.again_at) == ((), until)
    assert take_slots(_row(off_at=START), START, 10, 5).off
    assert take_slots(_row(resting_until=START), START, 10, 5).times


@pytest.mark.parametrize("rate", [None, 10.0])
def test_while_it_is_down_one_probe_leaves(rate: float | None) -> None:
    """One text finds out whether the provider is back, not thirty."""
    assert len(take_slots(_row(failures=3), START, rate, 30).times) == 1


def test_a_clock_set_back_does_not_stop_sending() -> None:
    """A time from two hours ahead means nothing now."""
    row = _row(busy_until=START + timedelta(hours=2))
    slots = take_slots(row, START, 10, 3)
    assert len(slots.times) == 3
    assert row.busy_until < START + timedelta(seconds=1)


async def test_the_senders_row_is_made_once(house: House) -> None:
    """Workers that meet at a first use find one row."""

    async def look() -> datetime:
        async with house.database.write() as tx:
            return (await sender(tx, SMS)).busy_until

    assert set(await asyncio.gather(*(look() for _ in range(5)))) == {EPOCH}


async def test_an_expired_lease_does_not_block_others(house: House) -> None:
    """What one worker holds stays its own; the rest is claimed."""
    first, second = await _queue(house, {}, {})
    await _take(house, [first])
    assert await _due(house) == [second]
    async with house.database.write() as tx:
        await tx.session.execute(update(Message).where(Message.id == first).values(state=MessageState.QUEUED))
    assert set(await _due(house)) == {first, second}
