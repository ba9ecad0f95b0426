"""Reading Telegram's updates, and refusing requests without our secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import InboundError, SignatureError
from bot.domain.messages import ChannelName, ContactEvent, Inbound, Media
from handlers.telegram import ALLOWED_UPDATES, check_secret, read_update
from tests.fakes.telegram_phone import Bubble
from tests.fakes.telegram_server import TelegramServer

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
ADDRESS = "4242424242"


@pytest.fixture
def server() -> TelegramServer:
    """Give a fake whose updates wait to be read."""
    return TelegramServer()


def newest(server: TelegramServer) -> Inbound | None:
    """Read the update that came last."""
    return read_update(server.waiting[-1], NOW)


def message(**content: Any) -> dict[str, Any]:
    """Return an update with a private message of this content."""
    head = {"message_id": 3, "chat": {"id": 42, "type": "private"}, "from": {"id": 42, "first_name": "Ana"}}
    return {"update_id": 7, "message": head | content}


async def test_it_reads_a_text(server: TelegramServer) -> None:
    """A private text becomes an Inbound with the update's id as dedupe key."""
    await server.phone(int(ADDRESS)).says("¿Hola? 🌱")
    inbound = newest(server)
    assert inbound is not None
    assert (inbound.channel, inbound.address, inbound.text) == (ChannelName.TELEGRAM, ADDRESS, "¿Hola? 🌱")
    assert inbound.provider_id == str(server.waiting[-1]["update_id"])
    assert (inbound.first_name, inbound.edited, inbound.received_at) == ("Ana", False, NOW)


async def test_it_reads_an_edit(server: TelegramServer) -> None:
    """A changed text comes again, with an id of its own, marked as edited."""
    phone = server.phone(int(ADDRESS))
    await phone.says("fine")
    first = newest(server)
    await phone.edits("not fine")
    second = newest(server)
    assert first is not None
    assert second is not None
    assert (second.text, second.edited) == ("not fine", True)
    assert first.provider_id != second.provider_id


async def test_it_reads_a_tap(server: TelegramServer) -> None:
    """A tapped button brings its data, the query to answer and the message it stood under."""
    phone = server.phone(int(ADDRESS))
    phone.receive(Bubble(message_id=88, text="0 to 10?", buttons=[("7", "a:7")]))
    await phone.taps("7")
    inbound = newest(server)
    assert inbound is not None
    assert (inbound.button, inbound.reply_to, inbound.text) == ("a:7", "88", "")
    assert inbound.callback_id in server.callbacks


async def test_it_reads_a_reply_to_us(server: TelegramServer) -> None:
    """An answer to one of our messages says which."""
    await server.phone(int(ADDRESS)).says("7", reply_to=88)
    inbound = newest(server)
    assert inbound is not None
    assert inbound.reply_to == "88"


def test_a_reply_to_oneself_is_none_to_us() -> None:
    """An answer to the person's own message names no message of ours."""
    inbound = read_update(
        message(text="x", reply_to_message={"message_id": 2, "from": {"is_bot": False}}), NOW
    )
    assert inbound is not None
    assert inbound.reply_to is None


async def test_it_reads_blocks(server: TelegramServer) -> None:
    """Blocking and unblocking the bot are events of the contact."""
    phone = server.phone(int(ADDRESS))
    await phone.blocks()
    blocked = newest(server)
    await phone.unblocks()
    unblocked = newest(server)
    assert [each and each.event for each in (blocked, unblocked)] == [
        ContactEvent.BLOCKED,
        ContactEvent.UNBLOCKED,
    ]


@pytest.mark.parametrize(
    ("kind", "media"),
    [
        ("photo", Media.PHOTO),
        ("voice", Media.VOICE),
        ("sticker", Media.STICKER),
        ("document", Media.FILE),
        ("location", Media.LOCATION),
        ("video", Media.OTHER),
        ("contact", Media.OTHER),
    ],
)
async def test_it_notes_media(server: TelegramServer, kind: str, media: Media) -> None:
    """What came is noted once, and its caption read as the text."""
    await server.phone(int(ADDRESS)).sends(kind, {"file_id": "x"}, caption="look")
    inbound = newest(server)
    assert inbound is not None
    assert (inbound.media, inbound.text) == ((media,), "look")


