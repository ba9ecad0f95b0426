"""Fetch what providers hold for us: Telegram by long polling, Twilio's lists as a safety net."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.actions.calling import record_call, silent_calls
from bot.actions.receipts import missing_receipts, receipts_wait
from bot.actions.results import record_status
from bot.channels.base import SendError
from bot.domain.errors import InboundError
from bot.domain.instants import Now
from bot.domain.messages import Inbound
from bot.store.database import Database
from handlers.inbox import Receipt
from handlers.sms import read_sms, read_status
from handlers.telegram import read_update
from handlers.voice import read_call

log = structlog.get_logger()

LONG_POLL = 25.0  # seconds Telegram may hold a request open
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
AFTER_ERROR = 2.0  # seconds before asking again
OVERLAP = timedelta(minutes=5)  # how far back each look goes; keeping twice is harmless

Receive = Callable[[Inbound], Awaitable[Receipt]]


class Updates(Protocol):
    """Whoever holds updates for us."""

    async def get_updates(
        self, offset: int | None = None, seconds: float = 25.0, allowed_updates: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Return updates from `offset` on, waiting up to `seconds`."""


class Texts(Protocol):
    """Whoever lists inbound texts."""

    async def list_inbound(self, since: datetime) -> list[dict[str, str]]:
        """Return inbound texts since then, in the webhook's own form."""


class Fates(Protocol):
    """Whoever knows what became of calls, or of texts."""

    async def fetch(self, provider_id: str) -> dict[str, str]:
        """Return how one stands, in the webhook's own form."""


async def poll_telegram(source: Updates, receive: Receive, now: Now) -> None:
    """Take updates for ever. An offset is confirmed only after the commit, so a crash loses nothing."""
    offset: int | None = None
    while True:
        try:
            updates = await source.get_updates(offset, LONG_POLL, ALLOWED_UPDATES)
            for update in updates:
                await _take(update, receive, now)
                offset = int(update["update_id"]) + 1
        except SendError as error:
            log.warning("polling_failed", channel="telegram", code=error.code)
            pause = error.retry_after.total_seconds() if error.retry_after is not None else AFTER_ERROR
            await asyncio.sleep(pause)
        except Exception as error:
            log.error("polling_failed", channel="telegram", error=type(error).__name__)
            await asyncio.sleep(AFTER_ERROR)


async def poll_texts(source: Texts, receive: Receive, now: Now) -> int:
    """Look for texts whose webhook never came; return how many there were in the list."""
    try:
        forms = await source.list_inbound(now() - OVERLAP)
    except SendError as error:
        log.warning("polling_failed", channel="sms", code=error.code)
        return 0
    for form in forms:
        try:
            await receive(read_sms(form, now()))
        except InboundError:
            log.warning("unreadable", channel="sms")
    return len(forms)


async def poll_calls(source: Fates, database: Database) -> int:
    """Ask what became of calls that nobody told us of; return how many there were."""
    async with database.read() as tx:
        silent = await silent_calls(tx)
    for message_id, provider_id in silent:
        try:
            form = await source.fetch(provider_id)
            async with database.write() as tx:
                await record_call(tx, read_call(form, message_id, tx.now))
        except SendError as error:
            log.warning("polling_failed", channel="voice", code=error.code)
        except InboundError:
            log.warning("unreadable", channel="voice", message=message_id)
    return len(silent)


async def poll_receipts(source: Fates, database: Database) -> int:
    """Ask what became of texts whose receipt did not come; return how many there were."""
    async with database.read() as tx:
        if not await receipts_wait(tx):
            return 0
    async with database.write() as tx:
        missing = await missing_receipts(tx)
    for message_id, provider_id in missing:
        try:
            form = await source.fetch(provider_id)
            async with database.write() as tx:
                await record_status(tx, read_status(form, message_id, tx.now))
        except SendError as error:
            log.warning("polling_failed", channel="sms", code=error.code)
            if error.retry_after is not None or error.channel_off:
                break  # the rest would be refused as well; most are asked about once more
        except InboundError:
            log.warning("unreadable", channel="sms", message=message_id)
    return len(missing)


async def _take(update: dict[str, Any], receive: Receive, now: Now) -> None:
    try:
        inbound = read_update(update, now())
    except InboundError:
        log.warning("unreadable", channel="telegram", update=update.get("update_id"))
        return
    if inbound is not None:
        await receive(inbound)
