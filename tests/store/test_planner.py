"""What falls due is written once, whoever plans and whatever is changed meanwhile."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select, update

from bot.actions.planning import plan_due
from bot.domain.messages import Kind, MessageState
from bot.store.base import table_of
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Participant, PersonStatus
from bot.store.schedules import Enrolment, Schedule
from bot.store.vault import KeyRing
from schedules.planner import plan
from tests.conftest import HandClock
from tests.faults.house import ALEX, MARISOL, SMS, House, open_house

PROMPT = Message.kind == Kind.PROMPT
ALEXS = PROMPT & (Message.channel == SMS)
# Every way a clock may change: north, south, by half an hour, never, and for a month of fasting.
ZONES = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "America/Sao_Paulo",
]


@pytest.fixture
async def house(database_url: str, ring: KeyRing, clock: HandClock) -> AsyncIterator[House]:
    """Return a house with the example programme in it, at 09:00 in Chicago."""
    opened = await open_house(database_url, ring, clock)
    yield opened
    await opened.database.close()


async def _due(house: House) -> datetime | None:
    async with house.database.read() as tx:
        contact = await house.contact(ALEX)
        found: datetime | None = await tx.session.scalar(
            select(Enrolment.next_due_at).where(Enrolment.participant_id == contact.participant_id)
        )
        return found


async def _keys(house: House) -> list[tuple[str | None, datetime | None]]:
    return [(m.prompt_key, m.local_time) for m in await house.messages(ALEXS)]


async def _plan(house: House, **by: float) -> None:
    house.clock.forward(**by)
    await plan(house.database)


async def test_two_planners_at_once(house: House) -> None:
    """Each occurrence is written once, and both planners come to an end."""
    house.clock.forward(hours=2)
    await asyncio.gather(*(plan(house.database) for _ in range(4)))
    counts = Counter(m.dedupe_key for m in await house.messages(PROMPT))
    assert len(counts) == 2
    assert set(counts.values()) == {1}


async def test_planning_again_changes_nothing(house: House) -> None:
    """A planner that forgot that it had planned writes nothing twice."""
    await _plan(house, hours=2)
    before = await _keys(house)
    async with house.database.write() as tx:
        await tx.session.execute(
            update(Enrolment).values(
                planned_until=house.clock() - timedelta(hours=3), next_due_at=house.clock()
            )
        )
    await plan(house.database)
    assert await _keys(house) == before


async def test_what_was_missed_expires(house: House) -> None:
    """After two days of silence the old mornings are on record as missed, and none is sent late."""
    await house.forward(days=2)
    states = [(m.local_time, m.state) for m in await house.messages(ALEXS, Message.prompt_key == "mood")]
    assert [state for _, state in states] == [MessageState.EXPIRED, MessageState.EXPIRED]
    assert house.screen(ALEX) == []


async def test_the_next_time_is_kept(house: House) -> None:
    """After each occurrence, the next one's time is known; nothing is looked at before."""
    await _plan(house, seconds=1)
    assert await _due(house) == datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    await _plan(house, minutes=30)
    assert len(await _keys(house)) == 1
    due = await _due(house)
    assert due is not None
    local = due.astimezone(ZoneInfo("America/Chicago"))
    assert local.date() == date(2026, 11, 24)


async def test_moving_to_another_zone(house: House) -> None:
    """Whoever was asked today is not asked again further west; further east nothing is filled in."""
    await house.forward(minutes=30)
    await house.bring_in(("America/Chicago", "America/Los_Angeles"))
    await house.forward(hours=3)
    assert len(await house.messages(ALEXS)) == 1
    await house.bring_in(("America/Chicago", "Asia/Kathmandu"))
    await house.forward(seconds=1)
    assert len(await house.messages(ALEXS)) == 1


async def test_a_session_that_was_moved(house: House) -> None:
    """The reminder follows the session; the old time says nothing."""
    await house.bring_in(("2026-11-26 15:00", "2026-11-28 15:00"))
    marisol = await house.contact(MARISOL)
    for _ in range(6):
        await house.forward(hours=24)
    reminders = await house.messages(
        Message.participant_id == marisol.participant_id, Message.prompt_key == "before-session"
    )
    assert [m.local_time for m in reminders] == [datetime(2026, 11, 27, 18, 0)]  # noqa: DTZ001 - wall clock


async def test_days_counted_from_the_recovery_date(house: House) -> None:
    """Day 100 of recovery falls where the person's own date puts it; without a date it stays silent."""
    await house.bring_in(
        ("at: {day: 3, of: enrolment,", "at: {day: 100, of: recovery_date,"),
        ("    specialist: dana\n", "    specialist: dana\n    recovery_date: 2026-08-17\n"),
    )
    for _ in range(4):
        await house.forward(hours=12)
    counted = await house.messages(PROMPT, Message.prompt_key == "day-3")
    assert [(m.channel, m.local_time) for m in counted] == [(SMS, datetime(2026, 11, 24, 12, 0))]  # noqa: DTZ001 - wall clock


async def test_a_new_version_in_flight(house: House) -> None:
    """What is queued takes the corrected text; what is gone is cancelled; what is new fills nothing in."""
    await _plan(house, minutes=30)
    await house.bring_in(
        ("How are you today, 0 (rough) to 10 (good)?", "How is today, 0 (rough) to 10 (good)?"),
        ("      - key: day-3", '      - {key: dawn, at: {days: daily, time: "08:00"}, support: emotional, '
         'text: {en: "Good morning.", es: "Buenos dias."}}\n      - key: day-3'),
    )  # fmt: skip
    await house.app.settle()
    assert house.screen(ALEX) == ["Morning Alex. How is today, 0 (rough) to 10 (good)?"]
    assert [key for key, _ in await _keys(house)] == ["mood"]


