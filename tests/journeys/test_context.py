"""Before they call, specialists see what there is to know, where it may be seen, and once."""

from __future__ import annotations

import httpx

from bot.store.alerts import AlertEvent
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, no_prompts, only_mood, person
from tests.journeys.story import bring_in


async def test_details_on_telegram_where_they_are_allowed(open_story: Open) -> None:
    """Words, why, trend, promises, next in line and what became of the crisis reply, by one tap."""
    file = only_mood()
    file["programme"]["telegram_details"] = True
    story = await open_story(file)
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await story.forward(minutes=30)
    await alex.gets("Morning Alex")
    await alex.says("2")
    await alex.gets("Thank you for being honest")
    await alex.says("I want to die")
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await dana.taps("Details")
    shown = await dana.gets("Alex (p1)")
    assert '"I want to die"' in shown
    assert "Level: Crisis" in shown
    assert "Crisis reply: delivered" in shown
    assert "Next in line: Lee" in shown
    await dana.gets("Mood: Nov 23: 2")
    assert (dana.phone.bubbles[-1].picture or b"").startswith(b"\x89PNG")
    await dana.says("1")
    await dana.gets("You have it.")
    await jo.gets("Dana has it.")
    await alex.gets("Dana from your team")


async def test_a_link_by_sms_shows_it_once(open_story: Open) -> None:
    """Jo's text holds no word of Alex's; the page asks first, shows it once, and is kept by nobody."""
    file = no_prompts()
    person(file, "p1")["specialist"] = "jo"
    story = await open_story(file)
    alex, jo = story.phone(ALEX), story.phone(JO)
    await alex.says("I feel hopeless <b>tonight</b>")
    await alex.gets("Thank you for telling me.")
    notice = await jo.gets("Someone needs you soon.")
    ref = notice.split("Ref ")[1][:2]
    await jo.says(f"VIEW {ref}")
    text = await jo.gets("read it here, once")
    assert "hopeless" not in text
    address = text.split()[-1]
    async with httpx.AsyncClient(trust_env=False) as browser:
        preview = await browser.get(address)
        assert preview.status_code == 200
        assert "hopeless" not in preview.text
        page = await browser.post(address)
        assert "I feel hopeless &lt;b&gt;tonight" in page.text
        assert page.headers["cache-control"] == "no-store"
        again = await browser.post(address)
        assert again.status_code == 410
        assert "hopeless" not in again.text
    assert [event.what for event in await story.rows(AlertEvent, AlertEvent.what == "viewed")] == ["viewed"]


async def test_a_link_is_too_old_after_an_hour(open_story: Open) -> None:
    """What lies in a phone's messages for long shows nothing any more."""
    file = no_prompts()
    person(file, "p1")["specialist"] = "jo"
    story = await open_story(file)
    jo = story.phone(JO)
    await jo.says("VIEW p1")
    address = (await jo.gets("read it here, once")).split()[-1]
    await story.forward(hours=1)
    async with httpx.AsyncClient(trust_env=False) as browser:
        assert (await browser.post(address)).status_code == 410


async def test_a_link_shows_nothing_to_somebody_who_left(open_story: Open) -> None:
    """Jo asked, and left the programme before opening it: the page shows her nothing any more."""
    file = no_prompts()
    person(file, "p1")["specialist"] = "jo"
    story = await open_story(file)
    jo = story.phone(JO)
    await jo.says("VIEW p1")
    address = (await jo.gets("read it here, once")).split()[-1]
    person(file, "jo")["status"] = "left"
    await bring_in(story.database, file)
    async with httpx.AsyncClient(trust_env=False) as browser:
        assert (await browser.post(address)).status_code == 410


async def test_somebody_elses_caseload_stays_closed(open_story: Open) -> None:
    """Jo may not look at Dana's people; there is no alert she was told of either."""
    story = await open_story(no_prompts())
    jo = story.phone(JO)
    await jo.says("VIEW p1")
    await jo.gets("I don't know Ref P1.")
