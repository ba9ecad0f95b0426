"""Find every phrase of the lexicons in one pass over a text's words.

A template (templates.py) stands for very many phrases, so it is never written out: the places that texts
really reach in it, and the sets of places, are worked out on the way and remembered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from bot.domain.triage.normalise import CLAUSE, Reading
from bot.domain.triage.spelling import OR
from bot.domain.triage.templates import ANY, END, Choice, Fork, Forks, Row

MAX_SKIPS = 3  # fillers a phrase may hold ("I just really want to die")
MAX_PLACES = 5_000  # words a template may hold, slots written out
MAX_STATES = 60_000  # remembered before starting afresh
MAX_GUESSED = 50_000  # steps of guessed words remembered before starting afresh
MAX_WORK = 2_000  # steps never taken before that a text may ask for; the first long one ever asks for a third

What = TypeVar("What")


class Hit(NamedTuple, Generic[What]):
    """One phrase found: the words `first` up to, not including, `last`."""

    what: What
    first: int
    last: int


class TooMuchWorkError(Exception):
    """A text asks for more than any person's message does; it is no longer worth waiting for."""


class _Place(Generic[What]):
    """What is left of a template: the parts of `row` from `at`, and then the place after the row.

    A place without a part is a template's end: `what` it means.
    """

    __slots__ = ("_after", "_inner", "at", "ends", "part", "row", "then")

    def __init__(self, row: Row, at: int, then: _Place[What] | None, what: What | None = None) -> None:
        self.row, self.at, self.then = row, at, then
        self.part = row[at] if then is not None else None
        self.ends: What | None = what  # what ends here, as the rest may be empty
        self._after: _Place[What] | None = None
        self._inner: dict[int, _Place[What]] | None = None
        if isinstance(self.part, Fork) and self.part.empty:
            self.ends = self.after().ends

    def after(self) -> _Place[What]:
        """Return the place behind this one's part."""
        if self._after is None:
            assert self.then is not None  # noqa: S101 - nobody asks the end
            ahead = self.at + 1
            self._after = self.then if ahead == len(self.row) else _Place(self.row, ahead, self.then)
        return self._after

    def within(self, row: Row) -> _Place[What]:
        """Return the place at the beginning of one of the rows of this one's fork."""
        if self._inner is None:
            self._inner = {}
        place = self._inner.get(id(row))
        if place is None:
            place = self._inner[id(row)] = _Place(row, 0, self.after())
        return place

    def step(self, word: str, reached: dict[_Place[What], None]) -> None:
        """Add the places that `word` leads to from here."""
        place = self
        while place.part is not None:
            part = place.part
            if isinstance(part, str):
                if part == word or (part == ANY and word != END):
                    reached[place.after()] = None
                return
            for row in part.by_word.get(word, part.wild):
                place.enter(row, word, reached)
            if not part.empty:
                return
            place = place.after()

    def enter(self, row: Row | None, word: str, reached: dict[_Place[What], None]) -> None:
        """Add the places that `word` leads to in a `row` of this one's fork, which may begin with it."""
        if row is None:
            reached[self._after or self.after()] = None
            return
        within = self.within(row)
        if within.part == word:
            reached[within._after or within.after()] = None
        else:
            within.step(word, reached)


