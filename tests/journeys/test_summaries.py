"""Before a session specialists know where the last conversation ended, where they may read it, and once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.journeys.conftest import Open
from tests.journeys.people import Chatter, Texter
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, MARISOL_CHAT, no_prompts, only_mood, person
from tests.journeys.story import Story

MIDNIGHT = datetime(2026, 11, 23, 5, tzinfo=UTC)  # in New York, of a Monday


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an hour of New York's on a day of that November, as an instant."""
    return MIDNIGHT + timedelta(days=day - 23, hours=hour, minutes=minute)


def _with_details(file: dict[str, Any]) -> dict[str, Any]:
    file["programme"]["telegram_details"] = True
    del file["programme"]["before_session"]
    person(file, "p2")["schedules"] = []
    return file


async def _a_hard_day(story: Story) -> tuple[Texter, Chatter]:
    """Alex answers 2, then feels hopeless; Dana takes it, promises something, and closes it."""
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await story.until(at(23, 10, 30))
    await alex.gets("Morning Alex")
    await alex.says("2")
    await alex.gets("Thank you for being honest")
    await alex.says("I feel hopeless <b>")
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await dana.says("NOTE call 20m emotional. Next: ride to group on Friday")
    await dana.gets("Noted for person p1")
    await dana.says("CLOSE 1")
    await dana.gets("is closed: reached")
    return alex, dana


async def test_an_hour_before_the_session_it_comes_by_itself(open_story: Open) -> None:
    """On Telegram with details: answers, the alert and how it ended, the promise, and how to begin; once."""
    file = _with_details(only_mood())
    person(file, "p1")["sessions"] = ["2026-11-25 13:00"]  # 14:00 in New York
    story = await open_story(file)
    alex, dana = await _a_hard_day(story)
    for day, value in ((24, "5"), (25, "7")):
        await story.until(at(day, 10, 30))
        await alex.gets("Morning Alex")
        await alex.says(value)
        await alex.gets("hank you for checking in")
    await story.until(at(25, 12, 59))
    dana.got_nothing()
    await story.until(at(25, 13))
    shown = await dana.gets("Alex (p1)")
    assert "Session: Nov 25 14:00" in shown
    assert "Mood: 3 answers, last 7 (Nov 25)" in shown
    assert 'urgent: "I feel hopeless <b>"' in shown
    assert "(urgent), Nov 23 10:30: reached, Dana" in shown
    assert "due Nov 27: ride to group on Friday" in shown
    assert "Nov 23 was a hard day. How has it been since then?" in shown
    await story.until(at(25, 14, 30))
    dana.got_nothing()


async def test_by_sms_a_link_to_a_page_that_prints(open_story: Open) -> None:
    """Jo's text holds nothing of Marisol's; the page shows it once, without scripts, ready to print."""
    file = no_prompts()
    del file["programme"]["before_session"]
    story = await open_story(file)
    marisol, jo = story.chat(MARISOL_CHAT), story.phone(JO)
    await marisol.says("START")
    await marisol.gets("Riverside Recovery")
    await marisol.says("no aguanto mas")
    await marisol.gets("Gracias por contarme.")
    await jo.gets("Someone needs you soon.")
    await jo.says("1")
    await jo.gets("You have it.")
    await marisol.gets("Jo, de tu equipo")
    await jo.says("CLOSE 2")
    await jo.gets("is closed")
    await story.until(at(26, 16))  # 14:00 in Denver
    text = await jo.gets("Session with person p2 at 17:00.")
    assert "aguanto" not in text
    assert len(text) <= 160
    address = text.split()[-1]
    async with httpx.AsyncClient(trust_env=False) as browser:
        preview = await browser.get(address)
        assert "aguanto" not in preview.text
        page = await browser.post(address)
        assert page.status_code == 200
        assert "no aguanto mas" in page.text
        assert "@media print" in page.text
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "El 23 nov fue un día duro." in page.text  # how to begin is in Marisol's language
        again = await browser.post(address)
        assert again.status_code == 410
    await story.until(at(26, 17, 30))
    jo.got_nothing()


async def test_asked_for_by_word_in_both_languages(open_story: Open) -> None:
    """SUMMARY p1 by SMS brings a link; RESUMEN p1 shows it in Spanish where that is the staff's language."""
    file = _with_details(no_prompts())
    file["programme"]["languages"] = ["es", "en"]
    for participant in file["participants"]:
        participant["schedules"] = []
    file["schedules"] = []
    story = await open_story(file)
    dana, jo = story.chat(DANA_CHAT), story.phone(JO)
    await dana.says("RESUMEN p1")
    shown = await dana.gets("Alex (p1)")
    assert "Desde el 9 nov" in shown
    assert "Para empezar" in shown
    await jo.says("SUMMARY P2")
    text = await jo.gets("Resumen de la persona p2: se lee aqui, una vez")
    assert len(text) <= 160
    await jo.says("summary p1")
    await jo.gets("No conozco a ninguna persona P1 tuya.")
    await jo.says("RESUMEN")
    await jo.gets("¿El resumen de quién?")


async def test_nothing_comes_off_duty_or_when_it_is_switched_off(open_story: Open) -> None:
    """A session at eight in the evening: Dana's duty is over by then; tomorrow's comes in its time."""
    file = _with_details(no_prompts())
    person(file, "p1")["sessions"] = ["2026-11-23 19:00", "2026-11-24 13:00"]
    story = await open_story(file)
    dana = story.chat(DANA_CHAT)
    await story.until(at(23, 21))
    dana.got_nothing()
    await story.until(at(24, 13, 5))
    await dana.gets("Alex (p1)")


async def test_switched_off_it_comes_only_when_asked_for(open_story: Open) -> None:
    """`before_session: none`: nothing by itself; SUMMARY alone is about whoever has the next session."""
    file = _with_details(no_prompts())
    file["programme"]["before_session"] = "none"
    person(file, "p1")["sessions"] = ["2026-11-23 14:00"]
    story = await open_story(file)
    dana = story.chat(DANA_CHAT)
    await story.until(at(23, 14, 30))
    dana.got_nothing()
    await dana.says("summary")
    await dana.gets("Alex (p1)", "Session: Nov 23 15:00")


async def test_several_looks_and_a_set_back_clock_tell_it_once(open_story: Open) -> None:
    """Two workers look at the same second, then the clock goes back: Dana has one summary."""
    file = _with_details(no_prompts())
    person(file, "p1")["sessions"] = ["2026-11-23 14:00"]
    story = await open_story(file)
    dana = story.chat(DANA_CHAT)
    await story.until(at(23, 14, 10))
    await dana.gets("Alex (p1)")
    story.clock.instant = at(23, 13, 50)
    await story.settle()
    await story.until(at(23, 14, 40))
    dana.got_nothing()
