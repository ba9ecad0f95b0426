"""People have it their way: another hour, fewer texts, a day off, milestones; and each is told what comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from bot.domain.messages import Kind, MessageState
from bot.store.messages import Message
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, MARISOL_CHAT, only_mood, person
from tests.journeys.story import Story, bring_in

ASKED = "Morning Alex. How are you today, 0 (rough) to 10 (good)?"


def one_prompt(**prompt: Any) -> dict[str, Any]:
    """Return the example with Alex alone on a schedule of one prompt that asks nothing."""
    file = only_mood()
    text = {"en": "Thinking of you.", "es": "Pienso en ti."}
    file["schedules"][0]["prompts"] = [{"key": "note", "support": "emotional", "text": text, **prompt}]
    person(file, "p2")["schedules"] = []
    file["programme"]["follow_up"] = {"missed": "none"}
    file["programme"]["caps"] = {"silence": "none"}  # nobody answers here, and no word about it is wanted
    return file


async def days_of(story: Story, days: int) -> list[str]:
    """Let days pass from 9:00; return the days of the month on which the note came."""
    alex, came = story.phone(ALEX), []
    for _ in range(days):
        await story.forward(days=1)
        for _ in alex.unread:
            await alex.gets("Thinking of you.")
            came.append(f"{story.clock() - timedelta(hours=18):%d}")
    return came


async def test_text_me_at_8pm_instead(open_story: Open) -> None:
    """It is done at once, the answer names the next time, and that is when it comes, in quiet hours too."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await alex.says("Text me at 8pm instead")
    await alex.gets("Okay, 20:00 from now on. Next: Monday 23 at 20:00. Text USUAL TIME to undo that.")
    await story.forward(hours=10, minutes=59)  # 19:59 in Chicago
    alex.got_nothing()
    await story.forward(minutes=1)
    await alex.gets(ASKED)
    await alex.says("when")
    await alex.gets("Next check-in: Tuesday 24 at 20:00.")
    await story.forward(hours=24)
    await alex.gets(ASKED)


async def test_a_time_chosen_after_the_days_question_begins_tomorrow(open_story: Open) -> None:
    """Whoever was asked this morning is not asked again tonight; the usual time comes back the same way."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets(ASKED)
    await alex.says("can you text me at 7 in the evening please")
    await alex.gets("Okay, 19:00 from now on. Next: Tuesday 24 at 19:00.")
    await story.forward(hours=23)  # 8:30 on Tuesday
    await alex.says("usual time")
    await alex.gets("Okay, at the usual time again. Next: Tuesday 24 at 09:30.")
    await story.forward(hours=1)
    await alex.gets(ASKED)
    await story.forward(hours=12)
    alex.got_nothing()


async def test_a_bare_hour_is_asked_about(open_story: Open) -> None:
    """ "At 8" may be either; what lies in the night is not promised; 7 can only be the evening."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await alex.says("text me at 8")
    await alex.gets("Morning or evening? Please answer: text me at 8am, or: text me at 8pm.")
    await alex.says("text me at 11pm")
    await alex.gets("I can't text between 20:00 and 09:00.", "Next: Monday 23 at 09:30.")
    await alex.says("text me at 7")
    await alex.gets("Okay, 19:00 from now on. Next: Monday 23 at 19:00.")


async def test_in_spanish_on_telegram(open_story: Open) -> None:
    """Marisol writes it her way and is answered in her language."""
    story = await open_story(only_mood())
    marisol = story.chat(MARISOL_CHAT)
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("Escríbeme a las 7 de la noche, por favor")
    await marisol.gets("De acuerdo, a las 19:00 desde ahora. El proximo: lunes 23 a las 19:00.")
    await story.forward(hours=2)
    await story.phone(ALEX).gets(ASKED)
    await story.forward(hours=9)  # 19:00 in Denver
    await marisol.gets("¿Como te sientes hoy")


