"""A day with a check-in: asked at the person's own time, answered their own way, let go gently."""

from __future__ import annotations

from sqlalchemy import select

from bot.actions.checkins import previous_answer
from bot.store.database import Database
from bot.store.messages import Message
from bot.store.people import Participant
from bot.store.schedules import AnswerRow, Checkin, CheckinState
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, MARISOL_CHAT, only_mood

ASKED = "Morning Alex. How are you today, 0 (rough) to 10 (good)?"


async def test_the_question_comes_at_half_past_nine_where_alex_lives(open_story: Open) -> None:
    """It waits for 9:30 in Chicago; "7/10" is thanked, and kept sealed."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await story.forward(minutes=29, seconds=59)
    alex.got_nothing()
    await story.forward(seconds=1)
    await alex.gets(ASKED)
    await alex.says("7/10")
    await alex.gets("Glad to hear it. Thank you for checking in.")
    assert await _last_answer(story.database) == 7
    (kept,) = await story.rows(AnswerRow)
    assert b"number" not in kept.value


async def test_a_hard_day_is_met_with_an_offer(open_story: Open) -> None:
    """A low number is thanked for its honesty and TALK is offered; TALK asks Dana to call."""
    story = await open_story(only_mood())
    alex, dana = story.phone(ALEX), story.chat(700001)
    await story.forward(minutes=30)
    await alex.gets(ASKED)
    await alex.says("two")
    await alex.gets("Thank you for being honest about a hard day.", "Text TALK if you'd like a call.")
    await alex.says("talk")
    await alex.gets("I've asked Dana to call you. I can't say when.", "call or text 988")
    await dana.gets("One of your people would like a call from you: person p1.")


async def test_an_unclear_answer_is_asked_again_once_and_then_let_go(open_story: Open) -> None:
    """One gentle re-ask; a second unclear text is kept for Dana, and the question is not asked again."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets(ASKED)
    await alex.says("so so")
    await alex.gets("I didn't quite get that. A number from 0 to 10 is enough, or leave it.")
    await alex.says("meh")
    await alex.gets("Thanks for writing. I'm automated; I've kept this for Dana.")
    assert [checkin.state for checkin in await story.rows(Checkin)] == [CheckinState.LET_GO]


async def test_same_means_what_was_said_the_day_before(open_story: Open) -> None:
    """ "same" on Tuesday is Monday's number."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets(ASKED)
    await alex.says("5")
    await alex.gets("Thank you for checking in. I've saved it.")
    await story.forward(days=1)
    await alex.gets(ASKED)
    await alex.says("same")
    await alex.gets("Thank you for checking in. I've saved it.")
    assert await _last_answer(story.database) == 5
    assert len(await story.rows(AnswerRow)) == 2


async def test_an_unanswered_question_is_missing_and_never_a_number(open_story: Open) -> None:
    """A day of silence expires the question; "4" the next evening answers the new one only."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets(ASKED)
    await story.forward(hours=21)
    assert [checkin.state for checkin in await story.rows(Checkin)] == [CheckinState.EXPIRED]
    assert await story.rows(AnswerRow) == []


async def test_a_tapped_button_answers_and_a_second_tap_corrects(open_story: Open) -> None:
    """On Telegram eleven buttons stand under the question; a later tap changes the answer."""
    story = await open_story(only_mood())
    marisol = story.chat(MARISOL_CHAT)
    await marisol.says("/start")
    await marisol.gets("listo")
    await story.forward(hours=1, minutes=30)
    await story.phone(ALEX).gets(ASKED)
    await marisol.gets("¿Como te sientes hoy")
    assert [label for label, _ in marisol.phone.buttons] == [str(number) for number in range(11)]
    await marisol.taps("8")
    await marisol.gets("Me alegra leerlo.")
    await marisol.taps("3")
    await marisol.gets("Cambiado. Gracias.")
    assert await _last_answer(story.database, "p2") == 3
    assert len(await story.rows(AnswerRow)) == 1


async def test_a_prompt_in_quiet_hours_waits_for_the_morning(open_story: Open) -> None:
    """Set for 8:55, it is held until quiet hours end at 9:00 and not a minute earlier."""
    file = only_mood()
    file["schedules"][0]["prompts"][0]["at"] = {"days": "daily", "time": "08:55"}
    story = await open_story(file)
    alex = story.phone(ALEX)
    await story.forward(hours=23, minutes=59)  # 8:59 in Chicago on Tuesday
    alex.got_nothing()
    await story.forward(minutes=1)
    await alex.gets("Morning Alex")


async def test_a_prompt_too_late_to_mean_anything_is_dropped(open_story: Open) -> None:
    """An evening question that quiet hours would carry past its time is never sent."""
    file = only_mood()
    file["schedules"][0]["prompts"][0] |= {"at": {"days": "daily", "time": "20:30"}, "expires": "1h"}
    story = await open_story(file)
    await story.forward(hours=24)
    story.phone(ALEX).got_nothing()
    states = {(str(m.state), m.reason) for m in await story.rows(Message)}
    assert states == {("expired", "quiet_hours"), ("cancelled", "invited")}


async def test_while_twilio_is_down_prompts_expire_instead_of_piling_up(open_story: Open) -> None:
    """Two days without a connection leave one question when it is back: the newest, not three."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    assert story.twilio.served is not None
    await story.twilio.served.stop()
    for _ in range(3):
        await story.forward(minutes=31)  # past 9:30: it is tried, and tried again
        story.clock.forward(hours=23, minutes=29)
    await story.twilio.served.start()
    await story.forward(minutes=31)
    await alex.gets(ASKED)


async def test_pause_and_resume(open_story: Open) -> None:
    """PAUSE 3 days holds the questions and says until when; RESUME ends it early; WHEN tells what comes."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await alex.says("pause 3 days")
    await alex.gets("Okay, no check-ins until Thursday 26.")
    await story.forward(days=1)
    alex.got_nothing()
    await alex.says("when")
    await alex.gets("Next check-in: Thursday 26 at 09:30.")
    await alex.says("resume")
    await alex.gets("Check-ins are on again.")
    await story.forward(days=1)
    await alex.gets(ASKED)


async def _last_answer(database: Database, ref: str = "p1") -> int | None:
    async with database.read() as tx:
        person = (await tx.session.scalars(select(Participant).where(Participant.ref == ref))).one()
        found = await previous_answer(tx, person.id, "mood")
        return found.number if found is not None else None
