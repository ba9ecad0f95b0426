"""What only the simulator does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.channels.base import Outgoing, SendError
from bot.channels.simulator import HISTORY, Fault, Simulator
from bot.domain.messages import Button, ChannelName, Direction, MessageState, StatusEvent

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def text(body: str = "Hello", *, to: str = "+12025550101", number: int = 1) -> Outgoing:
    """Return a text to a phone."""
    return Outgoing(
        message_id=f"{number:032x}",
        address=to,
        text=body,
        claimed_at=NOW,
        buttons=(Button(label="Yes", data="y"),),
    )


async def test_a_phone_shows_both_sides() -> None:
    """The screen holds what we sent, with buttons and the travelling clock, and what its owner typed."""
    simulator = Simulator(ChannelName.TELEGRAM, now=lambda: NOW)
    await simulator.send(text())
    phone = simulator.phone("+12025550101")
    typed = phone.types("hi", NOW)
    assert [(b.direction, b.text, b.at) for b in phone.bubbles] == [
        (Direction.OUT, "Hello", NOW),
        (Direction.IN, "hi", NOW),
    ]
    assert phone.bubbles[0].buttons[0].data == "y"
    assert [b.provider_id for b in phone.bubbles] == ["sim-1", typed.provider_id]


async def test_watchers_are_woken() -> None:
    """Whoever waits for a phone or for all of them wakes when a text arrives."""
    simulator = Simulator(ChannelName.SMS)
    phone = simulator.phone("+12025550101")
    one = asyncio.create_task(phone.bell.after(phone.bell.count))
    all_of_them = asyncio.create_task(simulator.bell.after(simulator.bell.count))
    await asyncio.sleep(0)
    assert not one.done()
    await simulator.send(text())
    async with asyncio.timeout(1):
        await asyncio.gather(one, all_of_them)


async def test_a_screen_is_bounded() -> None:
    """Old texts scroll away, however long the demo runs."""
    simulator = Simulator(ChannelName.SMS)
    for number in range(HISTORY + 10):
        await simulator.send(text(str(number), number=number))
    texts = simulator.phone("+12025550101").texts
    assert (len(texts), texts[0]) == (HISTORY, "10")


async def test_faults_stay_where_they_are_put() -> None:
    """A fault for one phone spares the others, lasts as often as asked, and heals."""
    simulator = Simulator(ChannelName.SMS)
    simulator.fail(Fault.FAILED, times=2, address="+12025550101")
    await simulator.send(text(to="+12025550102"))
    for _ in range(2):
        with pytest.raises(SendError):
            await simulator.send(text())
    await simulator.send(text())
    simulator.fail(Fault.DOWN, times=None)
    for to in ("+12025550101", "+12025550102"):
        with pytest.raises(SendError):
            await simulator.send(text(to=to))
    simulator.heal()
    await simulator.send(text())


@pytest.mark.parametrize(
    ("fault", "state", "shown"),
    [(None, MessageState.DELIVERED, 1), (Fault.UNDELIVERED, MessageState.FAILED, 0)],
)
async def test_receipts_come_later(fault: Fault | None, state: MessageState, shown: int) -> None:
    """With receipts on, a send is not final, and its receipt tells what became of it."""
    told: asyncio.Queue[StatusEvent] = asyncio.Queue()
    simulator = Simulator(ChannelName.SMS, now=lambda: NOW, on_status=told.put)
    if fault:
        simulator.fail(fault)
    sent = await simulator.send(text(number=7))
    assert not sent.delivered
    async with asyncio.timeout(1):
        event = await told.get()
    assert (event.state, event.provider_id, event.message_id) == (state, sent.provider_id, f"{7:032x}")
    assert len(simulator.phone("+12025550101").texts) == shown
    await simulator.close()


async def test_closing_forgets_receipts() -> None:
    """A receipt still to come is dropped when the simulator closes."""
    told: asyncio.Queue[StatusEvent] = asyncio.Queue()
    simulator = Simulator(ChannelName.SMS, on_status=told.put, report_after=3600)
    await simulator.send(text())
    await simulator.close()
    assert told.empty()
