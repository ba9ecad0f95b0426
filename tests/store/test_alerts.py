"""One situation, one alert, one holder: whatever arrives together and whoever has gone meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.actions import alerts
from bot.actions import escalations as actions
from bot.actions.acknowledgements import take_alert
from bot.actions.escalations import advance_due
from bot.domain.consent import ConsentState
from bot.domain.messages import Kind, MessageState
from bot.store.alerts import Alert, AlertEvent, AlertState
from bot.store.messages import Message
from bot.store.people import Contact, PersonStatus, Staff
from bot.store.vault import KeyRing
from tests.conftest import HandClock
from tests.faults.house import (
    ALEX,
    CRISIS,
    DANA,
    DANA_SMS,
    JO,
    LEE,
    MARISOL,
    STRANGER,
    URGENT,
    House,
    open_house,
)

NIGHT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # 23:00 in New York: Dana is off duty
OFF_DUTY = ('duty: ["Mon-Sun 00:00-24:00"]', 'duty: ["Mon-Fri 09:00-18:00"]')
LEE_OFF = (
    "roles: [supervisor, coordinator]",
    'roles: [supervisor, coordinator]\n    duty: ["Mon 09:00-10:00"]',
)


@pytest.fixture
async def house(database_url: str, ring: KeyRing, clock: HandClock) -> AsyncIterator[House]:
    """Return a house with the example programme in it."""
    opened = await open_house(database_url, ring, clock)
    yield opened
    await opened.database.close()


async def _take(house: House, ref: str) -> bool:
    async with house.database.write() as tx:
        alert = await tx.session.scalar(select(Alert))
        staff = await tx.session.scalar(select(Staff).where(Staff.ref == ref))
        assert alert is not None
        assert staff is not None
        return (await take_alert(tx, alert, staff)).won


async def _told(house: House, alert: Alert) -> list[str]:
    """Return the refs of everybody a notice was written for, in order."""
    async with house.database.read() as tx:
        rows = await tx.session.scalars(
            select(Staff.ref)
            .join(Message, Message.staff_id == Staff.id)
            .where(Message.alert_id == alert.id, Message.kind == Kind.NOTICE)
            .order_by(Message.created_at, Staff.position)
        )
        return list(rows)


async def test_two_acknowledge_at_once_and_one_wins(house: House) -> None:
    """Exactly one has it; the participant hears one name."""
    await house.says(ALEX, CRISIS)
    won = await asyncio.gather(_take(house, "dana"), _take(house, "jo"), _take(house, "lee"))
    assert won.count(True) == 1
    (alert,) = await house.alerts()
    assert alert.state is AlertState.ACKNOWLEDGED
    assert alert.next_step_at == house.clock() + timedelta(hours=1)  # then whoever has it is asked
    await house.app.settle()
    assert sum("has your message now" in text for text in house.screen(ALEX)) == 1


async def test_a_taken_alert_rings_no_more(house: House) -> None:
    """Notices not yet gone are taken back, those told hear who has it, and time brings nothing."""
    await house.says(ALEX, CRISIS)
    await house.says(JO, "1")
    assert any("Jo has it" in text for text in house.screen(DANA))
    before = len(house.screen(DANA))
    await house.forward(hours=1)
    assert len(house.screen(DANA)) == before
    assert house.screen(LEE) == []


async def test_a_bare_one_takes_nothing_that_it_might_not_mean(house: House) -> None:
    """With two waiting, `1` asks which; with the ref it takes that one and no other."""
    await house.says(ALEX, CRISIS)
    await house.says(MARISOL, CRISIS)
    first, second = await house.alerts()
    await house.says(JO, "1")
    assert {a.state for a in await house.alerts()} == {AlertState.OPEN}
    assert first.ref in house.screen(JO)[-1]
    assert second.ref in house.screen(JO)[-1]
    await house.says(JO, f"1 {second.ref}")
    assert [a.state for a in await house.alerts()] == [AlertState.OPEN, AlertState.ACKNOWLEDGED]


async def test_a_one_for_another_message_is_not_lost(house: House) -> None:
    """An unknown ref takes nothing and says so."""
    await house.says(ALEX, CRISIS)
    await house.says(JO, "1 Z99")
    assert (await house.alerts())[0].state is AlertState.OPEN
    assert "don't know" in house.screen(JO)[-1]


async def test_refs_differ(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two alerts never share a reference, even when there are hardly any left to choose from."""
    monkeypatch.setattr(alerts, "LETTERS", "KR")
    monkeypatch.setattr(alerts, "DIGITS", "23")
    for number in range(8):
        await house.says((STRANGER[0], f"+1202555018{number}"), CRISIS)
    refs = [alert.ref for alert in await house.alerts()]
    assert len(refs) == len(set(refs)) == 8


