"""What every way out must do: send one text, and say honestly what happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.errors import HandrailError
from bot.domain.messages import Button, ChannelName


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """One text on its way out.

    `message_id` is our own id (hex), put in callback URLs; `valid_for` is how long the provider may
    still try (from the message's own expiry); `claimed_at` is aware UTC, used to look the message up.
    `picture` is a PNG that goes with the text where the channel can show one.
    """

    message_id: str
    address: str = field(repr=False)
    text: str = field(repr=False)
    claimed_at: datetime
    buttons: tuple[Button, ...] = ()
    valid_for: timedelta | None = None
    reply_to: str | None = None
    picture: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """The provider took it. `provider_id` is its id for the message; `delivered` if it is final already."""

    provider_id: str
    delivered: bool = False


class Found(StrEnum):
    """What a look-up of an uncertain message came to."""

    THERE = "there"
    ABSENT = "absent"
    UNKNOWN = "unknown"  # the provider has no way to tell


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUp:
    """The answer to "did you get this one?"; `sent` only when `found` is THERE."""

    found: Found
    sent: Sent | None = None


@dataclass(kw_only=True)
class SendError(HandrailError):
    """The provider did not take the message.

    permanent: never try this contact again with this message. opted_out: the contact said stop.
    unreachable: the address itself is dead. uncertain: it may have been taken; look it up.
    retry_after: wait this long before *anything* on this sender. channel_off: the account itself is
    refused (401, suspended); an operator must act. migrated_to: the chat has a new address.
    `code` is the provider's, safe to log.
    """

    code: str
    permanent: bool = False
    opted_out: bool = False
    unreachable: bool = False
    uncertain: bool = False
    channel_off: bool = False
    retry_after: timedelta | None = None
    migrated_to: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Name the provider's code, nothing else: texts and addresses never enter exceptions."""
        return f"send failed: {self.code}"

    def __hash__(self) -> int:
        """Stay hashable, as exceptions must."""
        return id(self)


class Channel(Protocol):
    """One provider. Built inside the running loop; every call has a timeout."""

    name: ChannelName

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send one text. Raises SendError."""

    async def find(self, outgoing: Outgoing) -> LookUp:
        """Look an uncertain message up at the provider. Raises SendError if the provider can't be asked."""

    async def check(self) -> str:
        """Ask the provider who we are; return one line for `doctor` without secrets. Raises SendError."""

    async def close(self) -> None:
        """Close connections."""
