"""The phone simulator of `handrail demo`: its page, and the same over JSON, so that a script can drive it.

    GET  /simulator/state?phones=sms:+13125550111,telegram:700001    what the page shows (all phones)
    POST /simulator/says     {channel, address, text | media | button [, reply_to]}
    POST /simulator/forward  {minutes | hours | days} or {to_next: true}
    POST /simulator/fail     {channel [, address], fault | null [, times]}    null mends it
    POST /simulator/reset    {}
    GET  /simulator/why?message=ID
    GET  /simulator/events   server-sent events: "change" when it is worth asking for the state again

`docs/demo.md` shows each. An error is {"error": "one plain sentence."} with a 4xx status.

There is no sign-in, so nobody else's page may reach it: only requests to a loopback address that come from
this page, or from no page at all, are answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.channels.simulator import Fault
from bot.domain.addresses import chat, phone
from bot.domain.errors import HandrailError, NotFoundError
from bot.domain.messages import ChannelName, Media
from handlers.inbox import BusyError, Receipt
from handlers.simulation.guard import Guard
from handlers.simulation.people import the_programme
from handlers.simulation.stage import FARTHEST, WHOLE_CHANNEL, Stage
from handlers.simulation.view import read_state
from handlers.simulation.why import explain

STATIC = Path(__file__).parent / "static" / "simulator"
LARGEST = 64_000  # bytes of a request; a phone's longest text is 4,096 characters
LONGEST = 4096
KEY = re.compile("[0-9*#]")
PING = 15  # seconds between signs of life on a stream

Handler = Callable[[Request], Awaitable[Any]]


class RequestError(HandrailError):
    """This request can't be read; see docs/demo.md for its fields."""


class Simulation:
    """The simulator's doors, around a stage."""

    def __init__(self, stage: Stage) -> None:
        """Take the stage."""
        self.stage = stage

    async def page(self, request: Request) -> Response:
        """Show the page."""
        return FileResponse(STATIC / "index.html", media_type="text/html; charset=utf-8")

    async def state(self, request: Request) -> dict[str, Any]:
        """Return everything the page shows."""
        phones = request.query_params.get("phones")
        wanted = set(phones.split(",")) if phones is not None else None
        revision = self.stage.bell.count
        async with self.stage.still() as world, world.database.read() as tx:
            return {"revision": revision, **await read_state(tx, world.simulators, wanted)}

    async def says(self, request: Request) -> dict[str, Any]:
        """Let a phone's owner write, send something else than text, or tap a button."""
        fields = await _fields(request, {"channel", "address", "text", "media", "button", "reply_to"})
        channel = _channel(fields)
        address = await self._address(channel, fields.get("address"))
        button = _text(fields, "button")
        if button is not None:
            if fields.get("text") or fields.get("media"):
                raise RequestError("A tap is one thing and a text another; send `button` or `text`.")
            return _receipt(await self.stage.taps(channel, address, button, _text(fields, "reply_to")))
        text, media = _text(fields, "text") or "", _media(fields.get("media"))
        if channel is ChannelName.VOICE:
            if media or not KEY.fullmatch(text):
                raise RequestError("On a call only keys can be pressed: one of 0 to 9, * and #, as `text`.")
            await self.stage.presses(address, text)
            return {"outcome": "kept", "message": None, "level": None, "toast": None}
        if not text.strip() and not media:
            raise RequestError("There is nothing to send; give `text`, `media` or `button`.")
        return _receipt(await self.stage.says(channel, address, text, media))

    async def forward(self, request: Request) -> dict[str, Any]:
        """Let time pass."""
        fields = await _fields(request, {"minutes", "hours", "days", "to_next"})
        if len(fields) != 1:
            raise RequestError("Give one of `minutes`, `hours`, `days` or `to_next`.")
        unit, amount = next(iter(fields.items()))
        if unit == "to_next":
            if amount is not True:
                raise RequestError("`to_next` is true or not there.")
            await self.stage.forward_to_next()
        else:
            await self.stage.forward(_span(unit, amount))
        return {"now": self.stage.clock.now().isoformat()}

    async def fail(self, request: Request) -> dict[str, Any]:
        """Break a phone or a channel on purpose, or mend it."""
        fields = await _fields(request, {"channel", "address", "fault", "times"})
        channel = _channel(fields)
        address = None
        if fields.get("address") is not None:
            address = await self._address(channel, fields["address"])
        fault = _fault(fields.get("fault"))
        if fault in WHOLE_CHANNEL and address is not None:
            raise RequestError("This fault is the provider's; leave `address` out.")
        times = fields.get("times")
        if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
            raise RequestError("`times` is a whole number from 1 on, or not there: until it is mended.")
        await self.stage.fail(channel, address, fault, times)
        return {"fault": fault, "channel": channel, "address": address}

    async def reset(self, request: Request) -> dict[str, Any]:
        """Start over with a fresh database."""
        await _fields(request, set())
        await self.stage.reset()
        return {"now": self.stage.clock.now().isoformat()}

    async def why(self, request: Request) -> dict[str, Any]:
        """Explain one message."""
        message_id = request.query_params.get("message")
        if not message_id:
            raise RequestError("Name the message: /simulator/why?message=ID")
        async with self.stage.still() as world, world.database.read() as tx:
            return await explain(tx, message_id)

    async def events(self, request: Request) -> Response:
        """Stream a word whenever something changed."""
        return EventSourceResponse(self._changes(), ping=PING)

    async def _changes(self) -> AsyncIterator[dict[str, str]]:
        count = self.stage.bell.count
        yield {"event": "change", "data": str(count)}
        while not self.stage.closed:
            count = await self.stage.bell.after(count)
            yield {"event": "change", "data": str(count)}

    async def _address(self, channel: ChannelName, given: object) -> str:
        if not isinstance(given, str | int) or isinstance(given, bool):
            raise RequestError("`address` is missing: a number such as +13125550111, or a chat id.")
        if channel is ChannelName.TELEGRAM:
            return chat(given)
        async with self.stage.still() as world, world.database.read() as tx:
            return phone(str(given), (await the_programme(tx)).country)


