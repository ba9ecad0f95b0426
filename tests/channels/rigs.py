"""The channels behind one handle, so that one suite can ask all of them the same."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from bot.channels.base import Channel, Outgoing
from bot.channels.simulator import Fault, Simulator
from bot.channels.sms import Sms
from bot.channels.telegram import Patience, Telegram
from bot.channels.voice import Voice
from bot.domain.messages import Button, ChannelName
from tests.fakes.telegram_server import TOKEN, TelegramServer, telegram_server
from tests.fakes.trouble import broken, dropped, hung, rate_limited, refused
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, PUBLIC_URL, TwilioServer, twilio_server

CLAIMED = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
SHORT = 0.2  # seconds, where a test waits for a timeout; elsewhere a loaded machine may take its time


class Rig(ABC):
    """One channel, the phone it writes to, and the ways it can be troubled."""

    channel: Channel
    address: str
    finds = True  # whether the provider can look a message up
    stops = True  # whether somebody can say stop to it
    shows = True  # whether the text itself arrives, and not only a ring

    def text(self, text: str = "Hello", *, buttons: tuple[Button, ...] = (), number: int = 1) -> Outgoing:
        """Return a text to the rig's phone."""
        return Outgoing(
            message_id=f"{number:032x}",
            address=self.address,
            text=text,
            claimed_at=CLAIMED,
            buttons=buttons,
            valid_for=timedelta(hours=2),
        )

    @property
    def arrived(self) -> int:
        """Return how many arrived."""
        return len(self.texts)

    @property
    @abstractmethod
    def texts(self) -> list[str]:
        """Return what arrived."""

    @abstractmethod
    async def block(self) -> None:
        """Let the phone's owner say stop."""

    @abstractmethod
    async def limit(self, seconds: int) -> None:
        """Let the next send be too fast."""

    @abstractmethod
    async def shut_door(self) -> None:
        """Refuse connections."""

    @abstractmethod
    async def lose_answer(self) -> None:
        """Let the next send never be answered."""

    @abstractmethod
    async def cut(self, *, stored: bool) -> None:
        """Let the next send end in a cut connection or its like."""

    @abstractmethod
    async def break_down(self) -> None:
        """Let the next send be answered by 5xx."""

    @abstractmethod
    async def lock_out(self) -> None:
        """Let the account be refused."""

    def violations(self) -> list[str]:
        """Return what the fake objects to."""
        return []


class TelegramRig(Rig):
    """Telegram and its fake."""

    finds = False
    address = "4242424242"

    def __init__(self, server: TelegramServer) -> None:
        """Speak to `server`."""
        self.server = server
        self.phone = server.phone(int(self.address))
        self.channel = self.telegram = Telegram(token=TOKEN, api_url=server.url)

    @property
    def texts(self) -> list[str]:
        """Return what arrived."""
        return self.phone.texts

    async def block(self) -> None:
        """Block the bot."""
        await self.phone.blocks()

    async def limit(self, seconds: int) -> None:
        """Answer 429."""
        self.server.trouble.append(rate_limited(seconds))

    async def shut_door(self) -> None:
        """Stop listening."""
        assert self.server.served
        await self.server.served.stop()

    async def lose_answer(self) -> None:
        """Hang, with a client that soon loses patience."""
        await self.channel.close()
        self.channel = self.telegram = Telegram(
            token=TOKEN, api_url=self.server.url, patience=Patience(read=SHORT)
        )
        self.server.trouble.append(hung(stored=True))

    async def cut(self, *, stored: bool) -> None:
        """Drop the connection."""
        self.server.trouble.append(dropped(stored=stored))

    async def break_down(self) -> None:
        """Answer 502."""
        self.server.trouble.append(broken(status=502))

    async def lock_out(self) -> None:
        """Change the token."""
        self.server.token = "another"

    def violations(self) -> list[str]:
        """Return what the fake objects to."""
        return self.server.violations


class SmsRig(Rig):
    """Twilio texts and their fake."""

    address = "+12025550142"

    def __init__(self, server: TwilioServer) -> None:
        """Speak to `server`."""
        self.server = server
        self.phone = server.phone(self.address)
        self.channel = self.sms = self._build()

    def _build(self, timeout: float = 10.0) -> Sms:
        return Sms(
            account_sid=ACCOUNT,
            tokens=(AUTH_TOKEN,),
            sender=NUMBER,
            public_url=PUBLIC_URL,
            api_url=self.server.url,
            timeout=timeout,
        )

    @property
    def texts(self) -> list[str]:
        """Return what arrived."""
        return self.phone.texts

    async def block(self) -> None:
        """Text STOP."""
        self.server.webhook_on = False
        await self.phone.says("Stop")

    async def limit(self, seconds: int) -> None:
        """Answer 429."""
        self.server.trouble.append(rate_limited(seconds))

    async def shut_door(self) -> None:
        """Stop listening."""
        assert self.server.served
        await self.server.served.stop()

    async def lose_answer(self) -> None:
        """Hang, with a client that soon loses patience."""
        await self.channel.close()
        self.channel = self.sms = self._build(2 * SHORT)
        self.server.trouble.append(hung(stored=True))

    async def cut(self, *, stored: bool) -> None:
        """Drop the connection."""
        self.server.trouble.append(dropped(stored=stored))

    async def break_down(self) -> None:
        """Answer 503."""
        self.server.trouble.append(broken(status=503))

    async def lock_out(self) -> None:
        """Change the auth token."""
        self.server.tokens = ("another",)

    def violations(self) -> list[str]:
        """Return what the fake objects to."""
        return self.server.violations


