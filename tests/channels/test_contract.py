"""What every channel owes, asked of all of them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from bot.channels.base import Found, Outgoing, SendError
from bot.domain.messages import Button
from tests.channels.rigs import Rig, rig_for
from tests.fakes.telegram_server import TOKEN
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN


@pytest.fixture(params=["telegram", "sms", "voice", "simulator"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    """Give each channel in turn; nothing we send may break a provider's rules."""
    async with rig_for(request.param) as rig:
        yield rig
        assert rig.violations() == []


async def failure(rig: Rig, outgoing: Outgoing | None = None) -> SendError:
    """Send, and return the error."""
    with pytest.raises(SendError) as caught:
        await rig.channel.send(outgoing or rig.text())
    return caught.value


async def test_it_sends_a_text_and_names_it(rig: Rig) -> None:
    """The text arrives as written and the provider's id comes back."""
    sent = await rig.channel.send(rig.text("See you at noon."))
    assert rig.arrived == 1
    assert rig.texts == ["See you at noon."] or not rig.shows
    assert sent.provider_id


async def test_ids_differ(rig: Rig) -> None:
    """Two texts to one phone have two ids."""
    one = await rig.channel.send(rig.text(number=1))
    two = await rig.channel.send(rig.text(number=2))
    assert one.provider_id != two.provider_id


@pytest.mark.parametrize(
    "text",
    ["¿Cómo estás, Íñigo? 🌱", "line\nline\n\n  spaced", "<b>1 < 2 & 3</b> *_x_* %41+b", "é" * 1600],
    ids=["spanish", "lines", "markup", "longest"],
)
async def test_texts_arrive_unchanged(rig: Rig, text: str) -> None:
    """Accents, emoji, line breaks, markup and 1600 characters all come through."""
    await rig.channel.send(rig.text(text))
    assert rig.texts == [text] or not rig.shows


async def test_buttons_never_stop_a_text(rig: Rig) -> None:
    """A text with buttons arrives whether or not the channel can show them."""
    buttons = tuple(Button(label=str(n), data=f"a:{n}") for n in range(11))
    await rig.channel.send(rig.text("0 to 10?", buttons=buttons))
    assert rig.arrived == 1


async def test_a_stop_is_told_apart(rig: Rig) -> None:
    """Somebody who said stop is opted out for good; an address that refuses calls is no address for them."""
    await rig.block()
    error = await failure(rig)
    assert (error.opted_out or error.unreachable, error.permanent, error.uncertain) == (True, True, False)
    assert error.opted_out is rig.stops
    assert rig.arrived == 0


async def test_too_fast_says_how_long(rig: Rig) -> None:
    """A rate limit carries its pause and is no failure of the text."""
    await rig.limit(7)
    error = await failure(rig)
    assert error.retry_after == timedelta(seconds=7)
    assert (error.permanent, error.uncertain) == (False, False)
    await rig.channel.send(rig.text())


async def test_a_shut_door_is_certain(rig: Rig) -> None:
    """A refused connection took nothing: it may simply be tried again."""
    await rig.channel.send(rig.text(number=1))
    await rig.shut_door()
    error = await failure(rig, rig.text(number=2))
    assert (error.uncertain, error.permanent, error.channel_off) == (False, False, False)
    assert rig.arrived == 1


async def test_no_answer_is_uncertain(rig: Rig) -> None:
    """A text that was written and never answered may have been taken."""
    await rig.lose_answer()
    error = await failure(rig)
    assert (error.uncertain, error.permanent) == (True, False)


async def test_a_cut_is_uncertain(rig: Rig) -> None:
    """A connection that breaks after writing may have carried the text."""
    await rig.cut(stored=True)
    assert (await failure(rig)).uncertain


async def test_a_breakdown_is_uncertain(rig: Rig) -> None:
    """A 5xx may follow a text that was taken."""
    await rig.break_down()
    assert (await failure(rig)).uncertain


async def test_a_locked_account_switches_the_channel_off(rig: Rig) -> None:
    """A refused account is nobody's contact's fault."""
    await rig.lock_out()
    error = await failure(rig)
    assert (error.channel_off, error.permanent, error.opted_out) == (True, False, False)
    with pytest.raises(SendError):
        await rig.channel.check()


async def test_a_lost_text_can_be_looked_up(rig: Rig) -> None:
    """After a cut the provider tells whether it has the text, or that it can't tell."""
    for number, stored in enumerate((True, False)):
        outgoing = rig.text(f"Text {number}", number=number)
        await rig.cut(stored=stored)
        await failure(rig, outgoing)
        answer = await rig.channel.find(outgoing)
        if not rig.finds:
            assert answer.found is Found.UNKNOWN
        else:
            assert answer.found is (Found.THERE if stored else Found.ABSENT)
            assert (answer.sent is not None) is stored


async def test_check_says_who_we_are(rig: Rig) -> None:
    """One line, without what must stay secret."""
    line = await rig.channel.check()
    assert line
    assert "\n" not in line
    assert not any(secret in line for secret in (TOKEN, AUTH_TOKEN, ACCOUNT, rig.address))


async def test_closing_twice_is_closing(rig: Rig) -> None:
    """Close may be called again, and what was sent before stays sent."""
    sent = await rig.channel.send(rig.text())
    await rig.channel.close()
    await rig.channel.close()
    assert sent.provider_id


TROUBLES: dict[str, Callable[[Rig], Awaitable[None]]] = {
    "blocked": lambda rig: rig.block(),
    "limited": lambda rig: rig.limit(3),
    "shut": lambda rig: rig.shut_door(),
    "lost": lambda rig: rig.lose_answer(),
    "cut": lambda rig: rig.cut(stored=False),
    "broken": lambda rig: rig.break_down(),
    "locked": lambda rig: rig.lock_out(),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
async def test_nothing_private_leaks(
    rig: Rig, trouble: Callable[[Rig], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    """No text, address or secret is in an error, in what it hangs on, or in the log at its noisiest."""
    outgoing = rig.text("my private words")
    caplog.set_level(logging.DEBUG)
    await rig.channel.send(rig.text("my private words", number=2))
    await trouble(rig)
    error = await failure(rig, outgoing)
    told = [str(error), repr(error), repr(outgoing), *traceback.format_exception(error), caplog.text]
    for secret in ("my private words", rig.address, rig.address.lstrip("+"), TOKEN, AUTH_TOKEN):
        assert not any(secret in line for line in told)
    assert error.__cause__ is None
    assert error.__context__ is None
