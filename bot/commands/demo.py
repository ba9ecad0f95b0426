"""`handrail demo`: an example programme on simulated phones, in a folder that is thrown away at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.actions.programmes import import_programme
from bot.actions.results import record_status
from bot.app import App, Parts
from bot.channels.simulator import Simulator
from bot.commands.run import hear_signals, listen, make_server, run_loop
from bot.domain.instants import Now, system_now
from bot.domain.messages import ChannelName, StatusEvent
from bot.domain.programme import Participant, Programme
from bot.domain.programme_reading import parse_programme
from bot.settings import Settings
from bot.store.database import Database
from bot.store.migrating import migrate
from bot.store.opening import make_database
from bot.store.vault import new_ring_key
from handlers.simulation.stage import Stage, World
from handlers.simulator import simulator_routes
from schedules.delivery import Sender

HOST = "127.0.0.1"
PORT = 8765
WRITTEN_FOR = date(2026, 11, 24)  # the Tuesday that the days in the demo's programme count from
OPENS = time(9, 20)  # ten minutes before the first check-in, with everybody on duty

Tell = Callable[[str], None]


def main(port: int = PORT) -> None:
    """Serve the demo until Ctrl-C. Raises PortError."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    # Flushed: whatever starts the demo may be waiting for the address.
    run_loop(run_demo(port, tell=partial(print, flush=True)))


async def run_demo(port: int, *, tell: Tell = print, ended: asyncio.Event | None = None) -> None:
    """Serve the demo on `port` (0: any free one) until a signal comes or `ended` is set.

    `tell` gets the lines for the terminal, the address first. Raises PortError.
    """
    listener = listen(HOST, port)
    ended = ended or hear_signals()
    with listener:
        async with open_demo() as web:
            server = make_server(web)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            waiting = asyncio.create_task(ended.wait())
            tell(f"Handrail demo: http://{HOST}:{listener.getsockname()[1]}/simulator")
            tell("Nobody is texted. Ctrl-C ends it and throws everything away.")
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            server.should_exit = True
            web.stage.bell.ring()
        await serving


class Web:
    """The web app of whichever world is on: "start over" puts another behind the same address."""

    def __init__(self) -> None:
        """Start with no world."""
        self.stage = Stage(self._build, opening)
        self.app: ASGIApp | None = None
        self._numbers = count(1)
        self._folder = Path()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        assert self.app is not None, "the demo is not open"  # noqa: S101 - a wiring fault, not input
        await self.app(scope, receive, send)

    async def open(self, folder: Path) -> None:
        """Build the first world in `folder`."""
        self._folder = folder
        await self.stage.open()

    async def _build(self, now: Now) -> World:
        path = self._folder / f"demo-{next(self._numbers)}.db"
        settings = demo_settings(path)
        await migrate(settings.database_url)
        database = make_database(settings, now=now)
        simulators = {
            name: _simulator(name, database, now)
            for name in (ChannelName.TELEGRAM, ChannelName.SMS, ChannelName.VOICE)
        }
        senders = {name: Sender(channel=simulator) for name, simulator in simulators.items()}
        app = App(settings, Parts(database=database, senders=senders, now=now))
        app.doors.more = (*app.doors.more, *simulator_routes(self.stage))
        app.doors.ready = _ready
        await app.prepare()
        async with database.write() as tx:
            await import_programme(tx, demo_programme(now()))
        self.app = app.web
        return World(
            database=database,
            inbox=app.inbox,
            simulators=simulators,
            settle=app.settle,
            mend=app.prepare,
            close=partial(_close, app, path),
        )


@asynccontextmanager
async def open_demo() -> AsyncIterator[Web]:
    """Open a demo on a throw-away folder, running in real time; everything is gone afterwards."""
    web = Web()
    with tempfile.TemporaryDirectory(prefix="handrail-demo-") as folder:
        await web.open(Path(folder))
        ticking = asyncio.create_task(web.stage.run(), name="demo-ticks")
        try:
            yield web
        finally:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking
            await web.stage.close()


def opening() -> datetime:
    """Return when the demo opens: the coming Tuesday (or today) at 09:20 in the programme's zone."""
    zone = ZoneInfo(_file().timezone)
    today = system_now().astimezone(zone).date()
    day = today + timedelta(days=(WRITTEN_FOR.weekday() - today.weekday()) % 7)
    return datetime.combine(day, OPENS, zone)


def demo_programme(now: datetime) -> Programme:
    """Return the demo's programme with its days moved to those around `now`."""
    file = _file()
    moved = now.astimezone(ZoneInfo(file.timezone)).date() - WRITTEN_FOR
    return replace(file, participants=tuple(_moved(person, moved) for person in file.participants))


def demo_settings(path: Path) -> Settings:
    """Return settings that owe nothing to the environment: real accounts stay out of the demo."""
    return Settings.model_construct(
        database_url=f"sqlite+aiosqlite:///{path}", keys=SecretStr(new_ring_key())
    )


def _file() -> Programme:
    return parse_programme((files("bot.commands") / "demo_programme.yaml").read_text("utf-8"))


def _moved(person: Participant, by: timedelta) -> Participant:
    return replace(
        person,
        contacts=tuple(
            replace(contact, consent=replace(contact.consent, on=contact.consent.on + by))
            if contact.consent is not None and contact.consent.on is not None
            else contact
            for contact in person.contacts
        ),
        sessions=tuple(session + by for session in person.sessions),
        schedules=tuple(replace(listed, start=listed.start + by) for listed in person.schedules),
    )


def _simulator(name: ChannelName, database: Database, now: Now) -> Simulator:
    async def report(event: StatusEvent) -> None:
        async with database.write() as tx:
            await record_status(tx, event)

    return Simulator(name, now=now, on_status=report)


async def _ready() -> dict[str, Any]:
    return {"ready": True, "simulation": True}


async def _close(app: App, path: Path) -> None:
    await app.stop()
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
