"""Distress while routine messages queue: how long until a human's phone is handed the notice."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from tests.bench import desk
from tests.bench.figures import Better, Figure, Run, Target, middle
from tests.bench.load import CRY, one
from tests.bench.processes import Remote, process
from tests.bench.provider import provider
from tests.bench.seeding import now, queue, seed
from tests.bench.servers import handrail

STAFF = ["+12025550101", "+12025550102", "+12025550103"]  # the example programme's
PEOPLE = 5_000
RATES: tuple[tuple[str, float | None], ...] = (("10 texts a second", 10.0), ("an unlimited rate", None))
PATIENCE = 60.0  # seconds after which a notice counts as lost
BETWEEN = 0.7  # seconds between two alerts: each meets the queue at another moment


async def bench(run: Run) -> list[Figure]:
    """Return seconds from the webhook's request to the provider's, beside an empty queue."""
    figures = []
    for words, rate in RATES:
        full = await _alerts(run, rate, run.scale.queued)
        empty = await _alerts(run, rate, 0)
        what = f"notice handed over, {run.scale.queued:,} queued, {words}"
        note = "the same with nothing queued"
        figures += [
            Figure(what=f"{what}: median", unit="s", ours=middle(full), baseline=middle(empty),
                   better=Better.LOWER, target=Target(limit=1.0), note=note),
            Figure(what=f"{what}: slowest of {len(full)}", unit="s", ours=max(full), baseline=max(empty),
                   better=Better.LOWER, target=Target(limit=1.0), note=note),
        ]  # fmt: skip
    return figures + await desk.figures(run)


async def _alerts(run: Run, rate: float | None, queued: int) -> list[float]:
    people = min(PEOPLE, max(queued, 100))
    path = run.folder / f"alerts-{queued}-{rate}.db"
    seeded = await seed(path, people, step=run.step, channel="sms")
    queue(seeded, queued, now=now())
    run.step(f"distress with {queued:,} queued")
    async with AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(process(provider, "sms", None, 0))
        given = (seeded, await twilio.ask("url"), rate)
        url = await (await stack.enter_async_context(process(handrail, *given))).ask("url")
        waits = []
        for number in range(run.scale.alerts):
            await asyncio.sleep(BETWEEN)
            waits.append(await _told(url, twilio, number))
    path.unlink()
    return waits


async def _told(url: str, twilio: Remote, number: int) -> float:
    start = time.time()
    status = await one(url, number, CRY)
    assert status == 200, f"the text was refused: {status}"
    while (arrived := await twilio.ask("arrived", STAFF, start)) is None:
        assert time.time() < start + PATIENCE, "no notice came"
        await asyncio.sleep(0.05)
    return float(arrived) - start
