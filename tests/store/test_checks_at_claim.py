"""What may leave is decided when it leaves: the world may have changed since it was queued."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.actions.planning import plan_due
from bot.actions.specialists import tell_specialist
from bot.channels.simulator import Fault
from bot.domain.consent import ConsentState
from bot.domain.messages import Direction, Kind, MessageState
from bot.store.alerts import Alert, AlertState
from bot.store.database import Database
from bot.store.messages import Message
from bot.store.people import Contact, Participant, PersonStatus, Programme, Staff
from bot.store.schedules import Checkin, CheckinState
from bot.store.vault import KeyRing
from tests.conftest import HandClock
from tests.faults.house import ALEX, CRISIS, DANA, DANA_SMS, JO, SMS, House, open_house

PROMPT = Message.kind == Kind.PROMPT
TO_ALEX = (
    (Message.direction == Direction.OUT) & Message.participant_id.is_not(None) & (Message.channel == SMS)
)


@pytest.fixture
async def house(database_url: str, ring: KeyRing, clock: HandClock) -> AsyncIterator[House]:
    """Return a house in which Alex's morning question is queued and not yet sent (09:30 in Chicago)."""
    opened = await open_house(database_url, ring, clock)
    clock.instant = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    await _plan(opened.database)
    yield opened
    await opened.database.close()


async def _plan(database: Database) -> None:
    async with database.write() as tx:
        await plan_due(tx, limit=10)


async def _change(house: House, model: type, *where: Any, **values: Any) -> None:
    async with house.database.write() as tx:
        await tx.session.execute(update(model).where(*where).values(**values))


async def _prompt(house: House) -> Message:
    """Deliver, and return what became of Alex's question."""
    await house.app.settle()
    (prompt,) = await house.messages(PROMPT, Message.channel == SMS)
    return prompt


async def test_nothing_changed(house: House) -> None:
    """The question leaves."""
    assert (await _prompt(house)).state is MessageState.DELIVERED
    assert len(house.screen(ALEX)) == 1


@pytest.mark.parametrize("consent", [ConsentState.OPTED_OUT, ConsentState.INVITED, ConsentState.NONE])
async def test_consent_taken_back(house: House, consent: ConsentState) -> None:
    """Only an agreed contact is asked anything."""
    await _change(house, Contact, Contact.participant_id.is_not(None), consent=consent)
    prompt = await _prompt(house)
    assert (prompt.state, prompt.reason) == (MessageState.CANCELLED, consent)
    assert house.screen(ALEX) == []


@pytest.mark.parametrize("status", [PersonStatus.LEFT, PersonStatus.PAUSED])
async def test_no_longer_here(house: House, status: PersonStatus) -> None:
    """Whoever left, or is paused by the programme, is asked nothing."""
    await _change(house, Participant, status=status)
    assert (await _prompt(house)).state is MessageState.CANCELLED


async def test_paused_meanwhile(house: House) -> None:
    """Paused until later: dropped, not kept for later. Paused until now: it leaves."""
    await _change(house, Participant, paused_until=house.clock() + timedelta(hours=1))
    prompt = await _prompt(house)
    assert (prompt.state, prompt.reason) == (MessageState.CANCELLED, "paused")


async def test_a_pause_that_is_over(house: House) -> None:
    """The end of a pause is no longer a pause."""
    await _change(house, Participant, paused_until=house.clock())
    assert (await _prompt(house)).state is MessageState.DELIVERED


async def test_unreachable_meanwhile(house: House) -> None:
    """A dead number is not tried again with questions."""
    await _change(house, Contact, Contact.participant_id.is_not(None), unreachable_at=house.clock())
    assert (await _prompt(house)).reason == "unreachable"


async def test_quiet_hours_move_it(house: House) -> None:
    """Inside quiet hours that end in time, it waits for their end and leaves then, not before."""
    await _change(house, Programme, quiet_hours="20:00-10:00")
    prompt = await _prompt(house)
    assert (prompt.state, prompt.reason) == (MessageState.QUEUED, "quiet_hours")
    await house.forward(minutes=29)
    assert house.screen(ALEX) == []
    await house.forward(minutes=1)
    assert len(house.screen(ALEX)) == 1


async def test_quiet_hours_that_last_too_long(house: House) -> None:
    """When they end after it expires, it is over: better not at all than late."""
    await _change(house, Programme, quiet_hours="20:00-14:00")
    prompt = await _prompt(house)
    assert (prompt.state, prompt.reason) == (MessageState.EXPIRED, "quiet_hours")


async def test_quiet_hours_are_the_persons_own(house: House) -> None:
    """The person's own clock counts; a spoilt zone means the programme's."""
    await _change(house, Programme, quiet_hours="10:15-11:00")
    assert (await _prompt(house)).state is MessageState.DELIVERED
    await house.forward(days=1)
    await _change(house, Participant, timezone="Nowhere/Land")
    house.clock.instant = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
    await house.app.settle()
    assert len(house.screen(ALEX)) == 2


async def test_quiet_hours_never_hold_an_alert(house: House) -> None:
    """A person in danger and those who are to come are answered at any hour."""
    await _change(house, Programme, quiet_hours="00:00-23:59")
    await house.says(ALEX, CRISIS)
    assert len(house.screen(DANA)) == 1
    assert len(house.screen(ALEX)) == 1


