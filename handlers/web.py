"""The ASGI app: provider webhooks, health, metrics."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.actions.calling import answer_call, press_key, record_call
from bot.actions.results import record_status
from bot.domain.calls import Speech
from bot.domain.errors import HandrailError, InboundError, SignatureError
from bot.domain.instants import Now
from bot.domain.messages import Inbound, StatusEvent
from bot.store.database import Database
from handlers.inbox import BusyError, Inbox, NotReadyError, Receipt
from handlers.sms import Signatures, read_sms, read_status
from handlers.telegram import check_secret, read_update
from handlers.voice import read_call, read_key, speak

log = structlog.get_logger()

LARGEST = 1_000_000  # bytes of a body; a text is never near it
MOST_FIELDS = 500
URLENCODED = "application/x-www-form-urlencoded"
TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
INBOUND = Counter("handrail_inbound_total", "What arrived, by channel and level.", ["channel", "level"])
SECONDS = Histogram(
    "handrail_inbound_seconds",
    "From a webhook's first byte to its 2xx.",
    ["channel"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)

AnswerTap = Callable[[str, str | None], Awaitable[None]]


class TooLargeError(HandrailError):
    """The body is over 1 MB; nothing was read."""


@dataclass(kw_only=True)
class Doors:
    """What the web needs to know. A door whose secret is None is shut: it refuses everything."""

    inbox: Inbox
    database: Database
    now: Now
    ready: Callable[[], Awaitable[dict[str, Any]]]
    signatures: Signatures | None = None
    telegram_secret: str | None = None
    answer_tap: AnswerTap | None = None
    public_host: str | None = None
    more: Sequence[BaseRoute] = field(default_factory=tuple)

    async def twilio_sms(self, request: Request) -> Response:
        """Take an inbound text."""
        form = await self._signed_form(request)
        await self.receive(read_sms(form, self.now()))
        return Response(TWIML, media_type="text/xml")

    async def twilio_status(self, request: Request) -> Response:
        """Take a delivery receipt."""
        form = await self._signed_form(request)
        event = read_status(form, request.query_params.get("m"), self.now())
        async with self.database.write() as tx:
            await record_status(tx, event)
        return Response(status_code=204)

    async def voice_answer(self, request: Request) -> Response:
        """Say to whoever picked up what a call is about."""
        event, _ = await self._call(request)
        async with self.database.write() as tx:
            speech = await answer_call(tx, event)
        return self._spoken(speech, event)

    async def voice_key(self, request: Request) -> Response:
        """Take the key somebody pressed."""
        event, form = await self._call(request)
        async with self.database.write() as tx:
            speech = await press_key(tx, event, read_key(form))
        return self._spoken(speech, event)

    async def voice_status(self, request: Request) -> Response:
        """Take what became of a call."""
        event, _ = await self._call(request)
        async with self.database.write() as tx:
            await record_call(tx, event)
        return Response(status_code=204)

    async def telegram(self, request: Request) -> Response:
        """Take an update pushed by Telegram."""
        check_secret(request.headers.get("x-telegram-bot-api-secret-token"), self.telegram_secret)
        try:
            update = json.loads(await _body(request))
        except (ValueError, RecursionError):
            raise InboundError("Telegram's update is not JSON; nothing was stored.") from None
        inbound = read_update(update, self.now())
        if inbound is not None:
            await self.receive(inbound)
        return Response(status_code=200)

    async def receive(self, inbound: Inbound) -> Receipt:
        """Hand an event to the inbox, and answer a tap after the commit."""
        with SECONDS.labels(inbound.channel).time():
            receipt = await self.inbox.receive(inbound)
        INBOUND.labels(inbound.channel, receipt.level or "-").inc()
        if inbound.callback_id is not None and self.answer_tap is not None:
            await self.answer_tap(inbound.callback_id, receipt.toast)
        return receipt

    async def healthz(self, request: Request) -> Response:
        """Say that the process lives."""
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request) -> Response:
        """Say whether everything works: database, ticks, channels."""
        report = await self.ready()
        return JSONResponse(report, status_code=200 if report["ready"] else 503)

    async def metrics(self, request: Request) -> Response:
        """Show the counters to Prometheus."""
        return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    async def _call(self, request: Request) -> tuple[StatusEvent, FormData]:
        form = await self._signed_form(request)
        return read_call(form, request.query_params.get("m"), self.now()), form

    def _spoken(self, speech: Speech | None, event: StatusEvent) -> Response:
        key_url = f"{self.database.public_url}/webhooks/twilio/voice/key?m={event.message_id}"
        return Response(speak(speech, key_url), media_type="text/xml")

    async def _signed_form(self, request: Request) -> FormData:
        if self.signatures is None:
            raise SignatureError
        body = await _body(request)
        try:
            form = await _form(request, body)
        except Exception as error:
            log.warning("bad_form", error=type(error).__name__)
            raise InboundError("Twilio's request is not a form; nothing was stored.") from None
        path = request.scope["raw_path"].decode("ascii", "replace").split("?")[0]
        query = request.scope["query_string"].decode("ascii", "replace")
        self.signatures.check(
            f"{path}?{query}" if query else path, form, request.headers.get("x-twilio-signature")
        )
        return form


def make_web(doors: Doors) -> Starlette:
    """Build the app. Errors are one plain sentence; no traceback, no text of anybody."""
    routes: list[BaseRoute] = [
        Route("/webhooks/twilio/sms", doors.twilio_sms, methods=["POST"]),
        Route("/webhooks/twilio/status", doors.twilio_status, methods=["POST"]),
        Route("/webhooks/twilio/voice/answer", doors.voice_answer, methods=["POST"]),
        Route("/webhooks/twilio/voice/key", doors.voice_key, methods=["POST"]),
        Route("/webhooks/twilio/voice/status", doors.voice_status, methods=["POST"]),
        Route("/webhooks/telegram", doors.telegram, methods=["POST"]),
        Route("/healthz", doors.healthz),
        Route("/readyz", doors.readyz),
        Route("/metrics", doors.metrics),
        *doors.more,
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={
            SignatureError: _refuse(403),
            InboundError: _refuse(400),
            TooLargeError: _refuse(413),
            BusyError: _refuse(503),
            NotReadyError: _refuse(503),
            SQLAlchemyError: _later,
            OSError: _later,
            ClientDisconnect: _later,
        },
    )
    app.add_middleware(OnlyOurHost, host=doors.public_host)
    return app


class OnlyOurHost:
    """Refuse webhooks that were not sent to our public address, even signed ones."""

    def __init__(self, app: Any, host: str | None) -> None:
        """Take the public host with its port, or None to take any (the demo on loopback)."""
        self.app = app
        self.host = host.lower() if host else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let a request pass if its Host is ours, or loopback for anything but webhooks."""
        if scope["type"] == "http" and self.host is not None:
            given = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
            webhook = scope["path"].startswith("/webhooks/")
            if given not in _spellings(self.host) and (webhook or not _loopback(given)):
                await PlainTextResponse("This is not the address to reach us by.\n", 403)(
                    scope, receive, send
                )
                return
        await self.app(scope, receive, send)


