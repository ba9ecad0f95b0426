"""The words every layer shares about a message: where it goes, how urgent it is, what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum


class ChannelName(StrEnum):
    """A way to reach somebody. In the demo the simulator stands in under these same names."""

    TELEGRAM = "telegram"
    SMS = "sms"
    VOICE = "voice"


class Direction(StrEnum):
    """Whether somebody said it to us or we to them."""

    IN = "in"
    OUT = "out"


class Lane(IntEnum):
    """Who goes first in the outbox: lower numbers before higher."""

    ALERT = 0
    REPLY = 1
    SCHEDULED = 2


class MessageState(StrEnum):
    """What became of a message. States only move forward, in the order of `RANK`."""

    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """Why a message exists; decides which checks it must pass again before it leaves."""

    TEXT = "text"  # something a person wrote to us
    REPLY = "reply"  # our answer to what a participant just wrote
    PROMPT = "prompt"  # a scheduled prompt; its text is rendered when it is claimed
    GREETING = "greeting"  # one gentle word after a silence; everything a prompt must pass, it must too
    NEWS = "news"  # what they should know of the programme; waits like a prompt
    NUDGE = "nudge"  # the one reminder of an open question; passes the same checks as a prompt
    CRISIS = "crisis"  # the immediate reply to distress
    NOTICE = "notice"  # to staff: somebody needs you
    STAFF = "staff"  # to staff: anything else
    OPT_IN = "opt_in"  # asks for or confirms consent
    PARTING = "parting"  # the last thing an opted-out contact gets


# What comes by the clock and not in answer: it waits for quiet hours, pauses and alerts.
TIMED = frozenset({Kind.PROMPT, Kind.NUDGE, Kind.GREETING, Kind.NEWS})
# What may carry a question.
ASKING = frozenset({Kind.PROMPT, Kind.REPLY})


class Media(StrEnum):
    """What came beside or instead of a text. We store that it came, never the thing itself."""

    PHOTO = "photo"
    VOICE = "voice"
    STICKER = "sticker"
    FILE = "file"
    LOCATION = "location"
    OTHER = "other"


class ContactEvent(StrEnum):
    """Something a provider tells us about a contact that is not a text."""

    BLOCKED = "blocked"  # Telegram: blocked, left, kicked
    UNBLOCKED = "unblocked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """One tappable answer. `data` comes back in `Inbound.button`; at most 64 bytes (Telegram's limit)."""

    label: str
    data: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbound:
    """One thing that arrived, whatever the provider.

    `provider_id` is the provider's own id for this delivery (MessageSid, update_id), the dedupe key.
    `address` is E.164 for SMS and the chat id in digits for Telegram. `received_at` is aware UTC.
    `text` may hold anything a person or an attacker can type; it is made storable by the handler.
    """

    channel: ChannelName
    provider_id: str
    address: str = field(repr=False)
    text: str = field(repr=False)
    received_at: datetime
    media: tuple[Media, ...] = ()
    edited: bool = False
    button: str | None = None  # data of the button that was tapped
    callback_id: str | None = None  # Telegram's callback query to answer
    reply_to: str | None = None  # provider id of our message this one answers
    event: ContactEvent | None = None
    opt_out_type: str | None = None  # Twilio Advanced Opt-Out: STOP, START or HELP
    first_name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusEvent:
    """What a provider says became of a message we sent.

    `message_id` is our own id from the callback URL, when it was there; `state` is None for a status
    that moves nothing (queued, accepted); `raw` is the provider's own fields, kept encrypted.
    """

    channel: ChannelName
    provider_id: str
    status: str
    state: MessageState | None
    at: datetime
    message_id: str | None = None
    error_code: str | None = None
    opted_out: bool = False  # the code says the person stopped us
    unreachable: bool = False  # the code says the address is dead
    raw: dict[str, str] = field(default_factory=dict, repr=False)


# Only ever upwards. FAILED ends a message that SENT only promised; DELIVERED is never taken back.
RANK: dict[MessageState, int] = {
    MessageState.RECEIVED: 0,
    MessageState.QUEUED: 0,
    MessageState.SENDING: 1,
    MessageState.UNCERTAIN: 2,
    MessageState.SENT: 3,
    MessageState.FAILED: 4,
    MessageState.DELIVERED: 5,
    MessageState.EXPIRED: 6,
    MessageState.CANCELLED: 6,
}


def moves_forward(old: MessageState, new: MessageState) -> bool:
    """Tell whether a report of `new` may replace `old` (callbacks come out of order)."""
    return RANK[new] > RANK[old]


def storable(text: str) -> str:
    r"""Return `text` with what no database can hold (NUL, lone surrogates) written as visible escapes.

    >>> storable("a\x00b\ud800")
    'a\\x00b\\ud800'
    """
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