async def test_talk_about_times_is_no_wish(open_story: Open) -> None:
    """A call at eight and a night awake until eight change nothing."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await alex.says("I was up until 8pm, feel better now")
    await alex.gets("I've kept this for Dana")
    await alex.says("my brother will text me at 8pm")
    await story.forward(minutes=30)
    await alex.gets(ASKED)


async def test_less_and_more(open_story: Open) -> None:
    """LESS halves, and halves again; MORE undoes each; what was promised comes on the promised day."""
    story = await open_story(one_prompt(at={"days": "daily", "time": "12:00"}))
    alex = story.phone(ALEX)
    await alex.says("LESS")
    promised = await alex.gets("Okay, half as many check-ins from now on.", "Text MORE to undo that.")
    came = await days_of(story, 8)
    assert f" {came[0]} at 12:00" in promised
    assert [int(later) - int(day) for day, later in pairwise(came)] == [2, 2, 2]
    await alex.says("less")
    await alex.gets("one check-in in four")
    await alex.says("less")
    await alex.gets("This is the least I send.")
    await alex.says("more")
    await alex.gets("half of the check-ins again")
    await alex.says("more")
    await alex.gets("Okay, all check-ins again. Next: Tuesday 1 at 12:00.")
    await alex.says("more")
    await alex.gets("You get every check-in already.")
    assert await days_of(story, 3) == ["01", "02", "03"]


async def test_skip_tomorrow(open_story: Open) -> None:
    """Tomorrow stays quiet, the day after does not; a bare SKIP leaves out whatever comes next."""
    story = await open_story(one_prompt(at={"days": "daily", "time": "12:00"}))
    alex = story.phone(ALEX)
    await alex.says("skip tomorrow")
    await alex.gets("Okay, no check-in on Tuesday 24. Next: Monday 23 at 12:00.")
    await alex.says("skip")
    await alex.gets("Okay, no check-in on Monday 23. Next: Wednesday 25 at 12:00.")
    assert await days_of(story, 4) == ["25", "26"]


async def test_pause_three_days(open_story: Open) -> None:
    """Nothing for three days to the hour, then it goes on by itself and nothing is made up for."""
    story = await open_story(one_prompt(at={"days": "daily", "time": "12:00"}))
    alex = story.phone(ALEX)
    await alex.says("PAUSE 3 DAYS")
    await alex.gets("Okay, no check-ins until Thursday 26.")
    await alex.says("when")
    await alex.gets("Next check-in: Thursday 26 at 12:00.")
    assert await days_of(story, 5) == ["26", "27"]


async def test_a_taper(open_story: Open) -> None:
    """Daily for four days, every second day for four, then weekly; the first day is the enrolment's."""
    taper = [{"every": "1d", "for": "4d"}, {"every": "2d", "for": "4d"}, {"every": "1w"}]
    file = one_prompt(at={"taper": taper, "time": "12:00", "from": "enrolment"})
    person(file, "p1")["schedules"][0]["start"] = "2026-11-23"
    story = await open_story(file)
    came = []
    for _ in range(23):
        await story.forward(hours=3)  # noon
        came += [f"{story.clock():%d}"] * len(story.phone(ALEX).unread)
        for _ in story.phone(ALEX).unread:
            await story.phone(ALEX).gets("Thinking of you.")
        await story.forward(hours=21)
    assert came == ["23", "24", "25", "26", "27", "29", "01", "08", "15"]


def milestones() -> dict[str, Any]:
    """Return a programme with a milestone on Wednesday and one on Friday, for who asks for them."""
    file = one_prompt(at={"milestone": "30d", "time": "12:00"})
    again = {
        **file["schedules"][0]["prompts"][0],
        "key": "note-2",
        "at": {"milestone": "32d", "time": "12:00"},
    }
    file["schedules"][0]["prompts"].append(again)
    person(file, "p1")["recovery_date"] = "2026-10-26"
    return file


async def test_a_milestone_after_a_slip_is_held(open_story: Open) -> None:
    """Who asked for milestones gets one; after a slip none comes until they ask again, and no shame."""
    story = await open_story(milestones())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("milestones")
    await alex.gets("Okay, I'll mark your milestones with you. Next: Wednesday 25 at 12:00.")
    await alex.says("SLIP")
    await alex.gets("Thank you for telling me.")
    await alex.gets("I'm letting Dana know.", "All your days stand.")
    await dana.gets("One of your people had a hard day and may want to talk: person p1.")
    await story.forward(days=3)
    alex.got_nothing()
    await alex.says("milestones")
    await alex.gets("Next: Friday 27 at 12:00.")
    await story.forward(days=1, hours=3)
    await alex.gets("Thinking of you.")
    alex.got_nothing()


async def test_a_slip_in_ones_own_words_holds_it_too(open_story: Open) -> None:
    """A text that brings a human in says it as well; the file brought in again does not undo the hold."""
    file = milestones()
    person(file, "p1")["milestones"] = True
    story = await open_story(file)
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("I drank again last night")
    await alex.gets("I'm automated, not a person")
    await dana.gets("Ref")
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("Dana")
    await dana.says("CLOSE reached")
    await dana.gets("is closed: reached.")
    await bring_in(story.database, file)
    await story.forward(days=6)
    alex.got_nothing()


async def test_nobody_is_celebrated_who_did_not_ask(open_story: Open) -> None:
    """Milestones are off by default; without a date the specialist is asked for it."""
    file = milestones()
    story = await open_story(file)
    alex = story.phone(ALEX)
    await story.forward(days=3)
    alex.got_nothing()
    del person(file, "p1")["recovery_date"]
    await bring_in(story.database, file)
    await alex.says("MILESTONES")
    await alex.gets("I don't know your date yet and have asked Dana for it.")
    await story.chat(DANA_CHAT).gets("has no date on file: person p1.")


