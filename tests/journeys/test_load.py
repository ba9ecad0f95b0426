"""Who looks after the specialists: what each carries, whom nights wake, and a word about it on Mondays."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.actions.loads import loads_of, nights_of
from bot.store.people import Programme
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, LEE, no_prompts

NIGHT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)  # a Wednesday, 3:00 in New York


async def test_load_in_chat_for_supervisors(open_story: Open) -> None:
    """Lee sees who has what, by staff's first names and nobody's ref; Dana is told whom it is for."""
    story = await open_story(no_prompts())
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await lee.says("LOAD")
    assert "Dana 1 0 0 0 1" in await lee.gets("Open, taken, talks, promises, people:")
    await lee.gets("Nights last week: no alerts.")
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await dana.says("NOTE call 20m. Next: ride on Friday")
    await dana.gets("Noted")
    await dana.says("TO p1 hello Alex")
    await dana.gets("You are talking with person p1")
    await alex.gets("hello Alex")
    await lee.says("carga")
    shown = await lee.gets("Open, taken")
    await lee.gets("Nights last week")
    assert "Dana 0 1 1 1 1" in shown
    assert "p1" not in shown
    await dana.says("LOAD")
    await dana.gets("LOAD is for supervisors.")
    jo.got_nothing()


async def test_nights_are_counted_and_told_on_monday(open_story: Open) -> None:
    """One alert at three in the morning: on Monday Lee hears once whom it rang and how long it took."""
    story = await open_story(no_prompts())
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await story.until(NIGHT)
    await alex.says("I want to die")
    await alex.gets("I'm glad you told me.")
    rung = [person for person in (dana, jo, lee) if person.unread]
    await story.forward(minutes=2)
    for person in rung:
        assert "Ref " in await person.gets("Someone needs you now.")
    await rung[0].says("1")
    await rung[0].gets("You have it.")
    await alex.gets("from your team")
    for person in rung[1:]:
        await person.gets("has it")
    await rung[0].says("CLOSE 6 it was a song")
    await rung[0].gets("is closed")
    await story.until(datetime(2026, 11, 30, 12, 59, tzinfo=UTC))
    lee.got_nothing()
    await story.until(datetime(2026, 11, 30, 17, 0, tzinfo=UTC))
    said = await lee.gets("Nights last week: 1 alerts.")
    assert "Taken after 2 min. False alarms: 1." in said
    assert "p1" not in said
    await story.until(datetime(2026, 12, 7, 17, 0, tzinfo=UTC))


async def test_an_alert_by_day_is_no_night_alert(open_story: Open) -> None:
    """Monday at ten is nobody's night: the week stays quiet, and the next Monday nothing is said."""
    story = await open_story(no_prompts())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await dana.says("CLOSE safe")
    await dana.gets("is closed")
    async with story.database.read() as tx:
        (programme,) = await story.rows(Programme)
        weeks = await nights_of(tx, programme, 2)
        assert [(week.monday.day, week.alerts) for week in weeks] == [(9, 0), (16, 0), (23, 0)]
        (dana_load,) = [load for load in await loads_of(tx, programme) if load.ref == "dana"]
        assert (dana_load.at_hand, dana_load.people) == (0, 1)
    await story.until(datetime(2026, 11, 30, 17, 0, tzinfo=UTC))
