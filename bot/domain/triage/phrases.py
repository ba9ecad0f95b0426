"""Find every phrase of the lexicons in one pass over a text's words.

A phrase is written as a template: plain words, `{slot}` for a list of its own, `(a|b c|)` for a choice (an
empty branch makes it optional) and `...` for up to three words of the same clause. A template stands for very
many phrases, so it is never written out: it becomes places that point at the places after them, and the sets
of places that texts really reach are worked out on the way and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

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


class Hit(NamedTuple, Generic[What]):
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
class _Spot(Generic[What]):
    """A set of places that one word leads to, with the phrases that end there."""

    expected: dict[str, list[_Place[What]]]
    ends: tuple[What, ...]
    steps: dict[str, _Spot[What] | None] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _State(Generic[What]):
    """Where a walk can stand: spots with the fillers skipped since, and the phrases that end here."""

    spots: tuple[tuple[_Spot[What], int], ...]
    ends: tuple[What, ...]
    steps: dict[str, _State[What] | None] = field(default_factory=dict)


class Phrases(Generic[What]):
    """The templates of all languages as one network of words."""

    def __init__(self, *, fillers: frozenset[str], short_forms: Mapping[str, tuple[str, ...]]) -> None:
        """Take the words a phrase may hold in passing, and the short forms to write out."""
        self._fillers = fillers
        self._short = short_forms
        self._starts: dict[str, list[_Place[What]]] = {}
        self._spots: dict[frozenset[_Place[What]], _Spot[What]] = {}
        self._states: dict[tuple[object, ...], _State[What]] = {}
        self._first: dict[str, _State[What] | None] = {}
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

    def found(self, reading: Reading) -> list[Hit[What]]:
        """Return every phrase in `reading`."""
        known, breaks, starts = self.words, reading.breaks, self._first
        words = [word if word in known else "" for word in reading.words]
        count = len(words)
        hits: list[Hit[What]] = []
        for first, word in enumerate(words):
            state = starts[word] if word in starts else self._start(word)
            at = first + 1
            while state is not None:
                for what in state.ends:
                    hits.append(Hit(what, first, at))
                if at >= count or breaks[at] >= CLAUSE:
                    break
                follows = words[at]
                state = state.steps[follows] if follows in state.steps else self._step(state, follows)
                at += 1
        return hits

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
        spot = self._spot(place for start in self._starts.get(word, ()) for place in start.after)
        state = None if spot is None else self._state(((spot, 0),), spot.ends)
        if state is not None or word in self.words:
            self._first[word] = state
        return state

    def _step(self, state: _State[What], word: str) -> _State[What] | None:
        """Work out where `word` leads from `state`, once."""
        ahead: dict[_Spot[What], int] = {}
        ends: dict[What, None] = {}
        for spot, skips in state.spots:
            if word in spot.steps:
                follows = spot.steps[word]
            else:
                met = (*spot.expected.get(word, ()), *spot.expected.get(GAP, ()))
                follows = spot.steps[word] = self._spot(after for place in met for after in place.after)
            if follows is not None:
                ends.update(dict.fromkeys(follows.ends))
                ahead[follows] = min(skips, ahead.get(follows, skips))
        if word in self._fillers:
            for spot, skips in state.spots:
                if skips < MAX_SKIPS and spot.expected:
                    ahead.setdefault(spot, skips + 1)
        state.steps[word] = self._state(tuple(ahead.items()), tuple(ends)) if ahead else None
        return state.steps[word]

    def _state(self, spots: tuple[tuple[_Spot[What], int], ...], ends: tuple[What, ...]) -> _State[What]:
        key = (*spots, *ends)
        state = self._states.get(key)
        if state is None:
            if len(self._states) >= MAX_STATES:
                self._forget()
            state = self._states[key] = _State(spots=spots, ends=ends)
        return state

    def _spot(self, reached: Iterable[_Place[What]]) -> _Spot[What] | None:
        places = frozenset(reached)
        if not places:
            return None
        spot = self._spots.get(places)
        if spot is None:
            expected: dict[str, list[_Place[What]]] = {}
            ends: dict[What, None] = {}
            for place in places:
                if place.what is not None:
                    ends[place.what] = None
                else:
                    expected.setdefault(place.word, []).append(place)
            spot = self._spots[places] = _Spot(expected=expected, ends=tuple(ends))
        return spot

    def _forget(self) -> None:
        """Start afresh, so that strange texts can't fill the memory."""
        self._states.clear()
        self._spots.clear()
        self._first.clear()
