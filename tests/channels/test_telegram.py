"""What only Telegram does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from bot.channels.base import SendError
from bot.channels.telegram import Telegram
from bot.domain.messages import Button
from handlers.telegram import ALLOWED_UPDATES, read_update
from tests.channels.rigs import CLAIMED, TelegramRig
from tests.fakes.telegram_server import TOKEN, telegram_server
from tests.fakes.trouble import Trouble


@pytest.fixture
async def rig() -> AsyncIterator[TelegramRig]:
    """Give a bot at the fake; nothing it sends may break Telegram's rules."""
    async with telegram_server() as server:
        rig = TelegramRig(server)
        yield rig
        await rig.channel.close()
        assert server.violations == []


async def failure(rig: TelegramRig, address: str | None = None) -> SendError:
    """Send, and return the error."""
    outgoing = rig.text()
    if address is not None:
        object.__setattr__(outgoing, "address", address)
    with pytest.raises(SendError) as caught:
        await rig.channel.send(outgoing)
    return caught.value


async def test_buttons_are_tappable(rig: TelegramRig) -> None:
    """Buttons arrive in order with their data, up to the 64 bytes Telegram takes."""
    buttons = (Button(label="Yes", data="a:yes"), Button(label="No", data="é" * 32))
    await rig.channel.send(rig.text("Sleep well?", buttons=buttons))
    assert rig.phone.buttons == [("Yes", "a:yes"), ("No", "é" * 32)]


async def test_a_reply_hangs_on_its_message(rig: TelegramRig) -> None:
    """A reply names the message it answers; an id that is no number is left out."""
    first = await rig.channel.send(rig.text("One"))
    for reply_to in (first.provider_id, "sim-1"):
        outgoing = rig.text("Two")
        object.__setattr__(outgoing, "reply_to", reply_to)
        await rig.channel.send(outgoing)
    assert [b.reply_to for b in rig.phone.bubbles] == [None, int(first.provider_id), None]


async def test_what_telegram_took_is_final(rig: TelegramRig) -> None:
    """There are no receipts, so a send is delivered at once."""
    assert (await rig.channel.send(rig.text())).delivered


@pytest.mark.parametrize("address", ["999", "not-a-chat"])
async def test_an_unknown_chat_is_unreachable(rig: TelegramRig, address: str) -> None:
    """An address that leads nowhere is given up, but nobody opted out."""
    error = await failure(rig, address)
    assert (error.permanent, error.unreachable, error.opted_out) == (True, True, False)


async def test_a_moved_chat_says_where(rig: TelegramRig) -> None:
    """A chat with a new address is neither lost nor shown."""
    rig.phone.migrated_to = -100123
    error = await failure(rig)
    assert (error.migrated_to, error.permanent, error.uncertain) == ("-100123", False, False)
    assert "100123" not in repr(error)


@pytest.mark.parametrize(
    ("trouble", "code", "uncertain"),
    [
        (Trouble(status=400), "400", False),
        (Trouble(status=500), "500", True),
        (Trouble(status=429), "429", False),
    ],
)
async def test_codes_are_kept(rig: TelegramRig, trouble: Trouble, code: str, *, uncertain: bool) -> None:
    """The status is the code, and only a server error leaves doubt."""
    rig.server.trouble.append(trouble)
    error = await failure(rig)
    assert (error.code, error.uncertain, error.retry_after is not None) == (code, uncertain, code == "429")


async def test_polling_confirms_only_what_it_is_told(rig: TelegramRig) -> None:
    """Updates come again, raw and readable, until an offset above them is asked for."""
    await rig.phone.says("first")
    await rig.phone.says("second")
    updates = await rig.telegram.get_updates(None, 0)
    assert updates == await rig.telegram.get_updates(None, 0)
    read = [read_update(update, CLAIMED) for update in updates]
    assert [inbound and inbound.text for inbound in read] == ["first", "second"]
    rest = await rig.telegram.get_updates(updates[0]["update_id"] + 1, 0)
    assert rest == updates[1:]


async def test_polling_wakes_for_news(rig: TelegramRig) -> None:
    """A long poll ends as soon as something comes, and longer than a call may otherwise take."""
    poll = asyncio.create_task(rig.telegram.get_updates(None, 30, ALLOWED_UPDATES))
    await rig.server.polled.wait()
    await rig.phone.says("hello")
    (update,) = await poll
    assert update["message"]["text"] == "hello"


async def test_polling_carries_what_the_sdk_cannot_read(rig: TelegramRig) -> None:
    """An update the SDK knows nothing of does not stop the ones behind it."""
    await rig.server.push_raw({"update_id": 5, "message": {"brand": "new"}})
    assert len(await rig.telegram.get_updates(None, 0)) == 1


async def test_webhook_and_polling_exclude_each_other(rig: TelegramRig) -> None:
    """Polling while a webhook is set fails plainly and passes once it is deleted."""
    await rig.telegram.set_webhook(
        "https://bot.example.org/webhooks/telegram", "s3cret_word", ALLOWED_UPDATES
    )
    hook = rig.server.webhook
    assert hook is not None
    assert (hook.secret, hook.allowed) == ("s3cret_word", frozenset(ALLOWED_UPDATES))
    with pytest.raises(SendError) as caught:
        await rig.telegram.get_updates(None, 0)
    assert (caught.value.permanent, caught.value.channel_off) == (False, False)
    rig.server.violations.clear()  # the conflict was asked for
    await rig.telegram.delete_webhook()
    assert await rig.telegram.get_updates(None, 0) == []


async def test_a_tap_is_answered_once(rig: TelegramRig) -> None:
    """Answering a tap stops the button spinning."""
    await rig.channel.send(rig.text(buttons=(Button(label="Yes", data="y"),)))
    await rig.phone.taps("Yes")
    (update,) = await rig.telegram.get_updates(None, 0)
    assert rig.server.unanswered
    await rig.telegram.answer_callback(update["callback_query"]["id"], "Noted")
    assert rig.server.unanswered == []


async def test_the_sdk_logs_nothing_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """Even at its noisiest the log holds no URL, which is where the token is."""
    caplog.set_level(logging.DEBUG)
    async with telegram_server() as server:
        bot = Telegram(token=TOKEN, api_url=server.url)
        await bot.check()
        await bot.close()
    assert TOKEN not in caplog.text
    assert "/getMe" not in caplog.text
