"""People get another specialist: what is open goes along, and everybody it concerns hears of it once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.actions.transfers import NotTheirsError, find_staff, transfer_caseload
from bot.domain.errors import NotFoundError
from bot.store.alerts import Alert, AlertState
from bot.store.desk import Promise
from tests.journeys.conftest import Open
from tests.journeys.people import Chatter, Texter
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, LEE, MARISOL_CHAT, no_prompts, person
from tests.journeys.story import Story, bring_in

MIDNIGHT = datetime(2026, 11, 23, 5, tzinfo=UTC)  # in New York, of a Monday


def quiet_file(*, details: bool = False) -> dict[str, Any]:
    """Return a programme without prompts; Marisol has agreed."""
    file = no_prompts()
    file["programme"]["telegram_details"] = details
    person(file, "p2")["contacts"][0]["consent"]["method"] = "written"
    return file


async def move(story: Story, old: str, new: str, *only: str) -> Any:
    """Move people as `handrail transfer` does."""
    async with story.database.write() as tx:
        moved = await transfer_caseload(tx, await find_staff(tx, old), await find_staff(tx, new), only)
    await story.settle()
    return moved


async def distress(story: Story) -> tuple[Texter, Chatter, str]:
    """Alex feels hopeless, and Dana is told; return them and the ref."""
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    notice = await dana.gets("Someone needs you soon.")
    return alex, dana, notice.split("Ref ")[1][:2]


async def test_an_open_alert_is_told_to_the_new_one_at_once(open_story: Open) -> None:
    """Jo hears of it in the same instant, with the handover; Dana hears what moved; Alex after the alert."""
    story = await open_story(quiet_file())
    alex, dana, ref = await distress(story)
    jo = story.phone(JO)
    moved = await move(story, "dana", "jo")
    assert (moved.people, moved.alerts, moved.told) == (["p1"], [ref], ["p1"])
    await jo.gets(f"Someone needs you soon. Ref {ref}.")
    await jo.gets("1 with you now, from Dana: p1. Open alerts: 1.")
    text = await jo.gets("Handover, the people of Jo: read it here, once")
    assert len(text) <= 160
    await dana.gets("1 with Jo now: p1. Moved along: alerts 1, promises 0.")
    async with httpx.AsyncClient(trust_env=False) as browser:
        address = text.split()[-1]
        assert "Alex" not in (await browser.get(address)).text
        page = (await browser.post(address)).text
        assert "Alex (p1)" in page
        assert f"{ref} (urgent)" in page
        assert "<script" not in page
    alex.got_nothing()  # while an alert is open, nothing else is said
    await jo.says(f"1 {ref}")
    await jo.gets("You have it.")
    await dana.gets("Jo has it.")
    await alex.gets("Jo from your team")
    await jo.says(f"CLOSE {ref} 2")
    await jo.gets("is closed: safe")
    await story.forward(minutes=10)
    await alex.gets("Jo looks after you from now on, in place of Dana.")
    again = await move(story, "dana", "jo")
    assert again.people == []
    jo.got_nothing()
    dana.got_nothing()


async def test_nobody_answers_and_the_new_ones_chain_runs(open_story: Open) -> None:
    """The chain keeps its time: the next one's turn comes as it would have, and the old one is out of it."""
    file = quiet_file()
    person(file, "lee")["roles"] = ["specialist", "supervisor"]
    story = await open_story(file)
    alex, dana, ref = await distress(story)
    lee, jo = story.phone(LEE), story.phone(JO)
    await story.forward(minutes=4)
    await move(story, "dana", "lee")
    await lee.gets(f"Someone needs you soon. Ref {ref}.")
    await lee.gets("1 with you now")
    await lee.gets("Handover")
    await dana.gets("1 with Lee now")
    await story.forward(minutes=6)
    await jo.gets("Someone needs you soon.")  # ten minutes after the first notice, as before
    dana.got_nothing()
    await jo.says("1")
    await jo.gets("You have it.")
    await dana.gets("Jo has it.")
    await lee.gets("Jo has it.")
    await alex.gets("Jo from your team")


