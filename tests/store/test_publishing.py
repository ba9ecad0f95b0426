"""Whatever is published, undone or ended, and whatever fails meanwhile: no turn twice, none lost."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from bot.actions import schedules
from bot.actions.drafts import find_schedule
from bot.actions.planning import plan_due
from bot.actions.publishing import carry_over, next_unfinished
from bot.actions.schedules import UndoError, archive, publish, undo
from bot.actions.versions import make_version
from bot.domain.messages import MessageState
from bot.domain.prompts import prompts_from_data
from bot.domain.recurrence import Anchors
from bot.domain.slots import occurrence_key
from bot.store.database import Database
from bot.store.messages import Message
from bot.store.people import Participant
from bot.store.schedules import Enrolment, Publication, Schedule, ScheduleDraft, ScheduleVersion
from schedules.planner import plan
from schedules.publishing import publish_on
from tests.conftest import HandClock
from tests.store.publishing import NAME, fill, outbox, prompts, send_what_waits

VERSIONS = [
    prompts(
        'a: {days: daily, time: "09:30"}', "b: {day: 38, of: enrolment, time: '12:00'}",
        'c: {days: daily, between: "08:00-20:00"}',
    ),
    prompts(
        'a: {days: daily, time: "18:00"}', "b: {day: 39, of: enrolment, time: '10:00'}",
        'd: {days: [Mon, Wed], time: "11:00"}',
    ),
    prompts("a: {day: 38, of: enrolment, time: '16:00'}", 'b: {days: daily, time: "13:00"}'),
    prompts('a: {days: [Tue, Thu], time: "07:00"}', 'c: {days: daily, between: "14:00-16:00"}'),
]  # fmt: skip
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(0, len(VERSIONS) - 1)),
        st.tuples(st.sampled_from(["undo", "archive", "plan", "crash", "send", "pause"]), st.just(0)),
        st.tuples(st.just("carry"), st.integers(1, 3)),
        st.tuples(st.just("forward"), st.integers(1, 60)),
        st.tuples(st.just("jump"), st.integers(-2, 2)),
    ),
    min_size=3,
    max_size=14,
)


class _CrashError(Exception):
    """Stands for a kill in the middle of a transaction."""


@pytest.fixture
async def few(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Return a database with five people; publishing carries one of them over at once, not all."""
    monkeypatch.setattr(schedules, "SMALL", 1)
    await fill(database, VERSIONS[0], 5)
    return database


@pytest.mark.timeout(400)  # many lives, on a machine that others use
@settings(
    max_examples=15,
    deadline=None,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
        Phase.shrink,
    ],  # explaining takes longer than finding
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
async def test_nothing_doubled_nothing_lost(few: Database, clock: HandClock, steps: list[Any]) -> None:
    """Any sequence of changes, kills and clock trouble leaves each turn in force once, at one time a day."""
    await _begin_anew(few, clock)
    for what, how in steps:
        await _step(few, clock, what, how)
    clock.forward(hours=5)
    await publish_on(few)
    while await plan(few):
        pass
    held = await outbox(few)
    days = Counter(
        (r.enrolment, r.prompt, r.local.date()) for r in held.values() if r.reason != "already_sent"
    )
    assert [day for day, count in days.items() if count > 1] == []
    assert await _in_force(few, clock) - held.keys() == set()


async def _begin_anew(database: Database, clock: HandClock) -> None:
    clock.instant = HandClock().instant
    async with database.write() as tx:
        await tx.session.execute(delete(Message))
        await tx.session.execute(delete(Publication))
        await tx.session.execute(delete(ScheduleDraft))
        await tx.session.execute(update(Schedule).values(version_id=None, switched_at=None))
        await tx.session.execute(delete(ScheduleVersion))
        await tx.session.execute(
            update(Enrolment).values(planned_until=tx.now, next_due_at=tx.now, version_id=None)
        )
    async with database.write() as tx:
        await publish(tx, await find_schedule(tx, NAME), VERSIONS[0])


