"""Load from a process of its own: requests made and signed beforehand, over connections that stay open."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from urllib.parse import urlencode, urlsplit

import uvloop
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it ships no types

from tests.bench.processes import serve_pipe
from tests.bench.seeding import address
from tests.bench.servers import PATH
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER

CONNECTIONS = 32
CRY = "I can't do this any more, I want to die tonight"
# What people answer on an ordinary day.
SAID = ("7", "good thanks", "5/10", "had a rough night but I am here", "ok", "see you at group later")

_sids = itertools.count(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What a load came to: requests a second, and each one's seconds from when it was due to its answer."""

    rate: float
    waits: list[float]
    refused: int


def request(url: str, number: int, body: str) -> bytes:
    """Return a whole signed request, as it goes over the wire: the text of the nth person."""
    sid = f"SM{time.time_ns() & 0xFFFFFFFF:08x}{next(_sids):024x}"
    form = {
        "ToCountry": "US", "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "SmsStatus": "received",
        "AccountSid": ACCOUNT, "From": address("sms", number), "To": NUMBER, "Body": body,
        "NumSegments": "1", "NumMedia": "0", "ApiVersion": "2010-04-01",
    }  # fmt: skip
    content = urlencode(form).encode()
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url + PATH, form)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nX-Twilio-Signature: {signature}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def loader(pipe: Connection) -> None:
    """Wait to be told `flood`, `pace` or `cry`."""
    uvloop.run(serve_pipe(pipe, {"flood": flood, "pace": pace, "cry": cry}))


async def flood(url: str, people: int, count: int, seconds: float) -> Load:
    """Send as fast as the answers come, until `count` requests or `seconds` are used up."""
    requests = iter(_ordinary(url, people, count))
    start = time.perf_counter()
    answers = await asyncio.gather(*(_as_fast(url, requests, start + seconds) for _ in range(CONNECTIONS)))
    took = time.perf_counter() - start
    return _load([one for some in answers for one in some], took)


async def pace(url: str, people: int, rate: float, seconds: float) -> Load:
    """Send `rate` requests a second whatever the answers do: lateness counts as waiting."""
    requests = _ordinary(url, people, int(rate * seconds))
    start = time.perf_counter() + 0.05
    due = iter([(start + n / rate, one) for n, one in enumerate(requests)])
    answers = await asyncio.gather(*(_on_time(url, due) for _ in range(CONNECTIONS * 2)))
    return _load([one for some in answers for one in some], time.perf_counter() - start)


async def cry(url: str, first: int, count: int, rate: float) -> list[tuple[int, float]]:
    """Have `count` people from the `first` on write that they want to die, `rate` a second.

    Return each one's number and when that was due (seconds since 1970): lateness counts as waiting.
    """
    start = time.time() + 0.05

    async def cries(number: int) -> tuple[int, float]:
        at = start + (number - first) / rate
        await asyncio.sleep(max(0.0, at - time.time()))
        assert await one(url, number, CRY) == 200, "a text was refused"
        return number, at

    return list(await asyncio.gather(*map(cries, range(first, first + count))))


async def one(url: str, number: int, body: str) -> int:
    """Send one text of the nth person; return the status."""
    reader, writer = await _connect(url)
    status = await _exchange(reader, writer, request(url, number, body))
    writer.close()
    return status


def _ordinary(url: str, people: int, count: int) -> list[bytes]:
    return [request(url, n % people, SAID[n % len(SAID)]) for n in range(count)]


async def _as_fast(url: str, requests: Iterator[bytes], until: float) -> list[tuple[int, float]]:
    reader, writer = await _connect(url)
    answers = []
    for content in requests:
        before = time.perf_counter()
        if before > until:
            break
        answers.append((await _exchange(reader, writer, content), time.perf_counter() - before))
    writer.close()
    return answers


async def _on_time(url: str, due: Iterator[tuple[float, bytes]]) -> list[tuple[int, float]]:
    reader, writer = await _connect(url)
    answers = []
    for at, content in due:
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        answers.append((await _exchange(reader, writer, content), time.perf_counter() - at))
    writer.close()
    return answers


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(url)
    return await asyncio.open_connection(where.hostname, where.port)


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes) -> int:
    writer.write(content)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length or 0))
    return int(head[9:12])


def _load(answers: list[tuple[int, float]], took: float) -> Load:
    kept = [wait for status, wait in answers if status == 200]
    return Load(rate=len(kept) / took, waits=kept, refused=len(answers) - len(kept))