async def test_the_snapshot_runs_when_the_programme_is_edited(house: House) -> None:
    """A chain that was cut short in the file meanwhile still goes its way for this alert."""
    await house.says(ALEX, CRISIS)
    await house.bring_in(("    - {notify: supervisor, by: [sms, voice], wait: 3m}\n", ""))
    await house.forward(minutes=3)
    assert len(house.screen(LEE)) == 1


async def test_somebody_who_left_is_passed_at_once(house: House) -> None:
    """A member who left after the alert opened is skipped, and said to be."""
    await house.says(ALEX, URGENT)
    async with house.database.write() as tx:
        await tx.session.execute(update(Staff).where(Staff.ref == "jo").values(status=PersonStatus.LEFT))
    await house.forward(minutes=10)
    assert house.screen(JO) == []
    assert len(house.screen(LEE)) == 1
    async with house.database.read() as tx:
        skipped = await tx.session.scalars(
            select(Staff.ref)
            .join(AlertEvent, AlertEvent.staff_id == Staff.id)
            .where(AlertEvent.what == "skipped")
        )
        assert "jo" in set(skipped)


async def test_somebody_who_left_before_the_notice_went(house: House) -> None:
    """A notice that is queued for them goes to the next person, with no wait."""
    await house.hears(ALEX, URGENT)
    async with house.database.write() as tx:
        await tx.session.execute(update(Staff).where(Staff.ref == "dana").values(status=PersonStatus.LEFT))
    await house.app.settle()
    assert house.screen(DANA) == []
    assert len(house.screen(JO)) == 1


async def test_at_night_whoever_is_on_duty_is_told(house: House, clock: HandClock) -> None:
    """Dana's evening is hers: the one on duty is told, and only from the second round on she is, too."""
    clock.instant = NIGHT
    await house.says(ALEX, CRISIS)
    assert house.screen(DANA) == []
    assert len(house.screen(JO)) == 1
    await house.forward(minutes=3)
    assert len(house.screen(LEE)) == 1
    await house.forward(minutes=3)
    assert len(house.screen(DANA)) == 1


async def test_in_a_crisis_nobodys_evening_counts_if_nobody_is_on_duty(
    house: House, clock: HandClock
) -> None:
    """Off duty shields nobody when there is nobody else."""
    await house.bring_in(OFF_DUTY, LEE_OFF)
    clock.instant = NIGHT
    await house.says(ALEX, CRISIS)
    assert len(house.screen(DANA)) == 1
    assert len(house.screen(JO)) == 1
    assert "telling your team" in house.screen(ALEX)[-1]


async def test_urgent_at_night_goes_to_the_supervisor(house: House, clock: HandClock) -> None:
    """What can wait for the morning wakes only the supervisor, duty or not."""
    await house.bring_in(OFF_DUTY, LEE_OFF)
    clock.instant = NIGHT
    await house.says(ALEX, URGENT)
    assert house.screen(DANA) == house.screen(JO) == []
    assert len(house.screen(LEE)) == 1


async def test_nobody_can_be_told(house: House) -> None:
    """The person is told the truth, the alert stays open with its next turn ahead, and tries again."""
    async with house.database.write() as tx:
        await tx.session.execute(
            update(Contact).where(Contact.staff_id.is_not(None)).values(consent=ConsentState.OPTED_OUT)
        )
    await house.says(ALEX, CRISIS)
    assert "can't reach your team" in house.screen(ALEX)[-1]
    (alert,) = await house.alerts()
    assert alert.state is AlertState.OPEN
    assert alert.next_step_at is not None
    assert alert.next_step_at > house.clock()
    await house.says(LEE, "START")
    await house.forward(minutes=3)
    assert any(alert.ref in text for text in house.screen(LEE))


