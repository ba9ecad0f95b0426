"""Texts coming in by webhook: checked, kept once, triaged, answered, committed, then 2xx."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench.figures import Better, Figure, Run, Target, middle, share_below
from tests.bench.load import Load, loader
from tests.bench.processes import Remote, process
from tests.bench.provider import provider
from tests.bench.seeding import Seeded, seed
from tests.bench.servers import bare, handrail

MOST = 4000  # requests a second that a flood could use up


async def bench(run: Run) -> list[Figure]:
    """Return requests a second at full load and the waits at half of it, beside a bare route."""
    people = run.scale.texters
    floods: dict[str, list[Load]] = {"ours": [], "bare": []}
    halves: dict[str, list[Load]] = {"ours": [], "bare": []}
    async with process(loader) as load, process(provider, "sms", None, 0) as twilio:
        for turn in range(1, run.scale.repeats + 1):
            seeded = await seed(run.folder / f"inbound-{turn}.db", people, step=run.step, channel="sms")
            for name in ("ours", "bare"):
                run.step(f"texts coming in, {name}, {turn} of {run.scale.repeats}")
                async with _server(run, name, seeded, await twilio.ask("url")) as url:
                    flood, half = await _measure(run, load, url, people)
                    floods[name].append(flood)
                    halves[name].append(half)
            seeded.path.unlink()
    return _figures(floods, halves)


@asynccontextmanager
async def _server(run: Run, name: str, seeded: Seeded, twilio: str) -> AsyncIterator[str]:
    given = (handrail, seeded, twilio, 1.0) if name == "ours" else (bare, str(run.folder))
    async with process(*given) as server:
        yield await server.ask("url")


async def _measure(run: Run, load: Remote, url: str, people: int) -> tuple[Load, Load]:
    seconds = run.scale.load_seconds
    await load.ask("flood", url, people, 200, seconds)  # compiles statements, fills caches
    flood: Load = await load.ask("flood", url, people, int(MOST * seconds), seconds)
    half: Load = await load.ask("pace", url, people, flood.rate / 2, seconds)
    assert flood.refused == half.refused == 0, "texts were refused"
    return flood, half


def _figures(floods: dict[str, list[Load]], halves: dict[str, list[Load]]) -> list[Figure]:
    def rate(name: str) -> float:
        return middle([load.rate for load in floods[name]])

    def wait(name: str, share: float) -> float:
        return middle([share_below(load.waits, share) * 1000 for load in halves[name]])

    note = "a bare Starlette route: signature check and one INSERT, as durable"
    return [
        Figure(what="texts taken in", unit="/s", ours=rate("ours"), baseline=rate("bare"),
               better=Better.HIGHER, target=Target(limit=500), note=note),
        Figure(what="wait at half load: median", unit="ms", ours=wait("ours", 0.5),
               baseline=wait("bare", 0.5), better=Better.LOWER, note=note),
        Figure(what="wait at half load: 99th percentile", unit="ms", ours=wait("ours", 0.99),
               baseline=wait("bare", 0.99), better=Better.LOWER, target=Target(limit=100), note=note),
    ]  # fmt: skip
