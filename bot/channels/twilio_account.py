"""One Twilio account, as texts and calls both need it: create, look back, and sort its refusals."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlsplit, urlunsplit

import aiohttp
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]  # it ships no types
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot.channels.base import Found, SendError

PAGES = 4  # of a listing, newest first, that a look-up reads
SKEW = timedelta(minutes=1)  # our clock against Twilio's
PAUSE = timedelta(seconds=1)  # after a 429 that names no time
FULL = timedelta(minutes=1)  # after "queue full", which takes hours to drain

# Twilio's error codes, https://www.twilio.com/docs/api/errors
_OPTED_OUT = {"21610"}
_UNREACHABLE = {"21211", "21217", "21614", "21635", "30005", "30006"}
_TRY_AGAIN = {"30003", "30008", "30022"}
_TOO_FAST = {"20429"}
_QUEUE_FULL = {"21611", "30001"}
# The account or its sender is refused, whoever it is for. 21659 and 21703 sound like it but may come
# of one number's country, and one number must never silence the rest.
_OFF = {"20003", "20005", "10001", "30002", "21603", "21660", "21661", "21701", "21704", "21705"}
_OFF |= {"21210", "21212", "21213"}  # the number it comes from is not ours to use

_ESCAPES = {code: quote_plus(bytes((code,))) for code in range(256)}  # of a form's octets
_T = TypeVar("_T")


class Account:
    """The account with its own connections. Built inside the running loop; nothing is asked yet.

    `tokens` are the auth tokens, newest first; `api_url` is None for the official server; `timeout` bounds
    a call, in seconds.
    """

    def __init__(self, *, sid: str, tokens: Sequence[str], api_url: str | None, timeout: float) -> None:
        """Build the client."""
        logging.getLogger("twilio").setLevel(logging.WARNING)
        self.sid = sid
        self._http = _Http(timeout)
        self.client = _Client(sid, tokens[0], http_client=self._http)
        self.client.root = api_url
        self._headers = self.client.get_headers("POST", {"Accept": "application/json"})
        self._headers["Authorization"] = _basic((sid, tokens[0]))

    def address(self, resource: str) -> str:
        """Return where things of a kind ("Messages", "Calls") are created."""
        path = f"/Accounts/{self.sid}/{resource}.json"
        return str(self.client.get_hostname(self.client.api.v2010.absolute_url(path)))

    async def create(self, address: str, fields: Mapping[str, str]) -> str:
        """Create something and return Twilio's id for it. Raises SendError."""
        # The SDK's own `create` asks the same, and then reads twenty fields: that costs more than sending.
        answer = await self._http.exchange("POST", address, data=_form(fields), headers=self._headers)
        sid = _sid(answer.body)
        if not sid:
            raise SendError(code="unreadable", uncertain=True)
        return sid

    async def check(self) -> str:
        """Ask Twilio whether the account may be used; return its last four characters. Raises SendError."""
        account = await told(self.client.api.v2010.accounts(self.sid).fetch_async())
        if account.status != "active":
            raise SendError(code=f"account_{account.status}", channel_off=True)
        return f"Twilio account …{self.sid[-4:]} is active"

    async def close(self) -> None:
        """Close connections; once closed, closing again does nothing."""
        await self._http.session.close()


async def told(call: Awaitable[_T]) -> _T:
    """Await an SDK call; an answer the SDK can't read may follow something that was taken."""
    try:
        return await call
    except (TwilioException, ValueError, KeyError, TypeError):
        problem = SendError(code="unreadable", uncertain=True)
    raise problem


async def look_back(
    listing: Awaitable[Any], claimed_at: datetime, is_it: Callable[[Any], bool]
) -> tuple[Found, Any]:
    """Look for what was claimed then in a listing, newest first; return it when it is there.

    Twilio's date filters pass over what it has only queued, so dates are compared here. UNKNOWN when there
    is more since then than we read. Raises SendError.
    """
    since = claimed_at - SKEW
    page = await told(listing)
    for _ in range(PAGES):
        rows = list(page)
        for row in rows:
            if _created(row) >= since and is_it(row):
                return Found.THERE, row
        if _reaches_back(rows, since):
            return Found.ABSENT, None
        page = await told(page.next_page_async())
        if page is None:
            return Found.ABSENT, None
    return Found.UNKNOWN, None


