"""Short instruments as data: their questions, how they are scored, and whether they may be used at all.

`content/instruments.yaml` holds them, with source and status. A scale is scored when every item it needs
is answered, or not at all: silence is missing data. A score is kept for people to look at; nothing is
decided by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from bot.domain.answers import AnswerSpec, Choice, Option, Scale
from bot.domain.errors import HandrailError
from bot.domain.phrases import load
from bot.domain.questions import FollowUp, Hears, Question, Test
from bot.domain.signs import Worse


class InstrumentError(HandrailError):
    """This instrument can't be used here."""


class Status(StrEnum):
    """What we may do with an instrument's text."""

    FREE = "free"  # the published text may be used by anybody
    OWN_WORDS = "own_words"  # asks about the same things in words of our own: compare with itself only
    OWN = "own"  # made here
    OFF = "off"  # present, and not used until its permission is confirmed


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One sum over some items, multiplied: the whole scale, or a subscale."""

    items: tuple[str, ...]
    times: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """A complete scale's parts by name. `reached` are the parts at or past their cut-off."""

    instrument: str
    version: str
    parts: dict[str, int]
    reached: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """One instrument: `intro` opens its first question; `reverse` items count from the other end.

    `cuts` say from where on (or down to where) a part asks for a human's look, `worse` which way of a part
    is the bad one.
    """

    name: str
    version: str
    title: str
    source: str
    status: Status
    why_off: str | None
    questions: tuple[Question, ...]
    parts: dict[str, Part]
    cuts: dict[str, Test]
    worse: dict[str, Worse]
    intro: dict[str, str]
    reverse: frozenset[str] = frozenset()

    def score(self, values: Mapping[str, int | None]) -> Score | None:
        """Return the score of answers by item, None if an item that counts has none.

        Raises InstrumentError for a value outside its item's range.
        """
        by_key = {question.key: question for question in self.questions}
        counted: dict[str, int] = {}
        for key in {item for part in self.parts.values() for item in part.items}:
            value = values.get(key)
            if value is None:
                return None
            low, high = _range(by_key[key].answer)
            if not low <= value <= high:
                raise InstrumentError(f"{self.name}: an answer to {key} is outside {low} to {high}")
            counted[key] = low + high - value if key in self.reverse else value
        if not counted:
            return None
        parts = {
            name: part.times * sum(counted[item] for item in part.items) for name, part in self.parts.items()
        }
        reached = tuple(name for name, cut in self.cuts.items() if cut.holds(parts[name]))
        return Score(instrument=self.name, version=self.version, parts=parts, reached=reached)

    def span(self, part: str) -> int:
        """Return how wide the range of a part is."""
        by_key = {question.key: question for question in self.questions}
        ranges = [_range(by_key[item].answer) for item in self.parts[part].items]
        return self.parts[part].times * sum(high - low for low, high in ranges)

    def usual_follow_ups(self) -> tuple[FollowUp, ...]:
        """Return what follows from a score unless the programme says otherwise: a human has a look."""
        return tuple(
            FollowUp(score=name, test=cut, notify=Hears.SPECIALIST) for name, cut in self.cuts.items()
        )


def find_instrument(name: str) -> Instrument:
    """Return an instrument that may be used. Raises InstrumentError with the reason why not."""
    plain = name.casefold().replace("-", "").replace("_", "").replace(" ", "")
    for refused, why in _data()["refused"].items():
        if plain.startswith(refused):
            raise InstrumentError(str(why))
    found = instruments().get(name)
    if found is None:
        raise InstrumentError(f"There is no instrument {name[:40]}; there are {', '.join(usable())}.")
    if found.status is Status.OFF:
        raise InstrumentError(f"{found.title} is switched off: {found.why_off}")
    return found


def held_instrument(name: str | None) -> Instrument | None:
    """Return an instrument that a published schedule names, None where it may not be used any more."""
    found = instruments().get(name or "")
    return found if found is not None and found.status is not Status.OFF else None


def usable() -> list[str]:
    """Name the instruments that may be used."""
    return [one.name for one in instruments().values() if one.status is not Status.OFF]


@cache
def instruments() -> dict[str, Instrument]:
    """Return every instrument by name, those that are off included."""
    return {name: _instrument(name, data) for name, data in _data()["instruments"].items()}


@cache
def worse_abouts() -> dict[str, Worse]:
    """Return which way is the bad one of what a single question asks about, such as "mood"."""
    found = {}
    for one in instruments().values():
        if len(one.questions) == 1 and "total" in one.worse:
            found[str(one.questions[0].answer.about)] = one.worse["total"]
    return found


@cache
def _data() -> dict[str, Any]:
    found: dict[str, Any] = load("instruments")
    return found


def _instrument(name: str, data: dict[str, Any]) -> Instrument:
    status = Status(data["status"])
    questions = () if status is Status.OFF else tuple(_question(one, data) for one in data["items"])
    keys = tuple(str(one["key"]) for one in data["items"])
    parts = {
        part: Part(items=tuple(how.get("of", keys)), times=how.get("times", 1))
        for part, how in data.get("score", {}).items()
    }
    return Instrument(
        name=name,
        version=str(data["version"]),
        title=data["title"],
        source=" ".join(data["source"].split()),
        status=status,
        why_off=data.get("why_off"),
        questions=questions,
        parts=parts,
        cuts={part: Test(**cut) for part, cut in data.get("cuts", {}).items()},
        worse={part: Worse(way) for part, way in data.get("worse", {}).items()},
        intro=data.get("intro", {}),
        reverse=frozenset(one["key"] for one in data["items"] if one.get("reverse")),
    )


def _question(item: dict[str, Any], data: dict[str, Any]) -> Question:
    answer = _answer(item.get("answer") or data["answer"], item.get("about"))
    scale = data.get("scale_text") if "answer" not in item else None
    ask = {language: f"{text} {scale[language]}" if scale else text for language, text in item["ask"].items()}
    return Question(key=item["key"], ask=ask, answer=answer)


def _answer(data: dict[str, Any], about: str | None) -> AnswerSpec:
    if "scale" in data:
        low, high = data["scale"]
        return Scale(low=low, high=high, about=about)
    options = tuple(Option(key=str(key), labels=labels) for key, labels in data["choice"].items())
    return Choice(options=options, about=about)


def _range(answer: AnswerSpec) -> tuple[int, int]:
    match answer:
        case Scale():
            return answer.low, answer.high
        case Choice():
            keys = [int(option.key) for option in answer.options]
            return min(keys), max(keys)
        case _:
            raise InstrumentError("only numbers can be scored")
