"""Serve an ASGI app inside the test's own loop, on a free port of this machine."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

# What stands in for a provider speaks plain HTTP: nobody waits for the certificates of the world.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
DROP = "tests.drop"  # in the scope: a function that cuts the connection without an answer


class Served:
    """A running server. `url` has no slash at its end."""

    def __init__(self, app: ASGIApp) -> None:
        """Take a free port; `start` opens it."""
        self._app = app
        self._port = 0
        self.url = ""
        config = uvicorn.Config(
            self._wrapped,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=60,
        )
        config.load()
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)

    @property
    def connections(self) -> int:
        """Return how many connections are open."""
        return len(self._server.server_state.connections)

    async def start(self) -> None:
        """Listen: on a free port the first time, on the same one when called again."""
        # Named as TCP outright: asyncio turns Nagle's delay (40 ms an answer) off for such sockets only.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        await self._server.startup(sockets=[listener])

    async def stop(self) -> None:
        """Refuse new connections and cut the open ones."""
        for server in self._server.servers:
            server.close()
        for connection in list(self._server.server_state.connections):
            _transport(connection).abort()
        tasks = list(self._server.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Our side closes, the kernel tells the client's side, the client's side closes: a few turns of
        # the loop, after which clients in it know that their kept connections are gone.
        for _ in range(10):
            await asyncio.sleep(0)

    async def _wrapped(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[DROP] = self._dropper(scope)
        await self._app(scope, receive, send)

    def _dropper(self, scope: Scope) -> Callable[[], None]:
        def drop() -> None:
            for connection in self._server.server_state.connections:
                if getattr(connection, "scope", None) is scope:
                    _transport(connection).abort()
                    return

        return drop


def _transport(connection: Any) -> asyncio.Transport:
    transport: asyncio.Transport = connection.transport
    return transport


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[Served]:
    """Serve `app`; the handle can stop listening and start again on the same port."""
    served = Served(app)
    await served.start()
    try:
        yield served
    finally:
        await served.stop()


@asynccontextmanager
async def serve(app: ASGIApp) -> AsyncIterator[str]:
    """Serve `app`; give its base address, such as `http://127.0.0.1:40001`."""
    async with running(app) as served:
        yield served.url