def simulator_routes(stage: Stage) -> list[BaseRoute]:
    """Return the routes of the demo's page and of its JSON."""
    doors = Simulation(stage)
    guard = [Middleware(Guard)]

    def route(path: str, handler: Handler, method: str = "GET") -> Route:
        return Route(f"/simulator{path}", _plainly(handler), methods=[method], middleware=guard)

    return [
        Route("/", _to_the_page, middleware=guard),
        route("", doors.page),
        route("/state", doors.state),
        route("/why", doors.why),
        route("/events", doors.events),
        route("/says", doors.says, "POST"),
        route("/forward", doors.forward, "POST"),
        route("/fail", doors.fail, "POST"),
        route("/reset", doors.reset, "POST"),
        Mount("/simulator/static", StaticFiles(directory=STATIC), middleware=guard),
    ]


async def _to_the_page(request: Request) -> Response:
    return RedirectResponse("/simulator")


def _plainly(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Answer with JSON; an error is one plain sentence."""

    async def answer(request: Request) -> Response:
        try:
            given = await handler(request)
        except HandrailError as error:
            status = 404 if isinstance(error, NotFoundError) else 503 if isinstance(error, BusyError) else 400
            sentence = str(error)
            return JSONResponse({"error": sentence if sentence.endswith(".") else f"{sentence}."}, status)
        return given if isinstance(given, Response) else JSONResponse(given)

    return answer


async def _fields(request: Request, known: set[str]) -> dict[str, Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise RequestError("This request is too long.")
    try:
        fields = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise RequestError("This request is not JSON.") from None
    if not isinstance(fields, dict):
        raise RequestError("This request is not a JSON object.")
    unknown = sorted(set(fields) - known)
    if unknown:
        raise RequestError(f"There is no field `{unknown[0][:40]}` here.")
    return fields


def _channel(fields: dict[str, Any]) -> ChannelName:
    if fields.get("channel") not in list(ChannelName):
        raise RequestError(f"`channel` is one of {', '.join(ChannelName)}.")
    return ChannelName(fields["channel"])


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > LONGEST):
        raise RequestError(f"`{name}` is a text of at most {LONGEST} characters.")
    return value


def _media(given: object) -> tuple[Media, ...]:
    listed = [given] if isinstance(given, str) else given or []
    if not isinstance(listed, list) or any(kind not in list(Media) for kind in listed):
        raise RequestError(f"`media` is one of {', '.join(Media)}, or a list of them.")
    return tuple(Media(kind) for kind in listed)


def _fault(given: object) -> Fault | None:
    if given is not None and given not in list(Fault):
        raise RequestError(f"`fault` is one of {', '.join(Fault)}, or null to mend it.")
    return Fault(given) if isinstance(given, str) else None


def _span(unit: str, amount: object) -> timedelta:
    farthest = FARTHEST / timedelta(**{unit: 1})
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 < amount <= farthest:
        raise RequestError(f"`{unit}` is a number above 0, at most {farthest:g} (two weeks).")
    return timedelta(**{unit: amount})


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "outcome": receipt.outcome,
        "message": receipt.message_id,
        "level": receipt.level,
        "toast": receipt.toast,
    }
