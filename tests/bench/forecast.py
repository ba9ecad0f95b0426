"""Forecast thirty days for everybody, of eight zones and as many first days as a year has."""

from __future__ import annotations

import time

from bot.actions.forecasting import forecast
from bot.domain.messages import ChannelName
from tests.bench.figures import Better, Figure, Run, Target, middle
from tests.bench.planner import seeded_once
from tests.bench.seeding import MONDAY, Seeded

DAYS = 30
RATES = {ChannelName.TELEGRAM: 30.0, ChannelName.SMS: 1.0}
ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix",
    "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico",
)  # fmt: skip


async def bench(run: Run) -> list[Figure]:
    """Return the seconds it takes."""
    people = run.scale.published
    seeded = await seeded_once(run, people)
    _spread(seeded)
    database = seeded.database(lambda: MONDAY)
    await database.ready()
    took, texts = [], 0
    for turn in range(1, run.scale.repeats + 1):
        run.step(f"{DAYS} days for {people:,}, {turn} of {run.scale.repeats}")
        start = time.perf_counter()
        async with database.read() as tx:
            found = await forecast(tx, days=DAYS, rates=RATES)
        took.append(time.perf_counter() - start)
        texts = sum(sum(hour.texts.values()) for hour in found.hours)
    await database.close()
    assert texts > people * DAYS, "everybody is asked once a day at least"
    return [
        Figure(
            what=f"{people:,} people, {DAYS} days: forecast in", unit="s", ours=middle(took),
            better=Better.LOWER, target=Target(limit=20.0), note=f"{texts:,} texts, by the hour",
        )
    ]  # fmt: skip


def _spread(seeded: Seeded) -> None:
    connection = seeded.connect()
    cases = " ".join(f"WHEN {number} THEN '{zone}'" for number, zone in enumerate(ZONES))
    connection.execute(f"UPDATE participants SET timezone = CASE rowid % {len(ZONES)} {cases} END")  # noqa: S608 - our own zones
    connection.execute("UPDATE enrolments SET start = date('2025-11-23', '+' || (rowid % 365) || ' days')")
    connection.commit()
    connection.close()
