"""Find every phrase of the lexicons in one pass over a text's words.

A phrase is written as a template: plain words, `{slot}` for a list of its own, `(a|b c|)` for a choice (an
empty branch makes it optional) and `...` for up to three words of the same clause. A template stands for very
many phrases, so it is never written out: it becomes places that point at the places after them, and the sets
of places that texts really reach are worked out on the way and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.domain.triage.normalise import CLAUSE, Reading

GAP = "..."
GAP_WORDS = 3
MAX_SKIPS = 3  # fillers a phrase may hold ("I just really want to die")
MAX_PLACES = 5_000  # a template may become
MAX_STATES = 20_000  # remembered before starting afresh

_PARTS = re.compile(r"\{\w+\}|\.\.\.|[(|)]|[^\s(){}|]+")

What = TypeVar("What")


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of `branches`, each a row of words and further choices."""

    branches: tuple[tuple[str | Choice, ...], ...]


def parsed(template: str, slot: Callable[[str], Choice]) -> Choice:
    """Return `template` as a choice, its slots looked up with `slot`; refuse brackets that do not match."""
    parts = _PARTS.findall(template)
    choice, at = _branches(parts, 0, slot)
    if at != len(parts):
        raise ValueError("brackets do not match")
    return choice


def _branches(parts: list[str], at: int, slot: Callable[[str], Choice]) -> tuple[Choice, int]:
    """Read `a|b|c` from `at` up to a closing bracket or the end."""
    branches: list[tuple[str | Choice, ...]] = []
    row: list[str | Choice] = []
    while at < len(parts) and parts[at] != ")":
        part = parts[at]
        at += 1
        if part == "|":
            branches.append(tuple(row))
            row = []
        elif part == "(":
            inner, at = _branches(parts, at, slot)
            if at >= len(parts):
                raise ValueError("brackets do not match")
            row.append(inner)
            at += 1
        else:
            row.append(slot(part[1:-1]) if part.startswith("{") else part)
    return Choice((*branches, tuple(row))), at


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit(Generic[What]):
    """One phrase found: the words `first` up to, not including, `last`."""

    what: What
    first: int
    last: int


@dataclass(slots=True, eq=False)
class _Place(Generic[What]):
    """A word expected next and the places after it, or the end of a phrase."""

    word: str
    after: tuple[_Place[What], ...]
    what: What | None = None


@dataclass(slots=True, eq=False)
class _State(Generic[What]):
    """Where a walk can stand: places with the fillers skipped on the way, and the phrases that end here."""

    expected: dict[str, list[tuple[_Place[What], int]]]
    ends: tuple[What, ...]
    steps: dict[str, _State[What] | None] = field(default_factory=dict)


class Phrases(Generic[What]):
    """The templates of all languages as one network of words."""

    def __init__(self, *, fillers: frozenset[str], short_forms: Mapping[str, tuple[str, ...]]) -> None:
        """Take the words a phrase may hold in passing, and the short forms to write out."""
        self._fillers = fillers
        self._short = short_forms
        self._starts: dict[str, list[_Place[What]]] = {}
        self._states: dict[frozenset[tuple[_Place[What], int]], _State[What]] = {}
        self._first: dict[str, _State[What]] = {}
        self._room = 0
        self.words: set[str] = set(fillers)

    def add(self, template: Choice, what: What) -> None:
        """Plant `template`; refuse one that may be empty or that is too large."""
        end: _Place[What] = _Place(word="", after=(), what=what)
        self._room = MAX_PLACES
        entries = self._choice(template, (end,))
        if end in entries:
            raise ValueError("a template may be empty")
        for place in entries:
            self._starts.setdefault(place.word, []).append(place)

    def found(self, reading: Reading) -> Iterator[Hit[What]]:
        """Yield every phrase in `reading`."""
        words = [word if word in self.words else "" for word in reading.words]
        breaks, count = reading.breaks, len(words)
        for first, word in enumerate(words):
            state, at = self._start(word), first + 1
            while state is not None:
                for what in state.ends:
                    yield Hit(what=what, first=first, last=at)
                if at >= count or breaks[at] >= CLAUSE:
                    break
                follows = words[at]
                state = state.steps[follows] if follows in state.steps else self._step(state, follows)
                at += 1

    def _choice(self, choice: Choice, after: tuple[_Place[What], ...]) -> tuple[_Place[What], ...]:
        branches = choice.branches
        if len(branches) == 1:
            return self._row(branches[0], after)
        return tuple(dict.fromkeys(place for branch in branches for place in self._row(branch, after)))

    def _row(
        self, row: tuple[str | Choice, ...], after: tuple[_Place[What], ...]
    ) -> tuple[_Place[What], ...]:
        """Return the places that begin `row`, the last of which lead to `after`."""
        for part in reversed(row):
            if isinstance(part, Choice):
                after = self._choice(part, after)
            elif part == GAP:
                beyond = after
                for _ in range(GAP_WORDS):
                    after = (*beyond, self._place(GAP, after))
            else:
                for word in reversed(self._short.get(part, (part,))):
                    self.words.add(word)
                    after = (self._place(word, after),)
        return after

    def _place(self, word: str, after: tuple[_Place[What], ...]) -> _Place[What]:
        self._room -= 1
        if self._room < 0:
            raise ValueError("a template stands for too many phrases")
        return _Place(word=word, after=after)

    def _start(self, word: str) -> _State[What] | None:
        state = self._first.get(word)
        if state is None and word in self._starts:
            reached = frozenset((place, 0) for start in self._starts[word] for place in start.after)
            state = self._first[word] = self._state(reached)
        return state

    def _step(self, state: _State[What], word: str) -> _State[What] | None:
        """Work out where `word` leads from `state`, once."""
        reached = {
            (place, skips)
            for key in (word, GAP)
            for met, skips in state.expected.get(key, ())
            for place in met.after
        }
        if word in self._fillers:
            reached |= {
                (place, skips + 1)
                for key, places in state.expected.items()
                if key != GAP
                for place, skips in places
                if skips < MAX_SKIPS
            }
        state.steps[word] = self._state(frozenset(reached)) if reached else None
        return state.steps[word]

    def _state(self, reached: frozenset[tuple[_Place[What], int]]) -> _State[What]:
        state = self._states.get(reached)
        if state is None:
            if len(self._states) >= MAX_STATES:
                self._states.clear()
                self._first.clear()
            expected: dict[str, list[tuple[_Place[What], int]]] = {}
            ends: dict[What, None] = {}
            for place, skips in reached:
                if place.what is not None:
                    ends[place.what] = None
                else:
                    expected.setdefault(place.word, []).append((place, skips))
            state = self._states[reached] = _State(expected=expected, ends=tuple(ends))
        return state
