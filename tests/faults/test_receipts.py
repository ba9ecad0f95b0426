"""Receipts that never come, with a Twilio that keeps its webhooks to itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.domain.messages import ChannelName, Kind, MessageState
from bot.store.database import Database
from bot.store.messages import Message
from handlers.polling import poll_receipts
from tests.conftest import HandClock
from tests.fakes.twilio_phone import Text
from tests.journeys.programmes import ALEX, DANA, DANA_CHAT, JO, no_prompts, only_mood, person
from tests.journeys.story import Story, tell


def _by_text_first() -> dict[str, Any]:
    file = no_prompts()
    person(file, "dana")["contacts"].reverse()
    for step in file["escalation"]["urgent"]:
        step["by"] = ["sms", "telegram"]
    return file


@pytest.fixture
async def silent(request: Any, database: Database, clock: HandClock) -> AsyncIterator[Story]:
    """Tell a story in which Twilio takes texts and reports nothing."""
    async with tell(database, clock, request.param()) as story:
        story.twilio.auto_report = ()
        yield story


async def _in_distress(story: Story) -> Text:
    """Return Dana's notice; every other receipt has come."""
    await story.phone(ALEX).says("I feel hopeless")
    await story.phone(ALEX).gets("Thank you for telling me.")
    await story.phone(DANA).gets("Someone needs you soon.")
    await story.twilio.report(story.phone(ALEX).phone.got[-1], "delivered")
    return story.phone(DANA).phone.got[-1]


async def _polls(story: Story) -> int:
    assert story.app.sms is not None
    asked = await poll_receipts(story.app.sms, story.database)
    await story.settle()
    return asked


@pytest.mark.parametrize("silent", [_by_text_first], indirect=True)
async def test_fault_08_no_callback_ever_and_the_notice_is_lost(silent: Story) -> None:
    """Asked after a minute, Twilio says undelivered: Telegram at once, and Jo still at ten minutes."""
    notice = await _in_distress(silent)
    notice.status, notice.error_code = "undelivered", 30003
    await silent.forward(seconds=59)
    assert await _polls(silent) == 0
    silent.chat(DANA_CHAT).got_nothing()
    await silent.forward(seconds=1)
    assert await _polls(silent) == 1
    await silent.chat(DANA_CHAT).gets("Someone needs you soon.")
    await silent.forward(minutes=8, seconds=59)
    silent.phone(JO).got_nothing()
    await silent.forward(seconds=1)
    await silent.phone(JO).gets("Someone needs you soon.")


@pytest.mark.parametrize("silent", [_by_text_first], indirect=True)
async def test_fault_08_no_callback_ever_and_twilio_knows_no_more(silent: Story) -> None:
    """Asked twice and never again; the chain went on all the while."""
    await _in_distress(silent)
    await silent.forward(minutes=1)
    assert await _polls(silent) == 1
    assert await _polls(silent) == 0
    await silent.forward(minutes=2, seconds=59)
    assert await _polls(silent) == 0
    await silent.forward(seconds=1)
    assert await _polls(silent) == 1
    await silent.forward(minutes=6)
    await silent.phone(JO).gets("Someone needs you soon.")
    await silent.forward(minutes=1)
    assert await _polls(silent) == 1  # Jo's
    (dana,) = await silent.rows(
        Message, Message.kind == Kind.NOTICE, Message.staff_id.is_not(None), Message.alert_round == 0,
        Message.alert_step == 0, Message.channel == ChannelName.SMS,
    )  # fmt: skip
    assert dana.state is MessageState.SENT


@pytest.mark.parametrize("silent", [only_mood], indirect=True)
async def test_fault_08_no_callback_ever_for_a_question(silent: Story) -> None:
    """A routine text is asked about after five minutes; delivered is written down, nothing is sent again."""
    alex = silent.phone(ALEX)
    await silent.forward(minutes=30)
    await alex.gets("Morning Alex")
    alex.phone.got[-1].status = "delivered"
    await silent.forward(minutes=4, seconds=59)
    assert await _polls(silent) == 0
    await silent.forward(seconds=1)
    assert await _polls(silent) == 1
    (asked,) = await silent.rows(Message, Message.kind == Kind.PROMPT, Message.channel == ChannelName.SMS)
    assert asked.state is MessageState.DELIVERED
    await silent.forward(hours=2)
    assert await _polls(silent) == 0
