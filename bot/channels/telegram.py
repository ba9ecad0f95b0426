"""Telegram: texts and buttons out, and the calls that bring updates in."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from bot.channels.base import Channel, Found, LookUp, Outgoing, SendError, Sent
from bot.domain.messages import Button, ChannelName

POOL = 64  # connections kept; the limit of 30 messages a second needs a handful
PAUSE = timedelta(seconds=1)  # after a 429 that names no time
ROW = 24  # characters of labels side by side on a narrow phone

# Telegram's words for an address that leads nowhere.
_NOWHERE = ("chat not found", "user not found", "peer_id_invalid", "chat_id is empty")
# What httpx raises before a byte of the request has left.
_NEVER_WRITTEN = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

CAPTION = 1024  # characters under a picture, Telegram's limit
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long each part of a call may take, in seconds. Their sum bounds the whole call."""

    connect: float = 4.0
    read: float = 6.0
    write: float = 2.0
    pool: float = 1.0

    @property
    def whole(self) -> float:
        """Return the longest a call may last."""
        return self.connect + self.read + self.write + self.pool


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """Where Telegram pushes updates (None: it waits to be asked), how many wait, and its last failure."""

    url: str | None
    waiting: int
    failed_at: datetime | None = None
    cause: str | None = None


class Telegram(Channel):
    """Speak for one bot. `api_url` is the server's root, without `/bot<TOKEN>`."""

    name = ChannelName.TELEGRAM

    def __init__(
        self, *, token: str, api_url: str = "https://api.telegram.org", patience: Patience | None = None
    ) -> None:
        """Build the client inside the running loop; nothing is sent yet."""
        _hush()
        self._patience = patience or Patience()
        self._sending = self._request(POOL)
        # Polling holds its connection for long, so it has its own and never delays a reply.
        self._polling = self._request(2)
        self._bot = _RawBot(
            token,
            base_url=f"{api_url.rstrip('/')}/bot",
            request=self._sending,
            get_updates_request=self._polling,
        )

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send one text. There are no receipts, so what Telegram took is final. Raises SendError."""
        if outgoing.picture is not None:
            return await self._show(outgoing, outgoing.picture)
        message = await self._call(
            self._bot.send_message(
                chat_id=_chat(outgoing.address),
                text=outgoing.text,
                reply_markup=_keyboard(outgoing.buttons),
                reply_parameters=_reply(outgoing.reply_to),
                # A preview would fetch the page and show its title on the lock screen.
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        return Sent(provider_id=str(message.message_id), delivered=True)

    async def _show(self, outgoing: Outgoing, picture: bytes) -> Sent:
        message = await self._call(
            self._bot.send_photo(
                chat_id=_chat(outgoing.address),
                photo=picture,
                caption=outgoing.text[:CAPTION],
                reply_markup=_keyboard(outgoing.buttons),
                reply_parameters=_reply(outgoing.reply_to),
            )
        )
        return Sent(provider_id=str(message.message_id), delivered=True)

    async def find(self, outgoing: Outgoing) -> LookUp:
        """Say that we cannot know: a bot can't read back what it sent."""
        return LookUp(found=Found.UNKNOWN)

    async def check(self) -> str:
        """Ask Telegram who we are. Raises SendError."""
        me = await self._call(self._bot.get_me())
        return f"Telegram bot @{me.username}"

    async def webhook(self) -> Webhook:
        """Return where updates are pushed to, for `doctor`. Raises SendError."""
        told = await self._call(self._bot.get_webhook_info())
        return Webhook(
            url=told.url or None,
            waiting=told.pending_update_count,
            failed_at=told.last_error_date,
            cause=told.last_error_message,
        )

    async def answer_callback(self, callback_id: str, text: str | None = None) -> None:
        """Answer a tapped button, so that it stops spinning. `text`: at most 200 characters."""
        await self._call(self._bot.answer_callback_query(callback_id, text=text))

    async def set_webhook(self, url: str, secret: str, allowed_updates: Sequence[str]) -> None:
        """Have updates of these kinds pushed to `url`, each with `secret` in its header."""
        await self._call(
            self._bot.set_webhook(url, secret_token=secret, allowed_updates=list(allowed_updates))
        )

    async def delete_webhook(self) -> None:
        """Stop pushing, keeping updates that wait; polling needs this first."""
        await self._call(self._bot.delete_webhook(drop_pending_updates=False))

    async def get_updates(
        self, offset: int | None = None, seconds: float = 25.0, allowed_updates: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Return waiting updates as Telegram wrote them, or none after `seconds`.

        Asking with `offset` confirms every update below it: give the last committed `update_id` + 1.
        """
        call = self._bot.raw_updates(offset, int(seconds), allowed_updates, seconds + self._patience.read)
        return await self._call(call, extra=seconds)

    async def close(self) -> None:
        """Close connections; once closed, closing again does nothing."""
        await asyncio.gather(self._sending.shutdown(), self._polling.shutdown())

    def _request(self, connections: int) -> _Request:
        return _Request(
            connection_pool_size=connections,
            connect_timeout=self._patience.connect,
            read_timeout=self._patience.read,
            write_timeout=self._patience.write,
            pool_timeout=self._patience.pool,
            httpx_kwargs={"verify": _trusted()},
        )

    async def _call(self, call: Awaitable[_T], extra: float = 0.0) -> _T:
        try:
            # httpx times each read; a server that drips bytes would otherwise hold us for ever.
            async with asyncio.timeout(self._patience.whole + extra):
                return await call
        except TelegramError as error:
            problem = _sorted(error)
        except TimeoutError:
            problem = SendError(code="timeout", uncertain=True)
        # Raised out here, where no SDK error with its URL (and so the token) hangs on as context.
        raise problem


@cache
def _trusted() -> ssl.SSLContext:
    # To read the world's certificates takes 30 ms and a megabyte; httpx would do it for each client.
    return httpx.create_ssl_context()


class _StatusError(NetworkError):
    """A status the SDK would fold into a plain NetworkError."""

    def __init__(self, status: int) -> None:
        super().__init__("refused")
        self.status = status


class _TooFastError(NetworkError):
    """A 429; the SDK's own counts only when it names a pause."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__("too fast")
        self.pause = pause


class _Request(HTTPXRequest):
    """The SDK's client, but keeping the status of server errors and logging no answer."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        status, body = await super().do_request(*args, **kwargs)
        if status == 429:
            raise _TooFastError(_pause(body))
        if status >= 500:
            raise _StatusError(status)
        return status, body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(payload)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise _StatusError(0)
        return answer


class _RawBot(Bot):
    """The SDK's bot, handing updates on as they came: one that it can't read must not stop the rest."""

    __slots__ = ()

    async def raw_updates(
        self, offset: int | None, seconds: int, allowed: Sequence[str], read_timeout: float
    ) -> list[dict[str, Any]]:
        wanted = {"offset": offset, "timeout": seconds, "allowed_updates": list(allowed) or None}
        updates: list[dict[str, Any]] = await self._post("getUpdates", wanted, read_timeout=read_timeout)
        return updates


def _sorted(error: TelegramError) -> SendError:
    """Sort an SDK error into ours. Its text may hold anything, so only our own codes go on."""
    match error:
        case Forbidden():
            return SendError(code="403", permanent=True, opted_out=True)
        case _TooFastError():
            return SendError(code="429", retry_after=error.pause)
        case ChatMigrated():
            return SendError(code="migrated", migrated_to=str(error.new_chat_id))
        case InvalidToken():
            return SendError(code="401", channel_off=True)
        case BadRequest():
            nowhere = any(words in error.message.lower() for words in _NOWHERE)
            return SendError(
                code="400_chat_not_found" if nowhere else "400", permanent=True, unreachable=nowhere
            )
        case _StatusError():
            # An unreadable answer (0) may follow a message that was taken, as a 5xx may.
            return SendError(code=str(error.status) if error.status else "unreadable", uncertain=True)
        case TimedOut() | NetworkError():
            return _sorted_network(error.__cause__)
    # Conflict (two pollers), and whatever the SDK adds.
    return SendError(code=type(error).__name__.lower())


def _sorted_network(cause: BaseException | None) -> SendError:
    if isinstance(cause, _NEVER_WRITTEN):
        return SendError(code=type(cause).__name__.lower())
    code = "timeout" if isinstance(cause, httpx.TimeoutException) else "dropped"
    return SendError(code=code, uncertain=True)


def _pause(body: bytes) -> timedelta:
    try:
        return timedelta(seconds=int(json.loads(body)["parameters"]["retry_after"]))
    except (ValueError, KeyError, TypeError):
        return PAUSE


def _chat(address: str) -> int:
    try:
        return int(address)
    except ValueError:
        pass
    raise SendError(code="bad_address", permanent=True, unreachable=True)


def _reply(reply_to: str | None) -> ReplyParameters | None:
    if reply_to is None or not reply_to.isdecimal():
        return None
    return ReplyParameters(message_id=int(reply_to), allow_sending_without_reply=True)


def _keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Lay buttons out in rows as wide as a narrow phone, eleven short ones (0 to 10) in two."""
    rows: list[list[InlineKeyboardButton]] = []
    width = ROW + 1
    for button in buttons:
        cost = max(len(button.label), 3) + 1
        if width + cost > ROW:
            rows.append([])
            width = 0
        rows[-1].append(InlineKeyboardButton(button.label, callback_data=button.data))
        width += cost
    return InlineKeyboardMarkup(rows) if rows else None


def _hush() -> None:
    """Keep the token (in every URL), texts and chat ids out of the log, whatever level the root has."""
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
