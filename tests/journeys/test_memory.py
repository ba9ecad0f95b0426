"""What somebody said that helped comes back to them in their words: dated, seldom, and never out of place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.conftest import Open
from tests.journeys.people import Texter
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, MARISOL_CHAT, example
from tests.journeys.story import Story

MIDNIGHT = datetime(2026, 11, 23, 5, tzinfo=UTC)  # in New York, of a Monday


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an hour of New York's, `day` of that November counted on."""
    return MIDNIGHT + timedelta(days=day - 23, hours=hour, minutes=minute)


def _file(*, start: str = "2026-11-22", who: str = "p1") -> dict[str, Any]:
    """Return a programme that asks one person for their mood daily, and on their third day what helped."""
    file = example()
    file["programme"] |= {"caps": {"silence": "none"}, "follow_up": {"missed": "none", "falling": "none"}}
    prompts = file["schedules"][0]["prompts"]
    file["schedules"][0]["prompts"] = [p for p in prompts if p["key"] in {"mood", "day-3"}]
    for participant in file["participants"]:
        participant["sessions"] = []
        on = [{"name": "first-weeks", "start": start}] if participant["ref"] == who else []
        participant["schedules"] = on
        participant["contacts"][0]["consent"]["method"] = "written"
    return file


async def _says_what_helped(story: Story, words: str) -> Texter:
    """Alex's third day: what helped is asked and answered."""
    alex = story.phone(ALEX)
    for day in (23, 24):
        await story.until(at(day, 10, 30))
        await alex.gets("Morning Alex")
        await alex.says("5")
        await alex.gets("Thank you for checking in")
    await story.until(at(24, 13))
    await alex.gets("What is one thing that helped?")
    await alex.says(words)
    return alex


async def test_on_a_hard_day_what_helped_before_and_not_again_soon(open_story: Open) -> None:
    """The next morning is low: their own words come back; CRAVE an hour later is a skill of ours."""
    story = await open_story(_file())
    alex = await _says_what_helped(story, "Walking my dog.")
    await alex.gets("I've saved your words.")
    await story.until(at(25, 10, 30))
    await alex.gets("Morning Alex")
    await alex.says("2")
    told = await alex.gets("Yesterday you wrote this helps: Walking my dog. Want to try it again?")
    assert len(told) <= 160
    await story.forward(hours=1)
    await alex.says("CRAVE")
    assert "dog" not in await alex.gets("Text TALK for a call.")
    for day in range(26, 31):
        await story.until(at(day, 10, 30))
        await alex.gets("Morning Alex")
        await alex.says("1")
        await alex.gets("Thank you for being honest about a hard day.")


async def test_a_craving_brings_it_back_with_its_day(open_story: Open) -> None:
    """In Spanish, on Telegram, days later."""
    story = await open_story(_file(who="p2"))
    marisol = story.chat(MARISOL_CHAT)
    for day in (23, 24):
        await story.until(at(day, 11, 30))
        await marisol.gets("Buenos dias Marisol")
        await marisol.says("5")
        await marisol.gets("Gracias por responder")
    await story.until(at(24, 14))
    await marisol.gets("¿Que te ha ayudado?")
    await marisol.says("caminar con mi tía")
    await marisol.gets("Guardé tus palabras.")
    await marisol.says("GANAS")
    assert "caminar" not in await marisol.gets("HABLAR")  # said today: nothing to remember yet
    for day in range(25, 29):
        await story.until(at(day, 11, 30))
        await marisol.gets("Buenos dias Marisol")
    await marisol.says("ganas")
    told = await marisol.gets("El martes pasado escribiste que te sirve: caminar con mi tia.")
    assert len(told) <= 160


@pytest.mark.parametrize("words", ["a cold beer", "calling my sponsor", "nothing at all", "I don't know"])
async def test_what_does_not_belong_on_a_lock_screen_stays_away(open_story: Open, words: str) -> None:
    """Substances, meetings and shrugs are kept, and never come back by text."""
    story = await open_story(_file())
    alex = await _says_what_helped(story, words)
    await story.until(at(25, 10, 30))
    await _read_all(alex)
    await alex.says("2")
    told = await _read_all(alex)
    assert words not in told
    assert "this helps" not in told


async def test_never_in_the_same_breath_as_a_crisis(open_story: Open) -> None:
    """The alert of the evening is closed; in the morning the answer is plain; two days later it may come."""
    story = await open_story(_file())
    alex = await _says_what_helped(story, "Walking my dog.")
    dana = story.chat(DANA_CHAT)
    await alex.gets("I've saved your words.")
    await story.until(at(24, 16))
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await dana.says("CLOSE 2")
    await dana.gets("is closed: safe")
    for day, text in ((25, "Thank you for being honest about a hard day."), (26, "Walking my dog.")):
        await story.until(at(day, 10, 30))
        await alex.gets("Morning Alex")
        await alex.says("2")
        await alex.gets(text)


async def test_the_plan_counts_on_a_hard_day(open_story: Open) -> None:
    """What stands in the plan as a help comes back with its day; a flagged answer never does."""
    story = await open_story(_file())
    alex = story.phone(ALEX)
    await alex.says("PLAN HELPS: my sister's kitchen")
    await alex.gets("Added: my sister's kitchen.")
    dana, jo = story.chat(DANA_CHAT), story.phone(JO)
    await _says_what_helped(story, "thinking that I want to die")
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await jo.gets("Dana has it.")
    await dana.says("CLOSE 1")
    await dana.gets("is closed")
    await story.until(at(25, 10, 30))
    await alex.gets("Morning Alex")
    await alex.says("6")
    await alex.gets("Thank you for checking in")
    await story.until(at(26, 10, 30))
    await alex.gets("Morning Alex")
    await alex.says("2")
    told = await alex.gets("you wrote this helps: my sister's kitchen.")
    assert told.startswith("Thanks for being honest. Last Monday")


async def _read_all(person: Texter) -> str:
    """Read everything that came; return it as one text."""
    texts = []
    while person.unread:
        texts.append(await person.gets(""))
    return "\n".join(texts)
