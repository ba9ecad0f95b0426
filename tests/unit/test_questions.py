"""Sequences: branches lead forward, rules fire on what they say, and a file that errs is told where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answers import FreeText, Scale
from bot.domain.checkins import Answer, AnswerKind, Silence, silence_of
from bot.domain.errors import ProgrammeFileError
from bot.domain.messages import MessageState
from bot.domain.programme_reading import parse_programme
from bot.domain.prompts import prompts_from_data, prompts_to_data
from bot.domain.questions import (
    END,
    Branch,
    FollowUp,
    Hears,
    Question,
    Test,
    following,
    from_answer,
    from_score,
)
from bot.store.schedules import CheckinState
from tests.unit.cli import EXAMPLE

SCALE = Scale(low=0, high=10)


def seven(number: int = 7) -> Answer:
    """Return a scale's answer."""
    return Answer(kind=AnswerKind.SCALE, number=number)


def question(key: str, *when: Branch, next: str | None = None) -> Question:  # noqa: A002 - the file's word
    """Return a question with its branches."""
    return Question(key=key, ask={"en": key}, answer=SCALE, when=when, next=next)


def test_the_first_branch_that_holds_decides() -> None:
    """Branches are tried in order; then `next`; then the following question; then nothing."""
    high, low = Branch(test=Test(at_least=7), next="c"), Branch(test=Test(at_most=6), next=END)
    a, b, c = question("a", high, low), question("b"), question("c", next=END)
    assert following([a, b, c], "a", seven(8)) is c
    assert following([a, b, c], "a", seven(3)) is None
    assert following([a, b, c], "a", None) is b
    assert following([a, b, c], "b", seven()) is c
    assert following([a, b, c], "c", seven()) is None


def test_a_sequence_that_changed_meanwhile_is_over() -> None:
    """A question nobody knows any more leads nowhere, nor does a branch backwards."""
    back = Branch(test=Test(at_least=0), next="a")
    assert following([question("a")], "gone", seven()) is None
    assert following([question("a"), question("b", back)], "b", seven()) is None


@given(st.data())
def test_every_sequence_ends(data: st.DataObject) -> None:
    """Whatever is answered, no question comes twice."""
    keys = [str(number) for number in range(6)]
    questions = [
        question(key, next=data.draw(st.sampled_from([None, END, *keys[place + 1 :]])))
        for place, key in enumerate(keys)
    ]
    here, seen = questions[0], ["0"]
    while (then := following(questions, here.key, seven())) is not None:
        assert then.key not in seen
        seen.append(then.key)
        here = then


def test_what_is_not_known_passes_nothing() -> None:
    """Free text has no number; a rule about numbers does not fire on it, whatever its bounds."""
    said = Answer(kind=AnswerKind.FREE_TEXT, text="9")
    rule = FollowUp(test=Test(at_most=10), notify=Hears.SPECIALIST)
    assert from_answer([rule], "", said) == ()
    assert from_answer([rule], "", seven()) == (rule,)


def test_a_rule_is_about_its_own_question_or_score() -> None:
    """Another question's answer, another part's sum and an unknown part leave it alone."""
    asked = FollowUp(question="a", test=Test(at_least=5), notify=Hears.SPECIALIST)
    scored = FollowUp(score="use", test=Test(at_least=1), notify=Hears.SUPERVISOR)
    assert from_answer([asked, scored], "b", seven()) == ()
    assert from_answer([asked, scored], "a", seven()) == (asked,)
    assert from_score([asked, scored], {"use": 2}) == (scored,)
    assert from_score([asked, scored], {"risk": 2}) == ()


@pytest.mark.parametrize("state", CheckinState)
@pytest.mark.parametrize("sent", MessageState)
def test_every_end_has_its_kind_of_silence(state: CheckinState, sent: MessageState) -> None:
    """Only an answer is no silence, and no state is forgotten."""
    assert (silence_of(sent, None, state) is None) == (state is CheckinState.ANSWERED)
    assert silence_of(sent, None, None) is not None


@pytest.mark.parametrize(
    ("state", "reason", "silence"),
    [
        (MessageState.EXPIRED, "late", Silence.LATE),
        (MessageState.EXPIRED, "alert_open", Silence.PAUSED),
        (MessageState.EXPIRED, "quiet_hours", Silence.LATE),
        (MessageState.CANCELLED, "paused", Silence.PAUSED),
        (MessageState.CANCELLED, "opted_out", Silence.UNDELIVERED),
        (MessageState.FAILED, "30005", Silence.UNDELIVERED),
        (MessageState.QUEUED, None, Silence.WAITING),
    ],
)
def test_a_question_that_never_left_says_why(
    state: MessageState, reason: str | None, silence: Silence
) -> None:
    """Held, late, undelivered and waiting are told apart."""
    assert silence_of(state, reason, None) is silence


