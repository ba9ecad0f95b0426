"""A check-in as a sequence: questions asked one after another, branches on answers, and who then hears of it.

A branch only ever leads forward, so that every sequence ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.answers import AnswerSpec
from bot.domain.checkins import Answer, AnswerKind

END = "end"  # where a branch leads that asks nothing more
TOTAL = "total"  # the part of a score that is the whole of it


@dataclass(frozen=True, kw_only=True, slots=True)
class Test:
    """What an answer or a score may be compared with. Exactly one of the kinds is given.

    `among` holds keys of a choice, "yes" or "no", or numbers as text.
    """

    __test__ = False  # not a class of tests, whatever its name

    at_least: int | None = None
    at_most: int | None = None
    among: tuple[str, ...] = ()

    def holds(self, number: int | None, key: str | None = None) -> bool:
        """Tell whether a number or a key passes. What is not known passes nothing."""
        if self.among:
            return (key if key is not None else str(number)) in self.among
        if number is None:
            return False
        return (self.at_least is None or number >= self.at_least) and (
            self.at_most is None or number <= self.at_most
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """Where an answer leads that passes `test`: the key of a later question, or END."""

    test: Test
    next: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question: `ask` by language, how it may be answered, and what comes after it.

    `when` is tried in order; then `next`; without either the following question comes.
    """

    key: str
    ask: dict[str, str]
    answer: AnswerSpec
    when: tuple[Branch, ...] = ()
    next: str | None = None


class Hears(StrEnum):
    """Who hears of an answer."""

    SPECIALIST = "specialist"
    SUPERVISOR = "supervisor"


class Alarm(StrEnum):
    """The level of the alert an answer raises."""

    URGENT = "urgent"
    CRISIS = "crisis"


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUp:
    """What follows from an answer to `question`, or from a `score`, that passes `test`.

    `notify` is told in duty hours; `alert` starts the programme's chain at once. One of the two is given.
    """

    test: Test
    question: str | None = None  # None: the prompt's only question, or a score's
    score: str | None = None  # a part of the instrument's score, or TOTAL
    notify: Hears | None = None
    alert: Alarm | None = None


def number_of(answer: Answer) -> int | None:
    """Return what an answer counts as: a scale's number, or a choice's key that is one.

    >>> number_of(Answer(kind=AnswerKind.CHOICE, key="3"))
    3
    """
    if answer.number is not None:
        return answer.number
    key = answer.key or ""
    return int(key) if answer.kind is AnswerKind.CHOICE and key.isascii() and key.isdecimal() else None


def following(questions: Sequence[Question], key: str, answer: Answer | None) -> Question | None:
    """Return the question after `key`, given its answer (None: skipped); None when that was the last.

    A sequence that was changed meanwhile and no longer knows `key` is over.
    """
    places = {question.key: place for place, question in enumerate(questions)}
    if key not in places:
        return None
    here = questions[places[key]]
    leads = here.next
    if answer is not None:
        number = number_of(answer)
        leads = next((b.next for b in here.when if b.test.holds(number, answer.key)), here.next)
    if leads == END:
        return None
    place = places[key] + 1 if leads is None else places.get(leads, len(questions))
    return questions[place] if places[key] < place < len(questions) else None


def from_answer(rules: Sequence[FollowUp], key: str, answer: Answer) -> tuple[FollowUp, ...]:
    """Return what follows from the answer to the question `key`."""
    return tuple(
        rule
        for rule in rules
        if rule.score is None
        and rule.question in {None, key}
        and rule.test.holds(number_of(answer), answer.key)
    )


def from_score(rules: Sequence[FollowUp], parts: dict[str, int]) -> tuple[FollowUp, ...]:
    """Return what follows from a score, by the part each rule looks at."""
    return tuple(rule for rule in rules if rule.score is not None and rule.test.holds(parts.get(rule.score)))
