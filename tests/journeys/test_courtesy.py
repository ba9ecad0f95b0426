"""Courtesy: never too much, never on top of a human, one gentle word after a silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.actions.checking import BlockedError
from bot.actions.drafts import save_draft
from bot.actions.schedules import publish_draft
from bot.domain.messages import Kind, MessageState
from bot.domain.prompts import prompts_from_data
from bot.store.messages import Message
from bot.store.people import Participant
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, no_prompts, only_mood, person
from tests.journeys.story import Story

ASKED = "Morning Alex. How are you today, 0 (rough) to 10 (good)?"
GENTLE = "It's been quiet, and that's okay. I'm still here."


def _prompt(key: str, at: str, **more: Any) -> dict[str, Any]:
    text = {"en": f"Hello from {key}.", "es": f"Hola de {key}."}
    return {"key": key, "at": {"days": "daily", "time": at}, "support": "emotional", "text": text, **more}


def _file(*prompts: dict[str, Any], **caps: Any) -> dict[str, Any]:
    """Return the example with these prompts for Alex alone, over two schedules, every one its own turn."""
    file = no_prompts()
    file["programme"]["caps"] = caps
    half = len(prompts) // 2
    file["schedules"] = [
        {"name": "first-weeks", "prompts": list(prompts[:half])},
        {"name": "second", "prompts": list(prompts[half:])},
    ]
    started = [{"name": schedule["name"], "start": "2026-11-01"} for schedule in file["schedules"]]
    person(file, "p1")["schedules"] = started
    return file


async def _dropped(story: Story) -> list[tuple[str | None, str | None]]:
    rows = await story.rows(Message, Message.kind == Kind.PROMPT, Message.state == MessageState.CANCELLED)
    return [(row.prompt_key, row.reason) for row in rows]


async def test_at_most_so_many_a_day_over_all_schedules(open_story: Open) -> None:
    """Two a day: the third is dropped with its reason, replies are not counted, and tomorrow begins anew."""
    story = await open_story(
        _file(
            _prompt("one", "09:30"), _prompt("two", "11:00"), _prompt("three", "13:00"), per_day=2, gap="30m"
        )
    )
    alex = story.phone(ALEX)
    await story.forward(hours=1)
    await alex.gets("Hello from one.")
    await alex.says("WHEN")
    await alex.gets()
    await story.forward(hours=2)
    await alex.gets("Hello from two.")
    await story.forward(hours=3)
    alex.got_nothing()
    assert await _dropped(story) == [("three", "daily_cap")]
    await story.forward(hours=19)
    await alex.gets("Hello from one.")


async def test_a_gap_between_two_and_the_weightier_first(open_story: Open) -> None:
    """Three fall due together: by weight, two hours apart; the one that would come too late is dropped."""
    story = await open_story(
        _file(
            _prompt("least", "09:30", priority="low"),
            _prompt("some", "09:30"),
            _prompt("most", "09:30", priority="high"),
        )
    )
    alex = story.phone(ALEX)
    await story.forward(minutes=31)
    await alex.gets("Hello from most.")
    await story.forward(minutes=118)
    alex.got_nothing()
    await story.forward(minutes=3)
    await alex.gets("Hello from some.")
    await story.forward(hours=4)
    assert await _dropped(story) == [("least", "too_soon")]


async def test_while_a_human_talks_the_bot_steps_back(open_story: Open) -> None:
    """The morning's question waits until the talk is over."""
    story = await open_story(only_mood())
    talking = story.clock() + timedelta(hours=1)
    async with story.database.write() as tx:
        await tx.session.execute(update(Participant).values(talking_until=talking))
    await story.forward(minutes=59)
    story.phone(ALEX).got_nothing()
    await story.forward(minutes=2)
    await story.phone(ALEX).gets(ASKED)


async def test_quiet_hours_may_drop_instead(open_story: Open) -> None:
    """At 08:00 it is quiet: what says `quiet: drop` never comes, the other comes at nine."""
    file = _file(_prompt("dawn", "08:00", quiet="drop"), _prompt("early", "08:00"))
    story = await open_story(file)
    alex = story.phone(ALEX)
    await story.forward(hours=24, minutes=1)
    await alex.gets("Hello from early.")
    assert await _dropped(story) == [("dawn", "quiet_hours")]


async def test_one_gentle_word_and_then_a_human(open_story: Open) -> None:
    """Two days without a word: one gentle text. Another two: Dana is told, once. A word from Alex ends it."""
    file = only_mood()
    file["programme"]["caps"] = {"silence": "2d", "review": "2d"}
    file["programme"]["follow_up"] = {"missed": "none"}
    person(file, "p2")["schedules"] = []
    story = await open_story(file)
    alex, dana = story.phone(ALEX), story.chat(700001)
    for _ in range(2):
        await story.forward(days=1)
        await alex.gets(ASKED)
    await story.forward(hours=3)
    await alex.gets(ASKED)
    await alex.gets(GENTLE)
    for _ in range(2):
        await story.forward(days=1)
        await alex.gets(ASKED)
    await dana.gets("silent for a while, also after a gentle word: person p1")
    await story.forward(days=1)
    await alex.gets(ASKED)
    await alex.says("6")
    await alex.gets()


async def test_a_spanish_person_on_an_english_draft(open_story: Open) -> None:
    """It is not published: the finding names who could not read it; with the Spanish text it is."""
    story = await open_story(only_mood())
    data = _prompt("mood", "09:30")
    english = data | {"text": {"en": "Hello, how are you?"}}
    async with story.database.write() as tx:
        await save_draft(tx, "first-weeks", prompts_from_data([english]), revision=0, by="lee")
    with pytest.raises(BlockedError, match="p2") as blocked:
        async with story.database.write() as tx:
            await publish_draft(tx, "first-weeks", by="lee")
    assert [(one.prompt, one.language) for one in blocked.value.problems] == [("mood", "es")]
    async with story.database.write() as tx:
        await save_draft(tx, "first-weeks", prompts_from_data([data]), revision=1, by="lee")
        assert await publish_draft(tx, "first-weeks", by="lee") is not None
    await story.forward(hours=2)
    await story.phone(ALEX).gets("Hello from mood.")
