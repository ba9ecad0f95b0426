"""Texts through Twilio: out, looked up when in doubt, and fetched in case a webhook never came."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlsplit, urlunsplit

import aiohttp
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]  # it ships no types
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot.channels.base import Channel, Found, LookUp, Outgoing, SendError, Sent
from bot.domain.messages import ChannelName

VALIDITY = (1, 36_000)  # seconds Twilio lets a text wait, at least and at most
PAGE = 50  # messages a look-up reads a page, newest first
PAGES = 4
INBOUND = 500  # the most one safety poll fetches
SKEW = timedelta(minutes=1)  # our clock against Twilio's
PAUSE = timedelta(seconds=1)  # after a 429 that names no time
FULL = timedelta(minutes=1)  # after "queue full", which takes hours to drain

# Twilio's error codes, https://www.twilio.com/docs/api/errors
_OPTED_OUT = {"21610"}
_UNREACHABLE = {"21211", "21614", "21635", "30005", "30006"}
_TRY_AGAIN = {"30003", "30008", "30022"}
_TOO_FAST = {"20429"}
_QUEUE_FULL = {"21611", "30001"}
# The account or its sender is refused, whoever the text is for. 21659 and 21703 sound like it but may come
# of one number's country, and one number must never silence the rest.
_OFF = {"20003", "20005", "10001", "30002", "21212", "21603", "21660", "21661", "21701", "21704", "21705"}

_ESCAPES = {code: quote_plus(bytes((code,))) for code in range(256)}  # of a form's octets
_T = TypeVar("_T")


class Sms(Channel):
    """Text from one number or one messaging service (`MG…`).

    Buttons are left out: a text that is to be answered says how in words. `tokens` are the auth tokens,
    newest first; `api_url` is None for the official server; `timeout` bounds a call, in seconds.
    """

    name = ChannelName.SMS

    def __init__(
        self,
        *,
        account_sid: str,
        tokens: Sequence[str],
        sender: str,
        public_url: str,
        api_url: str | None = None,
        timeout: float = 14.0,
    ) -> None:
        """Build the client inside the running loop; nothing is sent yet."""
        logging.getLogger("twilio").setLevel(logging.WARNING)
        self._http = _Http(timeout)
        self._client = _Client(account_sid, tokens[0], http_client=self._http)
        self._client.root = api_url
        version = self._client.api.v2010
        self._outbox = self._client.get_hostname(
            version.absolute_url(f"/Accounts/{account_sid}/Messages.json")
        )
        self._headers = self._client.get_headers("POST", {"Accept": "application/json"})
        self._headers["Authorization"] = _basic((account_sid, tokens[0]))
        self._account_sid = account_sid
        self._sender = sender
        self._callback = f"{public_url.rstrip('/')}/webhooks/twilio/status"

    @property
    def _is_service(self) -> bool:
        return self._sender.startswith("MG")

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send one text; its receipts come to the status webhook. Raises SendError."""
        wanted = {
            "To": outgoing.address,
            "Body": outgoing.text,
            "StatusCallback": f"{self._callback}?m={outgoing.message_id}",
            "MessagingServiceSid" if self._is_service else "From": self._sender,
        }
        if outgoing.valid_for is not None:
            seconds = int(outgoing.valid_for.total_seconds())
            wanted["ValidityPeriod"] = str(min(max(seconds, VALIDITY[0]), VALIDITY[1]))
        # The SDK's own `create` asks the same, and then reads twenty fields: that costs more than sending.
        told = await self._http.exchange("POST", self._outbox, data=_form(wanted), headers=self._headers)
        sid = _sid(told.body)
        if not sid:
            raise SendError(code="unreadable", uncertain=True)
        return Sent(provider_id=sid)

    async def find(self, outgoing: Outgoing) -> LookUp:
        """Look for the text among the newest to this number.

        Twilio's date filter passes over texts it has only queued, so dates are compared here. UNKNOWN
        when there is more since then than we read. Raises SendError.
        """
        since = outgoing.claimed_at - SKEW
        page = await _told(self._client.messages.page_async(to=outgoing.address, page_size=PAGE))
        for _ in range(PAGES):
            messages = list(page)
            for message in messages:
                if _created(message) >= since and _same(message, outgoing):
                    delivered = message.status in ("delivered", "read")
                    return LookUp(found=Found.THERE, sent=Sent(provider_id=message.sid, delivered=delivered))
            if _reaches_back(messages, since):
                return LookUp(found=Found.ABSENT)
            page = await _told(page.next_page_async())
            if page is None:
                return LookUp(found=Found.ABSENT)
        return LookUp(found=Found.UNKNOWN)

    async def list_inbound(self, since: datetime) -> list[dict[str, str]]:
        """Return what came in since then, oldest first, as the fields of the inbound webhook.

        What kind of media came is not among them. At most the newest 500. Raises SendError.
        """
        wanted: dict[str, Any] = {"date_sent_after": since.astimezone(UTC)}
        if not self._is_service:
            wanted["to"] = self._sender
        messages = await _told(
            self._client.messages.list_async(**wanted, limit=INBOUND, page_size=min(INBOUND, 1000))
        )
        ours = [m for m in messages if m.direction == "inbound" and self._came_to_us(m)]
        return [_as_form(m) for m in reversed(ours)]

    async def check(self) -> str:
        """Ask Twilio whether the account may send. Raises SendError."""
        account = await _told(self._client.api.v2010.accounts(self._account_sid).fetch_async())
        if account.status != "active":
            raise SendError(code=f"account_{account.status}", channel_off=True)
        through = "a messaging service" if self._is_service else "one number"
        return f"Twilio account …{self._account_sid[-4:]} is active; texts leave through {through}"

    async def close(self) -> None:
        """Close connections; once closed, closing again does nothing."""
        await self._http.session.close()

    def _came_to_us(self, message: Any) -> bool:
        return not self._is_service or message.messaging_service_sid in (None, self._sender)


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
class _Told:
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
        told = await self.exchange(
            method, uri, params=params, data=data, headers=headers, allow_redirects=allow_redirects
        )
        return Response(told.status, told.body.decode(errors="replace"), told.headers)

    async def exchange(self, method: str, uri: str, **given: Any) -> _Told:
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
                return _Told(status=answer.status, body=body, headers=answer.headers)
            problem = sort_refusal(
                status=answer.status, code=_code(answer.status, body), retry_after=_pause(answer.headers)
            )
        # Raised out here, where no error holding the URL or the number hangs on as context.
        raise problem


