"""What strangers and broken networks throw at the doors: refused, or kept once, and never a crash."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it ships no types

from bot.store.alerts import Alert
from bot.store.messages import Message
from tests.fakes.telegram_server import SECRET_HEADER
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, MARISOL_CHAT, no_prompts
from tests.journeys.story import SECRET, Story

NEW_TOKEN = "fedcba9876543210fedcba9876543210"
WRONG_TOKEN = "00000000000000000000000000000000"


async def test_a_forged_text_changes_nothing(open_story: Open) -> None:
    """Without a signature, with another's, or signed for another address: 403, and nobody is alarmed."""
    story = await open_story(no_prompts())
    form = _text("I want to die")
    assert await _post(story, form, signature="") == 403
    assert await _post(story, form, token=WRONG_TOKEN) == 403
    assert await _post(story, form, signed_url="https://elsewhere.example.org/webhooks/twilio/sms") == 403
    assert await _post(story, form | {"Body": "STOP"}, signature=_sign(story, form, AUTH_TOKEN)) == 403
    assert (
        await _post(story, {"MessageSid": "SM1", "MessageStatus": "failed"}, "status", signature="x") == 403
    )
    await story.settle()
    assert await story.rows(Message) == []


async def test_both_tokens_count_while_they_are_rotated(open_story: Open) -> None:
    """Twilio signs with the new token or still with the old one: both are kept; a third token's is not."""
    story = await open_story(no_prompts(), tokens=(NEW_TOKEN, AUTH_TOKEN))
    assert await _post(story, _text("one", "SM01"), token=NEW_TOKEN) == 200
    assert await _post(story, _text("two", "SM02"), token=AUTH_TOKEN) == 200
    assert await _post(story, _text("three", "SM03"), token=WRONG_TOKEN) == 403
    await story.settle()
    await story.phone(ALEX).gets("Thanks for writing.")
    assert len(await story.rows(Message, Message.direction == "in")) == 2


async def test_a_request_for_another_host_is_refused_even_if_signed(open_story: Open) -> None:
    """The Host header names somebody else: 403, whatever the signature."""
    story = await open_story(no_prompts())
    assert await _post(story, _text("hi"), headers={"Host": "evil.example.org"}) == 403
    update = _update("hola")
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"{story.url}/webhooks/telegram",
            json=update,
            headers={SECRET_HEADER: SECRET, "Host": "evil.example.org"},
        )
    assert answer.status_code == 403
    assert await story.rows(Message) == []


async def test_telegram_without_our_secret_is_refused(open_story: Open) -> None:
    """No secret or another's: 403."""
    story = await open_story(no_prompts())
    for headers in ({}, {SECRET_HEADER: "guess"}, {SECRET_HEADER: "gu\xe9ss"}):
        assert await _push(story, _update("hola"), headers=headers) == 403
    assert await story.rows(Message) == []


async def test_garbage_is_refused_and_the_next_text_is_taken(open_story: Open) -> None:
    """No JSON, JSON of no use, forms without fields: 4xx each, no 5xx, and the doors still work."""
    story = await open_story(no_prompts())
    for body in (
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"update_id": "x"}',
        b'{"update_id":1,"message":7}',
    ):
        assert await _push(story, body) == 400
    for form in (
        {},
        {"MessageSid": "SM1"},
        _text("x") | {"From": "anonymous"},
        _text("x") | {"MessageSid": "/../"},
    ):
        assert await _post(story, form) == 400
    assert await _post(story, {"MessageSid": "SM1", "MessageStatus": ""}, "status") == 400
    alex = story.phone(ALEX)
    await alex.says("hello")
    await alex.gets("Thanks for writing.")


async def test_two_megabytes_are_413(open_story: Open) -> None:
    """With a length, without one, at either door: 413, and nothing is kept."""
    story = await open_story(no_prompts())
    big = b"x" * 2_000_000

    async def in_pieces() -> Any:
        for start in range(0, len(big), 100_000):
            yield big[start : start + 100_000]

    async with httpx.AsyncClient(trust_env=False) as client:
        for path in ("twilio/sms", "twilio/status", "telegram"):
            for content in (big, in_pieces()):
                headers = {SECRET_HEADER: SECRET, "X-Twilio-Signature": "x"}
                answer = await client.post(f"{story.url}/webhooks/{path}", content=content, headers=headers)
                assert answer.status_code == 413
    assert await story.rows(Message) == []