async def test_a_moved_session(open_story: Open) -> None:
    """The reminder follows the session to its new day, and LESS or another time of day leave it alone."""
    file = one_prompt(at={"before": "session", "by": "1d", "time": "18:00"})
    person(file, "p1")["sessions"] = ["2026-11-25 15:00"]
    story = await open_story(file)
    alex = story.phone(ALEX)
    await alex.says("less")
    await alex.gets("Next: Tuesday 24 at 18:00.")
    await alex.says("text me at 10am")
    await alex.gets("Okay, 10:00 from now on. Next: Tuesday 24 at 18:00.")
    person(file, "p1")["sessions"] = ["2026-11-27 15:00"]
    await bring_in(story.database, file)
    await alex.says("when")
    await alex.gets("Next check-in: Thursday 26 at 18:00.")
    assert await days_of(story, 6) == ["26"]


async def test_a_holiday(open_story: Open) -> None:
    """One prompt is left out on the holidays, one comes on the day after them, one comes as ever."""
    file = one_prompt(at={"days": ["Thu"], "time": "12:00"}, on_holiday="skip", expires="8h")
    (note,) = file["schedules"][0]["prompts"]
    texts = {"shift": "After the holiday.", "send": "As ever."}
    file["schedules"][0]["prompts"] += [
        {**note, "key": how, "on_holiday": how, "text": {"en": text, "es": "Hola."}}
        for how, text in texts.items()
    ]
    file["programme"]["holidays"] = ["2026-11-26", "2026-11-27"]
    story = await open_story(file)
    alex = story.phone(ALEX)
    await story.forward(days=4)  # Friday morning
    await alex.gets("As ever.")
    alex.got_nothing()
    await story.forward(days=1, hours=3)  # Saturday noon
    await alex.gets("After the holiday.")
    await story.forward(days=5, hours=4, minutes=10)  # three at once are spread, two hours apart
    for _ in range(3):
        await alex.gets()


async def test_a_week_with_a_change_of_clocks(open_story: Open) -> None:
    """Every local day has its one question at 9:30, the day of 23 hours and the day of 25 included."""
    file = only_mood()
    file["programme"]["caps"] = {"silence": "none"}
    file["programme"]["follow_up"] = {"missed": "none"}
    story = await open_story(file)
    alex = story.phone(ALEX)
    for begins in (datetime(2027, 3, 10, 6, 0, tzinfo=UTC), datetime(2027, 11, 3, 5, 0, tzinfo=UTC)):
        story.clock.instant = begins
        await story.settle()
        await story.forward(days=8)
        for _ in range(8):
            await alex.gets(ASKED)
    sent = await story.rows(Message, Message.kind == Kind.PROMPT, Message.state == MessageState.DELIVERED)
    hours = {(m.not_before.month, m.not_before.day): m.not_before.hour for m in sent}
    assert (hours[3, 13], hours[3, 14], hours[11, 6], hours[11, 7]) == (15, 14, 14, 15)


async def test_a_broadcast_to_a_group(open_story: Open) -> None:
    """Whoever speaks Spanish gets it once, some time in the window; nobody else does."""
    file = one_prompt(at={"date": "2026-11-24", "between": "10:00-12:00"})
    person(file, "p1")["schedules"] = []
    file["schedules"][0]["to"] = {"language": "es"}
    story = await open_story(file)
    marisol = story.chat(MARISOL_CHAT)
    await marisol.says("/start")
    await marisol.gets("listo")
    await story.forward(days=1, hours=2)  # 10:00 in Denver on Tuesday
    marisol.got_nothing()
    await story.forward(hours=2)
    await marisol.gets("Pienso en ti.")
    await bring_in(story.database, file)
    await story.forward(days=3)


async def test_moving_house(open_story: Open) -> None:
    """East over the hour the question comes at once, west it waits; each local day has it once."""
    file = only_mood()
    story = await open_story(file)
    alex = story.phone(ALEX)
    person(file, "p1")["timezone"] = "America/New_York"  # it is 10:00 there
    await bring_in(story.database, file)
    await story.forward(seconds=1)
    await alex.gets(ASKED)
    person(file, "p1")["timezone"] = "America/Los_Angeles"  # 7:00
    await bring_in(story.database, file)
    await story.forward(hours=23)
    alex.got_nothing()
    await story.forward(hours=4)
    await alex.gets(ASKED)


async def test_i_moved_to_denver(open_story: Open) -> None:
    """Said by text, it is answered with the next time there; Dana hears of it; no day is doubled."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets(ASKED)
    await alex.says("I moved to Denver")
    await alex.gets("Okay, I go by the clocks of Denver from now on. Next: Tuesday 24 at 09:30.")
    await story.chat(DANA_CHAT).gets("One of your people has moved to another time zone: person p1.")
    await story.forward(hours=24, minutes=59)
    alex.got_nothing()
    await story.forward(minutes=1)
    await alex.gets(ASKED)