async def _step(database: Database, clock: HandClock, what: str, how: int) -> None:
    match what:
        case "forward" | "jump":
            clock.forward(hours=how)
        case "plan":
            await plan(database)
        case "crash":
            with suppress(_CrashError):
                async with database.write() as tx:
                    await plan_due(tx, limit=3)
                    raise _CrashError
        case "carry":
            async with database.write() as tx:
                unfinished = await next_unfinished(tx)
                if unfinished is not None:
                    await carry_over(tx, unfinished, limit=how)
        case "send":
            await send_what_waits(database)
        case "pause":
            async with database.write() as tx:
                await tx.session.execute(
                    update(Message)
                    .where(Message.state == MessageState.QUEUED)
                    .values(state=MessageState.CANCELLED, reason="paused")
                )
        case _:
            await _change(database, what, how)


async def _change(database: Database, what: str, how: int) -> None:
    async with database.write() as tx:
        schedule = await find_schedule(tx, NAME)
        if what == "publish":
            await publish(tx, schedule, VERSIONS[how])
        elif what == "archive":
            await archive(tx, NAME)
        else:
            with suppress(UndoError):
                await undo(tx, NAME)


async def _in_force(database: Database, clock: HandClock) -> set[str]:
    """Return every turn that fell due while its version was in force, by the outbox's keys."""
    async with database.read() as tx:
        changes = (await tx.session.scalars(select(Publication).order_by(Publication.id))).all()
        found: set[str] = set()
        rows = (await tx.session.execute(select(Enrolment, Participant.timezone).join(Participant))).all()
        ends = [change.at for change in changes[1:]] + [clock()]
        for change, end in zip(changes, ends, strict=True):
            if change.version_id is None:
                continue
            data = await tx.session.get_one(ScheduleVersion, change.version_id)
            version = make_version(prompts_from_data(data.prompts))
            for enrolment, zone in rows:
                anchors = Anchors(start=enrolment.start, zone=str(zone), seed=enrolment.id)
                for due in version.timetable.between(anchors, change.at, end):
                    rule = version.prompts[due.key].rule
                    found.add(occurrence_key(enrolment.id, due.key, rule, due.local))
    return found


async def test_a_kill_half_way(few: Database, clock: HandClock) -> None:
    """A publication that reached one of five goes on where it was, and everybody ends on the new times."""
    async with few.write() as tx:
        await publish(tx, await find_schedule(tx, NAME), VERSIONS[1])
    with suppress(_CrashError):
        async with few.write() as tx:
            unfinished = await next_unfinished(tx)
            assert unfinished is not None
            await carry_over(tx, unfinished, limit=2)
            raise _CrashError
    async with few.read() as tx:
        job = (await tx.session.scalars(select(Publication).order_by(Publication.id.desc()))).first()
        assert job is not None
        assert (job.done, job.total, job.finished_at) == (1, 5, None)
    assert await publish_on(few) == 4
    clock.forward(hours=24)
    await plan(few)
    times = {f"{row.local:%H:%M}" for row in (await outbox(few)).values() if row.prompt == "a"}
    assert times == {"18:00"}


async def test_only_texts_reach_everybody_at_once(few: Database, clock: HandClock) -> None:
    """A typo mended touches nobody's next time, and needs no job."""
    mended = [replace(prompt, text={"en": "Hello.", "es": "Hola."}) for prompt in VERSIONS[0]]
    await plan(few)
    async with few.read() as tx:
        before = (await tx.session.execute(select(Enrolment.id, Enrolment.next_due_at))).all()
    async with few.write() as tx:
        await publish(tx, await find_schedule(tx, NAME), mended)
    assert await publish_on(few) == 0
    async with few.read() as tx:
        assert (await tx.session.execute(select(Enrolment.id, Enrolment.next_due_at))).all() == before
    clock.forward(hours=24)
    await plan(few)
    assert len(await outbox(few)) > 0
