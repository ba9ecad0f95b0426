"""A tick that finds nothing to do: the planner's, the escalations' and delivery's look at a full database."""

from __future__ import annotations

import time
from datetime import timedelta

from bot.channels.simulator import Simulator
from bot.domain.messages import ChannelName
from schedules.delivery import Delivery, Sender
from schedules.escalations import escalate
from schedules.planner import plan
from tests.bench.figures import Better, Figure, Run, Target, middle, share_below
from tests.bench.planner import seeded_once
from tests.bench.seeding import MONDAY, Seeded

FEW = 100  # people in the baseline's database


async def bench(run: Run) -> list[Figure]:
    """Return the milliseconds of a tick with everybody enrolled, beside a database of a hundred people."""
    many = run.scale.enrolled[-1]
    full, small = await seeded_once(run, many), await seeded_once(run, FEW)
    ours: list[float] = []
    theirs: list[float] = []
    for turn in range(run.scale.repeats):
        run.step(f"ticking, {turn + 1} of {run.scale.repeats}")
        ours += await _ticks(full, run.scale.ticks)
        theirs += await _ticks(small, run.scale.ticks)
    note = f"the same with {FEW} people enrolled"
    what = f"idle tick, {many:,} enrolled"
    return [
        Figure(what=f"{what}: median", unit="ms", ours=middle(ours) * 1000, baseline=middle(theirs) * 1000,
               better=Better.LOWER, target=Target(limit=5.0), note=note),
        Figure(what=f"{what}: 99th percentile", unit="ms", ours=share_below(ours, 0.99) * 1000,
               baseline=share_below(theirs, 0.99) * 1000, better=Better.LOWER, note=note),
    ]  # fmt: skip


async def _ticks(seeded: Seeded, count: int) -> list[float]:
    # A second before anybody is due again, whatever the planner's own benchmark left behind.
    clock = lambda: MONDAY - timedelta(days=1)  # noqa: E731 - a clock that stands still
    database = seeded.database(clock)
    await database.ready()
    channels = [Simulator(name, now=clock) for name in (ChannelName.TELEGRAM, ChannelName.SMS)]
    deliveries = [Delivery(database, Sender(channel=c), now=clock, owner="bench") for c in channels]
    taken = []
    for _ in range(count + 5):
        start = time.perf_counter()
        worked = await plan(database) + await escalate(database)
        for delivery in deliveries:
            await delivery._round()
        taken.append(time.perf_counter() - start)
        assert worked == 0, "somebody was due"
    await database.close()
    return taken[5:]  # the first ones open connections and compile statements
