"""Tell a story: Handrail in this process behind real HTTP, two strict providers, and time moved by hand.

The providers' fakes push signed webhooks to Handrail's own web app; the real SDKs call the fakes. Nothing
runs by itself: after every text and every move of the clock, everything that is due is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import yaml
from pydantic import SecretStr
from sqlalchemy import func, select
from starlette.types import Receive, Scope, Send

from bot.actions.programmes import import_programme
from bot.app import App, Parts
from bot.channels.sms import Sms
from bot.channels.telegram import Patience, Telegram
from bot.channels.voice import Voice
from bot.domain.encoding import Encoding, segments
from bot.domain.messages import MessageState
from bot.domain.programme_reading import parse_programme
from bot.settings import Settings
from bot.store.alerts import Alert, AlertState
from bot.store.database import Database
from bot.store.desk import Promise, Talk
from bot.store.messages import Message
from bot.store.messages import Sender as SenderRow
from bot.store.schedules import Checkin, CheckinState, Enrolment
from handlers.polling import ALLOWED_UPDATES
from schedules.delivery import Sender
from tests.conftest import HandClock
from tests.fakes.serving import running
from tests.fakes.telegram_server import TOKEN, TelegramServer, telegram_server
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, TwilioServer, twilio_server
from tests.journeys.people import Chatter, Person, Texter

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
SECRET = "a-webhook-secret"
LONGEST = 320  # units of the longest text anybody may get
RECEIPTS = ("sent", "delivered")

File = dict[str, Any]  # a programme file, as YAML reads it


class Story:
    """One programme, its people and their phones."""

    def __init__(
        self, *, app: App, clock: HandClock, twilio: TwilioServer, telegram: TelegramServer, url: str
    ) -> None:
        """Begin; nobody has said anything yet."""
        self.app = app
        self.clock = clock
        self.twilio = twilio
        self.telegram = telegram
        self.url = url
        self.database: Database = app.database
        self._texters: dict[str, Texter] = {}
        self._chatters: dict[int, Chatter] = {}

    def phone(self, number: str) -> Texter:
        """Return whoever texts from this number."""
        if number not in self._texters:
            self._texters[number] = Texter(self.twilio.phone(number), self.twilio.calls, self.settle)
        return self._texters[number]

    def chat(self, chat_id: int, first_name: str = "Ana") -> Chatter:
        """Return whoever has this chat with the bot."""
        if chat_id not in self._chatters:
            self._chatters[chat_id] = Chatter(self.telegram.phone(chat_id, first_name), self.settle)
        return self._chatters[chat_id]

    async def settle(self) -> None:
        """Do everything that is due now, receipts and tapped buttons included."""
        while True:
            done = await self.app.settle()
            await self.twilio.settled()
            await self._taps_answered()
            if not done:
                return

    async def _taps_answered(self) -> None:
        # Taps are answered by tasks of the app's own, after the commit.
        answering = [task for task in asyncio.all_tasks() if task.get_name() == "answer-tap"]
        await asyncio.gather(*answering)

    async def forward(self, **by: float) -> None:
        """Let `timedelta(**by)` pass, stopping wherever something falls due."""
        await self.until(self.clock() + timedelta(**by))

    async def until(self, instant: datetime) -> None:
        """Let time pass until `instant`, aware."""
        while (upcoming := await self._upcoming()) is not None and upcoming < instant:
            self.clock.instant = upcoming
            await self.settle()
        self.clock.instant = instant
        await self.settle()

    async def rows(self, table: type[Any], *where: Any) -> list[Any]:
        """Return what the database holds."""
        async with self.database.read() as tx:
            return list(await tx.session.scalars(select(table).where(*where)))

    def nothing_else(self) -> None:
        """Check that every text has been read, and that nobody did anything a provider objects to."""
        for whom, person in self._everybody():
            assert person.unread == [], f"{whom} got something unexpected: {person.unread!r}"
        strangers = {t.to for t in self.twilio.texts.values() if not t.inbound} - self._texters.keys()
        assert strangers == set(), "a number nobody knows got a text"
        ringing = [call.to for call in self.twilio.calls.all if call.rings]
        assert ringing == [], "a phone rings that nobody expected"

    def end(self) -> None:
        """Check what must hold at the end of every story."""
        self.nothing_else()
        assert self.telegram.violations == []
        assert self.telegram.unanswered == []
        assert self.twilio.violations == []
        assert set(self.twilio.reports) <= {204}
        for text in self.twilio.texts.values():
            if not text.inbound:
                counted = segments(text.body)
                assert counted.encoding is Encoding.GSM7, text.body
                assert counted.units <= LONGEST, text.body

    def _everybody(self) -> list[tuple[str, Person]]:
        return [*self._texters.items(), *((str(chat), person) for chat, person in self._chatters.items())]

    async def _upcoming(self) -> datetime | None:
        queued = Message.state == MessageState.QUEUED
        claimed = Message.state.in_([MessageState.SENDING, MessageState.UNCERTAIN])
        async with self.database.read() as tx:
            found = [
                await tx.session.scalar(select(func.min(column)).where(column > tx.now, *where))
                for column, *where in (
                    (Enrolment.next_due_at,),
                    (Message.not_before, queued),
                    (Message.lease_until, claimed),
                    (Alert.next_step_at, Alert.state != AlertState.CLOSED),
                    (Promise.due_at, Promise.done_at.is_(None)),
                    (Talk.until, Talk.ended_at.is_(None)),
                    (Checkin.expires_at, Checkin.state == CheckinState.OPEN),
                    (Checkin.nudge_at, Checkin.state == CheckinState.OPEN),
                    (SenderRow.resting_until,),
                )
            ]
        return min((at for at in found if at is not None), default=None)


async def bring_in(database: Database, file: File) -> None:
    """Import a programme file."""
    text = yaml.dump(file, Dumper=DUMPER, allow_unicode=True, sort_keys=False)
    async with database.write() as tx:
        await import_programme(tx, parse_programme(text))


class Door:
    """Stands where the web app will be: providers need its address before it is built."""

    def __init__(self) -> None:
        """Stand open to nobody yet."""
        self.app: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        await self.app(scope, receive, send)


@asynccontextmanager
async def tell(
    database: Database,
    clock: HandClock,
    file: File,
    *,
    tokens: tuple[str, ...] = (AUTH_TOKEN,),
    patience: float = 5.0,
) -> AsyncIterator[Story]:
    """Import the programme, open the doors, hand out the phones; check everything at the end.

    `tokens` are Twilio's auth tokens, newest first. `patience` bounds a call to a provider, in seconds.
    """
    await bring_in(database, file)
    door = Door()
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(running(door))
        telegram = await stack.enter_async_context(telegram_server())
        twilio = await stack.enter_async_context(
            twilio_server(public_url=house.url, tokens=tokens, now=clock)
        )
        twilio.auto_report = RECEIPTS
        app = build_app(
            database,
            clock,
            house.url,
            telegram_url=telegram.url,
            twilio_url=twilio.url,
            tokens=tokens,
            patience=patience,
        )
        door.app = app.web
        await app.prepare()
        assert app.telegram is not None
        await app.telegram.set_webhook(f"{house.url}/webhooks/telegram", SECRET, ALLOWED_UPDATES)
        story = Story(app=app, clock=clock, twilio=twilio, telegram=telegram, url=house.url)
        _hand_out_phones(story, file)
        try:
            await story.settle()
            yield story
            story.end()
        finally:
            for sender in (app.telegram, app.sms, app.voice):
                if sender is not None:
                    await sender.close()


def build_app(
    database: Database,
    clock: HandClock,
    url: str,
    *,
    telegram_url: str,
    twilio_url: str,
    tokens: tuple[str, ...] = (AUTH_TOKEN,),
    patience: float = 5.0,
) -> App:
    """Build Handrail with the real channels, each pointed at a stand-in, reached by providers at `url`."""
    chat = Telegram(token=TOKEN, api_url=telegram_url, patience=Patience(read=patience))
    sms = Sms(
        account_sid=ACCOUNT,
        tokens=tokens,
        sender=NUMBER,
        public_url=url,
        api_url=twilio_url,
        timeout=patience,
    )
    voice = Voice(
        account_sid=ACCOUNT,
        tokens=tokens,
        sender=NUMBER,
        public_url=url,
        api_url=twilio_url,
        timeout=patience,
    )
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own argument
        public_url=url,
        telegram_webhook_secret=SecretStr(SECRET),
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=SecretStr(",".join(tokens)),
        sms_from=NUMBER,
    )
    senders = {channel.name: Sender(channel=channel) for channel in (chat, sms, voice)}
    parts = Parts(database=database, senders=senders, now=clock, telegram=chat, sms=sms, voice=voice)
    return App(settings, parts)


def _hand_out_phones(story: Story, file: File) -> None:
    for person in [*file.get("staff", []), *file.get("participants", [])]:
        for contact in person.get("contacts", []):
            if "telegram" in contact:
                story.chat(contact["telegram"], person["name"].split()[0])
            elif "sms" in contact:
                story.phone(contact["sms"])
