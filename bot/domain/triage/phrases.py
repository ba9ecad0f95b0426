"""Find every phrase of the lexicons in one pass over a text's words.

A phrase is written as a template: plain words, `{slot}` for a list of its own, `(a|b c|)` for a choice (an
empty branch makes it optional), `...` for up to three words of the same clause, and `$` for the end of one. A
template stands for very many phrases, so it is never written out: the places that texts really reach in it,
and the sets of places, are worked out on the way and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from bot.domain.triage.normalise import CLAUSE, Reading
from bot.domain.triage.spelling import OR

GAP = "..."
GAP_WORDS = 3
ANY = "*"  # stands for one word of a gap
END = "$"  # stands for the end of a clause
MAX_SKIPS = 3  # fillers a phrase may hold ("I just really want to die")
MAX_PLACES = 5_000  # words a template may hold, slots written out
MAX_STATES = 60_000  # remembered before starting afresh
MAX_GUESSED = 50_000  # steps of guessed words remembered before starting afresh
MAX_WORK = 4_000  # steps never taken before that one text may ask for; a person's message asks for a tenth

_PARTS = re.compile(r"\{\w+\}|\.\.\.|[(|)]|[^\s(){}|]+")

What = TypeVar("What")


class Choice(NamedTuple):
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


class TooMuchWorkError(Exception):
    """A text asks for more than any person's message does; it is no longer worth waiting for."""


@dataclass(slots=True, eq=False)
class _Rest(Generic[What]):
    """What is left of a template: the parts of `row` from `at`, and then the rest around it, or its end."""

    row: tuple[str | Choice, ...]
    at: int
    then: _Rest[What] | None
    what: What | None = None
    written_out: bool = False  # the short forms in it are
    places: tuple[_Place[What], ...] | None = None  # that begin it, once worked out


@dataclass(slots=True, eq=False)
class _Place(Generic[What]):
    """A word expected next and what is left after it, or the end of a phrase."""

    word: str
    then: _Rest[What] | None
    what: What | None = None