class _Spot(Generic[What]):
    """A set of places that one word leads to, with the phrases that end there."""

    __slots__ = ("_forks", "_wild", "_words", "ends", "goes_on", "places", "steps")

    def __init__(self, places: tuple[_Place[What], ...]) -> None:
        self.places = places
        self.ends = tuple(dict.fromkeys(place.ends for place in places if place.ends is not None))
        self.goes_on = any(place.part is not None for place in places)
        self.steps: dict[str, _Spot[What] | None] = {}
        self._words: dict[str, list[_Place[What]]] | None = None  # what waits for a word, once asked for
        self._forks: dict[Fork, list[_Place[What]]] = {}
        self._wild: list[Fork] = []

    def expects(self, word: str, waiting: Set[Fork] | None) -> bool:
        """Tell whether a place waits for just this word, for which `waiting` do; others wait for any."""
        words = self._words
        if words is None:
            words = self._words = self._sorted()
        return word in words or (waiting is not None and not self._forks.keys().isdisjoint(waiting))

    def reached(self, word: str, waiting: Set[Fork]) -> dict[_Place[What], None]:
        """Return the places that `word` leads to, for which `waiting` forks do; ANY stands for any word."""
        reached: dict[_Place[What], None] = {}
        if self._words is None:
            self._words = self._sorted()
        for key in (word, ANY) if word != END else (word,):
            for place in self._words.get(key, ()):
                reached[place.after()] = None
        for fork in (*(self._forks.keys() & waiting), *self._wild):
            rows = fork.by_word.get(word, fork.wild)
            for place in self._forks[fork] if rows else ():
                for row in rows:
                    place.enter(row, word, reached)
        return reached

    def _sorted(self) -> dict[str, list[_Place[What]]]:
        """Sort the places by the word or the fork that they wait for; a fork may be empty."""
        words: dict[str, list[_Place[What]]] = {}
        for first in self.places:
            place = first
            while place.part is not None:
                if isinstance(place.part, str):
                    words.setdefault(place.part, []).append(place)
                    break
                self._forks.setdefault(place.part, []).append(place)
                if not place.part.empty:
                    break
                place = place.after()
        self._wild = [fork for fork in self._forks if fork.wild]
        return words


@dataclass(slots=True, eq=False)
class _State(Generic[What]):
    """Where a walk can stand: spots with the fillers skipped since, and the phrases that end here."""

    spots: tuple[tuple[_Spot[What], int], ...]
    ends: tuple[What, ...]
    steps: dict[str, _State[What] | None] = field(default_factory=dict)


_NOBODY: Set[Fork] = frozenset()
_NEW: Any = object()  # stands for a step that was never taken