PROMPT = """
      - key: extra
        at: {days: daily, time: "10:00"}
        support: emotional
"""


def errors(more: str) -> list[str]:
    """Return what is wrong with the example and one more prompt."""
    text = EXAMPLE.read_text("utf-8") + PROMPT.lstrip("\n") + more
    try:
        parse_programme(text)
    except ProgrammeFileError as error:
        return [f"{one.field.partition('].')[2]}: {one.sentence}" for one in error.errors]
    return []


QUESTIONS = """        questions:
          - {key: a, ask: {en: A?, es: ¿A?}, answer: {scale: 0-10}, when: [{%s}]}
          - {key: b, ask: {en: B?, es: ¿B?}, answer: {yes_no: true}}
"""


def test_a_whole_sequence_is_read() -> None:
    """Questions, a branch, a rule, a nudge and a closing time are all taken."""
    more = QUESTIONS % "at_least: 7, next: end" + (
        "        nudge: 3h\n        closes: 12h\n"
        "        follow_up:\n"
        '          - {question: b, is: "yes", notify: specialist}\n'
        "          - {question: a, at_least: 9, alert: urgent}\n"
    )
    assert errors(more) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (QUESTIONS % "at_least: 7, next: a", "forward only"),
        (QUESTIONS % "at_least: 7, next: bb", "did you mean `b`"),
        (QUESTIONS % "at_least: 11, next: b", "No answer to this question is in that range"),
        (QUESTIONS % "next: b", "Compare with"),
        (QUESTIONS % "is: maybe, next: b", "`maybe` is no answer"),
        (QUESTIONS % "at_least: 7, next: b" + "        instrument: phq-2\n", "one of these ways"),
        (
            QUESTIONS % "at_least: 7, next: b" + "        follow_up: [{at_least: 1, notify: specialist}]\n",
            "which",
        ),
        (
            QUESTIONS % "at_least: 7, next: b" + "        follow_up: [{question: a, at_least: 1}]\n",
            "one of `notify`",
        ),
        (QUESTIONS % "at_least: 7, next: b" + "        nudge: 20h\n", "before the question closes"),
        ("        questions: []\n", "at least one question"),
        ("        instrument: phq-9\n", "asks about wanting to die"),
        ("        instrument: PHQ9\n", "asks about wanting to die"),
        ("        instrument: barc-10\n", "permission is not confirmed"),
        ("        instrument: phq-3\n", "There is no instrument phq-3"),
        (
            "        instrument: phq-2\n        follow_up: [{score: sum, at_least: 1, notify: specialist}]\n",
            "has total",
        ),
        ("        text: {en: Hi, es: Hola}\n        nudge: 2h\n", "asks nothing"),
        (
            "        text: {en: Hi, es: Hola}\n        follow_up: [{at_least: 1, notify: specialist}]\n",
            "asks nothing",
        ),
        (
            "        text: {en: Hi, es: Hola}\n        answer: {free_text: true}\n"
            "        follow_up: [{at_least: 1, notify: specialist}]\n",
            "triage reads it",
        ),
        ("        text: {en: Hi, es: Hola}\n        variants: {buddhist: {en: Hi}}\n", "no key `buddhist`"),
        ("", "`text` is missing"),
    ],
)
def test_a_wrong_sequence_is_named(more: str, said: str) -> None:
    """Each mistake gets one sentence at its field, and nothing else is said to be wrong."""
    (told,) = errors(more)
    assert said in told


def test_free_text_is_a_way_to_answer() -> None:
    """A free-text question needs no bounds."""
    assert Question(key="a", ask={}, answer=FreeText()).answer == FreeText()


def test_a_published_instrument_that_is_off_by_now_asks_nothing() -> None:
    """What was published once is still read; it breaks no planning, asks nothing and tells nobody."""
    data = {
        "key": "k",
        "at": {"days": "daily", "time": "10:00"},
        "support": "emotional",
        "instrument": "barc-10",
    }
    (prompt,) = prompts_from_data([data])
    assert (prompt.asked(), prompt.rules(), prompt.said("en")) == ((), (), "")
    assert prompts_to_data([prompt])[0]["instrument"] == "barc-10"
