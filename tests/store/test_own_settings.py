"""Whatever people ask for, wherever they move, whenever we die: no occurrence is doubled or lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.actions.enrolments import enrol, next_prompt, pause_participant, resume_participant
from bot.actions.people import add_contact
from bot.actions.planning import look_again, plan_due
from bot.actions.preferences import choose_time, move_to_zone, send_fewer, send_more
from bot.domain.consent import ConsentState
from bot.domain.messages import ChannelName
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Participant, PersonStatus, Programme
from bot.store.schedules import Enrolment, Publication, Schedule
from bot.store.vault import KeyRing
from schedules.planner import plan
from tests.conftest import HandClock
from tests.faults.house import ALEX, House, open_house

ZONES = [
    "America/New_York",
    "America/Chicago",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Europe/London",
]
BEGINS = [datetime(2026, 3, 6, 13, tzinfo=UTC), datetime(2026, 10, 2, 1, tzinfo=UTC)]
LEVELS = 3
HOUR = timedelta(hours=1)
clocks = st.sampled_from([time(0, 5), time(2, 30), time(8), time(9, 30), time(12), time(20), time(23, 55)])
steps = st.lists(
    st.tuples(
        st.integers(0, 30 * 60),  # minutes that pass before it
        st.one_of(
            st.just(("plan", None)),
            st.just(("pause", None)),
            st.just(("resume", None)),
            st.tuples(st.just("move"), st.sampled_from(ZONES)),
            st.tuples(st.just("time"), st.none() | clocks),
            st.just(("less", None)),
            st.just(("more", None)),
            st.tuples(st.just("jump"), st.sampled_from([-120, -45, 45, 120])),
            st.just(("crash", None)),
            st.just(("look", None)),
        ),
    ),
    min_size=1,
    max_size=14,
)


@dataclass
class Life:
    """One person, what happened to them, and what must be true of it in the end."""

    house: House
    person: str
    enrolment: str
    begun: datetime
    levels: list[tuple[datetime, int]] = field(default_factory=list)

    async def does(self, what: str, value: Any) -> None:
        """Let one thing happen."""
        match what:
            case "plan":
                await plan(self.house.database)
            case "jump":
                self.house.clock.forward(minutes=value)
                await plan(self.house.database)
            case "crash":
                with suppress(ZeroDivisionError):
                    async with self.house.database.write() as tx:
                        await plan_due(tx, limit=10)
                        raise ZeroDivisionError
            case _:
                async with self.house.database.write() as tx:
                    await self._change(tx, what, value)

    async def _change(self, tx: Tx, what: str, value: Any) -> None:
        person = await tx.session.get_one(Participant, self.person)
        match what:
            case "pause":
                await pause_participant(tx, person, tx.now + timedelta(days=2))
            case "resume":
                await resume_participant(tx, person)
            case "move":
                programme = await tx.session.get_one(Programme, person.programme_id)
                await move_to_zone(tx, person, value, programme.timezone)
            case "time":
                await choose_time(tx, person, value)
            case "less":
                await send_fewer(tx, person)
            case "more":
                await send_more(tx, person)
            case "look":
                await look_again(tx, [self.enrolment])
        row = await tx.session.get_one(Enrolment, self.enrolment, populate_existing=True)
        self.levels.append((tx.now, 0 if row.overrides is None else row.overrides.count('"less": ')))

    async def rows(self) -> list[Any]:
        """Return what was decided: prompt, name and instant of each occurrence."""
        async with self.house.database.read() as tx:
            found = await tx.session.execute(
                select(Message.prompt_key, Message.local_time, Message.not_before).where(
                    Message.enrolment_id == self.enrolment
                )
            )
            return list(found)

    async def told(self) -> datetime | None:
        """Return what somebody would be told that comes next."""
        async with self.house.database.read() as tx:
            return await next_prompt(tx, self.person)

    async def checked(self) -> None:
        """Check that what was told came, and that each day has its question once."""
        async with self.house.database.write() as tx:
            await resume_participant(tx, await tx.session.get_one(Participant, self.person))
        self.house.clock.forward(seconds=1)  # a change is looked at a moment later
        await plan(self.house.database)
        before = {(row.prompt_key, row.local_time) for row in await self.rows()}
        told = await self.told()
        assert told is not None
        self.house.clock.instant = told
        await plan(self.house.database)
        new = [row for row in await self.rows() if (row.prompt_key, row.local_time) not in before]
        assert min(row.not_before for row in new) == told
        for _ in range(3):
            self.house.clock.forward(hours=30)
            await plan(self.house.database)
        counts = Counter((row.prompt_key, row.local_time.date()) for row in await self.rows())
        assert max(counts.values()) == 1
        for key in ("mood", "surprise"):
            await self._whole(key, {day for name, day in counts if name == key})

    async def _whole(self, key: str, days: set[date]) -> None:
        """Check that no day is missing in between, but for those that LESS left out."""
        first, last = min(days), max(days)
        assert first <= self.begun.date() + timedelta(days=3 if not self.levels else 5)
        assert last >= self.house.clock().date() - timedelta(days=2 if not self.levels else 5)
        missing = [first + timedelta(days=n) for n in range((last - first).days)]
        for day in missing:
            assert day in days or self._thinned(day), (key, day)

    def _thinned(self, day: date) -> bool:
        noon = datetime.combine(day, time(12), UTC)
        near = [less for at, less in self.levels if at <= noon - 60 * HOUR][-1:]
        near += [less for at, less in self.levels if noon - 60 * HOUR <= at <= noon + 60 * HOUR]
        return any(near)


@pytest.fixture
async def house(database_url: str, ring: KeyRing, clock: HandClock) -> AsyncIterator[House]:
    """Return a house without quiet hours, in which nobody is on a schedule yet."""
    opened = await open_house(database_url, ring, clock)
    await opened.bring_in(
        ('quiet_hours: "20:00-09:00"', "quiet_hours: none"),
        ("days: [Tue, Thu, Sat]", "days: daily"),
        ("at: {day: 3, of: enrolment,", "at: {day: 400, of: enrolment,"),
        ("at: {every: 2w,", "at: {every: 200w,"),
    )
    async with opened.database.write() as tx:
        await tx.session.execute(update(Enrolment).values(next_due_at=None))
    yield opened
    await opened.database.close()


async def begin(house: House, zone: str, instant: datetime) -> Life:
    """Enrol somebody new in a zone."""
    house.clock.instant = instant
    sample = await house.contact(ALEX)
    async with house.database.write() as tx:
        await tx.session.execute(update(Enrolment).values(next_due_at=None))
        # What is in force was published before the story begins, whatever year that is.
        earlier = instant - timedelta(days=1)
        await tx.session.execute(update(Schedule).values(switched_at=earlier))
        await tx.session.execute(update(Publication).values(at=earlier))
        programme = await tx.session.get_one(
            Programme, (await tx.session.get_one(Participant, sample.participant_id)).programme_id
        )
        key = await tx.vault.new_key(tx.session, "participant")
        person = Participant(
            id=new_id(),
            programme_id=programme.id,
            ref=f"s-{new_id()}",
            key_id=key,
            language="en",
            timezone=zone,
            status=PersonStatus.ACTIVE,
            position=9,
            created_at=tx.now,
        )
        tx.session.add(person)
        await tx.session.flush()
        add_contact(
            tx,
            programme_id=programme.id,
            key_id=key,
            channel=ChannelName.TELEGRAM,
            address=str(int(person.id[-12:], 16)),
            participant_id=person.id,
            consent=ConsentState.ACTIVE,
        )
        schedule = await tx.session.scalar(select(Schedule))
        assert schedule is not None
        row = enrol(tx, person.id, schedule.id, instant.astimezone(ZoneInfo(zone)).date())
        await tx.session.flush()
        return Life(house=house, person=person.id, enrolment=row.id, begun=instant)


async def test_nothing_is_doubled_or_lost(house: House) -> None:
    """Moves, wishes, LESS and MORE, pauses, clocks that jump and a planner that dies, in any order."""
    loop = asyncio.get_running_loop()

    def wait(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    @settings(
        max_examples=40 if house.database.sqlite else 12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.sampled_from(ZONES), st.sampled_from(BEGINS), steps)
    def anything(zone: str, begins: datetime, happened: list[tuple[int, tuple[str, Any]]]) -> None:
        life = wait(begin(house, zone, begins))
        for minutes, (what, value) in happened:
            house.clock.forward(minutes=minutes)
            wait(life.does(what, value))
        wait(life.checked())

    await asyncio.to_thread(anything)
