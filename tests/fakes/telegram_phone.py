"""Somebody's Telegram: what they see, and what they do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol

BOT = {"id": 110201543, "is_bot": True, "first_name": "Handrail", "username": "handrail_test_bot"}
STARTED = 1_767_225_600  # 1 January 2026; messages carry a date, and it need not be today's


class Server(Protocol):
    """What a phone needs of the server it hangs on."""

    callbacks: dict[str, int]

    def number(self) -> int:
        """Return the next id."""

    async def push(self, kind: str, content: dict[str, Any]) -> int:
        """Hand an update on."""


@dataclass(kw_only=True)
class Bubble:
    """One message in a chat. `mine` when its owner wrote it."""

    message_id: int
    text: str
    mine: bool = False
    buttons: list[tuple[str, str]] = field(default_factory=list)  # label, data
    reply_to: int | None = None
    picture: bytes | None = None


class Phone:
    """One person's Telegram: what they see, and what they do."""

    def __init__(self, server: Server, chat_id: int, first_name: str) -> None:
        """Open the chat with the bot, as pressing Start does."""
        self._server = server
        self.chat_id = chat_id
        self.first_name = first_name
        self.bubbles: list[Bubble] = []
        self.blocked = False
        self.migrated_to: int | None = None
        self._arrived = asyncio.Event()

    @property
    def texts(self) -> list[str]:
        """Return what the bot wrote here, oldest first."""
        return [b.text for b in self.bubbles if not b.mine]

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Return (label, data) of the buttons under the newest message of the bot."""
        theirs = [b for b in self.bubbles if not b.mine]
        return theirs[-1].buttons if theirs else []

    async def gets(self, part: str, *, within: float = 2.0) -> str:
        """Wait for a text that holds `part`; return it whole. Raises TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while True:
                for text in self.texts:
                    if part in text:
                        return text
                await self._arrived.wait()

    async def says(self, text: str, *, reply_to: int | None = None) -> int:
        """Send a text; return the webhook's status, or 0 when it waits for getUpdates."""
        return await self._write({"text": text}, text, reply_to)

    async def sends(self, kind: str, value: Any, *, caption: str | None = None) -> int:
        """Send media: `kind` is Telegram's field (voice, photo, sticker, document, location, video)."""
        content = {kind: value} | ({"caption": caption} if caption is not None else {})
        return await self._write(content, caption or "", None)

    async def edits(self, text: str) -> int:
        """Change the newest own text."""
        bubble = [b for b in self.bubbles if b.mine][-1]
        bubble.text = text
        message = self._message(bubble.message_id, {"text": text, "edit_date": STARTED + 1})
        return await self._server.push("edited_message", message)

    async def taps(self, label: str) -> int:
        """Tap a button of the newest message that has one with this label."""
        for bubble in reversed(self.bubbles):
            for shown, data in bubble.buttons:
                if shown == label:
                    return await self._tap(bubble, data)
        raise AssertionError("no such button on this phone")

    async def blocks(self) -> int:
        """Block the bot; sends get 403 from now on."""
        self.blocked = True
        return await self._member("member", "kicked")

    async def unblocks(self) -> int:
        """Let the bot in again."""
        self.blocked = False
        return await self._member("kicked", "member")

    def receive(self, bubble: Bubble) -> None:
        """Show a message of the bot."""
        self.bubbles.append(bubble)
        arrived, self._arrived = self._arrived, asyncio.Event()
        arrived.set()

    async def _write(self, content: dict[str, Any], text: str, reply_to: int | None) -> int:
        bubble = Bubble(message_id=self._server.number(), text=text, mine=True, reply_to=reply_to)
        self.bubbles.append(bubble)
        message = self._message(bubble.message_id, content)
        if reply_to is not None:
            message["reply_to_message"] = self._message(reply_to, {"text": "earlier"}) | {"from": BOT}
        return await self._server.push("message", message)

    async def _tap(self, bubble: Bubble, data: str) -> int:
        query_id = str(self._server.number())
        self._server.callbacks[query_id] = 0
        query = {
            "id": query_id,
            "from": self._person,
            "chat_instance": "1",
            "data": data,
            "message": self._message(bubble.message_id, {"text": bubble.text}) | {"from": BOT},
        }
        return await self._server.push("callback_query", query)

    async def _member(self, old: str, new: str) -> int:
        def member(status: str) -> dict[str, Any]:
            until = {"until_date": 0} if status == "kicked" else {}
            return {"user": BOT, "status": status} | until

        change = {
            "chat": self._chat,
            "from": self._person,
            "date": STARTED,
            "old_chat_member": member(old),
            "new_chat_member": member(new),
        }
        return await self._server.push("my_chat_member", change)

    @property
    def _person(self) -> dict[str, Any]:
        return {"id": self.chat_id, "is_bot": False, "first_name": self.first_name}

    @property
    def _chat(self) -> dict[str, Any]:
        return {"id": self.chat_id, "type": "private", "first_name": self.first_name}

    def _message(self, message_id: int, content: dict[str, Any]) -> dict[str, Any]:
        head = {"message_id": message_id, "from": self._person, "chat": self._chat, "date": STARTED}
        return head | content
