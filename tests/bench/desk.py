"""Distress on a busy day: how long from each webhook's request until a human's phone is handed the notice."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from tests.bench.figures import Better, Figure, Run, Target, middle, share_below
from tests.bench.load import loader
from tests.bench.processes import process
from tests.bench.provider import provider
from tests.bench.seeding import Seeded, now, queue, seed
from tests.bench.servers import handrail

STAFF = ["+12025550101", "+12025550102", "+12025550103"]  # the example programme's
ALERTS, INBOUND = 20.0, 50.0  # a second
WARM = 10  # alerts before those that count: statements are compiled, caches filled
PATIENCE = 60.0  # seconds after which a notice counts as lost
OF_ALERTS = (
    "SELECT m.id, p.ref FROM messages m JOIN alerts a ON a.id = m.alert_id "
    "JOIN participants p ON p.id = a.participant_id WHERE m.kind = 'notice'"
)


async def figures(run: Run) -> list[Figure]:
    """Return milliseconds with texts coming in and a broadcast going out, beside the same with neither."""
    busy = await _waits(run, busy=True)
    quiet = await _waits(run, busy=False)
    what = f"notice handed over, {ALERTS:g} alerts/s, {INBOUND:g} texts/s, a broadcast"
    note = f"{ALERTS:g} alerts a second and nothing else"
    return [
        Figure(what=f"{what}: median", unit="ms", ours=middle(busy) * 1000, baseline=middle(quiet) * 1000,
               better=Better.LOWER, note=note),
        Figure(what=f"{what}: 99th percentile", unit="ms", ours=share_below(busy, 0.99) * 1000,
               baseline=share_below(quiet, 0.99) * 1000, better=Better.LOWER, target=Target(limit=500),
               note=note),
    ]  # fmt: skip


async def _waits(run: Run, *, busy: bool) -> list[float]:
    seconds = run.scale.alert_seconds
    count = int(ALERTS * seconds) + WARM
    people = count + run.scale.texters
    seeded = await seed(run.folder / f"desk-{busy}.db", people, step=run.step, channel="sms")
    if busy:
        queue(seeded, run.scale.broadcast, now=now())
    run.step(f"{count} alerts" + (" on a busy day" if busy else " and nothing else"))
    async with AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(process(provider, "sms", None, 0))
        given = (seeded, await twilio.ask("url"), None)
        url = await (await stack.enter_async_context(process(handrail, *given))).ask("url")
        cries = await stack.enter_async_context(process(loader))
        texts = await stack.enter_async_context(process(loader))
        # Those in distress are the last people there are, so that nobody writes both.
        work = [cries.ask("cry", url, run.scale.texters, count, ALERTS)]
        if busy:
            work.append(texts.ask("pace", url, run.scale.texters, INBOUND, seconds + WARM / ALERTS))
        begun = (await asyncio.gather(*work))[0]
        arrived: dict[str, float] = {}
        for _ in range(int(PATIENCE)):
            arrived = _first(seeded, await twilio.ask("notices", STAFF))
            if len(arrived) >= count:
                break
            await asyncio.sleep(1)
    assert len(arrived) == count, f"{count - len(arrived)} alerts reached nobody"
    seeded.path.unlink()
    return [arrived[f"b{number}"] - at for number, at in begun[WARM:]]


def _first(seeded: Seeded, came: dict[str, float]) -> dict[str, float]:
    """Return when the first notice about each person came, by the person's ref."""
    connection = seeded.connect()
    rows = connection.execute(OF_ALERTS).fetchall()
    connection.close()
    first: dict[str, float] = {}
    for message_id, ref in rows:
        if message_id in came:
            first[ref] = min(came[message_id], first.get(ref, came[message_id]))
    return first
