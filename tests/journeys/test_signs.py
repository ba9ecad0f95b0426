"""Silence is a signal: one follow-up an episode, at the level the programme set, and never a score."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from bot.actions.histories import find_participant, points_of, scores_of
from bot.domain.checkins import Silence
from bot.domain.signs import Sign
from bot.store.alerts import Alert, AlertState
from bot.store.ids import new_id
from bot.store.schedules import ScoreRow
from bot.store.signs import Episode
from schedules.silence import mind_silence
from schedules.upkeep import tidy
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, LEE, only_mood, person
from tests.journeys.story import RECEIPTS, Story

ASKED = "How are you today, 0 (rough) to 10 (good)?"
MISSED = "No answer to our check-ins for a while: person p1."
FALLING = "The last check-ins got harder, step by step: person p1."


def _file(**follow_up: Any) -> dict[str, Any]:
    """Return the example with the daily mood question for Alex alone, and no gentle word."""
    file = only_mood()
    file["programme"]["caps"] = {"silence": "none", "review": "none"}
    file["programme"]["follow_up"] = follow_up
    person(file, "p2")["schedules"] = []
    return file


async def _asked(story: Story, *days: str | None) -> None:
    """Let a day pass for each: Alex is asked, and answers this or nothing."""
    alex = story.phone(ALEX)
    for said in days:
        await story.forward(hours=1)
        await alex.gets(ASKED)
        if said is not None:
            await alex.says(said)
            await alex.gets()
        await story.forward(hours=23)


async def test_missed_check_ins_are_told_once_until_they_answer(open_story: Open) -> None:
    """Three in a row: Dana hears once, however long it lasts. An answer ends it; three more are news."""
    story = await open_story(_file())
    dana = story.chat(DANA_CHAT)
    await _asked(story, None, None)
    dana.got_nothing()
    await _asked(story, None)
    await dana.gets(MISSED)
    await _asked(story, None, None, "6")
    dana.got_nothing()
    await _asked(story, None, None, None)
    await dana.gets(MISSED)
    assert [e.ended_at is None for e in await story.rows(Episode)] == [False, True]


async def test_a_missed_check_in_is_no_answer(open_story: Open) -> None:
    """Followed up on, and still missing data: no answer, no score, no point of the trend."""
    story = await open_story(_file())
    await _asked(story, "6", None, None, None)
    await story.chat(DANA_CHAT).gets(MISSED)
    async with story.database.read() as tx:
        alex = await find_participant(tx, "p1")
        points = await points_of(tx, alex, tx.now - timedelta(days=9))
        assert await scores_of(tx, alex, tx.now - timedelta(days=9)) == []
    said = [(p.answer.number if p.answer else None, p.silence) for p in points]
    assert said[0] == (6, None)
    assert set(said[1:4]) == {(None, Silence.MISSING)}


async def test_a_share_of_a_window(open_story: Open) -> None:
    """An answer now and then is no long run; three missed of five: told once, when Dana works again."""
    story = await open_story(_file(missed={"in_a_row": 9, "share": 60, "within": "7d"}))
    dana = story.chat(DANA_CHAT)
    await _asked(story, None, "5", None, "5")
    dana.got_nothing()
    await _asked(story, None)
    assert len(await story.rows(Episode)) == 1
    dana.got_nothing()  # a Saturday
    await _asked(story, None, None)
    await dana.gets(MISSED)
    await _asked(story, None)


async def test_an_urgent_one_is_an_alert_that_somebody_takes(open_story: Open) -> None:
    """It runs the chain like any alert, says why, tells Alex nothing, and is not raised again when closed."""
    file = _file(missed={"in_a_row": 2, "level": "urgent"})
    file["programme"]["telegram_details"] = True
    story = await open_story(file)
    dana = story.chat(DANA_CHAT)
    await _asked(story, None, None)
    notice = await dana.gets("Someone needs you soon.")
    ref = notice.split("Ref ")[1][:2]
    await dana.taps("Details")
    assert "Why: Check-ins go unanswered" in await dana.gets("Alex (p1)")
    await dana.says(f"1 {ref}")
    await dana.gets("You have it.")
    story.phone(ALEX).got_nothing()
    await dana.says(f"CLOSE {ref} could not reach")
    await dana.gets("is closed")
    await _asked(story, None, None)
    (alert,) = await story.rows(Alert)
    assert alert.state is AlertState.CLOSED


async def test_distress_after_silence_joins_with_its_words(open_story: Open) -> None:
    """What Alex writes takes the place of the silence in the alert that is open, and rises with it."""
    file = _file(missed={"in_a_row": 1, "level": "urgent"})
    file["programme"]["telegram_details"] = True
    story = await open_story(file)
    dana, alex = story.chat(DANA_CHAT), story.phone(ALEX)
    await _asked(story, None)
    await dana.gets("Someone needs you soon.")
    await dana.taps("I have it")
    await dana.gets("You have it.")
    await alex.says("I feel hopeless tonight")
    await alex.gets("Thank you for telling me.")
    await dana.gets("wrote again")
    await dana.says("VIEW p1")
    await dana.gets("Alex (p1)", "I feel hopeless tonight")
    (alert,) = await story.rows(Alert)
    assert await story.rows(Episode, Episode.id == alert.message_id) == []


@pytest.mark.parametrize("level", ["none", "note"])
async def test_answers_that_fall(open_story: Open, level: str) -> None:
    """7, 6, 5, 4: Dana hears once, while it lasts; it turns, falls again, and she hears again."""
    story = await open_story(_file(falling=level))
    dana = story.chat(DANA_CHAT)
    await _asked(story, "8", "7", "6", "5")
    if level == "none":
        dana.got_nothing()
        return
    await dana.gets(FALLING)
    await _asked(story, "4", "4", "8", "8", "8")
    dana.got_nothing()
    await _asked(story, "7", "5", "4")
    await dana.gets(FALLING)


async def test_scores_that_fall(open_story: Open) -> None:
    """Well-being at 80, 68, 56, 44 over four weeks: told, once."""
    story = await open_story(_file())
    async with story.database.write() as tx:
        alex = await find_participant(tx, "p1")
        await tx.vault.load(tx.session, [alex.key_id])
        for week, total in enumerate((80, 68, 56, 44)):
            row_id = new_id()
            value = json.dumps({"parts": {"total": total}, "reached": []})
            sealed = tx.vault.seal(alex.key_id, value, "scores", "value", row_id)
            at = tx.now - timedelta(weeks=4 - week)
            tx.session.add(
                ScoreRow(
                    id=row_id, run_id=row_id, participant_id=alex.id, instrument="who-5",
                    version="1", value=sealed, at=at,
                )
            )  # fmt: skip
        alex.trend_due_at = tx.now
    await story.settle()
    await story.chat(DANA_CHAT).gets(FALLING)
    assert [e.subject for e in await story.rows(Episode)] == ["who-5:total"]


async def test_nothing_while_a_human_has_them(open_story: Open) -> None:
    """An open alert keeps a falling trend back; closed, it is looked at and told."""
    story = await open_story(_file())
    dana, alex, jo = story.chat(DANA_CHAT), story.phone(ALEX), story.phone(JO)
    await _asked(story, "8", "7", "6")
    await alex.says("I feel hopeless tonight")
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await alex.says("MOOD")
    await alex.gets("How are you right now")
    await alex.says("5")
    await alex.gets()
    assert await story.rows(Episode) == []
    await dana.says("CLOSE safe")
    await dana.gets("is closed")
    jo.got_nothing()
    await dana.gets(FALLING)


async def test_a_pause_is_no_silence(open_story: Open) -> None:
    """Whoever paused is asked nothing, and nobody is told that they do not answer."""
    story = await open_story(_file(missed=2))
    await _asked(story, None)
    await story.phone(ALEX).says("PAUSE 5 DAYS")
    await story.phone(ALEX).gets()
    await story.forward(days=4)
    assert await story.rows(Episode) == []


@pytest.mark.parametrize("level", ["none", "note", "urgent"])
async def test_an_opt_out_is_told_at_its_level(open_story: Open, level: str) -> None:
    """Not at all, quietly, or as an alert; back in and out again is told again; Alex is left alone."""
    story = await open_story(_file(opted_out=level))
    dana, alex = story.chat(DANA_CHAT), story.phone(ALEX)
    await alex.says("STOP")
    if level == "note":
        await dana.gets("asked us to stop: person p1")
    if level == "urgent":
        await dana.gets("Someone needs you soon.")
        await dana.says("1")
        await dana.gets("You have it.")
        await dana.says("CLOSE reached")
        await dana.gets("is closed")
    await alex.says("START")
    await alex.gets()
    await alex.says("STOP")
    if level == "note":
        await dana.gets("asked us to stop: person p1")
    if level == "urgent":
        await dana.gets("Someone needs you soon.")
        await dana.taps("I have it")
        await dana.gets("You have it.")


@pytest.mark.parametrize("level", ["none", "note", "urgent"])
async def test_a_dead_number_is_told_at_its_level(open_story: Open, level: str) -> None:
    """Twilio says the number is gone: nothing, a quiet word, or an alert; once."""
    story = await open_story(_file(undeliverable=level))
    dana = story.chat(DANA_CHAT)
    story.twilio.auto_report = ()
    await story.forward(minutes=30)
    await story.phone(ALEX).gets(ASKED)
    await story.twilio.report(story.phone(ALEX).phone.got[-1], "undelivered", error_code=30005)
    story.twilio.auto_report = RECEIPTS
    await story.settle()
    if level == "note":
        await dana.gets("We can't reach one of your people by sms: person p1.")
    if level == "urgent":
        await dana.gets("Someone needs you soon.")
        await dana.says("1")
        await dana.gets("You have it.")
    await story.forward(minutes=30)


async def test_two_processes_tell_once(open_story: Open) -> None:
    """Both look at the same instant: one episode, one text."""
    story = await open_story(_file(missed=1, falling="none"))
    await story.forward(hours=1)
    await story.phone(ALEX).gets(ASKED)
    story.clock.instant += timedelta(hours=20)
    await tidy(story.database)
    await asyncio.gather(*(mind_silence(story.database) for _ in range(3)))
    await story.forward(hours=3)
    await story.chat(DANA_CHAT).gets(MISSED)
    assert [e.sign for e in await story.rows(Episode)] == [Sign.MISSED]


async def test_nobody_assigned_means_a_supervisor(open_story: Open) -> None:
    """Lee hears of Alex, who has no specialist."""
    file = _file(missed=1)
    del person(file, "p1")["specialist"]
    story = await open_story(file)
    await _asked(story, None)
    await story.phone(LEE).gets(MISSED)