class _Shape(NamedTuple):
    """What can be told of a choice without writing it out."""

    choice: Choice  # held, for shapes are kept by identity
    firsts: frozenset[str]
    empty: bool  # may be
    size: int  # in words


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
        self._starts: dict[str, list[_Rest[What]]] = {}
        self._shapes: dict[int, _Shape] = {}
        self._spots: dict[frozenset[_Place[What]], _Spot[What]] = {}
        self._states: dict[tuple[object, ...], _State[What]] = {}
        self._first: dict[str, _State[What] | None] = {}
        self._guessed = 0  # steps remembered for words that are guessed at: there is no end of them
        self.words: set[str] = set(fillers)

    def add(self, template: Choice, what: What) -> None:
        """Plant `template`; refuse one that may be empty or that is too large."""
        shape = self._shape(template)
        if shape.empty:
            raise ValueError("a template may be empty")
        if shape.size > MAX_PLACES:
            raise ValueError("a template stands for too many phrases")
        rest = _Rest[What](row=(template,), at=0, then=None, what=what)
        for word in shape.firsts:
            self._starts.setdefault(word, []).append(rest)

    def found(self, reading: Reading) -> list[Hit[What]]:
        """Return every phrase in `reading`; raise TooMuchWorkError on one made to be slow."""
        known, breaks, starts = self.words, reading.breaks, self._first
        words = [
            either or (word if word in known else "")
            for word, either in zip(reading.words, reading.either, strict=True)
        ]
        count = len(words)
        hits: list[Hit[What]] = []
        work = 0
        for first, word in enumerate(words):
            state = starts[word] if word in starts else self._start(word)
            at = first + 1
            while state is not None:
                for what in state.ends:
                    hits.append(Hit(what, first, at))
                if at >= count or breaks[at] >= CLAUSE:
                    hits += [Hit(what, first, at) for what in self._closing(state)]
                    break
                follows = words[at]
                if follows in state.steps:
                    state = state.steps[follows]
                else:
                    work += 1
                    state = self._step(state, follows)
                at += 1
            if work > MAX_WORK:
                raise TooMuchWorkError
        return hits

    def _closing(self, state: _State[What]) -> tuple[What, ...]:
        """Return the phrases that end in `state` because the clause ends there."""
        closed = state.steps[END] if END in state.steps else self._step(state, END)
        return () if closed is None else closed.ends

    def _shape(self, choice: Choice) -> _Shape:
        """Return the shape of `choice`, worked out once: slots stand in many templates."""
        shape = self._shapes.get(id(choice))
        if shape is None:
            firsts: set[str] = set()
            empty, size = False, 0
            for row in choice.branches:
                open_end, words = self._row(row, firsts)
                empty, size = empty or open_end, size + words
            shape = self._shapes[id(choice)] = _Shape(choice, frozenset(firsts), empty, size)
        return shape

    def _row(self, row: tuple[str | Choice, ...], firsts: set[str]) -> tuple[bool, int]:
        """Return whether `row` may be empty, and its size; put its first words into `firsts`."""
        empty, size = True, 0
        for part in row:
            if isinstance(part, Choice):
                _, begin, may, words = self._shape(part)
                if empty:
                    firsts |= begin
                    empty = may
            elif part == GAP:
                words = GAP_WORDS
            elif part == END:
                words = 0
            else:
                plain = self._short.get(part) or (part,)
                self.words.update(plain)
                words = len(plain)
                if empty:
                    firsts.add(plain[0])
                    empty = False
            size += words
        return empty, size

    def _places(self, rest: _Rest[What]) -> tuple[_Place[What], ...]:
        """Return the places that begin `rest`, worked out once."""
        if rest.places is None:
            rest.places = tuple(dict.fromkeys(self._unfold(rest)))
        return rest.places

    def _unfold(self, rest: _Rest[What]) -> Iterable[_Place[What]]:
        if rest.at == len(rest.row):
            if rest.then is None:
                return (_Place(word="", then=None, what=rest.what),)
            return self._places(rest.then)
        part = rest.row[rest.at]
        after = _Rest(rest.row, rest.at + 1, rest.then, rest.what, rest.written_out)
        if isinstance(part, Choice):
            inner = [_Rest(branch, 0, after) for branch in part.branches]
            return (place for branch in inner for place in self._places(branch))
        if part == GAP:
            inner = [_Rest((ANY,) * count, 0, after, written_out=True) for count in range(GAP_WORDS + 1)]
            return (place for branch in inner for place in self._places(branch))
        words = (part,) if rest.written_out else self._short.get(part, (part,))
        if len(words) > 1:
            after = _Rest(words, 1, after, written_out=True)
        return (_Place(word=words[0], then=after),)

    def _start(self, word: str) -> _State[What] | None:
        choices = word.split(OR)
        places = [
            place
            for choice in choices
            for rest in self._starts.get(choice, ())
            for place in self._places(rest)
            if place.word == choice
        ]
        spot = self._spot(self._after(places))
        state = None if spot is None else self._state(((spot, 0),), spot.ends)
        if state is not None or word in self.words:
            self._first[word] = state
        return state

    def _after(self, places: Iterable[_Place[What]]) -> Iterable[_Place[What]]:
        return (after for place in places if place.then is not None for after in self._places(place.then))

    def _step(self, state: _State[What], word: str) -> _State[What] | None:
        """Work out where `word` leads from `state`, once."""
        ahead: dict[_Spot[What], int] = {}
        ends: dict[What, None] = {}
        choices = word.split(OR)
        if len(choices) > 1:
            self._guessed += 1
        for spot, skips in state.spots:
            if word in spot.steps:
                follows = spot.steps[word]
            else:
                met = [place for choice in (*choices, ANY) for place in spot.expected.get(choice, ())]
                follows = spot.steps[word] = self._spot(self._after(met)) if met else None
            if follows is not None:
                ends.update(dict.fromkeys(follows.ends))
                ahead[follows] = min(skips, ahead.get(follows, skips))
        if not self._fillers.isdisjoint(choices):
            for spot, skips in state.spots:
                if skips < MAX_SKIPS and spot.expected:
                    ahead.setdefault(spot, skips + 1)
        state.steps[word] = self._state(tuple(ahead.items()), tuple(ends)) if ahead else None
        return state.steps[word]

    def _state(self, spots: tuple[tuple[_Spot[What], int], ...], ends: tuple[What, ...]) -> _State[What]:
        key = (*spots, *ends)
        state = self._states.get(key)
        if state is None:
            if len(self._states) >= MAX_STATES or self._guessed >= MAX_GUESSED:
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
        self._guessed = 0