def test_an_animation_is_no_file() -> None:
    """An animation also has a document field, and counts once."""
    inbound = read_update(message(animation={}, document={}), NOW)
    assert inbound is not None
    assert inbound.media == (Media.OTHER,)


@pytest.mark.parametrize(
    "update",
    [
        message(text="hi", chat={"id": -100, "type": "supergroup"}),
        message(pinned_message={"message_id": 1}),
        {"update_id": 7, "poll": {"id": "1"}},
        {"update_id": 7, "channel_post": {"message_id": 1, "chat": {"id": -1, "type": "channel"}}},
        {"update_id": 7},
        {"update_id": 7, "callback_query": {"id": "1", "from": {"id": 42}, "data": "x"}},
        {"update_id": 7, "callback_query": {"id": "1", "from": {"id": 42}, "game_short_name": "x"}},
        {"update_id": 7, "edited_message": message(location={"latitude": 1})["message"]},
        {
            "update_id": 7,
            "my_chat_member": {"chat": {"id": -5, "type": "group"}, "new_chat_member": {"status": "kicked"}},
        },
        {
            "update_id": 7,
            "my_chat_member": {
                "chat": {"id": 5, "type": "private"},
                "new_chat_member": {"status": "restricted"},
            },
        },
    ],
    ids=[
        "group",
        "service",
        "poll",
        "channel",
        "empty",
        "inline",
        "game",
        "live",
        "kicked-group",
        "restricted",
    ],
)
def test_it_passes_over_what_is_not_for_us(update: dict[str, Any]) -> None:
    """Groups, channels, service notices and kinds we don't know are no Inbound and no error."""
    assert read_update(update, NOW) is None


@pytest.mark.parametrize(
    "update",
    [
        [],
        "text",
        None,
        {},
        {"update_id": "7"},
        {"update_id": True},
        {"update_id": 7, "message": "hi"},
        {"update_id": 7, "message": {}},
        {"update_id": 7, "message": {"chat": {"id": "42", "type": "private"}, "text": "private words"}},
        message(text=["private words"]),
        {"update_id": 7, "callback_query": {"data": "x", "message": message()["message"]}},
        {"update_id": 7, "my_chat_member": {"chat": {"id": 5, "type": "private"}}},
    ],
)
def test_it_says_what_is_malformed(update: object) -> None:
    """An update of another shape is one plain sentence that quotes nothing."""
    with pytest.raises(InboundError, match="nothing was stored") as caught:
        read_update(update, NOW)
    assert "private words" not in str(caught.value)


def test_it_makes_any_text_storable() -> None:
    """A lone surrogate, which JSON can carry and no database holds, becomes a visible escape."""
    inbound = read_update(message(text="a\ud800b\x00"), NOW)
    assert inbound is not None
    assert inbound.text == "a\\ud800b\\x00"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
_NAMES = ("text", "caption", "chat", "from", "id", "type", "data", "message", "photo", "reply_to_message")


@settings(max_examples=60)
@given(
    st.sampled_from(ALLOWED_UPDATES),
    st.dictionaries(st.sampled_from(_NAMES), _JSON | st.dictionaries(st.sampled_from(_NAMES), _JSON)),
)
def test_no_update_breaks_it(kind: str, content: dict[str, Any]) -> None:
    """Whatever the JSON, the answer is an Inbound, nothing, or an InboundError."""
    try:
        inbound = read_update({"update_id": 1, kind: content}, NOW)
    except InboundError:
        return
    assert inbound is None or inbound.text.encode() is not None


def test_our_secret_passes() -> None:
    """The header that we gave Telegram lets the request in."""
    check_secret("s3cret-word", "s3cret-word")


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, "s"), ("", "s"), ("S", "s"), ("é", "s"), ("", ""), (None, None), ("", None)],
)
def test_other_secrets_do_not(header: str | None, expected: str | None) -> None:
    """No header, another one, or no secret of ours to compare with: refused."""
    with pytest.raises(SignatureError, match="HANDRAIL_TELEGRAM_WEBHOOK_SECRET"):
        check_secret(header, expected)
