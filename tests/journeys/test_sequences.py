"""Stories of check-ins with more than one question: branches, scores, who hears of it, one nudge, silence."""

from __future__ import annotations

from typing import Any

from bot.actions.histories import find_participant, points_of, scores_of
from bot.domain.checkins import Silence
from bot.domain.messages import Kind, MessageState
from bot.store.alerts import Alert
from bot.store.messages import Message
from bot.store.schedules import AnswerRow, Checkin, CheckinState, ScoreRow
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, LEE, MARISOL_CHAT, example, person
from tests.journeys.story import Story

EVENING: dict[str, Any] = {
    "key": "evening",
    "at": {"days": "daily", "time": "09:30"},
    "support": "emotional",
    "text": {"en": "Two quick ones.", "es": "Dos preguntas."},
    "questions": [
        {
            "key": "craving",
            "ask": {
                "en": "How strong is the pull, 0 none to 10 strong?",
                "es": "¿Qué tan fuertes son las ganas, 0 nada a 10 mucho?",
            },
            "answer": {"scale": "0-10", "about": "craving"},
            "when": [{"at_most": 3, "next": "well"}],
        },
        {
            "key": "where",
            "ask": {"en": "Where are you: 1 home, 2 out?", "es": "¿Estas 1 en casa o 2 fuera?"},
            "answer": {"choice": {"1": {"en": "Home", "es": "Casa"}, "2": {"en": "Out", "es": "Fuera"}}},
            "next": "end",
        },
        {
            "key": "well",
            "ask": {"en": "What helped today?", "es": "¿Qué te sirve hoy?"},
            "answer": {"free_text": True},
        },
    ],
    "follow_up": [{"question": "craving", "at_least": 8, "notify": "specialist"}],
}


def with_prompt(prompt: dict[str, Any]) -> dict[str, Any]:
    """Return the example with this prompt alone, at 9:30, which is in half an hour in Chicago."""
    file = example()
    at = {"at": {"days": "daily", "time": "09:30"}, "support": "emotional"}
    file["schedules"][0]["prompts"] = [at | prompt]
    return file


async def test_a_high_answer_asks_on_and_the_specialist_hears(open_story: Open) -> None:
    """A pull of 8 leads to the second question, skips the third, and Dana is asked to check in."""
    story = await open_story(with_prompt(EVENING))
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await story.forward(minutes=30)
    await alex.gets("Two quick ones. How strong is the pull")
    await alex.says("8")
    await dana.gets("needs a look: person p1")
    await alex.gets("Where are you: 1 home, 2 out?")
    await alex.says("2")
    await alex.gets("I've passed it on to Dana; I can't say when")
    questions = await story.rows(Checkin)
    assert {(one.question_key, str(one.state)) for one in questions} == {
        ("craving", "answered"),
        ("where", "answered"),
    }
    assert len({one.run_id for one in questions}) == 1
    assert await story.rows(Alert) == []


async def test_a_low_answer_takes_the_other_way(open_story: Open) -> None:
    """A pull of 2 jumps to what helped; nobody is told anything."""
    story = await open_story(with_prompt(EVENING))
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets("How strong is the pull")
    await alex.says("2")
    await alex.gets("What helped today?")
    await alex.says("my sister came by")
    await alex.gets("Thank you for checking in. I've saved it.")
    assert [one.question_key for one in await story.rows(Checkin)] == ["craving", "well"]


async def test_an_instrument_is_scored_when_it_is_complete(open_story: Open) -> None:
    """PHQ-2 of 2 and 3, by buttons, is 5: kept sealed with its version, and the specialist hears."""
    story = await open_story(with_prompt({"key": "look", "instrument": "phq-2"}))
    marisol = story.chat(MARISOL_CHAT)
    await marisol.says("/start")
    await marisol.gets("listo")
    await story.forward(minutes=90)
    await story.phone(ALEX).gets("little interest or pleasure")
    await marisol.gets("poco interés o placer")
    await marisol.taps("Mas de la mitad de los dias")
    await marisol.gets("desanimado/a, deprimido/a o sin esperanza")
    await marisol.taps("Casi todos los dias")
    await story.phone(example()["staff"][1]["contacts"][0]["sms"]).gets("needs a look: person p2")
    await marisol.gets("Se lo pasé a Jo")
    (row,) = await story.rows(ScoreRow)
    assert (row.instrument, row.version) == ("phq-2", "1")
    assert b"total" not in row.value
    assert await _totals(story, "p2") == [5]
    await marisol.taps("Varios dias")  # the newest message with it: the second answer is corrected
    await marisol.gets("Cambiado")
    assert await _totals(story, "p2") == [3]


async def test_a_skipped_item_leaves_the_scale_without_a_score(open_story: Open) -> None:
    """SKIP goes on to the next question; half a scale is no score, and no zero."""
    story = await open_story(with_prompt({"key": "look", "instrument": "gad-2"}))
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets("feeling nervous")
    await alex.says("skip")
    await alex.gets("stop or control worrying")
    await alex.says("3")
    await alex.gets("Thank you for checking in.")
    assert await story.rows(ScoreRow) == []
    assert await _silences(story, "p1") == [Silence.SKIPPED, None]


async def test_an_answer_may_raise_an_alert(open_story: Open) -> None:
    """A rule with `alert` starts the chain at once; the person is told the truth, and no more is asked."""
    prompt = EVENING | {"follow_up": [{"question": "craving", "at_least": 9, "alert": "urgent"}]}
    story = await open_story(with_prompt(prompt))
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await story.forward(minutes=30)
    await alex.gets("How strong is the pull")
    await alex.says("10")
    await dana.gets("Someone needs you soon.")
    await alex.gets("I'm automated, not a person. I'm telling your team.")
    (alert,) = await story.rows(Alert)
    assert (str(alert.level), alert.count) == ("urgent", 1)
    assert len(await story.rows(Checkin)) == 1


