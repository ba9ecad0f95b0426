"""Providers that refuse, rest, vanish and lie."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.actions.results import record_status
from bot.channels.simulator import Fault
from bot.domain.consent import ConsentState
from bot.domain.messages import Direction, Kind, MessageState, StatusEvent
from bot.store.messages import Message, ProviderEvent
from bot.store.messages import Sender as SenderRow
from tests.faults.house import ALEX, CRISIS, DANA, DANA_SMS, JO, LEE, SMS, TELEGRAM, URGENT, House

OUT = Message.direction == Direction.OUT


async def _status(house: House, message: Message, status: str, **more: object) -> None:
    event = StatusEvent(
        channel=message.channel,
        provider_id=str(message.provider_id or "SM-new"),
        status=status,
        state=MessageState(status),
        at=house.clock(),
        **more,  # type: ignore[arg-type]
    )
    async with house.database.write() as tx:
        await record_status(tx, event)


async def _only(house: House, *where: object) -> Message:
    (message,) = await house.messages(OUT, *where)
    return message


async def test_fault_05_delivered_then_sent(house: House) -> None:
    """A late `sent` takes nothing back; both are kept as they came."""
    await house.says(ALEX, "hello there")
    message = await _only(house)
    await _status(house, message, "delivered")
    await _status(house, message, "sent")
    await _status(house, message, "failed", error_code="30003")
    assert (await _only(house)).state is MessageState.DELIVERED
    async with house.database.read() as tx:
        assert len(list(await tx.session.scalars(select(ProviderEvent)))) == 3


async def test_fault_06_a_status_before_we_know_the_providers_id(house: House) -> None:
    """Our own id in the callback's address finds the row; what is recorded later moves nothing back."""
    await house.hears(ALEX, "hello there")
    message = await _only(house)
    await _status(house, message, "delivered", message_id=message.id)
    assert (await _only(house)).state is MessageState.DELIVERED
    await house.app.settle()
    assert house.screen(ALEX) == []


async def test_fault_07_a_notice_that_is_refused(house: House) -> None:
    """Telegram refuses Dana's notice for good: she is texted in the same instant, and Jo's time stays."""
    house.phones[TELEGRAM].fail(Fault.FAILED)
    await house.says(ALEX, URGENT)
    assert len(house.screen(DANA_SMS)) == 1
    await _jo_is_told_when_danas_time_is_over(house)


async def test_fault_07_a_notice_that_was_taken_and_not_delivered(house: House) -> None:
    """The provider took it and says it never arrived: the next way, and Jo's time stays."""
    await house.says(ALEX, URGENT)
    assert house.screen(DANA_SMS) == []
    notice = await _only(house, Message.kind == Kind.NOTICE)
    async with house.database.write() as tx:
        await tx.session.execute(update(Message).values(state=MessageState.SENT))
    await _status(house, notice, "failed", error_code="30003")
    await house.app.settle()
    assert len(house.screen(DANA_SMS)) == 1
    await _jo_is_told_when_danas_time_is_over(house)


async def _jo_is_told_when_danas_time_is_over(house: House) -> None:
    (alert,) = await house.alerts()
    assert alert.next_step_at is not None
    left = alert.next_step_at - house.clock()
    assert left > timedelta(minutes=1)
    await house.forward(seconds=left.total_seconds() - 1)
    assert house.screen(JO) == []
    await house.forward(seconds=1)
    assert len(house.screen(JO)) == 1


async def test_fault_10_too_fast(house: House) -> None:
    """Telegram asks for a minute: nothing leaves there for so long, and the alert goes by text at once."""
    house.phones[TELEGRAM].fail(Fault.LIMITED, retry_after=timedelta(minutes=1))
    await house.says(ALEX, CRISIS)
    assert len(house.screen(DANA_SMS)) == 1
    await house.forward(seconds=59)
    assert house.screen(DANA) == []
    await house.forward(seconds=2)
    assert len(house.screen(DANA)) == 1


