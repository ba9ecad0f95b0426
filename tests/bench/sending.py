"""A broadcast of many messages through the outbox, beside a bare loop that keeps no record at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp
import httpx

from bot.channels.base import Channel
from bot.channels.sms import Sms
from bot.channels.telegram import Telegram
from schedules.delivery import SLOTS, Delivery, Sender
from tests.bench.figures import Better, Figure, Run, Target, middle
from tests.bench.processes import Remote, process
from tests.bench.provider import provider
from tests.bench.seeding import TEXT, Seeded, address, now, queue, seed
from tests.fakes.telegram_server import TOKEN
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, PUBLIC_URL

CHANNELS = ("telegram", "sms")
PATIENCE = 30.0  # seconds without one more message


async def bench(run: Run) -> list[Figure]:
    """Return messages a second unlimited and at set rates, for both channels."""
    figures = []
    for channel in CHANNELS:
        count = run.scale.broadcast if channel == "sms" else run.scale.broadcast_telegram
        people = min(count, 5_000)
        seeded = await seed(run.folder / f"sending-{channel}.db", people, step=run.step, channel=channel)
        figures.append(await _unlimited(run, seeded, people, count))
        for rate, seconds in run.scale.rates:
            figures += await _at_rate(run, seeded, people, rate, int(rate * seconds))
        seeded.path.unlink()
    return figures


async def _unlimited(run: Run, seeded: Seeded, people: int, count: int) -> Figure:
    ours, theirs = [], []
    async with process(provider, seeded.channel, None, people) as server:
        url = await server.ask("url")
        for turn in range(1, run.scale.repeats + 1):
            run.step(f"{count:,} messages by {seeded.channel}, {turn} of {run.scale.repeats}")
            ours.append(count / await _broadcast(run, seeded, server, None, count))
            await server.ask("clear")
            run.step(f"the same by a bare loop, {turn} of {run.scale.repeats}")
            theirs.append(count / await _bare(seeded.channel, url, people, count))
            await server.ask("clear")
        assert not await server.ask("violations"), "the provider objected"
    client = "httpx" if seeded.channel == "telegram" else "aiohttp"
    return Figure(
        what=f"{count:,} messages by {seeded.channel}, unlimited", unit="/s", ours=middle(ours),
        baseline=middle(theirs), better=Better.HIGHER, target=Target(limit=0.6, share=True),
        note=f"a bare {client} loop of {SLOTS} at once to the same stand-in, keeping nothing",
    )  # fmt: skip


async def _at_rate(run: Run, seeded: Seeded, people: int, rate: float, count: int) -> list[Figure]:
    run.step(f"{count:,} messages by {seeded.channel} at {rate:g} a second")
    async with process(provider, seeded.channel, rate, people) as server:
        await _broadcast(run, seeded, server, rate, count)
        reached = (count - 1) / await server.ask("span")
        refused = await server.ask("refused")
    what = f"{seeded.channel} at {rate:g}/s for {count / rate:g} s"
    note = "the set rate; the stand-in refuses more in any second"
    return [
        Figure(what=what, unit="/s", ours=reached, baseline=rate, better=Better.HIGHER,
               target=Target(limit=0.95, share=True), note=note),
        Figure(what=f"{what}: refused (429)", unit="times", ours=refused, better=Better.LOWER,
               target=Target(limit=0), note=note),
    ]  # fmt: skip


async def _broadcast(run: Run, seeded: Seeded, server: Remote, rate: float | None, count: int) -> float:
    """Send `count` queued messages through delivery; return the seconds to the last one's record."""
    connection = seeded.connect()
    connection.execute("DELETE FROM messages")
    connection.execute("DELETE FROM senders")
    connection.commit()
    connection.close()
    queue(seeded, count, now=now())
    database = seeded.database(now)
    await database.ready()
    async with _channel(seeded.channel, await server.ask("url")) as channel:
        delivery = Delivery(database, Sender(channel=channel, rate=rate), now=now, owner="bench")
        database.listen("delivery", delivery.wake)
        start = time.perf_counter()
        running = asyncio.create_task(delivery.run())
        await _arrived(run, server, count)
        await delivery.stop()
        await running
        took = time.perf_counter() - start
    await database.close()
    return took


async def _arrived(run: Run, server: Remote, count: int) -> None:
    """Wait until the provider has `count` messages, saying how many it has."""
    there, since = 0, time.perf_counter()
    while there < count:
        await asyncio.sleep(0.05)
        before, there = there, await server.ask("count")
        if there > before:
            since = time.perf_counter()
            run.step(f"{there:,} of {count:,} messages")
        assert time.perf_counter() < since + PATIENCE, f"it stands still at {there:,}"


@asynccontextmanager
async def _channel(name: str, url: str) -> AsyncIterator[Channel]:
    channel: Channel = (
        Telegram(token=TOKEN, api_url=url)
        if name == "telegram"
        else Sms(account_sid=ACCOUNT, tokens=[AUTH_TOKEN], sender=NUMBER, public_url=PUBLIC_URL, api_url=url)
    )
    try:
        yield channel
    finally:
        await channel.close()


async def _bare(channel: str, url: str, people: int, count: int) -> float:
    """Post the same texts as fast as answers come; return the seconds it took."""
    where = [address(channel, n % people) for n in range(count)]
    start = time.perf_counter()
    if channel == "telegram":
        limits = httpx.Limits(max_connections=SLOTS, max_keepalive_connections=SLOTS)
        async with httpx.AsyncClient(limits=limits, trust_env=False) as client:

            async def post(to: str) -> None:
                answer = await client.post(
                    f"{url}/bot{TOKEN}/sendMessage", json={"chat_id": int(to), "text": TEXT}
                )
                answer.raise_for_status()
                answer.json()

            await _all(where, post)
    else:
        auth = aiohttp.BasicAuth(ACCOUNT, AUTH_TOKEN)
        async with aiohttp.ClientSession(auth=auth, raise_for_status=True) as session:

            async def post_form(to: str) -> None:
                form = {"To": to, "From": NUMBER, "Body": TEXT}
                path = f"{url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
                async with session.post(path, data=form) as answer:
                    await answer.json()

            await _all(where, post_form)
    return time.perf_counter() - start


async def _all(addresses: Sequence[str], post: Callable[[str], Awaitable[None]]) -> None:
    left = iter(addresses)

    async def worker() -> None:
        for to in left:
            await post(to)

    await asyncio.gather(*(worker() for _ in range(SLOTS)))
