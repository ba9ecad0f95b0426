"""Answers are read with their question, and with what was said the day before."""

from __future__ import annotations

import pytest

from bot.domain.answers import AnswerSpec, Choice, FreeText, Option, Scale, YesNo
from bot.domain.checkins import Answer, AnswerKind
from bot.domain.triage.answers import assess_answer
from bot.domain.triage.assess import assess
from bot.domain.triage.history import with_history
from bot.domain.triage.levels import Level

CRAVING = Scale(low=0, high=10, about="craving")
MOOD = Scale(low=0, high=10, about="mood")


def number(value: int) -> Answer:
    """Return an answer on a scale."""
    return Answer(kind=AnswerKind.SCALE, number=value)


def key(value: str) -> Answer:
    """Return yes, no or the key of a choice."""
    return Answer(kind=AnswerKind.YES_NO, key=value)


@pytest.mark.parametrize(
    ("spec", "answer", "question", "level"),
    [
        (CRAVING, number(9), "", Level.URGENT),
        (CRAVING, number(8), "", Level.NONE),
        (CRAVING, number(4), "", Level.NONE),
        (MOOD, number(10), "", Level.NONE),
        (Scale(low=0, high=10), number(9), "How strong are your cravings?", Level.URGENT),
        (Scale(low=0, high=10), number(9), "How was the group?", Level.NONE),
        (YesNo(), key("no"), "Are you safe right now?", Level.CRISIS),
        (YesNo(), key("yes"), "Are you safe right now?", Level.NONE),
        (YesNo(), key("no"), "¿Estás a salvo?", Level.CRISIS),
        (YesNo(about="safety"), key("no"), "", Level.CRISIS),
        (YesNo(), key("yes"), "Have you thought of suicide today?", Level.CRISIS),
        (YesNo(), key("no"), "Have you thought of suicide today?", Level.NONE),
        (YesNo(), key("yes"), "¿Has pensado en hacerte daño?", Level.CRISIS),
        (YesNo(), key("yes"), "Is anybody hurting you?", Level.CRISIS),
        (YesNo(), key("yes"), "Did you use today?", Level.URGENT),
        (YesNo(), key("yes"), "Do you need a ride?", Level.NONE),
        (FreeText(), Answer(kind=AnswerKind.FREE_TEXT, text="I want to die"), "", Level.CRISIS),
    ],
)
def test_an_answer_is_read_with_its_question(
    spec: AnswerSpec, answer: Answer, question: str, level: Level
) -> None:
    """The same word means one thing or another by what was asked."""
    verdict = assess_answer(spec, answer, question=question)
    assert verdict.level is level
    assert bool(verdict.why) is (level is not Level.NONE)


def test_the_lowest_mood_is_flagged_and_no_alarm() -> None:
    """Zero on a mood scale is worth a follow-up."""
    verdict = assess_answer(MOOD, number(0))
    assert (verdict.level, verdict.flagged) == (Level.NONE, True)
    assert verdict.why == "put their mood at 0 of 10"
    assert not assess_answer(MOOD, number(1)).flagged


def test_a_choice_is_read_by_its_label() -> None:
    """The key is only a number; what it stands for is what was said."""
    options = (Option(key="1", labels={"en": "I am not safe here"}), Option(key="2", labels={"en": "Fine"}))
    assert assess_answer(Choice(options=options), key("1")).level is Level.URGENT
    assert assess_answer(Choice(options=options), key("2")).level is Level.NONE


def test_a_second_urgent_text_within_a_day_is_a_crisis() -> None:
    """Twice is more than once; nothing else is raised, and nothing lowered."""
    urgent, none, crisis = assess("I relapsed last night"), assess("lunch?"), assess("I want to die")
    assert with_history(urgent, earlier=0) is urgent
    raised = with_history(urgent, earlier=1)
    assert raised.level is Level.CRISIS
    assert raised.why == f"{urgent.why}, the second time within a day"
    assert with_history(none, earlier=3) is none
    assert with_history(crisis, earlier=3) is crisis
