"""`handrail run`: the app and its web server in one loop, ended cleanly by a signal."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Coroutine, Iterator
from typing import Any
from urllib.parse import urlsplit

import structlog
import uvicorn

from bot.app import App, Role, make_app
from bot.commands.failures import describe
from bot.commands.logs import log_everything
from bot.commands.opening import bring_up
from bot.domain.errors import HandrailError
from bot.settings import Settings, load

log = structlog.get_logger()

PORT = 8000
GRACE = 1  # seconds for requests under way when we are told to end
WHOLE = 4.8  # seconds from the signal to the end


class PortError(HandrailError):
    """The port can't be listened on; name another with --port."""


class EndedError(HandrailError):
    """The web server ended by itself; see the log."""


def run(role: str, host: str, port: int | None) -> None:
    """Run until SIGTERM or SIGINT. A worker listens (for health and metrics) only on a port it was given."""
    settings = load()
    log_everything()
    if port is None and role != Role.WORKER:
        port = PORT
    run_loop(_run(settings, Role(role), listen(host, port) if port is not None else None))


def run_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:  # Windows
        asyncio.run(work)
    else:
        uvloop.run(work)


def listen(host: str, port: int) -> socket.socket:
    """Take the port, or say why not. Raises PortError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP outright: asyncio turns Nagle's delay off for such sockets only.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        reason = describe(error).rstrip(".").lower()
        raise PortError(
            f"{host} port {port} can't be listened on ({reason}); name another with --port"
        ) from None
    return listener


class Server(uvicorn.Server):
    """The web server, without its own ideas about signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs the loop."""
        yield


def rest_collector() -> None:
    """Have the garbage collector leave alone what was loaded to stay, and look less often at what comes.

    The lexicon alone is hundreds of thousands of objects: to walk through them holds everybody up, and what
    one text leaves behind is freed without it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def make_server(web: Any) -> Server:
    """Return a server for an ASGI app. No access log: paths may hold tokens."""
    return Server(
        uvicorn.Config(
            web,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=GRACE,
            proxy_headers=False,
        )
    )


async def _run(settings: Settings, role: Role, listener: socket.socket | None) -> None:
    told = hear_signals()  # first of all: a signal during the start is obeyed after it
    app = make_app(settings, role=role)
    try:
        await bring_up(settings.database_url)
        _advise(settings)
        await app.start()
        rest_collector()
        if listener is None:
            await told.wait()
            return
        host, port = listener.getsockname()[:2]
        log.info("listening", host=host, port=port)
        await serve(make_server(app.web), listener, told)
    finally:
        await _stop(app)


def hear_signals() -> asyncio.Event:
    """Return the event that SIGTERM or SIGINT sets."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


async def serve(server: Server, listener: socket.socket, told: asyncio.Event) -> None:
    """Serve until we are told to end, then let requests under way end. Raises EndedError."""
    waiting = asyncio.create_task(told.wait())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    waiting.cancel()
    await serving
    if not told.is_set():
        raise EndedError


async def _stop(app: App) -> None:
    try:
        async with asyncio.timeout(WHOLE - GRACE):
            await app.stop()
    except TimeoutError:
        log.warning("stopped_late")  # nothing is lost: claims are taken up again at the next start


def _advise(settings: Settings) -> None:
    """Say what may surprise: no provider, a public address that no provider can reach."""
    if not settings.telegram_token and not settings.twilio_account_sid:
        log.warning(
            "no_provider",
            say="Neither Telegram nor SMS is set up, so nobody can be texted; see `handrail doctor`.",
        )
    if settings.public_url and urlsplit(settings.public_url).scheme == "http":
        log.warning(
            "public_url_is_plain_http", say="Providers will not deliver to it; fine on one machine only."
        )
