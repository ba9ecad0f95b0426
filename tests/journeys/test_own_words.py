"""A programme's own words raise an alert, and only as long as its file holds them."""

from __future__ import annotations

from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, no_prompts
from tests.journeys.story import bring_in

WORDS = {"say": ["blue heron", "garza azul"], "level": "urgent", "about": "used the group's safe word"}


async def test_their_own_word_brings_somebody_until_it_is_taken_out(open_story: Open) -> None:
    """Dana is told, and reads why; once the file has it no more, it is a word like any other."""
    file = no_prompts() | {"triage": {"words": [WORDS]}}
    file["programme"]["telegram_details"] = True
    story = await open_story(file)
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("I saw a Blue Heron")
    await alex.gets("Thank you for telling me.")
    notice = await dana.gets("Someone needs you soon.")
    assert "used the group's safe word" in notice
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await dana.says("CLOSE safe")
    await dana.gets("is closed: safe.")
    await bring_in(story.database, no_prompts())
    await alex.says("a blue heron again")
    await alex.gets()
    await story.forward(hours=3)


async def test_a_crisis_stays_one_beside_their_own_word(open_story: Open) -> None:
    """A word listed as urgent lowers nothing: the crisis reply, and the crisis chain."""
    story = await open_story(no_prompts() | {"triage": {"words": [WORDS]}})
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("garza azul. I want to kill myself")
    await alex.gets("988")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await jo.says("1")
    await jo.gets("You have it.")
    await dana.gets("Jo has it.")
    await alex.gets("Jo from your team")
