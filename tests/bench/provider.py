"""The stand-in providers in a process of their own, one that counts and, if told, holds us to a rate."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.bench.processes import serve_pipe
from tests.bench.seeding import address
from tests.fakes.serving import running
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.twilio_server import TwilioServer

REFUSED = b'{"code": 20429, "message": "Too many requests", "status": 429}'


class Meter:
    """Notes when each send came; refuses those beyond `rate` in any one second, where one is set."""

    def __init__(self, app: ASGIApp, rate: float | None) -> None:
        """Stand before `app`."""
        self._app = app
        self._rate = rate
        self._recent: deque[float] = deque()
        self.times: list[float] = []
        self.refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a send and pass it on, or refuse it."""
        if scope["type"] == "http" and scope["method"] == "POST":
            now = time.monotonic()
            while self._recent and self._recent[0] <= now - 1.0:
                self._recent.popleft()
            if self._rate is not None and len(self._recent) >= self._rate:
                self.refused += 1
                headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
                await send({"type": "http.response.start", "status": 429, "headers": headers})
                await send({"type": "http.response.body", "body": REFUSED})
                return
            self._recent.append(now)
            self.times.append(now)
        await self._app(scope, receive, send)

    def clear(self) -> None:
        """Forget what was counted."""
        self.times.clear()
        self.refused = 0


def provider(pipe: Connection, channel: str, rate: float | None, people: int) -> None:
    """Serve the stand-in for `channel`; its questions are url, count, arrived, notices, clear and such."""
    uvloop.run(_serve(pipe, channel, rate, people))


async def _serve(pipe: Connection, channel: str, rate: float | None, people: int) -> None:
    server: Any = TwilioServer() if channel == "sms" else TelegramServer()
    if channel == "telegram":
        for number in range(people):
            server.phone(int(address(channel, number)))
    meter = Meter(server.app, rate)
    async with running(meter) as served:
        answers: dict[str, Callable[..., Any]] = {
            "url": lambda: served.url,
            "count": lambda: len(meter.times),
            "span": lambda: meter.times[-1] - meter.times[0] if meter.times else 0.0,
            "refused": lambda: meter.refused,
            "violations": lambda: list(server.violations[:3]),
            "arrived": lambda numbers, since: _arrived(server, numbers, since),
            "notices": lambda numbers: _came(server, numbers),
            "clear": meter.clear,
        }
        await serve_pipe(pipe, answers)
    await server.close()


def _came(server: TwilioServer, numbers: list[str]) -> dict[str, float]:
    """Return when each text to one of the numbers came (seconds since 1970), by our own id."""
    texts = [text for number in numbers for text in server.phone(number).got]
    return {str(text.callback).rpartition("m=")[2]: text.created.timestamp() for text in texts}


def _arrived(server: TwilioServer, numbers: list[str], since: float) -> float | None:
    """Return when the first text to one of the numbers came after `since` (seconds since 1970)."""
    times = [text.created.timestamp() for number in numbers for text in server.phone(number).got]
    return min((at for at in times if at >= since), default=None)