async def test_what_rises_above_a_taken_alert_opens_it_again(house: House) -> None:
    """Urgent and taken, then crisis: the chain of a crisis starts, and only a new "I have it" ends it."""
    await house.says(ALEX, URGENT)
    await house.says(DANA, "1")
    await house.says(ALEX, CRISIS)
    (alert,) = await house.alerts()
    assert alert.state is AlertState.OPEN
    assert alert.acknowledged_by is None
    assert len(await _told(house, alert)) == 3
    await house.says(DANA, "1")
    (alert,) = await house.alerts()
    assert alert.state is AlertState.ACKNOWLEDGED
    assert sum("has your message now" in text for text in house.screen(ALEX)) == 2


async def test_a_holder_outside_the_first_step_hears_that_it_rose(house: House) -> None:
    """Whoever had it is told in any case, though the new chain begins with others."""
    await house.says(ALEX, URGENT)
    (alert,) = await house.alerts()
    await house.says(LEE, f"1 {alert.ref}")
    await house.says(ALEX, CRISIS)
    assert "more serious" in house.screen(LEE)[-1]


async def test_they_write_again_while_somebody_has_it(house: House) -> None:
    """The holder hears of it, bundled; no second alert is opened."""
    await house.says(ALEX, CRISIS)
    await house.says(DANA, "1")
    before = len(house.screen(DANA))
    for _ in range(5):
        await house.says(ALEX, CRISIS)
    assert len(house.screen(DANA)) == before + 1
    (alert,) = await house.alerts()
    assert alert.state is AlertState.ACKNOWLEDGED
    assert alert.count == 6


@pytest.mark.parametrize("gone", ["long ago", "opted out", "left"])
async def test_a_holder_who_can_not_hear_is_not_relied_on(house: House, gone: str) -> None:
    """Distress that comes hours later, or to a holder out of reach, is an alert of its own."""
    await house.says(ALEX, CRISIS)
    await house.says(DANA, "1")
    async with house.database.write() as tx:
        dana = await tx.session.scalar(select(Staff).where(Staff.ref == "dana"))
        assert dana is not None
        if gone == "opted out":
            await tx.session.execute(
                update(Contact).where(Contact.staff_id == dana.id).values(consent=ConsentState.OPTED_OUT)
            )
        elif gone == "left":
            dana.status = PersonStatus.LEFT
    if gone == "long ago":
        house.clock.forward(hours=3)
    await house.says(ALEX, CRISIS)
    old, new = await house.alerts()
    assert old.state is AlertState.CLOSED
    assert new.state is AlertState.OPEN
    assert new.ref != old.ref
    assert any(new.ref in text for text in house.screen(JO))


async def test_one_alert_that_breaks_does_not_stop_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again in a minute; everybody else's goes on."""
    await house.says(ALEX, URGENT)
    await house.says(MARISOL, URGENT)
    broken, sound = await house.alerts()
    inner = actions.advance

    async def advance(tx, alert, programme, roster):  # type: ignore[no-untyped-def]
        told = await inner(tx, alert, programme, roster)
        if alert.id == broken.id:
            raise RuntimeError
        return told

    monkeypatch.setattr(actions, "advance", advance)
    house.clock.forward(minutes=10)
    async with house.database.write() as tx:
        assert await advance_due(tx) == 2
    first, second = await house.alerts()
    assert first.next_step_at == house.clock() + timedelta(minutes=1)
    assert (first.round, first.step) == (broken.round, broken.step)
    assert (second.round, second.step) > (sound.round, sound.step)
    assert len(await _told(house, first)) == 1
    assert len(await _told(house, second)) == 2


async def test_a_notice_refused_goes_another_way_at_once(house: House) -> None:
    """Refused by Telegram for good: the text leaves in the same instant, and the chain keeps its time."""
    from bot.channels.simulator import Fault

    house.phones[DANA[0]].fail(Fault.FAILED, address=DANA[1])
    await house.says(ALEX, URGENT)
    (alert,) = await house.alerts()
    assert len(house.screen(DANA_SMS)) == 1
    assert alert.next_step_at == house.clock() + timedelta(minutes=10)


async def test_a_notice_with_no_way_left_moves_the_chain_on(house: House) -> None:
    """When the only person of a step can't be told at all, the next step does not wait."""
    from bot.channels.simulator import Fault

    for phone in house.phones.values():
        phone.fail(Fault.UNREACHABLE, address="700001")
        phone.fail(Fault.UNREACHABLE, address="+12025550101")
    await house.says(ALEX, URGENT)
    assert len(house.screen(JO)) == 1
    states = [m.state for m in await house.messages(Message.kind == Kind.NOTICE)]
    assert states.count(MessageState.FAILED) == 2