class VoiceRig(Rig):
    """Twilio calls and their fake. What is said comes from our webhook, so a phone only rings."""

    address = "+12025550142"
    shows = False
    stops = False

    def __init__(self, server: TwilioServer) -> None:
        """Speak to `server`."""
        self.server = server
        self.channel = self.voice = self._build()

    def _build(self, timeout: float = 10.0) -> Voice:
        return Voice(
            account_sid=ACCOUNT,
            tokens=(AUTH_TOKEN,),
            sender=NUMBER,
            public_url=PUBLIC_URL,
            api_url=self.server.url,
            timeout=timeout,
        )

    @property
    def texts(self) -> list[str]:
        """Return nothing: there is no text in a call that nobody has answered."""
        return []

    @property
    def arrived(self) -> int:
        """Return how often it rang."""
        return len(self.server.calls.to(self.address))

    async def block(self) -> None:
        """Be a number that can't be called."""
        self.server.calls.trouble.append(refused(400, 21217))

    async def limit(self, seconds: int) -> None:
        """Answer 429."""
        self.server.calls.trouble.append(rate_limited(seconds))

    async def shut_door(self) -> None:
        """Stop listening."""
        assert self.server.served
        await self.server.served.stop()

    async def lose_answer(self) -> None:
        """Hang, with a client that soon loses patience."""
        await self.channel.close()
        self.channel = self.voice = self._build(2 * SHORT)
        self.server.calls.trouble.append(hung(stored=True))

    async def cut(self, *, stored: bool) -> None:
        """Drop the connection."""
        self.server.calls.trouble.append(dropped(stored=stored))

    async def break_down(self) -> None:
        """Answer 503."""
        self.server.calls.trouble.append(broken(status=503))

    async def lock_out(self) -> None:
        """Change the auth token."""
        self.server.tokens = ("another",)

    def violations(self) -> list[str]:
        """Return what the fake objects to."""
        return self.server.violations


class SimulatorRig(Rig):
    """The simulator, in the place of SMS."""

    address = "+12025550142"

    def __init__(self) -> None:
        """Switch one phone on."""
        self.channel = self.simulator = Simulator(ChannelName.SMS)
        self.phone = self.simulator.phone(self.address)

    @property
    def texts(self) -> list[str]:
        """Return what arrived."""
        return self.phone.texts

    async def block(self) -> None:
        """Refuse everything to this phone."""
        self.simulator.fail(Fault.BLOCKED, times=None, address=self.address)

    async def limit(self, seconds: int) -> None:
        """Ask for a pause."""
        self.simulator.fail(Fault.LIMITED, retry_after=timedelta(seconds=seconds))

    async def shut_door(self) -> None:
        """Be down until healed."""
        self.simulator.fail(Fault.DOWN, times=None)

    async def lose_answer(self) -> None:
        """Time out once."""
        self.simulator.fail(Fault.TIMEOUT)

    async def cut(self, *, stored: bool) -> None:
        """Lose the answer, or text and answer."""
        self.simulator.fail(Fault.UNCERTAIN if stored else Fault.TIMEOUT)

    async def break_down(self) -> None:
        """Take it and say nothing."""
        self.simulator.fail(Fault.UNCERTAIN)

    async def lock_out(self) -> None:
        """Refuse the account."""
        self.simulator.fail(Fault.OFF, times=None)


@asynccontextmanager
async def rig_for(name: str) -> AsyncIterator[Rig]:
    """Build the rig of that name and tear it down."""
    rig: Rig
    if name == "telegram":
        async with telegram_server() as telegram:
            rig = TelegramRig(telegram)
            yield rig
            await rig.channel.close()
    elif name in ("sms", "voice"):
        async with twilio_server(now=lambda: CLAIMED) as twilio:
            rig = SmsRig(twilio) if name == "sms" else VoiceRig(twilio)
            yield rig
            await rig.channel.close()
    else:
        rig = SimulatorRig()
        yield rig
        await rig.channel.close()