def sort_refusal(*, status: int, code: str, retry_after: timedelta | None = None) -> SendError:
    """Sort one of Twilio's refusals by its code, or by its HTTP status where the code says nothing.

    Also for the `ErrorCode` of a status callback, with `status=400`.
    """
    if code in _OPTED_OUT:
        return SendError(code=code, permanent=True, opted_out=True)
    if code in _UNREACHABLE:
        return SendError(code=code, permanent=True, unreachable=True)
    if code in _OFF or status == 401 or (status in (403, 404) and code in (str(status), f"20{status}")):
        return SendError(code=code, channel_off=True)
    if code in _TOO_FAST or status == 429:
        return SendError(code=code, retry_after=retry_after or PAUSE)
    if code in _QUEUE_FULL:
        return SendError(code=code, retry_after=retry_after or FULL)
    if status >= 500 or status == 408:
        return SendError(code=code, uncertain=True, retry_after=retry_after)
    if code in _TRY_AGAIN or status < 400:
        return SendError(code=code)
    return SendError(code=code, permanent=True)


class _Client(Client):  # type: ignore[misc]  # the SDK is untyped
    """The SDK's client, able to speak to another server."""

    root: str | None = None

    def get_hostname(self, uri: str) -> str:
        if self.root is None:
            return str(super().get_hostname(uri))
        ours, theirs = urlsplit(self.root), urlsplit(uri)
        path = ours.path.rstrip("/") + theirs.path
        return urlunsplit((ours.scheme, ours.netloc, path, theirs.query, ""))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """A provider's answer that says it succeeded."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class _Http(AsyncHttpClient):  # type: ignore[misc]  # the SDK is untyped
    """One kept-alive session. Unlike the SDK's it keeps Retry-After, honours its timeout and logs nothing."""

    def __init__(self, timeout: float) -> None:
        super().__init__(logging.getLogger("twilio"), is_async=True)
        # Below `connect` nothing has been written; reading may take what is left of the whole.
        self._patience = aiohttp.ClientTimeout(total=timeout, connect=timeout / 3)
        connector = aiohttp.TCPConnector(limit=64)
        self.session = aiohttp.ClientSession(
            connector=connector, timeout=self._patience, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def request(  # noqa: PLR0917 - the SDK's signature
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the SDK's signature; ours is the session's
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request for the SDK. Raises SendError."""
        if auth:
            headers = {**(headers or {}), "Authorization": _basic(auth)}
        answer = await self.exchange(
            method, uri, params=params, data=data, headers=headers, allow_redirects=allow_redirects
        )
        return Response(answer.status, answer.body.decode(errors="replace"), answer.headers)

    async def exchange(self, method: str, uri: str, **given: Any) -> _Answer:
        """Make one request, `given` as to aiohttp. Raises SendError unless it succeeded."""
        try:
            async with self.session.request(method, uri, **given) as answer:
                body = await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            problem = SendError(code=_plain(error))
        except aiohttp.InvalidURL:
            problem = SendError(code="bad_api_url", channel_off=True)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            problem = SendError(code=_plain(error), uncertain=True)
        else:
            if 200 <= answer.status < 300:
                return _Answer(status=answer.status, body=body, headers=answer.headers)
            problem = sort_refusal(
                status=answer.status, code=_code(answer.status, body), retry_after=_pause(answer.headers)
            )
        # Raised out here, where no error holding the URL or the number hangs on as context.
        raise problem


def _basic(auth: tuple[str, str]) -> str:
    return "Basic " + b64encode(":".join(auth).encode()).decode()


def _plain(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "connect_timeout" if isinstance(error, aiohttp.ConnectionTimeoutError) else "timeout"
    return "refused" if isinstance(error, aiohttp.ClientConnectorError) else "dropped"


def _form(fields: Mapping[str, str]) -> bytes:
    """Write a form as urllib's `urlencode` does, which looks at every letter by itself."""
    return "&".join(
        f"{name}={value.encode(errors='replace').decode('latin-1').translate(_ESCAPES)}"
        for name, value in fields.items()
    ).encode()


def _sid(body: bytes) -> str | None:
    """Return Twilio's id for what it took; None for an answer nobody can read."""
    try:
        sid = json.loads(body)["sid"]
    except (ValueError, KeyError, TypeError):
        return None
    return sid if isinstance(sid, str) else None


def _code(status: int, body: bytes) -> str:
    """Return Twilio's own code, or the HTTP status: never words, which may quote the number."""
    try:
        return str(int(json.loads(body)["code"]))
    except (ValueError, KeyError, TypeError):
        return str(status)


def _pause(headers: Mapping[str, str]) -> timedelta | None:
    written = headers.get("Retry-After", "")
    return timedelta(seconds=int(written)) if written.isdecimal() and len(written) < 7 else None


def _created(row: Any) -> datetime:
    created: object = row.date_created
    return created if isinstance(created, datetime) else datetime.now(UTC)


def _reaches_back(rows: Sequence[Any], since: datetime) -> bool:
    """Tell whether a page, newest first as Twilio lists them, ends before `since`."""
    dates = [_created(row) for row in rows]
    return bool(dates) and dates[-1] < since and dates == sorted(dates, reverse=True)
