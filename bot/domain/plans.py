"""A person's own plan: reading what they ask of it, and fitting it into two texts in their own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.encoding import segments, traps
from bot.domain.phrases import bare, load

MOST_ENTRIES = 5  # in each section: with more, nobody could read it back by text
LONGEST_ENTRY = 200  # characters of one entry
DOTS = "..."  # stand for what is cut off
PAGE = 300  # units: two segments of SMS
_CUTS = (LONGEST_ENTRY, 120, 80, 50, 30, 20, 12)  # how much of each entry is shown, the first that fits


class Section(StrEnum):
    """The four parts of a plan, in the order they are asked for."""

    REASONS = "reasons"
    WARNING_SIGNS = "warning_signs"
    WHAT_HELPS = "what_helps"
    PEOPLE = "people"


class Wish(StrEnum):
    """What somebody wants of their plan."""

    SHOW = "show"
    ADD = "add"
    ASK = "ask"  # be asked for one section
    REMOVE = "remove"


class Counter(StrEnum):
    """What becomes of the day count after a slip: the person's choice."""

    KEEP = "keep"
    ANEW = "anew"
    REST = "rest"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanWish:
    """One message about the plan. `section` None with ADD: they did not say which. `number` from 1."""

    wish: Wish
    section: Section | None = None
    text: str = ""
    number: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One thing in a plan, in the person's own words."""

    id: str
    section: Section
    text: str


def read_plan(text: str) -> PlanWish | None:
    """Return what a message asks of the plan, None for any other text; the person's words stay as written."""
    if not bare(text).startswith(_FIRST):
        return None
    words = text.strip().removeprefix("/").split()
    rest = _after(words, _PLAN)
    if rest is None:
        return None
    if not rest:
        return PlanWish(wish=Wish.SHOW)
    if (removed := _after(rest, _REMOVE)) is not None:
        number = bare(removed[0]) if len(removed) == 1 else ""
        return PlanWish(wish=Wish.REMOVE, number=int(number)) if number.isdecimal() else None
    added = _after(rest, _ADD)
    for section, phrases in _SECTIONS.items():
        said = _after(rest if added is None else added, phrases)
        if said == []:
            return PlanWish(wish=Wish.ASK, section=section)
        # Without ADD a colon is needed: "plan helps me a lot" is talk.
        if said and (added is not None or rest[len(rest) - len(said) - 1].endswith(":")):
            return PlanWish(wish=Wish.ADD, section=section, text=tidy(" ".join(said)))
    return PlanWish(wish=Wish.ADD) if added is not None else None


def is_skip(text: str) -> bool:
    """Tell whether somebody passes on the question about their plan."""
    return bare(text) in _SKIP


def is_done(text: str) -> bool:
    """Tell whether somebody wants no more questions about their plan now."""
    return bare(text) in _DONE


def read_counter(text: str) -> Counter | None:
    """Return what somebody chose for their day count."""
    said = bare(text)
    return next((choice for choice, phrases in _COUNTER.items() if said in phrases), None)


def tidy(text: str) -> str:
    """Return an entry as it is kept: one line, at most `LONGEST_ENTRY` characters."""
    return cut(" ".join(text.split()), LONGEST_ENTRY)


def cut(text: str, most: int) -> str:
    """Return `text`, or its beginning and three dots, in at most `most` characters."""
    return text if len(text) <= most else text[: most - len(DOTS)].rstrip() + DOTS


def plain(text: str) -> str:
    """Return `text` for SMS: letters that would make it dear are written as their nearest; emoji go.

    Words in a script that has no nearest letters stay as they are.
    """
    parts, end = [], 0
    for trap in traps(text):
        start, stop = trap.place
        parts += [text[end:start], trap.instead or ""]
        end = stop
    plainer = " ".join("".join([*parts, text[end:]]).split())
    return plainer if len(plainer) * 2 > len(text) else text


def pages(entries: Sequence[Entry], language: str, *, title: str, hint: str) -> list[str]:
    """Return a plan as one or two texts of at most `PAGE` units; entries are numbered through from 1."""
    made: list[str] = []
    for most in _CUTS:
        made = list(_packed([title, *_lines(entries, language, most), hint]))
        if len(made) <= 2:
            break
    return made[:2]


def _lines(entries: Sequence[Entry], language: str, most: int) -> Iterator[str]:
    labels = _LABELS.get(language) or _LABELS["en"]
    number = 0
    for section in Section:
        for place, entry in enumerate(one for one in entries if one.section is section):
            number += 1
            label = f"{labels[section]}: " if place == 0 else ""
            yield f"{label}{number} {cut(entry.text, most)}"


def _packed(lines: Sequence[str]) -> Iterator[str]:
    page = ""
    for line in lines:
        longer = f"{page}\n{line}" if page else line
        if page and segments(longer).units > PAGE:
            yield page
            longer = line
        page = longer
    yield page


def _after(words: Sequence[str], phrases: Sequence[str]) -> list[str] | None:
    """Return the words behind the longest phrase they begin with, None if they begin with none."""
    for length in range(min(3, len(words)), 0, -1):
        if bare(" ".join(words[:length])) in phrases:
            return list(words[length:])
    return None


_DATA: Any = load("plan")
_PLAN, _ADD, _REMOVE = _DATA["plan"], _DATA["add"], _DATA["remove"]
_FIRST = tuple(_PLAN)
_SECTIONS: dict[Section, list[str]] = {Section(name): words for name, words in _DATA["sections"].items()}
_SKIP, _DONE = frozenset(_DATA["skip"]), frozenset(_DATA["done"])
_LABELS: dict[str, dict[str, str]] = _DATA["labels"]
_COUNTER: dict[Counter, list[str]] = {Counter(name): words for name, words in _DATA["counter"].items()}