async def test_an_open_alert_holds_questions(house: House) -> None:
    """Nobody in danger is asked how their day is; after "I have it" the person talks for two hours."""
    await house.hears(ALEX, CRISIS)
    assert (await _prompt(house)).reason == "alert_open"
    await house.says(DANA, "1")
    await house.forward(hours=1, minutes=59)
    (prompt,) = await house.messages(PROMPT, Message.channel == SMS)
    assert prompt.state is MessageState.QUEUED
    await house.forward(minutes=6)
    assert (await _prompt(house)).state is MessageState.DELIVERED


async def test_a_closed_alert_releases_at_the_next_look(house: House) -> None:
    """When it is closed, what waited leaves within minutes."""
    await house.hears(ALEX, CRISIS)
    await _prompt(house)
    await _change(house, Alert, state=AlertState.CLOSED, closed_at=house.clock(), next_step_at=None)
    await house.forward(minutes=5)
    assert (await _prompt(house)).state is MessageState.DELIVERED


async def test_held_too_long_it_expires(house: House) -> None:
    """A question does not come in the evening because the morning was bad."""
    await house.hears(ALEX, CRISIS)
    for _ in range(5):
        await house.forward(hours=1)
    assert (await _prompt(house)).state is MessageState.EXPIRED


async def test_a_member_who_left_is_told_nothing(house: House) -> None:
    """What was queued for somebody of the staff who left meanwhile does not leave."""
    async with house.database.write() as tx:
        alex = (await house.contact(ALEX)).participant_id
        assert alex is not None
        await tell_specialist(tx, alex, "wants_call", dedupe="call:1", urgent=True)
    await _change(house, Staff, Staff.ref == "dana", status=PersonStatus.LEFT)
    await house.app.settle()
    assert house.screen(DANA) == house.screen(DANA_SMS) == []


async def test_a_taken_alerts_notice_does_not_leave(house: House) -> None:
    """Taken between queue and claim: nobody is rung for what somebody has."""
    await house.hears(ALEX, CRISIS)
    await _change(
        house,
        Alert,
        state=AlertState.ACKNOWLEDGED,
        acknowledged_by=select(Staff.id).where(Staff.ref == "dana").scalar_subquery(),
        next_step_at=house.clock() + timedelta(hours=1),
        acknowledged_at=house.clock(),
    )
    await house.app.settle()
    assert house.screen(DANA) == house.screen(JO) == []


async def test_an_alert_taken_by_nobody_comes_round_again(house: House) -> None:
    """A row that says "taken" and not by whom is no reason for silence: the chain starts anew."""
    await house.hears(ALEX, CRISIS)
    await _change(house, Alert, state=AlertState.ACKNOWLEDGED, acknowledged_at=house.clock())
    await house.app.settle()
    (alert,) = await house.alerts()
    assert alert.state is AlertState.OPEN
    assert house.screen(DANA)


async def test_whoever_opted_out_gets_nothing_on_any_lane(house: House) -> None:
    """Replies, crisis replies and prompts stop at once; only the confirmation of the stop leaves."""
    await house.hears(ALEX, "hello there")
    await house.hears(ALEX, CRISIS)
    await house.hears(ALEX, "STOP")
    await house.app.settle()
    states = {m.kind: m.state for m in await house.messages(TO_ALEX)}
    assert set(states.values()) <= {MessageState.CANCELLED, MessageState.DELIVERED}
    assert {k for k, state in states.items() if state is MessageState.DELIVERED} == {Kind.PARTING}
    assert "needs you now" in house.screen(DANA)[0]  # staff are told all the same


async def test_an_opted_out_member_is_passed_and_confirmed(house: House) -> None:
    """A specialist's STOP is confirmed once; their alert goes to the next person at once."""
    await house.hears(ALEX, CRISIS)
    await house.hears(JO, "STOP")
    await house.app.settle()
    assert len(house.screen(JO)) == 1
    assert "opted out" in house.screen(JO)[0]
    assert len(house.screen(DANA)) == 1


async def test_a_question_that_never_arrived_is_not_open(house: House) -> None:
    """Tried in vain until it expired: what the person writes next is no answer to it."""
    house.phones[SMS].fail(Fault.DOWN, times=None)
    await _prompt(house)
    for _ in range(6):
        await house.forward(hours=1)
    house.phones[SMS].heal()
    await house.forward(hours=1)
    async with house.database.read() as tx:
        from sqlalchemy import select

        states = set(await tx.session.scalars(select(Checkin.state)))
    assert CheckinState.OPEN not in states or house.screen(ALEX)
    (prompt,) = await house.messages(PROMPT, Message.channel == SMS)
    assert prompt.state is MessageState.EXPIRED


async def test_an_unreadable_message_stops_nobody_else(house: House) -> None:
    """One that can't be opened fails by itself; the others on its channel leave."""
    await house.hears(ALEX, CRISIS)
    await _change(house, Message, Message.kind == Kind.CRISIS, body=b"\x01" + b"\x00" * 60)
    await house.app.settle()
    (broken,) = await house.messages(Message.kind == Kind.CRISIS)
    assert (broken.state, broken.reason) == (MessageState.FAILED, "unreadable")
    assert len(house.screen(JO)) == 1


async def test_an_unreadable_notice_is_told_to_somebody_else(house: House) -> None:
    """The alert goes on with another notice, by another way."""
    await house.hears(ALEX, CRISIS)
    await _change(
        house, Message, Message.kind == Kind.NOTICE, Message.channel != SMS, body=b"\x01" + b"\x00" * 60
    )
    await house.app.settle()
    assert house.screen(DANA) == []
    assert len(house.screen(DANA_SMS)) == 1