def host_of(url: str | None) -> str | None:
    """Return host and port of an address, as a Host header spells them."""
    return urlsplit(url).netloc.rpartition("@")[2] if url else None


def _spellings(host: str) -> set[str]:
    bare = host.removesuffix(":443").removesuffix(":80")
    return {host, bare, f"{bare}:443", f"{bare}:80"} if bare == host.split(":", maxsplit=1)[0] else {host}


def _loopback(host: str) -> bool:
    name = host.rpartition(":")[0] if host.count(":") == 1 else host
    return name in ("127.0.0.1", "localhost", "[::1]") or host.startswith("[::1]:")


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST:
        raise TooLargeError
    whole = bytearray()
    async for chunk in request.stream():
        whole += chunk
        if len(whole) > LARGEST:
            raise TooLargeError
    request._body = bytes(whole)  # what Starlette itself keeps, so that form() can read it again
    return request._body


async def _form(request: Request, body: bytes) -> FormData:
    """Read a form. Raises whatever its parser raises."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == URLENCODED:
        # At once: Starlette's parser is made for bodies that come in pieces, and takes five times as long.
        fields = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        return FormData([*fields])
    return await request.form(max_files=0, max_fields=MOST_FIELDS)


def _refuse(status: int) -> Any:
    async def handler(request: Request, error: Exception) -> Response:
        log.warning("refused", path=request.url.path, status=status, error=type(error).__name__)
        return PlainTextResponse(f"{error}\n", status)

    return handler


async def _later(request: Request, error: Exception) -> Response:
    # 503 makes the provider try again; what it sent was not kept.
    log.error("not_kept", path=request.url.path, error=type(error).__name__)
    return PlainTextResponse("We can't keep this right now; please send it again.\n", 503)
