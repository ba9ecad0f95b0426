"""Stories of MEETING, RESOURCES and STORY: the programme's own lists, and the truth where there are none."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.stories import built_in_stories
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, MARISOL_CHAT, no_prompts, person

LISTS: dict[str, Any] = {
    "meetings": [
        {
            "text": {
                "en": "Tue 6 pm: Elm Street library, room 2.",
                "es": "Martes 18:00: biblioteca Elm, sala 2.",
            }
        },
        {"text": {"en": "Sun 9 am: chapel hall, coffee first."}, "for": ["faith"]},
        {"text": {"en": "Thu 7 pm: back room, Oak Diner."}, "for": ["12-step"]},
    ],
    "resources": [
        {"text": {"en": f"{name}: 200 Main Street, weekdays 9 to 5, ask for the front desk."}}
        for name in ("Food", "Beds", "Bus cards", "Forms", "Clothes", "Dentist")
    ],
    "stories": [{"text": {"en": "Pat swept the porch, then the street.", "es": "Pat barre el porche."}}],
}


def with_lists() -> dict[str, Any]:
    """Return the example with lists, and nobody on a schedule."""
    return no_prompts() | {"directory": LISTS}


async def test_meetings_of_ones_own_road_come_first(open_story: Open) -> None:
    """Alex prefers faith: the chapel first, the open one next, and not the one for another road."""
    file = with_lists()
    person(file, "p1")["pathway"] = "faith"
    story = await open_story(file)
    alex = story.phone(ALEX)
    await alex.says("Meeting")
    text = await alex.gets("chapel hall")
    assert text == "Sun 9 am: chapel hall, coffee first.\nTue 6 pm: Elm Street library, room 2."


async def test_in_spanish_with_what_there_is(open_story: Open) -> None:
    """REUNION answers in Spanish; what exists in English only is better than nothing."""
    story = await open_story(with_lists())
    marisol = story.chat(MARISOL_CHAT)
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("REUNION")
    text = await marisol.gets("Martes 18:00: biblioteca Elm, sala 2.")
    assert "chapel hall" in text


async def test_a_long_list_is_told_in_pages(open_story: Open) -> None:
    """The same word turns the page; after the last comes the first again."""
    story = await open_story(with_lists())
    alex = story.phone(ALEX)
    pages = []
    for _ in range(3):
        await alex.says("resources")
        pages.append(await alex.gets("Text RESOURCES for more."))
    assert "Food" in pages[0]
    assert "Dentist" in pages[1]
    assert pages[2] == pages[0]


async def test_stories_run_through_before_they_come_again(open_story: Open) -> None:
    """The programme's own story first; then ours, which say that they are made up; in both languages."""
    story = await open_story(with_lists())
    alex, marisol = story.phone(ALEX), story.chat(MARISOL_CHAT)
    await alex.says("story")
    assert await alex.gets() == "Pat swept the porch, then the street."
    told = set()
    for _ in built_in_stories("en"):
        await alex.says("story")
        told.add(await alex.gets("A made-up story, true to many:"))
    assert len(told) == len(built_in_stories("en"))
    await alex.says("story")
    await alex.gets("Pat swept the porch")
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("historia")
    await marisol.gets("Pat barre el porche.")
    await marisol.says("historia")
    await marisol.gets("Una historia inventada que se parece a muchas:")


@pytest.mark.parametrize("word", ["MEETING", "RESOURCES"])
async def test_without_a_list_a_person_is_asked(open_story: Open, word: str) -> None:
    """Nothing is made up: Dana is asked, and Alex is told so."""
    story = await open_story(no_prompts())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says(word)
    await dana.gets("person p1")
    await alex.gets("I've asked Dana to send you that.")


async def test_without_a_list_and_anybody_to_ask_the_truth_is_told(open_story: Open) -> None:
    """No specialist and no supervisor: whom to call, and no promise."""
    file = no_prompts()
    del person(file, "p1")["specialist"]
    person(file, "lee")["roles"] = ["coordinator"]
    story = await open_story(file)
    alex = story.phone(ALEX)
    await alex.says("meeting")
    await alex.gets("I have no list of that here. A person can help: +1 202 555 0100.")
