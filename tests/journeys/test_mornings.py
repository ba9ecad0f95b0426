"""Specialists begin their day knowing what waits, by refs alone; a quiet day begins quietly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from schedules.briefings import brief
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, MARISOL_CHAT, no_prompts, only_mood, person

MIDNIGHT = datetime(2026, 11, 23, 5, tzinfo=UTC)  # in New York, of a Monday


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an hour of New York's on a day of that November, as an instant."""
    return MIDNIGHT + timedelta(days=day - 23, hours=hour, minutes=minute)


def _file(file: dict[str, Any]) -> dict[str, Any]:
    del file["programme"]["morning_digest"]
    person(file, "p2")["schedules"] = []
    return file


async def test_what_waits_in_the_morning_once_and_by_ref(open_story: Open) -> None:
    """An alert in hand, a promise, a session, no answer: at nine Dana hears of all, and of nobody's name."""
    file = _file(only_mood())
    person(file, "p1")["sessions"] = ["2026-11-24 14:00"]
    story = await open_story(file)
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    notice = await dana.gets("Someone needs you soon.")
    ref = notice.split("Ref ")[1][:2]
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await dana.says(f"NOTE {ref} call 10m. Next: ride tomorrow")
    noted = await dana.gets("Promise P")
    promise = noted.split("Promise ")[1].split()[0]
    await dana.says(f"CLOSE {ref} 2")
    await dana.gets("is closed: safe")
    await story.until(at(23, 12, 30))
    await alex.gets("Morning Alex")
    await story.until(at(24, 8, 59))
    dana.got_nothing()
    await story.until(at(24, 9))
    told = await dana.gets("Good morning.")
    assert told == f"Good morning. Promises due: {promise}. Sessions: p1 15:00. No answer: p1."
    await dana.gets("Something you promised person p1 is due.")
    await story.until(at(24, 10, 29))
    dana.got_nothing()


async def test_two_workers_and_a_clock_set_back_say_it_once(open_story: Open) -> None:
    """The morning is taken by whoever is first; an hour that comes twice brings no second one."""
    file = _file(no_prompts())
    person(file, "p1")["sessions"] = ["2026-11-24 14:00"]
    story = await open_story(file)
    dana = story.chat(DANA_CHAT)
    await story.until(at(24, 9))
    await dana.gets("Good morning. Sessions: p1 15:00.")
    assert await brief(story.database) == 0
    story.clock.instant = at(24, 8)
    await story.settle()
    await story.until(at(24, 9, 30))
    dana.got_nothing()


async def test_down_all_morning_nobody_is_greeted_in_the_evening(open_story: Open) -> None:
    """What comes up at noon still says it; what comes up at two leaves it for tomorrow."""
    file = _file(no_prompts())
    person(file, "p1")["sessions"] = ["2026-11-24 16:00", "2026-11-25 16:00"]
    story = await open_story(file)
    dana = story.chat(DANA_CHAT)
    story.clock.instant = at(24, 13, 1)
    await story.settle()
    dana.got_nothing()
    story.clock.instant = at(25, 12, 59)
    await story.settle()
    await dana.gets("Good morning. Sessions: p1 17:00.")


async def test_nothing_to_say_is_not_said_and_leave_is_leave(open_story: Open) -> None:
    """A calm day, and a day off: no word."""
    file = _file(no_prompts())
    person(file, "p1")["sessions"] = ["2026-11-25 14:00"]
    person(file, "dana")["leave"] = ["2026-11-25"]
    story = await open_story(file)
    await story.until(at(26, 6))
    story.chat(DANA_CHAT).got_nothing()
    story.phone(JO).got_nothing()


async def test_by_sms_in_spanish_and_on_the_readers_clock(open_story: Open) -> None:
    """Jo is always on duty: the day begins at eight; what does not fit one text is counted."""
    file = _file(no_prompts())
    file["programme"]["languages"] = ["es", "en"]
    file["schedules"] = []
    sample = person(file, "p2")
    sample["contacts"][0]["consent"]["method"] = "written"
    sample["sessions"] = ["2026-11-24 15:00"]
    for number in range(20):
        file["participants"].append(
            {
                "ref": f"q{number:02}",
                "name": "Sol",
                "specialist": "jo",
                "sessions": ["2026-11-25 12:00"],
                "schedules": [],
            }
        )
    story = await open_story(file)
    jo = story.phone(JO)
    await story.until(at(24, 7, 59))
    jo.got_nothing()
    marisol = story.chat(MARISOL_CHAT)
    await marisol.sends("photo", [{"file_id": "a", "file_unique_id": "b", "width": 9, "height": 9}])
    await marisol.gets("No puedo abrir fotos")
    await jo.gets("Alguien mando algo")
    await story.until(at(24, 8))
    await jo.gets("Buenos dias. Sesiones: p2 17:00. Por leer: p2.")
    await story.until(at(25, 8))
    await jo.gets("Buenos dias. 20 sesiones. ENTREGA muestra mas.")