async def test_fault_11_down_for_an_hour(house: House) -> None:
    """Alerts go round it, retries grow further apart, and afterwards there is no burst of stale texts."""
    house.phones[SMS].fail(Fault.DOWN, times=None)
    tries = 0
    await house.hears(ALEX, "hello there")
    for _ in range(60):
        await house.forward(minutes=1)
    (reply,) = await house.messages(OUT, Message.kind == Kind.REPLY)
    tries = reply.attempts
    assert 3 <= tries <= 40
    await house.says(ALEX, CRISIS)
    assert len(house.screen(DANA)) == 1
    house.clock.forward(hours=2)
    house.phones[SMS].heal()
    for _ in range(15):
        await house.forward(minutes=1)
    assert not any("kept this" in text for text in house.screen(ALEX))
    assert any("danger" in text for text in house.screen(ALEX))


async def test_fault_12_a_dead_number(house: House) -> None:
    """It is not tried again; the contact is marked, and their specialist hears of it."""
    house.phones[SMS].fail(Fault.UNREACHABLE, address=ALEX[1])
    await house.says(ALEX, "hello there")
    assert (await house.contact(ALEX)).unreachable_at is not None
    assert any("can't reach one of your people" in text for text in house.screen(DANA))
    assert (await _only(house, Message.kind == Kind.REPLY)).attempts == 1


async def test_fault_12_blocked(house: House) -> None:
    """Whoever blocks us has opted out, and their specialist hears of it."""
    house.phones[SMS].fail(Fault.BLOCKED, address=ALEX[1])
    await house.says(ALEX, "hello there")
    assert (await house.contact(ALEX)).consent is ConsentState.OPTED_OUT
    assert any("asked us to stop" in text for text in house.screen(DANA))


async def test_fault_13_an_account_refused(house: House) -> None:
    """The channel is off and says so once by another; alerts go on, and a restart tries it again."""
    house.phones[TELEGRAM].fail(Fault.OFF, times=None)
    await house.says(ALEX, CRISIS)
    await house.forward(minutes=1)
    assert len(house.screen(DANA_SMS)) == 1
    assert sum("is refused by the provider" in text for text in house.screen(LEE)) == 1
    house.phones[TELEGRAM].heal()
    await house.restart()
    async with house.database.read() as tx:
        row = await tx.session.get_one(SenderRow, TELEGRAM)
        assert row.off_at is None


async def test_fault_14_a_specialist_stops(house: House) -> None:
    """Their alerts go to others at once, the supervisor is warned, and START brings them back."""
    await house.says(JO, "STOP")
    assert any("Cover is thin" in text for text in house.screen(LEE))
    await house.says(ALEX, CRISIS)
    assert len(house.screen(JO)) == 1  # the confirmation
    assert len(house.screen(DANA)) == 1
    await house.says(JO, "START")
    await house.forward(minutes=3)
    await house.forward(minutes=3)
    assert any("Ref" in text for text in house.screen(JO))


@pytest.mark.parametrize("hours", [2, -2])
async def test_fault_21_the_clock_jumps(house: House, hours: int) -> None:
    """One step is taken, not all; and after it was set back, the next still comes within its wait."""
    await house.says(ALEX, CRISIS)
    await house.forward(hours=hours)
    lee, jo = len(house.screen(LEE)), len(house.screen(JO))
    assert lee <= 1
    assert jo == 1
    await house.app.settle()
    for _ in range(4):
        await house.forward(minutes=1)
    assert len(house.screen(LEE)) >= 1


async def test_fault_21_there_and_back(house: House) -> None:
    """Two hours ahead and back again: the alert does not sleep for those two hours."""
    await house.says(ALEX, CRISIS)
    await house.forward(hours=2)
    house.clock.forward(hours=-2)
    await house.app.settle()
    told = len(house.screen(JO))
    for _ in range(8):
        await house.forward(minutes=1)
    assert len(house.screen(JO)) > told


async def test_fault_34_the_clock_stands(house: House) -> None:
    """A house whose jobs do not run is not ready, and its heart does not beat."""
    report = await house.app.report()
    assert report["ready"] is False
    assert report["ticking"] is False
    assert report["database"] is True
