"""Publish another time of day for everybody while texts are being delivered at their set rate."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

from bot.actions.drafts import find_schedule, published_prompts
from bot.actions.impact import plan_impact
from bot.actions.schedules import publish
from bot.channels.simulator import Simulator
from bot.domain.messages import ChannelName
from bot.domain.prompts import Prompt, prompts_from_data, prompts_to_data
from bot.store.database import Database
from schedules.delivery import Delivery, Sender
from schedules.publishing import publish_on
from tests.bench.figures import Better, Figure, Run, Target
from tests.bench.planner import seeded_once
from tests.bench.seeding import MONDAY, Seeded, queue
from tests.bench.stalls import Heartbeat

RATE = 30.0  # texts a second, Telegram's own
LONGEST = 90  # seconds for which there is something to deliver
SETTLING = 2.0  # seconds of delivery alone, before
NAME = "first-weeks"


async def bench(run: Run) -> list[Figure]:
    """Return seconds to foresee and to publish, and what delivery reached meanwhile."""
    people = run.scale.published
    seeded = await seeded_once(run, people)
    begin = time.perf_counter()

    def now() -> datetime:
        return MONDAY + timedelta(seconds=time.perf_counter() - begin)

    _empty(seeded)
    queue(seeded, int(RATE * LONGEST), now=MONDAY)
    database = seeded.database(now)
    await database.ready()
    run.step(f"foreseeing for {people:,}")
    foreseeing = await _foresee(database)
    simulator = Simulator(ChannelName.TELEGRAM, now=now)
    delivery = Delivery(database, Sender(channel=simulator, rate=RATE), now=now, owner="bench")
    database.listen("delivery", delivery.wake)
    running = asyncio.create_task(delivery.run())
    await asyncio.sleep(SETTLING)
    run.step(f"publishing for {people:,}")
    async with Heartbeat() as heart:
        before, start = _arrived(simulator), time.perf_counter()
        await _publish(database)
        publishing = time.perf_counter() - start
        meanwhile = (_arrived(simulator) - before) / publishing
    await delivery.stop()
    await running
    await database.close()
    what = f"{people:,} enrolled"
    return [
        Figure(what=f"{what}: impact of 30 days foreseen in", unit="s", ours=foreseeing, better=Better.LOWER),
        Figure(what=f"{what}: published in", unit="s", ours=publishing, better=Better.LOWER,
               target=Target(limit=60.0), note="everybody's next time is known when it ends"),
        Figure(what=f"{what}: delivered meanwhile", unit="/s", ours=meanwhile, baseline=RATE,
               better=Better.HIGHER, target=Target(limit=0.9, share=True), note="the set rate"),
        Figure(what=f"{what}: longest stall", unit="ms", ours=heart.worst * 1000, better=Better.LOWER),
    ]  # fmt: skip


def _empty(seeded: Seeded) -> None:
    connection = seeded.connect()
    connection.execute("DELETE FROM messages")
    connection.execute("DELETE FROM senders")
    connection.commit()
    connection.close()


def _arrived(simulator: Simulator) -> int:
    return sum(len(phone.bubbles) for phone in simulator.phones)


async def _foresee(database: Database) -> float:
    start = time.perf_counter()
    async with database.read() as tx:
        schedule = await find_schedule(tx, NAME)
        await plan_impact(tx, schedule, _later(await published_prompts(tx, schedule)))
    return time.perf_counter() - start


async def _publish(database: Database) -> None:
    async with database.write() as tx:
        schedule = await find_schedule(tx, NAME)
        await publish(tx, schedule, _later(await published_prompts(tx, schedule)))
    await publish_on(database)


def _later(prompts: tuple[Prompt, ...]) -> tuple[Prompt, ...]:
    """Return the prompts with the daily question at another time."""
    data = prompts_to_data(prompts)
    first = data[0]["at"]
    data[0] = data[0] | {"at": first | {"time": "10:15" if str(first["time"]) != "10:15" else "09:45"}}
    return prompts_from_data(data)
