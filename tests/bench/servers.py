"""Our app and the bare route beside it, each under uvicorn in a process of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import aiosqlite
import uvloop
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it ships no types

from bot.app import App, Parts, start_logging
from bot.channels.sms import Sms
from bot.commands.run import make_server, rest_collector
from bot.domain.messages import ChannelName
from bot.settings import Settings
from schedules.delivery import Sender
from tests.bench.processes import serve_pipe
from tests.bench.seeding import Seeded, now
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER

PATH = "/webhooks/twilio/sms"


def handrail(pipe: Connection, seeded: Seeded, provider_url: str, rate: float | None) -> None:
    """Run the whole of Handrail on `seeded`, texting through the provider at `rate` (None: unlimited)."""
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as it runs
    start_logging()
    uvloop.run(_handrail(pipe, seeded, provider_url, rate))


async def _handrail(pipe: Connection, seeded: Seeded, provider_url: str, rate: float | None) -> None:
    listener, url = _listen()
    sms = Sms(account_sid=ACCOUNT, tokens=[AUTH_TOKEN], sender=NUMBER, public_url=url, api_url=provider_url)
    settings = Settings(  # type: ignore[call-arg]  # pydantic-settings takes it
        _env_file=None,
        public_url=url,
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=SecretStr(AUTH_TOKEN),
        sms_from=NUMBER,
    )
    senders = {ChannelName.SMS: Sender(channel=sms, rate=rate)}
    app = App(settings, Parts(database=seeded.database(now), senders=senders, now=now))
    await app.start()
    rest_collector()
    await _host(pipe, app.web, listener, url)
    await app.stop()


def bare(pipe: Connection, folder: str) -> None:
    """Run a bare route: check the signature, insert one row, answer. As durable as ours."""
    path = Path(folder) / "bare.db"
    path.unlink(missing_ok=True)
    uvloop.run(_bare(pipe, path))


async def _bare(pipe: Connection, path: Path) -> None:
    listener, url = _listen()
    validator = RequestValidator(AUTH_TOKEN)
    # No transaction is opened, so every INSERT is a commit of its own.
    async with aiosqlite.connect(path, isolation_level=None) as database:
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE texts (sid TEXT PRIMARY KEY, sender TEXT, body TEXT)",
        ):
            await database.execute(statement)

        async def take(request: Request) -> Response:
            form = await request.form()
            if not validator.validate(url + PATH, form, request.headers["x-twilio-signature"]):
                return Response(status_code=403)
            row = (form["MessageSid"], form["From"], form["Body"])
            await database.execute("INSERT INTO texts VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row)
            return Response("<Response/>", media_type="text/xml")

        await _host(pipe, Starlette(routes=[Route(PATH, take, methods=["POST"])]), listener, url)


async def _host(pipe: Connection, app: ASGIApp, listener: socket.socket, url: str) -> None:
    server = make_server(app)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await serve_pipe(pipe, {"url": lambda: url})
    server.should_exit = True
    server.force_exit = True
    await serving


def _listen() -> tuple[socket.socket, str]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"