async def test_what_no_database_can_hold_is_kept_all_the_same(open_story: Open) -> None:
    """NUL by text, a lone surrogate in the chat: kept, triaged, answered."""
    story = await open_story(no_prompts())
    alex, marisol = story.phone(ALEX), story.chat(MARISOL_CHAT)
    dana, jo = story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("hello \x00 there")
    await alex.gets("Thanks for writing.")
    await alex.says("I want to die\x00")
    await alex.gets("988")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    surrogate = json.dumps(_update("hola \ud800")).encode()  # plain JSON can write one
    assert await _push(story, surrogate) == 200
    await story.settle()
    await marisol.gets("Para empezar")
    kept = await story.rows(Message, Message.direction == "in")
    async with story.database.read() as tx:
        texts = {await tx.vault.reveal(tx.session, m.body, "messages", "body", m.id) for m in kept}
    assert texts == {"hello \\x00 there", "I want to die\\x00", "hola \\ud800"}


async def test_a_text_that_comes_five_times_is_one_text(open_story: Open) -> None:
    """The same MessageSid again, and four at the same moment: one message, one alert, one reply, 200 each."""
    story = await open_story(no_prompts())
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    form = _text("I want to die")
    assert await _post(story, form) == 200
    assert await asyncio.gather(*(_post(story, form) for _ in range(4))) == [200] * 4
    await story.settle()
    await alex.gets("988")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    assert len(await story.rows(Message, Message.direction == "in")) == 1
    (alert,) = await story.rows(Alert)
    assert alert.count == 1


async def test_the_same_update_at_the_same_moment_is_one_message(open_story: Open) -> None:
    """Five deliveries of one update at once, the first that anybody hears of this chat."""
    story = await open_story(no_prompts())
    chat = story.chat(800105, "Sam")
    update = _update("hola", chat_id=800105)
    assert await asyncio.gather(*(_push(story, update) for _ in range(5))) == [200] * 5
    await story.settle()
    await chat.gets("This is an automated line of Riverside Recovery.")
    assert len(await story.rows(Message, Message.direction == "in")) == 1


async def test_two_cries_at_the_same_moment_are_one_alert(open_story: Open) -> None:
    """Two different texts of one person arrive together: both kept, one alert of two."""
    story = await open_story(no_prompts())
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    both = (
        _post(story, _text("I want to die", "SM0a")),
        _post(story, _text("I want to kill myself", "SM0b")),
    )
    assert list(await asyncio.gather(*both)) == [200, 200]
    await story.settle()
    await alex.gets("988")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    (alert,) = await story.rows(Alert)
    assert alert.count == 2


def _text(body: str, sid: str = "SM0123456789abcdef0123456789abcdef") -> dict[str, str]:
    return {
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": ALEX,
        "To": NUMBER,
        "Body": body,
        "NumMedia": "0",
        "NewFieldOfNextYear": "x",
    }


def _update(text: str, *, chat_id: int = MARISOL_CHAT) -> dict[str, Any]:
    message = {"message_id": 5, "date": 1, "chat": {"id": chat_id, "type": "private"}, "text": text}
    return {"update_id": 987_654, "message": message}


def _sign(story: Story, form: dict[str, str], token: str, url: str | None = None) -> str:
    url = url or f"{story.url}/webhooks/twilio/sms"
    return str(RequestValidator(token).compute_signature(url, form))


async def _post(
    story: Story,
    form: dict[str, str],
    what: str = "sms",
    *,
    token: str = AUTH_TOKEN,
    signature: str | None = None,
    signed_url: str | None = None,
    headers: dict[str, str] | None = None,
) -> int:
    url = f"{story.url}/webhooks/twilio/{what}"
    given = _sign(story, form, token, signed_url or url) if signature is None else signature
    sent = {"X-Twilio-Signature": given, **(headers or {})} if given else {**(headers or {})}
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.post(url, data=form, headers=sent)).status_code


async def _push(
    story: Story, update: dict[str, Any] | bytes, *, headers: dict[str, str] | None = None
) -> int:
    given = {SECRET_HEADER: SECRET} if headers is None else headers
    raw = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
    url = f"{story.url}/webhooks/telegram"
    async with httpx.AsyncClient(trust_env=False) as client:
        if isinstance(update, bytes):
            return (await client.post(url, content=update, headers=raw)).status_code
        return (await client.post(url, json=update, headers=raw)).status_code
