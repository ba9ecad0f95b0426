"""Killed at the worst moment, and started again on the same database."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.channels.base import Channel, LookUp, Outgoing, Sent
from bot.channels.simulator import Fault
from bot.domain.messages import ChannelName, Direction, Kind, Lane, MessageState
from bot.store.alerts import AlertState
from bot.store.messages import Message
from handlers.inbox import Outcome
from tests.faults.house import ALEX, CRISIS, DANA, JO, SMS, STRANGER, TELEGRAM, House

NOTICES = Message.kind == Kind.NOTICE
OUT = Message.direction == Direction.OUT


class Killed(BaseException):
    """The process ends here: nothing that follows in it happens."""


class KilledAt(Channel):
    """A way out that kills the process before or after the provider took the message."""

    def __init__(self, inner: Channel, *, taken: bool) -> None:
        self.inner, self.taken, self.name = inner, taken, inner.name

    async def send(self, outgoing: Outgoing) -> Sent:
        if self.taken:
            await self.inner.send(outgoing)
        raise Killed

    async def find(self, outgoing: Outgoing) -> LookUp:
        return await self.inner.find(outgoing)

    async def check(self) -> str:
        return await self.inner.check()

    async def close(self) -> None:
        await self.inner.close()


async def _killed_sending(house: House, channel: ChannelName, *, taken: bool) -> None:
    """Send what is due on a channel, and die in the middle of it; then start again."""
    delivery = house.app.deliveries[channel]
    delivery._channel = KilledAt(house.phones[channel], taken=taken)
    with pytest.raises(Killed):
        await delivery.deliver_due()
    if not house.database.sqlite:
        house.clock.forward(seconds=46)  # others may live: an earlier life's claims are free when they end
    await house.restart()


async def test_fault_01_killed_after_the_provider_took_a_notice(house: House) -> None:
    """The alert's notice is looked up and found: the specialist has it once."""
    await house.hears(ALEX, CRISIS)
    await _killed_sending(house, TELEGRAM, taken=True)
    (uncertain,) = await house.messages(Message.state == MessageState.UNCERTAIN)
    assert uncertain.kind is Kind.NOTICE
    await house.app.settle()
    assert len(house.screen(DANA)) == 1
    (notice,) = await house.messages(NOTICES, Message.channel == TELEGRAM)
    assert notice.state is MessageState.SENT


async def test_fault_01_killed_before_the_provider_took_a_notice(house: House) -> None:
    """The look-up finds nothing: an alert is sent again at once, with the same reference."""
    await house.hears(ALEX, CRISIS)
    await _killed_sending(house, TELEGRAM, taken=False)
    assert house.screen(DANA) == []
    await house.app.settle()
    (alert,) = await house.alerts()
    (text,) = house.screen(DANA)
    assert f"Ref {alert.ref}" in text


async def test_fault_01_a_routine_text_is_never_sent_twice(house: House) -> None:
    """A prompt that may have left stays uncertain; nobody is asked the same twice."""
    house.clock.forward(hours=1)
    async with house.database.write() as tx:
        from bot.actions.planning import plan_due

        await plan_due(tx, limit=10)
    await _killed_sending(house, SMS, taken=True)
    await house.forward(hours=1)
    (prompt,) = await house.messages(Message.kind == Kind.PROMPT, Message.channel == SMS)
    assert prompt.state is MessageState.SENT  # the provider could tell
    assert len(house.screen(ALEX)) == 1


async def test_fault_01_a_routine_text_nobody_can_find(house: House) -> None:
    """When the provider never had it, silence is chosen over a second question; it counts as undelivered."""
    await house.hears(ALEX, "hello there")
    await _killed_sending(house, SMS, taken=False)
    await house.forward(hours=1)
    (reply,) = await house.messages(Message.kind == Kind.REPLY)
    assert reply.state is MessageState.UNCERTAIN
    assert not any("kept this" in text for text in house.screen(ALEX))


async def test_fault_02_killed_before_anything_was_claimed(house: House) -> None:
    """What was queued leaves with the first look after the restart."""
    await house.hears(ALEX, "hello there")
    await house.restart()
    await house.app.settle()
    assert len(house.screen(ALEX)) == 1


@pytest.mark.parametrize("text", [CRISIS, "hello there"])
async def test_fault_03_killed_between_commit_and_answer(house: House, text: str) -> None:
    """The provider's second delivery finds the first: no second message, alert or reply."""
    inbound = house.inbound(ALEX, text, provider_id="SM-once")
    await house.app.inbox.receive(inbound)
    await house.restart()
    again = await house.app.inbox.receive(inbound)
    await house.app.settle()
    assert again.outcome is Outcome.DUPLICATE
    assert len(await house.messages(Message.direction == Direction.IN)) == 1
    assert len(await house.alerts()) == (text == CRISIS)
    assert len(house.screen(ALEX)) == 1


