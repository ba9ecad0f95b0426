"""Where a walk through the templates can stand: places in them, and the sets of places a word leads to."""

from __future__ import annotations

from collections.abc import Set
from typing import Generic, TypeVar

from bot.domain.triage.templates import ANY, END, Fork, Row

What = TypeVar("What")


class Place(Generic[What]):
    """What is left of a template: the parts of `row` from `at`, and then the place after the row.

    A place without a part is a template's end: `what` it means.
    """

    __slots__ = ("_after", "_inner", "at", "ends", "part", "row", "then")

    def __init__(self, row: Row, at: int, then: Place[What] | None, what: What | None = None) -> None:
        self.row, self.at, self.then = row, at, then
        self.part = row[at] if then is not None else None
        self.ends: What | None = what  # what ends here, as the rest may be empty
        self._after: Place[What] | None = None
        self._inner: dict[int, Place[What]] | None = None
        if isinstance(self.part, Fork) and self.part.empty:
            self.ends = self.after().ends

    def after(self) -> Place[What]:
        """Return the place behind this one's part."""
        if self._after is None:
            assert self.then is not None  # noqa: S101 - nobody asks the end
            ahead = self.at + 1
            self._after = self.then if ahead == len(self.row) else Place(self.row, ahead, self.then)
        return self._after

    def within(self, row: Row) -> Place[What]:
        """Return the place at the beginning of one of the rows of this one's fork."""
        if self._inner is None:
            self._inner = {}
        place = self._inner.get(id(row))
        if place is None:
            place = self._inner[id(row)] = Place(row, 0, self.after())
        return place

    def step(self, word: str, reached: dict[Place[What], None]) -> None:
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

    def enter(self, row: Row | None, word: str, reached: dict[Place[What], None]) -> None:
        """Add the places that `word` leads to in a `row` of this one's fork, which may begin with it."""
        if row is None:
            reached[self._after or self.after()] = None
            return
        within = self.within(row)
        if within.part == word:
            reached[within._after or within.after()] = None
        else:
            within.step(word, reached)


class Spot(Generic[What]):
    """A set of places that one word leads to, with the phrases that end there."""

    __slots__ = ("_forks", "_wild", "_words", "ends", "goes_on", "places", "steps")

    def __init__(self, places: tuple[Place[What], ...]) -> None:
        self.places = places
        self.ends = tuple(dict.fromkeys(place.ends for place in places if place.ends is not None))
        self.goes_on = any(place.part is not None for place in places)
        self.steps: dict[str, Spot[What] | None] = {}
        self._words: dict[str, list[Place[What]]] | None = None  # what waits for a word, once asked for
        self._forks: dict[Fork, list[Place[What]]] = {}
        self._wild: list[Fork] = []

    def expects(self, word: str, waiting: Set[Fork] | None) -> bool:
        """Tell whether a place waits for just this word, for which `waiting` do; others wait for any."""
        words = self._words
        if words is None:
            words = self._words = self._sorted()
        return word in words or (waiting is not None and not self._forks.keys().isdisjoint(waiting))

    def reached(self, word: str, waiting: Set[Fork]) -> dict[Place[What], None]:
        """Return the places that `word` leads to, for which `waiting` forks do; ANY stands for any word."""
        reached: dict[Place[What], None] = {}
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

    def _sorted(self) -> dict[str, list[Place[What]]]:
        """Sort the places by the word or the fork that they wait for; a fork may be empty."""
        words: dict[str, list[Place[What]]] = {}
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
