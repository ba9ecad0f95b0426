"""Find every phrase of the lexicons in one pass over a text's words.

A template (templates.py) stands for very many phrases, so it is never written out: the places that texts
really reach in it, and the sets of places, are worked out on the way and remembered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple

from bot.domain.triage.normalise import CLAUSE, Reading
from bot.domain.triage.places import Place, Spot, What
from bot.domain.triage.spelling import OR
from bot.domain.triage.templates import ANY, END, Choice, Fork, Forks, Row, may_be_empty, size_of

MAX_SKIPS = 3  # fillers a phrase may hold ("I just really want to die")
MAX_PLACES = 5_000  # words a template may hold, slots written out
MAX_STATES = 60_000  # remembered before starting afresh
MAX_GUESSED = 50_000  # steps of guessed words remembered before starting afresh
MAX_WORK = 2_000  # steps never taken before that a text may ask for; the first long one ever asks for a third


class Hit(NamedTuple, Generic[What]):
    """One phrase found: the words `first` up to, not including, `last`."""

    what: What
    first: int
    last: int


class TooMuchWorkError(Exception):
    """A text asks for more than any person's message does; it is no longer worth waiting for."""


@dataclass(slots=True, eq=False)
class _State(Generic[What]):
    """Where a walk can stand: spots with the fillers skipped since, and the phrases that end here."""

    spots: tuple[tuple[Spot[What], int], ...]
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
        self._added: dict[What, list[Row]] = {}  # what stands for each meaning, not planted yet
        self._starts: dict[str, list[Place[What]]] = {}
        self._spots: dict[frozenset[Place[What]], Spot[What]] = {}
        self._states: dict[tuple[object, ...], _State[What]] = {}
        self._first: dict[str, _State[What] | None] = {}
        self._guessed = 0  # steps remembered for words that are guessed at: there is no end of them

    def add(self, template: Choice, what: What) -> None:
        """Take `template`; refuse one that may be empty or that is too large."""
        rows = self._forks.rows(template)
        if may_be_empty(rows):
            raise ValueError("a template may be empty")
        if size_of(rows) > MAX_PLACES:
            raise ValueError("a template stands for too many phrases")
        self._added.setdefault(what, []).extend(rows)

    def _plant(self) -> None:
        """Plant what was added, all templates of one meaning together: many begin alike."""
        for what, rows in self._added.items():
            fork = self._forks.joined(rows)
            place = Place[What]((fork,), 0, Place((), 0, None, what))
            for word in fork.by_word:
                self._starts.setdefault(word, []).append(place)
        self._added.clear()

    def prepare(self) -> None:
        """Work out where each word leads from nowhere, so that no text waits for it."""
        self._plant()
        for word in self._starts:
            state = self._start(word)
            while state is not None:  # on through the words of a gap
                for end in (END, ANY):
                    if end not in state.steps:
                        state.steps[end] = self._follow(state, end, (end,))
                state = state.steps[ANY]

    def found(self, reading: Reading) -> list[Hit[What]]:
        """Return every phrase in `reading`; raise TooMuchWorkError on one made to be slow."""
        if self._added:
            self._plant()
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
            for at in range(first + 1, stop):
                if state.ends:
                    hits += [Hit(what, first, at) for what in state.ends]
                follows = words[at]
                try:
                    state = state.steps[follows]
                except KeyError:
                    work += 1
                    state = self._step(state, follows)
                if state is None:
                    break
            else:
                closed = state.steps.get(END, _NEW)
                closed = self._step(state, END) if closed is _NEW else closed
                ends = state.ends if closed is None else state.ends + closed.ends
                hits += [Hit(what, first, stop) for what in ends]
            if work > MAX_WORK:
                raise TooMuchWorkError
        return hits

    def _start(self, word: str) -> _State[What] | None:
        """Return the state that `word` leads to from nowhere, worked out once."""
        reached: dict[Place[What], None] = {}
        for choice in word.split(OR):
            for place in self._starts.get(choice, ()):
                place.step(choice, reached)
        spot = self._spot(reached)
        state = None if spot is None else self._state(((spot, 0),), spot.ends)
        if state is not None or not word or word in self.words:
            self._first[word] = state
        return state

    def _step(self, state: _State[What], word: str) -> _State[What] | None:
        """Work out where `word` leads from `state`, once; those that nothing waits for lead the same way."""
        if word in self._fillers or word == END or self._expected(state, word):
            found = self._follow(state, word, (word,))
        elif OR in word:
            found = self._follow(state, word, word.split(OR))
        elif ANY in state.steps:
            found = state.steps[ANY]
        else:
            found = state.steps[ANY] = self._follow(state, ANY, (ANY,))
        state.steps[word] = found
        return found

    def _expected(self, state: _State[What], word: str) -> bool:
        """Tell whether a place of `state` waits for just this word."""
        waiting = self._forks.waiting.get(word, _NOBODY)
        for spot, _ in state.spots:
            waits = spot.waits
            if waits is None:
                waits = spot.sort()
            if word in waits or not waits.keys().isdisjoint(waiting):
                return True
        return False

    def _follow(self, state: _State[What], word: str, choices: Sequence[str]) -> _State[What] | None:
        """Return the state that `word`, which may be any of `choices`, leads to."""
        self._guessed += len(choices) > 1
        ahead: dict[Spot[What], int] = {}
        ends: tuple[What, ...] = ()
        for spot, skips in state.spots:
            follows = spot.steps.get(word, _NEW)
            if follows is _NEW:
                follows = spot.steps[word] = self._next(spot, choices)
            if follows is not None and ahead.setdefault(follows, skips) >= skips:
                ahead[follows] = skips
                ends = tuple(dict.fromkeys(ends + follows.ends)) if ends else follows.ends
        if not self._fillers.isdisjoint(choices):
            for spot, skips in state.spots:
                if skips < MAX_SKIPS and spot.goes_on:
                    ahead.setdefault(spot, skips + 1)
        return self._state(tuple(ahead.items()), ends) if ahead else None

    def _next(self, spot: Spot[What], choices: Sequence[str]) -> Spot[What] | None:
        """Return the spot that a word, which may be any of `choices`, leads to."""
        waiting, wild = self._forks.waiting, self._forks.wild
        reached: dict[Place[What], None] = {}
        for choice in choices:
            reached |= spot.reached(choice, waiting.get(choice, _NOBODY), wild)
        return self._spot(reached)

    def _state(self, spots: tuple[tuple[Spot[What], int], ...], ends: tuple[What, ...]) -> _State[What]:
        key = (*spots, *ends)
        state = self._states.get(key)
        if state is None:
            if len(self._states) >= MAX_STATES or self._guessed >= MAX_GUESSED:
                self._forget()
            state = self._states[key] = _State(spots=spots, ends=ends)
        return state

    def _spot(self, reached: Collection[Place[What]]) -> Spot[What] | None:
        if not reached:
            return None
        places = frozenset(reached)
        spot = self._spots.get(places)
        if spot is None:
            spot = self._spots[places] = Spot(tuple(reached))
        return spot

    def _forget(self) -> None:
        """Start afresh, so that strange texts can't fill the memory."""
        self._states.clear()
        self._spots.clear()
        self._first.clear()
        self._guessed = 0