async def _told(call: Awaitable[_T]) -> _T:
    """Await an SDK call; an answer the SDK can't read may follow a text that was taken."""
    try:
        return await call
    except (TwilioException, ValueError, KeyError, TypeError):
        problem = SendError(code="unreadable", uncertain=True)
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
    """Return Twilio's id for a text it took; None for an answer nobody can read."""
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


def _created(message: Any) -> datetime:
    created: object = message.date_created
    return created if isinstance(created, datetime) else datetime.now(UTC)


def _reaches_back(messages: Sequence[Any], since: datetime) -> bool:
    """Tell whether a page, newest first as Twilio lists them, ends before `since`."""
    dates = [_created(m) for m in messages]
    return bool(dates) and dates[-1] < since and dates == sorted(dates, reverse=True)


def _same(message: Any, outgoing: Outgoing) -> bool:
    outward = str(message.direction).startswith("outbound")
    return outward and message.to == outgoing.address and str(message.body).strip() == outgoing.text.strip()


def _as_form(message: Any) -> dict[str, str]:
    fields = {
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "MessagingServiceSid": message.messaging_service_sid,
        "From": message.from_,
        "To": message.to,
        "Body": message.body or "",
        "NumMedia": message.num_media,
        "NumSegments": message.num_segments,
    }
    return {name: str(value) for name, value in fields.items() if value is not None}
