"""Wires everything: the one place that knows all parts."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from typing import Any

import structlog
from sqlalchemy import func, select
from starlette.applications import Starlette

from bot.channels.base import SendError
from bot.channels.sms import Sms
from bot.channels.telegram import Telegram
from bot.channels.voice import Voice
from bot.domain.instants import EPOCH, Now, system_now
from bot.domain.messages import ChannelName
from bot.domain.triage.assess import prepare
from bot.outbox.claim import release
from bot.outbox.enqueue import DELIVERY
from bot.settings import Settings
from bot.store.alerts import Alert, AlertState
from bot.store.database import Database, Tx
from bot.store.ids import new_id
from bot.store.messages import Sender as SenderRow
from bot.store.opening import make_database
from handlers.inbox import Inbox
from handlers.polling import ALLOWED_UPDATES, poll_calls, poll_receipts, poll_telegram, poll_texts
from handlers.sms import Signatures
from handlers.staff_page import StaffPage
from handlers.web import Doors, host_of, make_web
from schedules.audits import Auditor
from schedules.briefings import SECONDS as BRIEFING_SECONDS
from schedules.briefings import brief
from schedules.clock import Clock, Job
from schedules.delivery import Delivery, Sender
from schedules.escalations import escalate
from schedules.nudges import nudge
from schedules.planner import plan
from schedules.publishing import publish_on
from schedules.silence import SECONDS, mind_silence
from schedules.upkeep import beat, tidy

log = structlog.get_logger()

PLANNER, ESCALATIONS, PUBLISHING, AUDIT = "planner", "escalations", "publishing", "audit"
CALLS = 1.0  # a second: what Twilio lets an account begin unless it is asked for more
SLACK = 15.0  # seconds a job may be late before readiness fails


class Role(StrEnum):
    """What a process does: take in, work off, or both."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What an app is built from; tests and the demo bring their own channels and time."""

    database: Database
    senders: Mapping[ChannelName, Sender]
    now: Now = system_now
    telegram: Telegram | None = None
    sms: Sms | None = None
    voice: Voice | None = None


