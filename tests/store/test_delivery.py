"""Delivery while a provider is slow: alerts pass everybody, and what never left is given back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event

from bot.channels.base import Channel, Found, LookUp, Outgoing, SendError, Sent
from bot.domain.messages import Direction, Kind, Lane, MessageState
from bot.outbox.enqueue import DELIVERY, Draft, To, enqueue
from bot.store.messages import Message
from bot.store.vault import KeyRing
from schedules.delivery import SLOTS, STOCK, Delivery, Sender
from tests.conftest import HandClock
from tests.faults.house import ALEX, SMS, House, open_house

OUT = Message.direction == Direction.OUT
PATIENCE = 20.0


class Slow(Channel):
    """A provider that takes a text and does not answer before it is told to."""

    name = SMS

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answered = 0
        self.moved = asyncio.Event()
        self.answer = asyncio.Event()
        self.error: SendError | None = None

    async def send(self, outgoing: Outgoing) -> Sent:
        self.asked.append(outgoing.text)
        self.moved.set()
        await self.answer.wait()
        self.answered += 1
        self.moved.set()
        if self.error is not None:
            raise self.error
        return Sent(provider_id=outgoing.message_id)

    async def find(self, outgoing: Outgoing) -> LookUp:
        return LookUp(found=Found.UNKNOWN)

    async def check(self) -> str:
        return "slow"

    async def close(self) -> None:
        pass


@pytest.fixture
async def house(database_url: str, ring: KeyRing, clock: HandClock) -> AsyncIterator[House]:
    """Return a house with the example programme in it."""
    opened = await open_house(database_url, ring, clock)
    yield opened
    await opened.database.close()


async def _queue(house: House, text: str, lane: Lane, count: int) -> None:
    contact = await house.contact(ALEX)
    to = To(contact_id=contact.id, key_id=contact.key_id, channel=SMS, participant_id=contact.participant_id)
    async with house.database.write() as tx:
        await tx.vault.load(tx.session, [contact.key_id])
        await enqueue(tx, [Draft(to=to, kind=Kind.REPLY, lane=lane, text=text)] * count)


@asynccontextmanager
async def _running(house: House, channel: Channel, *, rate: float | None = None) -> AsyncIterator[Delivery]:
    sender = Sender(channel=channel, rate=rate)
    delivery = Delivery(house.database, sender, now=house.clock, owner="me")
    house.database.listen(DELIVERY, delivery.wake)
    running = asyncio.create_task(delivery.run())
    try:
        yield delivery
    finally:
        await delivery.stop()
        await asyncio.wait_for(running, PATIENCE)


async def _until(channel: Slow, *, asked: int = 0, answered: int = 0) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(channel.asked) < asked or channel.answered < answered:
            channel.moved.clear()
            await channel.moved.wait()


async def _states(house: House) -> dict[MessageState, int]:
    states = [message.state for message in await house.messages(OUT)]
    return {state: states.count(state) for state in set(states)}


async def test_an_alert_waits_for_nobody_s_slot(house: House) -> None:
    """Every slot and the whole stock are taken by routine texts that hang; the alert goes out beside them."""
    channel = Slow()
    await _queue(house, "routine", Lane.SCHEDULED, SLOTS + STOCK + 10)
    async with _running(house, channel):
        await _until(channel, asked=SLOTS)
        await _queue(house, "alert", Lane.ALERT, 1)
        await _until(channel, asked=SLOTS + 1)
        assert channel.asked[-1] == "alert"
        assert channel.asked.count("routine") == SLOTS
        channel.answer.set()
        await _until(channel, asked=SLOTS + STOCK + 11)
    assert await _states(house) == {MessageState.SENT: SLOTS + STOCK + 11}


async def test_what_was_claimed_and_never_left_is_queued_again(house: House) -> None:
    """Told to end, delivery finishes what is under way and gives the rest back untouched."""
    channel = Slow()
    await _queue(house, "routine", Lane.SCHEDULED, SLOTS + STOCK)
    async with _running(house, channel):
        await _until(channel, asked=SLOTS)
        channel.answer.set()
        channel.answer = asyncio.Event()
        await _until(channel, asked=2 * SLOTS)
        asyncio.get_running_loop().call_later(0.2, channel.answer.set)
    states = await _states(house)
    assert states == {MessageState.SENT: 2 * SLOTS, MessageState.QUEUED: STOCK - SLOTS}
    queued = await house.messages(Message.state == MessageState.QUEUED)
    assert {(m.attempts, m.lease_owner, m.lease_until) for m in queued} == {(0, None, None)}


async def test_old_claims_are_checked_again(house: House) -> None:
    """What waited in the stock while its person left the programme is not sent on the old verdict."""
    channel = Slow()
    await _queue(house, "routine", Lane.SCHEDULED, SLOTS + STOCK)
    async with _running(house, channel):
        await _until(channel, asked=SLOTS)
        await house.hears(ALEX, "STOP")
        house.clock.forward(seconds=3)
        channel.answer.set()
        await _until(channel, asked=SLOTS + 1)  # that they are opted out
    assert channel.asked.count("routine") == SLOTS


async def test_when_the_sender_is_refused_the_stock_goes_back(house: House) -> None:
    """A 429 answers one; those behind it wait in the queue, and count no attempt."""
    channel = Slow()
    channel.error = SendError(code="429")
    await _queue(house, "routine", Lane.SCHEDULED, SLOTS + STOCK)
    async with _running(house, channel):
        await _until(channel, asked=SLOTS)
        channel.answer.set()
        await _until(channel, answered=SLOTS)
    assert channel.asked.count("routine") == SLOTS
    attempts = sorted(m.attempts for m in await house.messages(OUT))
    assert attempts == [0] * STOCK + [1] * SLOTS


async def test_a_sender_that_may_not_send_yet_is_left_alone(house: House) -> None:
    """However many ring meanwhile; when its time comes the next one leaves."""
    channel, asked = Slow(), []
    channel.answer.set()

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM senders" in statement:
            asked.append(statement)

    engine = house.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    await _queue(house, "first", Lane.REPLY, 1)
    async with _running(house, channel, rate=1.0) as delivery:
        delivery.wake()
        await _until(channel, answered=1)
        for _ in range(20):
            await _queue(house, "next", Lane.REPLY, 1)
        assert len(asked) <= 6
        house.clock.forward(seconds=2)
        delivery.wake()
        await _until(channel, answered=2)
    event.remove(engine, "before_cursor_execute", count)