class Phrases(Generic[What]):
    """The templates of all languages as one network of words."""

    def __init__(self, *, fillers: frozenset[str], short_forms: Mapping[str, tuple[str, ...]]) -> None:
        """Take the words a phrase may hold in passing, and the short forms to write out."""
        self.words: set[str] = set(fillers)
        self._fillers = fillers
        self._forks = Forks(short_forms, self.words)
        self._starts: dict[str, list[_Place[What]]] = {}
        self._spots: dict[frozenset[_Place[What]], _Spot[What]] = {}
        self._states: dict[tuple[object, ...], _State[What]] = {}
        self._first: dict[str, _State[What] | None] = {}
        self._guessed = 0  # steps remembered for words that are guessed at: there is no end of them

    def add(self, template: Choice, what: What) -> None:
        """Plant `template`; refuse one that may be empty or that is too large."""
        fork = self._forks.fork(template)
        if fork.empty:
            raise ValueError("a template may be empty")
        if fork.size > MAX_PLACES:
            raise ValueError("a template stands for too many phrases")
        place = _Place[What]((fork,), 0, _Place((), 0, None, what))
        for word in fork.by_word:
            self._starts.setdefault(word, []).append(place)

    def prepare(self) -> None:
        """Work out where each word leads from nowhere, so that no text waits for it."""
        for word in self._starts:
            state = self._start(word)
            for spot, _ in state.spots if state is not None else ():
                spot.reached(END, _NOBODY)

    def found(self, reading: Reading) -> list[Hit[What]]:
        """Return every phrase in `reading`; raise TooMuchWorkError on one made to be slow."""
        known, breaks, starts = self.words, reading.breaks, self._first
        words = [
            either or (word if word in known else "")
            for word, either in zip(reading.words, reading.either, strict=True)
        ]
        count = len(words)
        hits: list[Hit[What]] = []
        work = stop = 0
        for first, word in enumerate(words):
            state = starts.get(word, _NEW)
            if state is _NEW:
                state = self._start(word)
            if state is None:
                continue
            if first >= stop:  # where this clause ends
                stop = first + 1
                while stop < count and breaks[stop] < CLAUSE:
                    stop += 1
            at = first + 1
            while state is not None:
                if state.ends:
                    hits += [Hit(what, first, at) for what in state.ends]
                if at == stop:
                    closed = state.steps.get(END, _NEW)
                    closed = self._step(state, END) if closed is _NEW else closed
                    if closed is not None:
                        hits += [Hit(what, first, at) for what in closed.ends]
                    break
                follows = words[at]
                ahead = state.steps.get(follows, _NEW)
                if ahead is _NEW:
                    work += 1
                    ahead = self._step(state, follows)
                state = ahead
                at += 1
            if work > MAX_WORK:
                raise TooMuchWorkError
        return hits

    def _start(self, word: str) -> _State[What] | None:
        """Return the state that `word` leads to from nowhere, worked out once."""
        reached: dict[_Place[What], None] = {}
        for choice in word.split(OR):
            for place in self._starts.get(choice, ()):
                place.step(choice, reached)
        spot = self._spot(reached)
        state = None if spot is None else self._state(((spot, 0),), spot.ends)
        if state is not None or word in self.words:
            self._first[word] = state
        return state

    def _step(self, state: _State[What], word: str) -> _State[What] | None:
        """Work out where `word` leads from `state`, once; those that nothing waits for lead the same way."""
        if OR in word:
            found = self._follow(state, word, word.split(OR))
        elif word == END or word in self._fillers or self._expected(state, word):
            found = self._follow(state, word, (word,))
        elif ANY in state.steps:
            found = state.steps[ANY]
        else:
            found = state.steps[ANY] = self._follow(state, ANY, (ANY,))
        state.steps[word] = found
        return found

    def _expected(self, state: _State[What], word: str) -> bool:
        """Tell whether a place of `state` waits for just this word."""
        waiting = self._forks.waiting.get(word)
        for spot, _ in state.spots:  # noqa: SIM110 - asked for nearly every word; any() takes twice as long
            if spot.expects(word, waiting):
                return True
        return False

    def _follow(self, state: _State[What], word: str, choices: Sequence[str]) -> _State[What] | None:
        """Return the state that `word`, which may be any of `choices`, leads to."""
        self._guessed += len(choices) > 1
        ahead: dict[_Spot[What], int] = {}
        for spot, skips in state.spots:
            follows = spot.steps.get(word, _NEW)
            if follows is _NEW:
                reached: dict[_Place[What], None] = {}
                for choice in choices:
                    reached |= spot.reached(choice, self._forks.waiting.get(choice, _NOBODY))
                follows = spot.steps[word] = self._spot(reached)
            if follows is not None:
                ahead[follows] = min(skips, ahead.get(follows, skips))
        ends = tuple(dict.fromkeys(what for spot in ahead for what in spot.ends))
        if not self._fillers.isdisjoint(choices):
            for spot, skips in state.spots:
                if skips < MAX_SKIPS and spot.goes_on:
                    ahead.setdefault(spot, skips + 1)
        return self._state(tuple(ahead.items()), ends) if ahead else None

    def _state(self, spots: tuple[tuple[_Spot[What], int], ...], ends: tuple[What, ...]) -> _State[What]:
        key = (*spots, *ends)
        state = self._states.get(key)
        if state is None:
            if len(self._states) >= MAX_STATES or self._guessed >= MAX_GUESSED:
                self._forget()
            state = self._states[key] = _State(spots=spots, ends=ends)
        return state

    def _spot(self, reached: Collection[_Place[What]]) -> _Spot[What] | None:
        if not reached:
            return None
        places = frozenset(reached)
        spot = self._spots.get(places)
        if spot is None:
            spot = self._spots[places] = _Spot(tuple(reached))
        return spot

    def _forget(self) -> None:
        """Start afresh, so that strange texts can't fill the memory."""
        self._states.clear()
        self._spots.clear()
        self._first.clear()
        self._guessed = 0
