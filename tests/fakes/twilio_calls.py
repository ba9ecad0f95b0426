"""The calls of the fake Twilio: phones that ring, are picked up or not, and play what the webhook answers."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

from starlette.responses import JSONResponse, Response

from tests.fakes.trouble import Trouble
from tests.fakes.twilio_refusal import Refusal

KNOWN = {
    "To",
    "From",
    "Url",
    "FallbackUrl",
    "StatusCallback",
    "MachineDetection",
    "MachineDetectionTimeout",
    "Timeout",
}
FILTERS = {"To", "From", "Status", "PageSize", "Page", "PageToken"}
ANSWERS = {"human", "machine_start", "machine_end_beep", "fax", "unknown"}
# What TwiML we may use, with its attributes.
VERBS: dict[str, set[str]] = {
    "Say": {"language"},
    "Pause": {"length"},
    "Hangup": set(),
    "Gather": {"numDigits", "action", "method", "timeout"},
}
OVER = {"completed", "busy", "no-answer", "failed", "canceled"}


class Host(Protocol):
    """What the calls need of the server they are part of."""

    account: str
    numbers: tuple[str, ...]
    violations: list[str]
    reports: list[int]

    async def fetch(self, url: str, form: dict[str, str]) -> tuple[int, str]:
        """Post a signed form; return status and body."""


@dataclass(kw_only=True)
class Call:
    """One call resource. `said` is what its phone has heard; `gather` is where a key goes."""

    sid: str
    sender: str
    to: str
    created: datetime
    url: str
    fallback: str | None
    callback: str | None
    detects: bool
    ring: int
    status: str = "queued"
    answered_by: str | None = None
    said: list[tuple[str, str]] = field(default_factory=list)  # (language, words)
    gather: str | None = None
    after: list[tuple[str, str]] = field(default_factory=list)  # said when no key comes

    @property
    def rings(self) -> bool:
        """Tell whether nobody has dealt with it yet."""
        return self.status == "queued"


class Calls:
    """Every call of the account, oldest first."""

    def __init__(self, host: Host, now: Callable[[], datetime]) -> None:
        """Start with none."""
        self.all: list[Call] = []
        self.trouble: deque[Trouble] = deque()  # for the next calls, one each
        self.silent = False  # no status callback ever comes
        self._host = host
        self._now = now
        self._count = itertools.count(1)

    def to(self, number: str) -> list[Call]:
        """Return the calls to a number, oldest first."""
        return [call for call in self.all if call.to == number]

    # What the owner of a phone does.

    async def pick_up(self, call: Call, by: str = "human") -> str:
        """Answer; return what is heard, all of it. `by` is who answered, as Twilio tells it."""
        assert call.rings, "it does not ring"
        assert by in ANSWERS
        call.status = "in-progress"
        call.answered_by = by if call.detects else None
        status, twiml = await self._ask(call, call.url)
        if status >= 500 and call.fallback is not None:
            status, twiml = await self._ask(call, call.fallback)
        assert status == 200, status
        return await self._play(call, twiml)

    async def press(self, call: Call, key: str) -> str:
        """Press a key while one is waited for; return what is heard."""
        assert call.gather is not None, "no key is waited for"
        action, call.gather = call.gather, None
        status, twiml = await self._ask(call, action, Digits=key)
        assert status == 200, status
        return await self._play(call, twiml)

    async def press_nothing(self, call: Call) -> str:
        """Wait until no key is waited for any more; return what is heard then."""
        assert call.gather is not None, "no key is waited for"
        call.gather = None
        call.said += call.after
        words = " ".join(text for _, text in call.after)
        await self.end(call)
        return words

    async def end(self, call: Call, status: str = "completed") -> None:
        """End a call, whatever became of it, and report that."""
        assert status in OVER
        call.status = status
        if not self.silent:
            await self.report(call)

    async def report(self, call: Call) -> None:
        """Post the status callback of a call, once more if it was posted before."""
        if call.callback is not None:
            status, _ = await self._ask(call, call.callback)
            self._host.reports.append(status)

    async def _ask(self, call: Call, url: str, **more: str) -> tuple[int, str]:
        form = {
            "CallSid": call.sid,
            "AccountSid": self._host.account,
            "From": call.sender,
            "To": call.to,
            "CallStatus": call.status,
            "ApiVersion": "2010-04-01",
            "Direction": "outbound-api",
        }
        if call.answered_by is not None:
            form["AnsweredBy"] = call.answered_by
        return await self._host.fetch(url, form | more)

    async def _play(self, call: Call, twiml: str) -> str:
        root = ET.fromstring(twiml)  # noqa: S314 - our own answer
        assert root.tag == "Response", root.tag
        for verb in root.iter():
            if verb is not root and (verb.tag not in VERBS or verb.attrib.keys() - VERBS[verb.tag]):
                self._host.violations.append(f"TwiML we do not use: {verb.tag} {sorted(verb.attrib)}")
        said: list[tuple[str, str]] = []
        after: list[tuple[str, str]] = []
        for verb in root:
            if verb.tag == "Gather":
                call.gather = urljoin(call.url, verb.attrib["action"])
                said += [_heard(one) for one in verb if one.tag == "Say"]
            elif verb.tag == "Say":
                (after if call.gather is not None else said).append(_heard(verb))
        call.said += said
        call.after = after
        if call.gather is None:
            await self.end(call)
        return " ".join(text for _, text in said)

    # What the API answers.

    def create(self, form: dict[str, str]) -> Call:
        """Let a phone ring. Raises Refusal, having noted it, for anything wrong."""
        for name in form.keys() - KNOWN:
            raise self._wrong(20001, f"Unknown parameter {name}")
        to = form.get("To", "")
        if not (to.startswith("+") and to[1:].isascii() and to[1:].isdigit() and 8 <= len(to) <= 16):
            raise self._wrong(21217, "Phone number does not appear to be valid")
        if form.get("From") not in self._host.numbers:
            raise self._wrong(21210, "'From' phone number not verified")
        for name in ("Url", "FallbackUrl", "StatusCallback"):
            parts = urlsplit(form.get(name, "https://x" if name != "Url" else ""))
            if parts.scheme not in ("http", "https") or not parts.netloc:
                raise self._wrong(21205, f"{name} is not a valid URL")
        if form.get("MachineDetection", "Enable") not in ("Enable", "DetectMessageEnd"):
            raise self._wrong(20001, "MachineDetection is Enable or DetectMessageEnd")
        if not 3 <= int(form.get("MachineDetectionTimeout", "30")) <= 59:
            raise self._wrong(20001, "MachineDetectionTimeout must be 3 to 59")
        if not 1 <= int(form.get("Timeout", "60")) <= 600:
            raise self._wrong(20001, "Timeout must be 1 to 600")
        call = Call(
            sid=f"CA{next(self._count):032x}",
            sender=form["From"],
            to=to,
            created=self._now(),
            url=form["Url"],
            fallback=form.get("FallbackUrl"),
            callback=form.get("StatusCallback"),
            detects="MachineDetection" in form,
            ring=int(form.get("Timeout", "60")),
        )
        self.all.append(call)
        return call

    def shown(self, call: Call) -> dict[str, Any]:
        """Return a call as the API shows it."""
        created = format_datetime(call.created)
        return {
            "sid": call.sid,
            "account_sid": self._host.account,
            "api_version": "2010-04-01",
            "from": call.sender,
            "to": call.to,
            "direction": "outbound-api",
            "status": call.status,
            "answered_by": call.answered_by,
            "date_created": created,
            "date_updated": created,
            "start_time": None if call.rings else created,
            "end_time": created if call.status in OVER else None,
            "uri": f"/2010-04-01/Accounts/{self._host.account}/Calls/{call.sid}.json",
        }

    def one(self, sid: str) -> Call:
        """Return a call by its id. Raises Refusal."""
        for call in self.all:
            if call.sid == sid:
                return call
        raise Refusal(404, 20404, "The requested resource was not found")

    def listed(self, query: Mapping[str, str]) -> Response:
        """Return a page of calls, newest first. Raises Refusal."""
        for name in query.keys() - FILTERS:
            raise self._wrong(20001, f"Unknown filter {name}")
        chosen = [
            call
            for call in reversed(self.all)
            if query.get("To", call.to) == call.to and query.get("From", call.sender) == call.sender
        ]
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        here = f"/2010-04-01/Accounts/{self._host.account}/Calls.json"
        more = (page + 1) * size < len(chosen)
        following = f"{here}?{urlencode({**query, 'PageSize': size, 'Page': page + 1})}"
        return JSONResponse(
            {
                "calls": [self.shown(call) for call in chosen[page * size : (page + 1) * size]],
                "page": page,
                "page_size": size,
                "uri": here,
                "first_page_uri": here,
                "next_page_uri": following if more else None,
                "previous_page_uri": None,
            }
        )

    def _wrong(self, code: int, message: str) -> Refusal:
        self._host.violations.append(f"{code}: {message}")
        return Refusal(400, code, message)


def _heard(say: ET.Element) -> tuple[str, str]:
    return say.attrib["language"], say.text or ""
