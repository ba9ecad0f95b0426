"""How an alert ended, and the contact note: what staff write in one text, read leniently.

`CLOSE K7 safe`, `CLOSE K7 6 it was a song`, and
`NOTE K7 call 20m emotional. They said: felt heard. Next: ride to group Fri`. Pure: `now` is an argument.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from bot.domain.phrases import bare, fold, load
from bot.domain.prompts import Support
from bot.domain.zones import to_instant, to_local

UNIT = timedelta(minutes=15)
FIRST_HALF = timedelta(minutes=8)  # a unit counts from its eighth minute on (the payers' 8-minute rule)
LONGEST = timedelta(hours=12)
DUE_AT = time(9)  # when a promise without an hour is brought back

W = TypeVar("W", bound=StrEnum)
_REF = re.compile(r"^\W*(?:ref\W*)?([a-z]\d{1,5})\b\W*", re.IGNORECASE)
_LENGTH = re.compile(r"\b(\d{1,3})\s*(h|hr|hrs|hour|hours|hora|horas|m|min|mins|minutes|minutos)\b")
_SPAN = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\s*(?:-|to|a)\s*([01]?\d|2[0-3]):([0-5]\d)\b")
_DAYS = re.compile(r"\b(?:in|en) (\d{1,2}) (?:days?|dias?)\b")
_DATE = re.compile(r"\b(20\d\d-\d\d-\d\d)\b")


class Outcome(StrEnum):
    """How an alert ended."""

    REACHED = "reached"
    SAFE = "safe"
    REFERRED = "referred"
    EMERGENCY_SERVICES = "emergency_services"
    COULD_NOT_REACH = "could_not_reach"
    FALSE_ALARM = "false_alarm"


class Mode(StrEnum):
    """How somebody was in contact."""

    CALL = "call"
    TEXT = "text"
    VIDEO = "video"
    IN_PERSON = "in_person"


class DeskWord(StrEnum):
    """What a staff text asks for by its first word."""

    CLOSE = "close"
    COVER = "cover"
    NOTE = "note"
    DONE = "done"
    PROMISES = "promises"
    BACK = "back"
    VIEW = "view"
    LOAD = "load"
    SUMMARY = "summary"
    HANDOVER = "handover"


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A command, the alert it names (upper case), and everything behind it as it was written."""

    word: DeskWord
    ref: str | None
    rest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Closing:
    """How it ended, and the words added."""

    outcome: Outcome | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A contact: when (aware UTC), how, which support was given, what came of it, what was promised."""

    text: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    mode: Mode | None = None
    support: Support | None = None
    response: str | None = None
    next_step: str | None = None
    due_at: datetime | None = None

    @property
    def units(self) -> int:
        """Return how many units of 15 minutes it lasted; never billed by itself."""
        return units(self.started_at, self.ended_at)


def units(started_at: datetime | None, ended_at: datetime | None) -> int:
    """Return units of 15 minutes, each counted from its eighth minute on; 0 without both times."""
    if started_at is None or ended_at is None or ended_at <= started_at:
        return 0
    return (ended_at - started_at + UNIT - FIRST_HALF) // UNIT


def read_order(text: str) -> Order | None:
    """Return the command at the head of a staff text, or None."""
    first, _, rest = text.strip().partition(" ")
    word = _COMMANDS.get(fold(first).strip("/:.,!"))
    if word is None or (word is DeskWord.LOAD and rest.strip()):
        return None  # "load the van" is talk
    match = _REF.match(rest)
    ref = match[1].upper() if match else None
    return Order(word=word, ref=ref, rest=rest[match.end() :].strip() if match else rest.strip())


def read_closing(rest: str) -> Closing:
    """Read what follows `CLOSE K7`: an outcome by number or word, then a reason."""
    folded = fold(rest)
    for phrase, outcome in _OUTCOMES:
        if re.match(rf"{re.escape(phrase)}\b", folded):
            return Closing(outcome=outcome, reason=rest[len(phrase) :].strip(" .:,;-–—"))
    return Closing(outcome=None, reason=rest.strip())


def read_note(rest: str, now: datetime, zone: str) -> Note:
    """Read a contact note; what was not said stays None. Times are on the clocks of `zone`, just past."""
    parts = _sections(rest)
    head = fold(parts[""])
    started_at, ended_at = _times(head, now, zone)
    next_step = parts.get("next")
    return Note(
        text=rest.strip(),
        started_at=started_at,
        ended_at=ended_at,
        mode=_found(head, _MODES),
        support=_found(head, _SUPPORT),
        response=parts.get("response"),
        next_step=next_step,
        due_at=_due(fold(next_step), now, zone) if next_step else None,
    )


def _sections(text: str) -> dict[str, str]:
    """Cut a note at its headings; what comes first is under ""."""
    places = sorted(
        (match.start(), match.end(), name)
        for name, words in _SECTIONS.items()
        for word in words
        for match in re.finditer(rf"(?<!\w){re.escape(word)}\s*:", fold_keeping(text))
    )
    # "next step:" and "step:" may both match one heading: the longer one begins first.
    cuts: list[tuple[int, int, str]] = []
    for start, end, name in places:
        if not cuts or start >= cuts[-1][1]:
            cuts.append((start, end, name))
    parts = {"": text[: cuts[0][0]] if cuts else text}
    ends = [*(start for start, _, _ in cuts[1:]), len(text)]
    for (_, start, name), end in zip(cuts, ends, strict=False):
        parts[name] = text[start:end].strip(" .;,\n")
    return parts


def fold_keeping(text: str) -> str:
    """Return `text` in lower case without accents, each character in its place."""
    return "".join(plain if len(plain := fold(character)) == 1 else character for character in text)


def _times(head: str, now: datetime, zone: str) -> tuple[datetime | None, datetime | None]:
    span = _SPAN.search(head)
    if span is not None:
        today = to_local(now, zone).date()
        start, end = (
            to_instant(datetime.combine(today, time(int(span[i]), int(span[i + 1]))), zone) for i in (1, 3)
        )
        if end <= start:
            start -= timedelta(days=1)
        if start > now:
            start, end = start - timedelta(days=1), end - timedelta(days=1)
        return start, end
    length = sum(
        (
            timedelta(**{"hours" if unit[0] == "h" else "minutes": int(n)})
            for n, unit in _LENGTH.findall(head)
        ),
        timedelta(),
    )
    if not length or length > LONGEST:
        return None, None
    return now - length, now


def _due(folded: str, now: datetime, zone: str) -> datetime:
    """Return when a promise comes due: the day it names, else tomorrow, at nine on the clocks of `zone`."""
    today = to_local(now, zone).date()
    day = _day(folded, today)
    due = to_instant(datetime.combine(day, DUE_AT), zone)
    return due if due > now else now + timedelta(hours=2)


def _day(folded: str, today: date) -> date:
    if match := _DATE.search(folded):
        try:
            return max(today, date.fromisoformat(match[1]))
        except ValueError:  # such as 30 February
            pass
    if match := _DAYS.search(folded):
        return today + timedelta(days=int(match[1]))
    for days, phrases in _DUE.items():
        if any(re.search(rf"\b{phrase}\b", folded) for phrase in phrases):
            return today + timedelta(days=days)
    for weekday, phrases in _WEEKDAYS.items():
        if any(re.search(rf"\b{phrase}\b", folded) for phrase in phrases):
            return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    return today + timedelta(days=1)


def _found(head: str, phrases: Mapping[str, W]) -> W | None:
    words = f" {bare(head)} "
    return next((value for phrase, value in phrases.items() if f" {phrase} " in words), None)


_DATA = load("desk")
_COMMANDS = {phrase: DeskWord(name) for name, phrases in _DATA["commands"].items() for phrase in phrases}
# Longer ones first: "false alarm" before "false".
_OUTCOMES = sorted(
    ((phrase, Outcome(name)) for name, phrases in _DATA["outcomes"].items() for phrase in phrases),
    key=lambda one: -len(one[0]),
)
_MODES = {phrase: Mode(name) for name, phrases in _DATA["modes"].items() for phrase in phrases}
_SUPPORT = {phrase: Support(name) for name, phrases in _DATA["support"].items() for phrase in phrases}
_SECTIONS: dict[str, list[str]] = _DATA["sections"]
_DUE = {int(days): phrases for days, phrases in _DATA["due"].items()}
_WEEKDAYS = {int(day): phrases for day, phrases in _DATA["weekdays"].items()}