class App:
    """The whole of Handrail in one process."""

    def __init__(self, settings: Settings, parts: Parts, *, role: Role = Role.ALL) -> None:
        """Put the parts together; nothing runs yet."""
        self.settings = settings
        self.database = parts.database
        self.database.public_url = settings.public_url
        self.now = parts.now
        self.role = role
        self.owner = new_id()
        self.telegram, self.sms, self.voice = parts.telegram, parts.sms, parts.voice
        self.inbox = Inbox(parts.database)
        self.deliveries = {
            name: Delivery(parts.database, sender, now=parts.now, owner=self.owner)
            for name, sender in parts.senders.items()
        }
        self._channels = [sender.channel for sender in parts.senders.values()]
        self.doors = Doors(
            inbox=self.inbox,
            database=parts.database,
            now=parts.now,
            ready=self.report,
            signatures=self._signatures(),
            telegram_secret=self._secret(),
            answer_tap=self._answer_tap if parts.telegram is not None else None,
            public_host=host_of(settings.public_url),
            more=(StaffPage(parts.database).route,),
        )
        self.auditor = Auditor(parts.database, now=parts.now)
        self.clock = Clock(self._jobs(), now=parts.now)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._started = False

    @property
    def web(self) -> Starlette:
        """Return the ASGI app."""
        return make_web(self.doors)

    async def prepare(self) -> None:
        """Check the keys, register the senders, and take back what an earlier life was sending."""
        _warm_up()
        await self.database.ready()
        async with self.database.write() as tx:
            for name in self.deliveries:
                await tx.session.execute(
                    tx.insert(SenderRow)
                    .values(channel=name, busy_until=EPOCH, failures=0)
                    .on_conflict_do_nothing()
                )
            if self.role is not Role.WEB:
                await self._reset_senders(tx)
                # On SQLite there is one process: every claim of another owner is an earlier life's.
                await release(tx, owner=self.owner if self.database.sqlite else None)

    async def _reset_senders(self, tx: Tx) -> None:
        for row in await tx.session.scalars(select(SenderRow)):
            # A restart is an operator's doing: what was refused is tried again. What is not set up any
            # more is off, so that no alert waits for it.
            configured = row.channel in self.deliveries
            row.off_at = None if configured else tx.now
            row.cause = None if configured else "not_set_up"
            row.resting_until, row.failures = None, 0

    async def start(self) -> None:
        """Start everything that runs by itself."""
        await self.prepare()
        await self._prepare_telegram()
        if self.role is not Role.WEB:
            for name, delivery in self.deliveries.items():
                self.database.listen(DELIVERY, delivery.wake)
                self._spawn(delivery.run(), f"delivery-{name}")
            for job in (PLANNER, ESCALATIONS, PUBLISHING):
                self.database.listen(job, partial(self.clock.soon, job))
            self.clock.start()
        self._started = True
        log.info("started", role=self.role, channels=sorted(self.deliveries))

    async def stop(self) -> None:
        """End within five seconds: take in nothing more, finish what is under way, record it."""
        await self.clock.stop()
        for delivery in self.deliveries.values():
            await delivery.stop()
        polling = [task for task in self._tasks if not task.get_name().startswith("delivery")]
        for task in polling:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=4.0)
        for channel in self._channels:
            await channel.close()
        await self.database.close()
        log.info("stopped")

    async def settle(self) -> int:
        """Do everything that is due at this instant, to the last reply; return how much was done.

        For time travel and stories: nothing else may be running.
        """
        total = 0
        while True:
            done = await publish_on(self.database) + await plan(self.database)
            done += await escalate(self.database) + await mind_silence(self.database)
            done += await nudge(self.database) + await brief(self.database)
            for delivery in self.deliveries.values():
                done += await delivery.deliver_due() + await delivery.look_up()
            if not done:
                done = await tidy(self.database) + await self.auditor.look()
            if not done:
                return total
            total += done

    async def report(self) -> dict[str, Any]:
        """Say what works, for readiness: database, ticks, channels, alerts nobody has."""
        channels: dict[str, str] = {}
        overdue: int | None = None
        try:
            async with asyncio.timeout(3), self.database.read() as tx:
                for row in await tx.session.scalars(select(SenderRow)):
                    channels[row.channel] = "off" if row.off_at is not None else "on"
                overdue = await tx.session.scalar(
                    select(func.count()).select_from(Alert).where(Alert.state == AlertState.OPEN)
                )
            database = True
        except Exception as error:
            log.error("not_ready", error=type(error).__name__)
            database = False
        ticking = self.role is Role.WEB or self.clock.ticking(SLACK)
        return {
            "ready": database and ticking and self._started,
            "database": database,
            "ticking": ticking,
            "channels": channels,
            "open_alerts": overdue,
            "alerts_reaching_nobody": len(self.auditor.found.helpless),
        }

    def _jobs(self) -> list[Job]:
        jobs = [
            Job(name=PLANNER, seconds=1, work=lambda: plan(self.database)),
            Job(name=PUBLISHING, seconds=2, work=lambda: publish_on(self.database)),
            Job(name="silence", seconds=SECONDS, work=lambda: mind_silence(self.database)),
            Job(name=ESCALATIONS, seconds=1, work=lambda: escalate(self.database)),
            Job(name="nudges", seconds=10, work=lambda: nudge(self.database)),
            Job(name="briefings", seconds=BRIEFING_SECONDS, work=lambda: brief(self.database)),
            Job(name="upkeep", seconds=10, work=lambda: tidy(self.database)),
            Job(name=AUDIT, seconds=60, work=self.auditor.look),
        ]
        jobs += [
            Job(name=f"look-up-{name}", seconds=2, work=delivery.look_up)
            for name, delivery in self.deliveries.items()
        ]
        sms, heartbeat = self.sms, self.settings.heartbeat_url
        if sms is not None:
            jobs.append(
                Job(name="texts", seconds=60, work=lambda: poll_texts(sms, self.doors.receive, self.now))
            )
            jobs.append(Job(name="receipts", seconds=30, work=lambda: poll_receipts(sms, self.database)))
        voice = self.voice
        if voice is not None:
            jobs.append(Job(name="calls", seconds=30, work=lambda: poll_calls(voice, self.database)))
        if heartbeat is not None:
            jobs.append(Job(name="heartbeat", seconds=60, work=lambda: self._beat(heartbeat)))
        return jobs

    async def _beat(self, url: str) -> None:
        # A heart that beats over a stopped clock, or over an alert that reaches nobody, would be a lie.
        worked = all(name in self.clock.worked for name in (PLANNER, ESCALATIONS, AUDIT))
        if worked and not self.auditor.found.helpless and (await self.report())["ready"]:
            await beat(url)

    async def _prepare_telegram(self) -> None:
        telegram, settings = self.telegram, self.settings
        if telegram is None:
            return
        if settings.telegram_mode == "webhook" and self._secret() is not None:
            address = f"{settings.public_url}/webhooks/telegram"
            self._spawn(
                self._until_done(lambda: telegram.set_webhook(address, str(self._secret()), ALLOWED_UPDATES)),
                "set-webhook",
            )
            return
        if self.role is not Role.WEB:
            self._spawn(self._poll(telegram), "poll-telegram")

    async def _poll(self, telegram: Telegram) -> None:
        await self._until_done(telegram.delete_webhook)
        log.info("polling", channel="telegram", webhook="removed")
        await poll_telegram(telegram, self.doors.receive, self.now)

    async def _until_done(self, call: Callable[[], Awaitable[None]]) -> None:
        pause = 1.0
        while True:
            try:
                await call()
            except SendError as error:
                log.warning("telegram_setup_failed", code=error.code)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 60.0)
            else:
                return

    async def _answer_tap(self, callback_id: str, toast: str | None) -> None:
        telegram = self.telegram
        if telegram is not None:
            self._spawn(self._answer(telegram, callback_id, toast), "answer-tap")

    async def _answer(self, telegram: Telegram, callback_id: str, toast: str | None) -> None:
        try:
            await telegram.answer_callback(callback_id, toast)
        except SendError as error:
            log.warning("tap_unanswered", code=error.code)

    def _signatures(self) -> Signatures | None:
        tokens, url = self.settings.twilio_tokens, self.settings.public_url
        return Signatures(tokens, url) if tokens and url else None

    def _secret(self) -> str | None:
        secret = self.settings.telegram_webhook_secret
        return secret.get_secret_value() if secret is not None else None

    def _spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@cache