async def test_distress_in_the_middle_of_a_sequence_ends_it(open_story: Open) -> None:
    """A cry for help in place of an answer raises the alert; the next question is not asked."""
    story = await open_story(with_prompt(EVENING))
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await story.forward(minutes=30)
    await alex.gets("How strong is the pull")
    await alex.says("10 and I want to kill myself")
    await dana.gets("Someone needs you now.")
    await story.phone("+12025550102").gets("Someone needs you now.")
    await alex.gets("I'm glad you told me.")
    assert len(await story.rows(Checkin)) == 1


async def test_one_nudge_and_then_silence(open_story: Open) -> None:
    """Three hours later comes one reminder with the question, then nothing: missing, not zero."""
    story = await open_story(with_prompt(EVENING | {"nudge": "3h", "closes": "8h"}))
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets("Two quick ones.")
    await story.forward(hours=2, minutes=59)
    alex.got_nothing()
    await story.forward(minutes=1)
    await alex.gets("No rush", "How strong is the pull, 0 none to 10 strong?")
    await story.forward(hours=6)
    (question,) = await story.rows(Checkin)
    assert question.state is CheckinState.EXPIRED
    assert await story.rows(AnswerRow) == []
    assert await _silences(story, "p1") == [Silence.MISSING]


async def test_a_nudge_is_answered_like_the_question(open_story: Open) -> None:
    """After a nudge "4" answers; the following question brings no second nudge."""
    story = await open_story(with_prompt(EVENING | {"nudge": "1h"}))
    alex = story.phone(ALEX)
    await story.forward(minutes=90)
    await alex.gets("Two quick ones.")
    await alex.gets("No rush")
    await alex.says("4")
    await alex.gets("Where are you")
    await story.forward(hours=3)
    alex.got_nothing()
    assert len(await story.rows(Message, Message.kind == Kind.NUDGE)) == 1


async def test_quiet_hours_keep_a_nudge_for_nobody(open_story: Open) -> None:
    """A nudge that would come at night is dropped; it is not kept for the morning."""
    prompt = EVENING | {"at": {"days": "daily", "time": "18:30"}, "nudge": "2h"}
    story = await open_story(with_prompt(prompt))
    alex = story.phone(ALEX)
    await story.forward(hours=9, minutes=30)
    await alex.gets("Two quick ones.")
    await story.forward(hours=14)
    alex.got_nothing()
    (nudge,) = await story.rows(Message, Message.kind == Kind.NUDGE)
    assert (nudge.state, nudge.reason) == (MessageState.EXPIRED, "quiet_hours")


async def test_the_kinds_of_silence_are_told_apart(open_story: Open) -> None:
    """Answered, paused and missing days stay what they are."""
    story = await open_story(with_prompt(EVENING))
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets("Two quick ones.")
    await alex.says("prefer not to say")
    await alex.gets("Where are you")
    await alex.says("skip")
    await alex.gets("That's fine. We'll leave it there.")
    await alex.says("pause 30 hours")
    await alex.gets("Okay, no check-ins")
    await story.forward(days=1)
    alex.got_nothing()
    await story.forward(days=1)
    await alex.gets("Two quick ones.")
    await story.forward(hours=21)
    assert await _silences(story, "p1") == [
        Silence.SKIPPED,
        Silence.SKIPPED,
        Silence.PAUSED,
        Silence.MISSING,
    ]


async def test_a_supervisor_can_be_the_one_who_hears(open_story: Open) -> None:
    """`notify: supervisor` tells Lee, and the person reads of the team, not of their specialist."""
    prompt = {
        "key": "mood",
        "text": {"en": "How is your mood, 0 to 10?", "es": "¿Qué tal el humor, 0 a 10?"},
        "answer": {"scale": "0-10", "about": "mood"},
        "follow_up": [{"at_most": 2, "notify": "supervisor"}],
    }
    story = await open_story(with_prompt(prompt))
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets("How is your mood")
    await alex.says("1")
    await story.phone(LEE).gets("needs a look: person p1")
    await alex.gets("passed it on to your team")


async def test_a_prompt_is_worded_for_the_pathway(open_story: Open) -> None:
    """Who prefers a road reads its words; others read the plain ones."""
    prompt = {
        "key": "word",
        "text": {"en": "Who could use a hello?", "es": "¿A quién le sirve un saludo?"},
        "variants": {"faith": {"en": "Who is in your prayers today?", "es": "¿Por quién pides hoy?"}},
    }
    file = with_prompt(prompt)
    person(file, "p1")["pathway"] = "faith"
    story = await open_story(file)
    await story.forward(minutes=30)
    await story.phone(ALEX).gets("Who is in your prayers today?")


async def test_a_question_nobody_can_word_ends_the_sequence(open_story: Open) -> None:
    """A variable that is not known stops the questions, never the text that came in."""
    questions = [EVENING["questions"][0] | {"when": []}, EVENING["questions"][2] | {"ask": {"en": "{nick}?"}}]
    story = await open_story(with_prompt(EVENING | {"questions": questions, "follow_up": []}))
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets("Two quick ones.")
    await alex.says("4")
    await alex.gets("Thank you for checking in.")


async def _totals(story: Story, ref: str) -> list[int]:
    async with story.database.read() as tx:
        found = await scores_of(tx, await find_participant(tx, ref), tx.now.replace(year=2020))
        return [one.score.parts["total"] for one in found]


async def _silences(story: Story, ref: str) -> list[Silence | None]:
    async with story.database.read() as tx:
        points = await points_of(tx, await find_participant(tx, ref), tx.now.replace(year=2020))
        return [point.silence for point in points]
