"""Somebody's phone: the texts it got, and those its owner sends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Server(Protocol):
    """What a phone needs of the server it hangs on."""

    number: str

    async def inbound(self, sender: str, to: str, body: str, media: tuple[str, ...] = ()) -> int:
        """Take a text."""


@dataclass(kw_only=True)
class Text:
    """One message resource. `callback` is the StatusCallback it was created with."""

    sid: str
    sender: str
    to: str
    body: str
    inbound: bool
    created: datetime
    sent: datetime | None = None
    status: str = "queued"
    error_code: int | None = None
    service: str | None = None
    callback: str | None = None
    validity: int | None = None
    media: int = 0


class Phone:
    """One phone that texts: what it got, and what its owner sends."""

    def __init__(self, server: Server, number: str) -> None:
        """Switch the phone on."""
        self._server = server
        self.number = number
        self.got: list[Text] = []
        self._arrived = asyncio.Event()

    @property
    def texts(self) -> list[str]:
        """Return the bodies that arrived, oldest first."""
        return [text.body for text in self.got]

    async def gets(self, part: str, *, within: float = 2.0) -> str:
        """Wait for a text that holds `part`; return it whole. Raises TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while True:
                for body in self.texts:
                    if part in body:
                        return body
                await self._arrived.wait()

    async def says(self, body: str, *, media: Iterable[str] = (), to: str | None = None) -> int:
        """Text our number; return the webhook's status (0 without one). `media` are content types."""
        return await self._server.inbound(self.number, to or self._server.number, body, tuple(media))

    def receive(self, text: Text) -> None:
        """Show a text that arrived."""
        self.got.append(text)
        arrived, self._arrived = self._arrived, asyncio.Event()
        arrived.set()
