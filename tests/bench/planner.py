"""Plan 10,000 people who fall due at once, at any number enrolled."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from datetime import time as daytime

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.actions.anchors import anchors_of, stored_overrides
from bot.domain.overrides import Chapter, Overrides
from bot.domain.prompts import timetable_of
from schedules.built_in import library
from schedules.planner import plan
from tests.bench.figures import Better, Figure, Run, Target, middle
from tests.bench.seeding import MONDAY, Seeded, make_due, seed
from tests.bench.stalls import Heartbeat

ASKED = 20_000
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "Pacific/Honolulu")
OWN = Overrides(chapters=(Chapter(since=MONDAY.date() - timedelta(days=9), time=daytime(19, 45)),), less=1)
HOLIDAYS = "2026-12-25 2027-01-01"
OF_CPU = "process time of one enrolment, without the database"


@dataclass(kw_only=True, slots=True)
class Times:
    """What repetitions took, in seconds: the whole, and the longest that the loop answered nobody."""

    whole: list[float] = field(default_factory=list)
    stall: list[float] = field(default_factory=list)


async def bench(run: Run) -> list[Figure]:
    """Return seconds and stalls by number enrolled, beside APScheduler with a job a person."""
    figures = []
    for enrolled in run.scale.enrolled:
        seeded = await seeded_once(run, enrolled)
        due = min(run.scale.due, enrolled)
        ours, theirs = Times(), Times()
        for turn in range(1, run.scale.repeats + 1):
            run.step(f"planning {due:,} of {enrolled:,}, {turn} of {run.scale.repeats}")
            await _plan(seeded, due, ours)
            # Filling its job store takes half a minute at 100,000, so that size is run once.
            if enrolled <= run.scale.apscheduler and (turn == 1 or enrolled <= run.scale.apscheduler // 10):
                run.step(f"the same with {enrolled:,} jobs in APScheduler")
                await _apscheduler(enrolled, due, theirs)
        figures += _figures(enrolled, due, ours, theirs)
    run.step("working out next due times")
    return [
        *figures,
        _maintenance("next due time", None),
        _maintenance("the same, each with own settings", OWN),
    ]


async def seeded_once(run: Run, enrolled: int) -> Seeded:
    """Return the database with this many people, made at first use and kept for the run."""
    path = run.folder / f"people-{enrolled}.db"
    kept = _seeded.get(str(path))
    if kept is None:
        kept = _seeded[str(path)] = await seed(path, enrolled, step=run.step)
    return kept


_seeded: dict[str, Seeded] = {}


async def _plan(seeded: Seeded, due: int, times: Times) -> None:
    make_due(seeded, due)
    database = seeded.database(lambda: MONDAY + timedelta(seconds=1))
    await database.ready()
    async with Heartbeat() as heart:
        start = time.perf_counter()
        planned = await plan(database)
        times.whole.append(time.perf_counter() - start)
    times.stall.append(heart.worst)
    await database.close()
    assert planned == due, f"{planned} planned"


async def _apscheduler(enrolled: int, due: int, times: Times) -> None:
    """Fire `due` of `enrolled` daily jobs that do nothing but count: what a scheduler itself costs."""
    loop, done, fired = asyncio.get_running_loop(), asyncio.Event(), 0

    async def job() -> None:
        nonlocal fired
        fired += 1
        if fired == due:
            done.set()

    scheduler = AsyncIOScheduler(timezone="UTC", executors={"default": AsyncIOExecutor()}, event_loop=loop)
    scheduler.start(paused=True)
    later = datetime.now(UTC) + timedelta(days=1)
    for number in range(enrolled):
        at = datetime.now(UTC) if number < due else later
        scheduler.add_job(job, "interval", days=1, next_run_time=at, misfire_grace_time=None)
        if number % 1000 == 0:
            await asyncio.sleep(0)
    async with Heartbeat() as heart:
        start = time.perf_counter()
        scheduler.resume()
        await done.wait()
        times.whole.append(time.perf_counter() - start)
    times.stall.append(heart.worst)
    scheduler.shutdown(wait=False)


def _maintenance(what: str, own: Overrides | None) -> Figure:
    """Return the CPU time that one enrolment's next due time takes: the ninety days, in five zones."""
    timetable = timetable_of(library()["first-90-days"].prompts)
    rows = [
        (
            f"e{number}",
            MONDAY.date() - timedelta(days=number % 60),
            ZONES[number % len(ZONES)],
            stored_overrides(replace(own, skip=frozenset({MONDAY.date() + timedelta(days=number % 50)})))
            if own is not None
            else None,
        )
        for number in range(ASKED)
    ]
    begin = time.process_time()
    for seed_, start, zone, overrides in rows:
        anchors = anchors_of(
            seed=seed_, start=start, zone=zone, programme_zone="UTC", overrides=overrides, holidays=HOLIDAYS
        )
        timetable.turn(anchors, MONDAY - timedelta(hours=1), MONDAY)
    each = (time.process_time() - begin) / ASKED * 1e6
    target = Target(limit=100.0)
    return Figure(what=what, unit="µs", ours=each, better=Better.LOWER, target=target, note=OF_CPU)


def _figures(enrolled: int, due: int, ours: Times, theirs: Times) -> list[Figure]:
    where = f"{due:,} due of {enrolled:,}"
    note = "APScheduler, one job a person, jobs that do nothing"
    if not theirs.whole:
        note = "APScheduler was left out: filling its job store takes minutes and gigabytes"
    whole = middle(theirs.whole) if theirs.whole else None
    stall = middle(theirs.stall) if theirs.stall else None
    rate = due / middle(ours.whole)
    return [
        Figure(
            what=f"{where}: planned in", unit="s", ours=middle(ours.whole), baseline=whole,
            better=Better.LOWER, target=Target(limit=1.0), note=note,
        ),
        Figure(
            what=f"{where}: rate", unit="people/s", ours=rate, baseline=due / whole if whole else None,
            better=Better.HIGHER, note=note,
        ),
        Figure(
            what=f"{where}: longest stall", unit="ms", ours=middle(ours.stall) * 1000,
            baseline=stall * 1000 if stall else None, better=Better.LOWER, target=Target(limit=20.0),
            note=note,
        ),
    ]  # fmt: skip