async def test_a_prompt_taken_out_in_flight(house: House) -> None:
    """A queued prompt that the new version no longer has is not sent."""
    await _plan(house, minutes=30)
    await house.bring_in(("- key: mood", "- key: feeling"))
    await house.app.settle()
    mood = await house.messages(ALEXS, Message.prompt_key == "mood")
    assert [(m.state, m.reason) for m in mood] == [(MessageState.CANCELLED, "removed")]
    assert house.screen(ALEX) == []


async def test_whoever_left_is_planned_for_no_more(house: House) -> None:
    """No occurrence is written, and nothing is looked at again."""
    async with house.database.write() as tx:
        await tx.session.execute(update(Participant).values(status=PersonStatus.LEFT))
    await _plan(house, hours=2)
    assert await _keys(house) == []
    assert await _due(house) is None


async def test_thousands_fall_due_together(house: House) -> None:
    """Two thousand at the same minute are planned in batches, each once."""
    async with house.database.write() as tx:
        people, places = [], []
        sample = await tx.session.scalar(select(Participant).limit(1))
        schedule = await tx.session.scalar(select(Schedule))
        assert sample is not None
        assert schedule is not None
        for n in range(2000):
            person = new_id()
            people.append({
                "id": person, "programme_id": sample.programme_id, "ref": f"x{n}", "key_id": sample.key_id,
                "language": "en", "status": PersonStatus.ACTIVE, "position": n, "created_at": tx.now,
            })  # fmt: skip
            places.append({
                "id": new_id(), "participant_id": person, "schedule_id": schedule.id,
                "start": date(2026, 11, 22), "planned_until": tx.now,
                "next_due_at": tx.now + timedelta(hours=1), "created_at": tx.now,
            })  # fmt: skip
        connection = await tx.session.connection()
        await connection.execute(insert(table_of(Participant)), people)
        await connection.execute(insert(table_of(Enrolment)), places)
    house.clock.forward(hours=1)
    assert await plan(house.database) >= 2000
    async with house.database.read() as tx:
        left = select(func.count()).select_from(Enrolment).where(Enrolment.next_due_at <= tx.now)
        assert await tx.session.scalar(left) == 0
    async with house.database.write() as tx:
        assert await plan_due(tx, limit=10) == 0


async def test_fault_22_every_day_of_a_year_once(house: House) -> None:
    """Every local day has its check-in exactly once, in zones of every kind; both changes on PostgreSQL."""
    spans = (
        [(datetime(2027, 1, 1, tzinfo=UTC), 365)]
        if house.database.sqlite
        else [(datetime(2027, 3, 5, tzinfo=UTC), 35), (datetime(2027, 9, 25, tzinfo=UTC), 50)]
    )
    # 02:30 is the time that clocks skip or show twice.
    await house.bring_in(('time: "09:30"', 'time: "02:30"'), ("days: [Tue, Thu, Sat]", "days: [Sat]"))
    people = await _one_in_each_zone(house)
    for begins, days in spans:
        house.clock.instant = begins
        async with house.database.write() as tx:
            await tx.session.execute(
                update(Enrolment).values(planned_until=begins, next_due_at=begins + timedelta(microseconds=1))
            )
        due: datetime | None = begins
        for _ in range(days * 24):
            house.clock.forward(hours=1)
            if due is not None and due <= house.clock():
                async with house.database.write() as tx:
                    await plan_due(tx, limit=100)
                    due = await tx.session.scalar(select(func.min(Enrolment.next_due_at)))
        for person, zone in people.items():
            sent = await house.messages(
                Message.participant_id == person,
                Message.prompt_key == "mood",
                Message.not_before >= begins,
                Message.not_before <= house.clock(),
            )
            local = [m.local_time.date() for m in sent if m.local_time is not None]
            first = begins.astimezone(ZoneInfo(zone)).date()
            last = house.clock().astimezone(ZoneInfo(zone)).date()
            whole = {first + timedelta(days=n) for n in range(1, (last - first).days)}
            assert len(local) == len(set(local)), zone
            assert whole <= set(local), zone


async def _one_in_each_zone(house: House) -> dict[str, str]:
    people: dict[str, str] = {}
    async with house.database.write() as tx:
        alex = await house.contact(ALEX)
        sample = await tx.session.get_one(Participant, alex.participant_id)
        schedule = await tx.session.scalar(select(Schedule))
        assert schedule is not None
        await tx.session.execute(update(Enrolment).values(next_due_at=None))
        for number, zone in enumerate(ZONES):
            key = await tx.vault.new_key(tx.session, "participant")
            person = Participant(
                id=new_id(),
                programme_id=sample.programme_id,
                ref=f"z{number}",
                key_id=key,
                language="en",
                timezone=zone,
                status=PersonStatus.ACTIVE,
                position=number,
                created_at=tx.now,
            )
            tx.session.add(person)
            await tx.session.flush()
            from bot.actions.enrolments import enrol
            from bot.actions.people import add_contact
            from bot.domain.consent import ConsentState

            add_contact(
                tx,
                programme_id=sample.programme_id,
                key_id=key,
                channel=SMS,
                address=f"+1202555011{number}",
                participant_id=person.id,
                consent=ConsentState.ACTIVE,
            )
            enrol(tx, person.id, schedule.id, date(2026, 11, 1))
            people[person.id] = zone
    return people
