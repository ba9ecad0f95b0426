"""The people in a story, each with a phone: what they say, what they get, and what they have not read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.fakes.telegram_phone import Phone as TelegramPhone
from tests.fakes.twilio_calls import Call, Calls
from tests.fakes.twilio_phone import Phone as SmsPhone

Settle = Callable[[], Awaitable[None]]


class Person:
    """Somebody with one phone. Every text that arrives must be read by the story, or the story fails."""

    def __init__(self, phone: SmsPhone | TelegramPhone, settle: Settle) -> None:
        """Hand them the phone; `settle` lets Handrail do what is due."""
        self._phone = phone
        self._settle = settle
        self._read: set[int] = set()

    @property
    def unread(self) -> list[str]:
        """Return what arrived and nobody has read yet, oldest first."""
        return [text for place, text in enumerate(self._phone.texts) if place not in self._read]

    async def gets(self, *parts: str) -> str:
        """Read the oldest unread text that holds all `parts`; return it whole."""
        for place, text in enumerate(self._phone.texts):
            if place not in self._read and all(part in text for part in parts):
                self._read.add(place)
                return text
        raise AssertionError(f"expected {parts!r}; unread: {self.unread!r}")

    def got_nothing(self) -> None:
        """Check that nothing new has arrived."""
        assert self.unread == []


class Texter(Person):
    """Somebody who texts."""

    def __init__(self, phone: SmsPhone, calls: Calls, settle: Settle) -> None:
        """Hand them the phone."""
        super().__init__(phone, settle)
        self.phone = phone
        self._calls = calls

    @property
    def ringing(self) -> Call:
        """Return the one call that rings."""
        (call,) = [call for call in self._calls.to(self.phone.number) if call.rings]
        return call

    @property
    def on_the_line(self) -> Call:
        """Return the call they have picked up."""
        (call,) = [call for call in self._calls.to(self.phone.number) if call.status == "in-progress"]
        return call

    async def says(self, text: str, *, media: tuple[str, ...] = ()) -> None:
        """Text us, and let everything that follows from it happen."""
        assert await self.phone.says(text, media=media) == 200
        await self._settle()

    async def picks_up(self, *, by: str = "human") -> str:
        """Answer the call that rings, or let `by` answer it; return what is heard."""
        heard = await self._calls.pick_up(self.ringing, by)
        await self._settle()
        return heard

    async def presses(self, key: str) -> str:
        """Press a key; return what is heard."""
        heard = await self._calls.press(self.on_the_line, key)
        await self._settle()
        return heard

    async def presses_nothing(self) -> str:
        """Listen to the end; return what is heard last."""
        heard = await self._calls.press_nothing(self.on_the_line)
        await self._settle()
        return heard

    async def does_not_pick_up(self, status: str = "no-answer") -> None:
        """Let it ring, or be busy."""
        await self._calls.end(self.ringing, status)
        await self._settle()


class Chatter(Person):
    """Somebody on Telegram."""

    def __init__(self, phone: TelegramPhone, settle: Settle) -> None:
        """Hand them the phone."""
        super().__init__(phone, settle)
        self.phone = phone

    async def says(self, text: str, *, reply_to: int | None = None) -> None:
        """Write to the bot."""
        await self._did(self.phone.says(text, reply_to=reply_to))

    async def taps(self, label: str) -> None:
        """Tap a button of the newest message that has it."""
        await self._did(self.phone.taps(label))

    async def edits(self, text: str) -> None:
        """Change what they wrote last."""
        await self._did(self.phone.edits(text))

    async def sends(self, kind: str, value: Any) -> None:
        """Send media: voice, photo, sticker."""
        await self._did(self.phone.sends(kind, value))

    async def blocks(self) -> None:
        """Block the bot."""
        await self._did(self.phone.blocks())

    async def unblocks(self) -> None:
        """Let the bot in again."""
        await self._did(self.phone.unblocks())

    async def _did(self, push: Awaitable[int]) -> None:
        assert await push == 200
        await self._settle()