@pytest.mark.parametrize("who", [ALEX, STRANGER])
async def test_fault_04_the_same_delivery_ten_times_at_once(
    house: House, who: tuple[ChannelName, str]
) -> None:
    """One row, one alert, and an answer to every door; also from a phone nobody knew."""
    inbound = house.inbound(who, CRISIS, provider_id="SM-once")
    receipts = await asyncio.gather(*(house.app.inbox.receive(inbound) for _ in range(10)))
    outcomes = [receipt.outcome for receipt in receipts]
    assert outcomes.count(Outcome.KEPT) == 1
    assert outcomes.count(Outcome.DUPLICATE) == 9
    (alert,) = await house.alerts()
    assert alert.count == 1


async def test_fault_09_the_provider_takes_it_and_never_answers(house: House) -> None:
    """A timeout is looked up; meanwhile the same person is told by their other way."""
    house.phones[TELEGRAM].fail(Fault.UNCERTAIN)
    await house.says(ALEX, CRISIS)
    assert len(house.screen(DANA)) == 1
    assert len(house.screen((SMS, "+12025550101"))) == 1
    await house.forward(seconds=5)
    assert len(house.screen(DANA)) == 1
    states = {m.state for m in await house.messages(NOTICES)}
    assert states <= {MessageState.DELIVERED, MessageState.SENT}


async def test_fault_09_a_provider_that_can_not_tell(house: House) -> None:
    """Where nobody can look it up, an alert goes again once: one extra beats none, and ten are noise."""
    phone = house.phones[TELEGRAM]

    class Forgetful(KilledAt):
        async def send(self, outgoing: Outgoing) -> Sent:
            return await self.inner.send(outgoing)

        async def find(self, outgoing: Outgoing) -> LookUp:
            from bot.channels.base import Found

            return LookUp(found=Found.UNKNOWN)

    house.app.deliveries[TELEGRAM]._channel = Forgetful(phone, taken=True)
    phone.fail(Fault.UNCERTAIN, times=None)
    await house.says(ALEX, CRISIS)
    for _ in range(10):
        await house.forward(seconds=10)
    assert len(house.screen(DANA)) == 2
    assert (await house.alerts())[0].state is AlertState.OPEN


async def test_fault_17_two_workers_send_each_notice_once(house: House) -> None:
    """Whatever two workers do at once, each (alert, step, contact) is told once."""
    from schedules.delivery import Delivery, Sender

    await house.hears(ALEX, CRISIS)
    await house.hears(STRANGER, CRISIS)
    workers = [
        Delivery(house.database, Sender(channel=phone), now=house.clock, owner=f"worker-{n}")
        for n in range(2)
        for phone in house.phones.values()
    ]
    await asyncio.gather(*(worker.deliver_due() for worker in workers))
    for message in await house.messages(OUT):
        assert message.attempts == 1
    assert len(house.screen(DANA)) == 1
    assert len(house.screen(JO)) == 1


async def test_fault_18_a_worker_that_hangs_loses_its_claim(house: House) -> None:
    """Within a minute another worker looks the message up, and sends what never left."""
    await house.hears(ALEX, CRISIS)
    async with house.database.write() as tx:
        from bot.actions.deliveries import claim_batch

        batch = await claim_batch(tx, TELEGRAM, limit=10, rate=None, owner="hung")
    assert len(batch.ready) == 1
    await house.app.settle()
    assert house.screen(DANA) == []
    house.clock.forward(seconds=60)
    await house.app.settle()
    await house.app.settle()  # upkeep comes last in a settle
    assert len(house.screen(DANA)) == 1


async def test_fault_35_after_a_long_outage(house: House) -> None:
    """Stale prompts expire; a distress alert from before the outage goes on as if nothing had been."""
    house.clock.forward(minutes=10)
    await house.hears(ALEX, CRISIS)
    await house.hears(ALEX, "hello there")
    house.clock.forward(hours=30)
    await house.restart()
    await house.app.settle()
    prompts = await house.messages(Message.kind == Kind.PROMPT)
    sent = [p for p in prompts if p.state is not MessageState.EXPIRED and p.not_before is not None]
    assert all(house.clock() - p.not_before <= timedelta(hours=4) for p in sent if p.not_before)
    assert len(house.screen(DANA)) >= 1
    assert any("danger" in text for text in house.screen(ALEX))
    assert not any("kept this" in text for text in house.screen(ALEX))
    assert all(Lane(m.lane) is not Lane.REPLY for m in await house.messages(Message.sent_at.is_not(None)))
