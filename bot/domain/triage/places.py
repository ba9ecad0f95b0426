"""Where a walk through the templates can stand: places in them, and the sets of places a word leads to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from typing import Generic, TypeVar

from bot.domain.triage.templates import ANY, END, Fork, Part, Row

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

    def into(self, row: Row) -> Place[What]:
        """Return the place in one of the rows of this one's fork: behind a word that it begins with."""
        if self._inner is None:
            self._inner = {}
        place = self._inner.get(id(row))
        if place is None:
            at = int(isinstance(row[0], str))
            place = self.after() if at == len(row) else Place(row, at, self.after())
            self._inner[id(row)] = place
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
                enter(row, (place,), word, reached)
            if not part.empty:
                return
            place = place.after()


def enter(
    row: Row | None, places: Iterable[Place[What]], word: str, reached: dict[Place[What], None]
) -> None:
    """Add the places that `word` leads to in a `row`, which may begin with it, of the fork of `places`."""
    if row is None:
        for place in places:
            reached[place._after or place.after()] = None
    elif not isinstance(row[0], str):
        for place in places:
            place.into(row).step(word, reached)
    elif row[0] == word or word != END:  # what else it begins with is any word
        for place in places:
            reached[place.into(row)] = None


class Spot(Generic[What]):
    """A set of places that one word leads to, with the phrases that end there."""

    __slots__ = ("ends", "goes_on", "places", "steps", "waits")

    def __init__(self, places: tuple[Place[What], ...]) -> None:
        self.places = places
        self.ends = tuple(dict.fromkeys([place.ends for place in places if place.ends is not None]))
        self.goes_on = any(place.part is not None for place in places)
        self.steps: dict[str, Spot[What] | None] = {}
        self.waits: Mapping[Part, list[Place[What]]] | None = None  # its places by what they wait for

    def sort(self) -> Mapping[Part, list[Place[What]]]:
        """Sort the places by the word or the fork that they wait for, once asked for; a fork may be empty."""
        waits: defaultdict[Part, list[Place[What]]] = defaultdict(list)
        for first in self.places:
            place = first
            while (part := place.part) is not None:
                waits[part].append(place)
                if part.__class__ is str or not part.empty:  # type: ignore[union-attr]
                    break
                place = place._after or place.after()
        self.waits = waits
        return waits

    def reached(self, word: str, waiting: Set[Fork], wild: Set[Fork]) -> dict[Place[What], None]:
        """Return the places that `word` leads to: `waiting` forks do for it, `wild` ones for any word."""
        reached: dict[Place[What], None] = {}
        waits = self.waits
        if waits is None:
            waits = self.sort()
        for key in (word, ANY) if word != END else (word,):
            if key in waits:
                for place in waits[key]:
                    reached[place._after or place.after()] = None
        for fork in (*(waiting & waits.keys()), *(wild & waits.keys())):
            for row in fork.by_word.get(word, fork.wild):
                enter(row, waits[fork], word, reached)
        return reached