async def test_whoever_has_it_is_asked_and_else_it_goes_round(open_story: Open) -> None:
    """Dana has it: she is asked; an hour without a word, and the chain starts anew with Jo in her place."""
    story = await open_story(quiet_file())
    alex, dana, ref = await distress(story)
    jo, lee = story.phone(JO), story.phone(LEE)
    await dana.taps("I have it")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await dana.says(f"NOTE {ref} call 10m. Next: ride to group on Friday")
    await dana.gets("Promise P")
    await move(story, "dana", "jo")
    await dana.gets(f"Ref {ref}: this person is with Jo now. Still with them?")
    await dana.gets("1 with Jo now: p1. Moved along: alerts 1, promises 1.")
    await jo.gets("1 with you now, from Dana: p1. Open alerts: 1. Promises: 1.")
    await jo.gets("Handover")
    (promise,) = await story.rows(Promise)
    await jo.says("PROMISES")
    await jo.gets(promise.ref, "p1 Friday")
    await story.forward(minutes=60)
    await jo.gets("Still nobody has it.")
    await lee.gets("Still nobody has it.")
    dana.got_nothing()
    await jo.says(f"1 {ref}")
    await jo.gets("You have it.")
    await lee.gets("Jo has it.")
    await dana.gets("Jo has it.")
    await alex.gets("Jo from your team")


async def test_a_talk_ends_with_a_word_to_both(open_story: Open) -> None:
    """Dana was writing with Alex: both hear that it is over before Alex hears of Jo."""
    story = await open_story(quiet_file(details=True))
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await dana.says("TO p1 Hi Alex")
    await alex.gets("Dana: Hi Alex")
    await dana.gets("You are talking with person p1 now")
    moved = await move(story, "dana", "jo", "p1")
    assert moved.talks == ["p1"]
    await dana.gets("I am back with")
    await alex.gets("Dana has gone now.")
    await alex.gets("Jo looks after you from now on, in place of Dana.")
    await dana.gets("1 with Jo now")
    await jo.gets("1 with you now")
    await jo.gets("Handover")


async def test_the_file_does_the_same_and_the_night_is_quiet(open_story: Open) -> None:
    """Marisol's new line in the file, at ten in the evening: Dana and Marisol hear in the morning, once."""
    file = quiet_file(details=True)
    story = await open_story(file)
    marisol, dana, jo = story.chat(MARISOL_CHAT), story.chat(DANA_CHAT), story.phone(JO)
    await story.until(MIDNIGHT + timedelta(hours=24))
    person(file, "p2")["specialist"] = "dana"
    for _ in range(2):
        await bring_in(story.database, file)
        await story.settle()
    await jo.gets("1 with Dana now: p2.")
    marisol.got_nothing()
    dana.got_nothing()
    await story.until(MIDNIGHT + timedelta(hours=24 + 9))
    await dana.gets("1 with you now, from Jo: p2. Open alerts: 0. Promises: 0. Handover follows.")
    await dana.gets("Handover: Dana", "2 people")
    await dana.gets("Marisol (p2)", "Next session", "Nov 26 17:00")
    await dana.gets("Alex (p1)", "has not written yet")
    marisol.got_nothing()  # it is seven in Denver
    await story.until(MIDNIGHT + timedelta(hours=24 + 11))
    await marisol.gets("Desde ahora te acompaña Dana, en lugar de Jo.")


async def test_whoever_stopped_is_never_told(open_story: Open) -> None:
    """Alex said STOP: Jo hears that, Alex hears nothing."""
    story = await open_story(quiet_file())
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("STOP")
    await dana.gets("asked us to stop")
    moved = await move(story, "dana", "jo")
    assert moved.told == []
    await jo.gets("1 with you now")
    await jo.gets("Handover")
    await dana.gets("1 with Jo now")
    await story.forward(hours=20)
    alex.got_nothing()


async def test_only_who_is_meant_moves_and_mistakes_move_nobody(open_story: Open) -> None:
    """Somebody else's person, or nobody: a plain sentence, and nothing is written."""
    story = await open_story(quiet_file())
    with pytest.raises(NotTheirsError, match="not with dana: p2"):
        await move(story, "dana", "lee", "p1", "p2")
    with pytest.raises(NotFoundError, match="no participant p9"):
        await move(story, "dana", "jo", "p1", "p9")
    with pytest.raises(NotFoundError, match="nobody called max"):
        await move(story, "dana", "max")
    assert await story.rows(Alert, Alert.state != AlertState.CLOSED) == []
    moved = await move(story, "dana", "jo", "p2")
    assert moved.people == []