def _warm_up() -> None:
    """Read the lexicons, once a process: the first person to write must not wait for that."""
    prepare()


def make_app(settings: Settings, *, role: Role = Role.ALL) -> App:
    """Build the real thing from settings, inside the running loop. Raises SettingError, KeyringError."""
    database = make_database(settings)
    senders: dict[ChannelName, Sender] = {}
    telegram = sms = voice = None
    if settings.telegram_token is not None:
        telegram = Telegram(
            token=settings.telegram_token.get_secret_value(), api_url=settings.telegram_api_url
        )
        senders[ChannelName.TELEGRAM] = Sender(channel=telegram, rate=settings.telegram_rate)
    if settings.twilio_account_sid and settings.sms_from and settings.public_url:
        sms = Sms(
            account_sid=settings.twilio_account_sid,
            tokens=settings.twilio_tokens,
            sender=settings.sms_from,
            public_url=settings.public_url,
            api_url=settings.twilio_api_url,
        )
        senders[ChannelName.SMS] = Sender(channel=sms, rate=settings.sms_rate)
    if settings.twilio_account_sid and settings.voice_number and settings.public_url:
        voice = Voice(
            account_sid=settings.twilio_account_sid,
            tokens=settings.twilio_tokens,
            sender=settings.voice_number,
            public_url=settings.public_url,
            api_url=settings.twilio_api_url,
        )
        senders[ChannelName.VOICE] = Sender(channel=voice, rate=CALLS)
    parts = Parts(database=database, senders=senders, telegram=telegram, sms=sms, voice=voice)
    return App(settings, parts, role=role)


def start_logging() -> None:
    """Log one JSON object a line to standard error: ids and counts, never a text, name or number."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # The channels hush their own libraries, whose loggers would write addresses with tokens in them.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
