"""What Telegram sends: read updates, and refuse requests without our secret."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from bot.domain.errors import InboundError, SignatureError
from bot.domain.messages import ChannelName, ContactEvent, Inbound, Media, storable

# The kinds of update to ask for; Telegram sends `my_chat_member` (blocks) only when it is named.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

# Field of a message -> what came. Service notices (a pinned message, a new title) have none and are passed
# over. The first that is there counts: an animation also has `document`, a venue also `location`.
_MEDIA = {
    "photo": Media.PHOTO,
    "voice": Media.VOICE,
    "audio": Media.VOICE,
    "video_note": Media.OTHER,
    "sticker": Media.STICKER,
    "animation": Media.OTHER,
    "document": Media.FILE,
    "location": Media.LOCATION,
    "video": Media.OTHER,
    "contact": Media.OTHER,
    "poll": Media.OTHER,
    "dice": Media.OTHER,
    "story": Media.OTHER,
    "paid_media": Media.OTHER,
    "checklist": Media.OTHER,
    "game": Media.OTHER,
}

_EVENTS = {
    "kicked": ContactEvent.BLOCKED,
    "left": ContactEvent.BLOCKED,
    "member": ContactEvent.UNBLOCKED,
}

_Json = dict[str, Any]


def check_secret(header: str | None, expected: str | None) -> None:
    """Raise SignatureError unless the header holds our secret; without a secret all are refused."""
    if not expected or not hmac.compare_digest((header or "").encode(), expected.encode()):
        raise SignatureError(
            "The request does not carry our secret; check HANDRAIL_TELEGRAM_WEBHOOK_SECRET and set the "
            "webhook again."
        )


def read_update(update: object, now: datetime) -> Inbound | None:
    """Read one update, pushed or polled; None for what is not a person writing to us in private.

    `reply_to` is the id of our message, within this chat. Raises InboundError when the update is not
    shaped as Telegram documents it.
    """
    whole = _object(update, "update")
    update_id = str(_number(whole, "update_id"))
    if "message" in whole:
        return _read_message(_object(whole["message"], "message"), update_id, now, edited=False)
    if "edited_message" in whole:
        return _read_message(_object(whole["edited_message"], "edited_message"), update_id, now, edited=True)
    if "callback_query" in whole:
        return _read_tap(_object(whole["callback_query"], "callback_query"), update_id, now)
    if "my_chat_member" in whole:
        return _read_member(_object(whole["my_chat_member"], "my_chat_member"), update_id, now)
    return None


def _read_message(message: _Json, update_id: str, now: datetime, *, edited: bool) -> Inbound | None:
    address = _private_chat(message)
    kinds = [kind for name, kind in _MEDIA.items() if name in message][:1]
    text = _optional_text(message, "text")
    if text is None:
        text = _optional_text(message, "caption")
    if address is None or (text is None and not kinds):
        return None
    if edited and text is None:
        return None  # a live location moves many times a minute and says nothing new
    return Inbound(
        channel=ChannelName.TELEGRAM,
        provider_id=update_id,
        address=address,
        text=storable(text or ""),
        received_at=now,
        media=tuple(kinds),
        edited=edited,
        reply_to=_our_message(message),
        first_name=_first_name(message),
    )


def _read_tap(query: _Json, update_id: str, now: datetime) -> Inbound | None:
    data = _optional_text(query, "data")
    callback_id = _optional_text(query, "id")
    if callback_id is None:
        raise InboundError("Telegram's callback_query has no id; nothing was stored.")
    # A tap in somebody's inline result has no message; we make none, so it is not ours.
    if data is None or "message" not in query:
        return None
    message = _object(query["message"], "message")
    address = _private_chat(message)
    if address is None:
        return None
    return Inbound(
        channel=ChannelName.TELEGRAM,
        provider_id=update_id,
        address=address,
        text="",
        received_at=now,
        button=storable(data),
        callback_id=callback_id,
        reply_to=str(_number(message, "message_id")),
        first_name=_first_name(query),
    )


def _read_member(change: _Json, update_id: str, now: datetime) -> Inbound | None:
    address = _private_chat(change)
    member = _object(change.get("new_chat_member"), "new_chat_member")
    event = _EVENTS.get(_optional_text(member, "status") or "")
    if address is None or event is None:
        return None
    return Inbound(
        channel=ChannelName.TELEGRAM,
        provider_id=update_id,
        address=address,
        text="",
        received_at=now,
        event=event,
        first_name=_first_name(change),
    )


def _private_chat(content: _Json) -> str | None:
    """Return the chat id in digits, or None for a group or channel, where nothing private belongs."""
    chat = _object(content.get("chat"), "chat")
    chat_id = _number(chat, "id")
    return str(chat_id) if chat.get("type") == "private" else None


def _our_message(message: _Json) -> str | None:
    if "reply_to_message" not in message:
        return None
    answered = _object(message["reply_to_message"], "reply_to_message")
    author = answered.get("from")
    ours = isinstance(author, dict) and author.get("is_bot") is True
    return str(_number(answered, "message_id")) if ours else None


def _first_name(content: _Json) -> str | None:
    person = content.get("from")
    name = _optional_text(person, "first_name") if isinstance(person, dict) else None
    return storable(name) if name else None


def _object(value: object, name: str) -> _Json:
    if isinstance(value, dict):
        return value
    raise InboundError(f"Telegram's {name} is missing or not an object; nothing was stored.")


def _number(content: _Json, name: str) -> int:
    value = content.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InboundError(f"Telegram's {name} is missing or not a number; nothing was stored.")


def _optional_text(content: _Json, name: str) -> str | None:
    value = content.get(name)
    if value is None or isinstance(value, str):
        return value
    raise InboundError(f"Telegram's {name} is not text; nothing was stored.")
