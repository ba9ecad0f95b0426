"""What publishing says it will change is what then happens, to the last turn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.actions.drafts import find_schedule
from bot.actions.impact import Impact, plan_impact
from bot.actions.schedules import publish
from bot.actions.versions import Version, make_version
from bot.domain.impact import Effect
from bot.domain.messages import MessageState
from bot.domain.recurrence import Anchors, Due
from bot.domain.slots import occurrence_key
from bot.store.database import Database
from bot.store.people import Participant
from bot.store.schedules import Enrolment
from bot.store.vault import KeyRing, Vault
from schedules.planner import plan
from schedules.publishing import publish_on
from tests.conftest import HandClock
from tests.databases import SqliteFiles
from tests.store.publishing import NAME, Row, fill, outbox, prompts, send_what_waits

DAYS = 60
OLD = prompts(
    'twice: {days: [Mon, Thu], time: "09:30"}',
    'late: {days: [Mon], time: "20:30"}',
    'noon: {days: [Mon], time: "12:00"}',
    "day-5: {day: 5, of: enrolment, time: '12:00'}",
    "day-30: {day: 30, of: enrolment, time: '12:00'}",
    "gone: {every: 2w, days: [Wed], time: '17:00', from: enrolment}",
    'random: {days: [Tue], between: "13:00-18:00"}',
    'same: {days: [Sat], between: "10:00-12:00"}',
)
NEW = prompts(
    'twice: {days: [Mon, Wed], time: "18:00"}',  # later, and another weekday
    'late: {days: [Mon], time: "08:00"}',  # earlier: today's is past for most
    'noon: {days: [Mon], time: "12:00"}',
    "day-5: {day: 9, of: enrolment, time: '12:00'}",  # whoever had it does not get it again
    "day-30: {day: 21, of: enrolment, time: '12:00'}",  # the day of some has passed
    'random: {days: [Tue], between: "10:00-12:00"}',
    'same: {days: [Sat], between: "10:00-12:00"}',
    "new-2: {day: 2, of: enrolment, time: '10:00'}",
    'sunday: {days: [Sun], time: "11:00"}',
)


async def publish_and_live(database: Database, clock: HandClock, *, people: int) -> Counter[Effect]:
    """Foresee, publish, let sixty days pass; check each number against the outbox and return them."""
    await fill(database, OLD, people)
    for some in (0, 0, 0, people // 10):
        clock.forward(hours=6)
        await plan(database)
        await send_what_waits(database, but=some)
    before = await outbox(database)
    async with database.read() as tx:
        schedule = await find_schedule(tx, NAME)
        foreseen = await plan_impact(tx, schedule, NEW, days=DAYS)
    changed_at = clock()
    async with database.write() as tx:
        await publish(tx, await find_schedule(tx, NAME), NEW)
    await publish_on(database)
    await plan(database)
    for _ in range(DAYS):
        clock.forward(hours=24)
        await plan(database)
    after = await outbox(database)
    assert clock() == changed_at + timedelta(days=DAYS)
    old, new = await _walk(database, changed_at)
    happened = Reality(at=changed_at, before=before, after=after, old=old, new=new).counted()
    assert {e: foreseen.counts[e] for e in Effect} == {e: happened[e] for e in Effect}
    _never_doubled(after)
    _examples_are_true(foreseen, after)
    return happened


@dataclass(frozen=True, kw_only=True)
class Reality:
    """The outbox at the change and at the end, and every turn of both rules, walked through by person.

    `new` reaches back to the first day, so that turns the change came too late for are in it.
    """

    at: datetime
    before: dict[str, Row]
    after: dict[str, Row]
    old: dict[str, Due]
    new: dict[str, Due]

    def counted(self) -> Counter[Effect]:
        """Count what became of each turn."""
        counts: Counter[Effect] = Counter(self._waiting())
        weeks: defaultdict[tuple[str, str, date], Counter[str]] = defaultdict(Counter)
        for turn, due in self.old.items():
            if turn in self.after and turn not in self.before:
                same = self.after[turn].at == due.at
                counts[Effect.UNCHANGED if same else Effect.MOVED] += 1
            elif turn not in self.after and turn in self.new:
                counts[Effect.SKIPPED] += 1
            elif turn not in self.after:
                weeks[_week(turn, due)]["gone"] += 1
        for turn, row in self.after.items():
            if turn not in self.before and turn not in self.old:
                weeks[_week(turn, row)]["come"] += 1
        for both in weeks.values():
            moved = min(both["gone"], both["come"])
            counts[Effect.MOVED] += moved
            counts[Effect.REMOVED] += both["gone"] - moved
            counts[Effect.ADDED] += both["come"] - moved
        counts[Effect.SKIPPED] += sum(
            turn not in self.after and due.at <= self.at and due.key == "new-2"
            for turn, due in self.new.items()
        )
        return counts

    def _waiting(self) -> Iterator[Effect]:
        for turn, row in self.before.items():
            if row.state is not MessageState.QUEUED:
                if turn in self.new and turn not in self.old and self.new[turn].at > self.at:
                    yield Effect.ALREADY_SENT
            elif self.after[turn].at != row.at:
                yield Effect.MOVED
            else:
                yield Effect.REMOVED if row.prompt == "gone" else Effect.UNCHANGED


async def _walk(database: Database, at: datetime) -> tuple[dict[str, Due], dict[str, Due]]:
    """Return every turn of the old rules to come, and of the new ones since the first day."""
    old: dict[str, Due] = {}
    new: dict[str, Due] = {}
    async with database.read() as tx:
        for enrolment, zone in await tx.session.execute(
            select(Enrolment, Participant.timezone).join(Participant)
        ):
            anchors = Anchors(start=enrolment.start, zone=str(zone), seed=enrolment.id)
            until = at + timedelta(days=DAYS)
            old |= _turns(make_version(OLD), anchors, at, until)
            new |= _turns(make_version(NEW), anchors, at - timedelta(days=100), until)
    return old, new


def _turns(side: Version, anchors: Anchors, after: datetime, until: datetime) -> dict[str, Due]:
    found: dict[str, Due] = {}
    for due in side.timetable.between(anchors, after, until):
        found.setdefault(occurrence_key(anchors.seed, due.key, side.prompts[due.key].rule, due.local), due)
    return found


def _week(turn: str, one: Due | Row) -> tuple[str, str, date]:
    _, enrolment, prompt, _ = turn.split(":")
    day = one.local.date()
    return enrolment, prompt, day - timedelta(days=day.weekday())


def _never_doubled(after: dict[str, Row]) -> None:
    days = Counter((row.enrolment, row.prompt, row.local.date()) for row in after.values())
    assert days.most_common(1)[0][1] == 1
    once = Counter((row.enrolment, row.prompt) for row in after.values() if row.prompt.startswith("day-"))
    assert once.most_common(1)[0][1] == 1


def _examples_are_true(foreseen: Impact, after: dict[str, Row]) -> None:
    real = {(row.prompt, row.local) for row in after.values()}
    for effect in (Effect.MOVED, Effect.ADDED, Effect.UNCHANGED):
        examples = foreseen.examples[effect]
        assert len(examples) == min(10, foreseen.people[effect])
        assert {(one.prompt, one.new) for one in examples} <= real
        assert len({one.participant for one in examples}) == len(examples)


async def test_a_few_people(database: Database, clock: HandClock) -> None:
    """Each kind of change is foreseen as it happens, on both databases."""
    happened = await publish_and_live(database, clock, people=60)
    assert all(happened[effect] for effect in Effect), happened


@pytest.fixture
async def large(
    tmp_path: Path, sqlite_files: SqliteFiles, ring: KeyRing, clock: HandClock
) -> AsyncIterator[Database]:
    """Return a database on SQLite alone: sixty days of two thousand people take a while."""
    url = sqlite_files.copy(tmp_path / "large.db")
    opened = Database(url, vault=Vault(ring), now=clock)
    await opened.ready()
    yield opened
    await opened.close()


@pytest.mark.timeout(400)  # half a minute of one core, which others may be using
async def test_two_thousand_people_for_sixty_days(large: Database, clock: HandClock) -> None:
    """The numbers are those that sixty days then bring, for two thousand people in five zones."""
    happened = await publish_and_live(large, clock, people=2000)
    assert happened.total() > 20_000
