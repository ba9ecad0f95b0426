"""Where a walk through the templates can stand: places in them, and the sets of places a word leads to.

Both are numbers into lists. There are very many, and they stay: had they been objects, Python's collector
would walk them all again and again, for half a second in the middle of somebody's text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Generic, TypeVar

from bot.domain.triage.templates import ANY, END, Fork, Forks, Part, Row

What = TypeVar("What")

NOWHERE = 0  # the number of no place, and of no spot
_UNKNOWN = -1  # a place not worked out yet
_NOBODY: Set[int] = frozenset()


class Places(Generic[What]):
    """What may be left of a template: the parts of a row from somewhere on, and then the place after the row.

    A place without a part is a template's end.
    """

    def __init__(self) -> None:
        self.meanings: list[What] = []
        self.parts: list[Part | None] = [None]  # what a place waits for
        self.waits: list[str | int | None] = [None]  # the same, forks by number
        self.passes: list[int] = [NOWHERE]  # the place behind, where it waits for what stands there as well
        self.ends: list[int] = [_UNKNOWN]  # which meaning holds if no more words come; none if below 0
        self._rows: list[Row] = [()]
        self._at: list[int] = [0]
        self._then: list[int] = [NOWHERE]
        self._after: list[int] = [NOWHERE]
        self._inner: dict[tuple[int, int], int] = {}

    def root(self, fork: Fork, what: What) -> int:
        """Return the place before `fork`, behind which nothing is left of a template that means `what`."""
        end = self._add((), 0, NOWHERE)
        self.ends[end] = len(self.meanings)
        self.meanings.append(what)
        return self._add((fork,), 0, end)

    def after(self, place: int) -> int:
        """Return the place behind this one's part."""
        after = self._after[place]
        if after == _UNKNOWN:
            row, at = self._rows[place], self._at[place] + 1
            after = self._then[place] if at == len(row) else self._add(row, at, self._then[place])
            self._after[place] = after
        return after

    def enter(self, row: Row | None, places: Iterable[int], word: str, reached: set[int]) -> None:
        """Add the places that `word` leads to in a `row`, which may begin with it, of a fork at `places`."""
        if row is None:
            reached.update(map(self.after, places))
            return
        fork, inner, number = not isinstance(row[0], str), self._inner, id(row)
        if not fork and row[0] != word and word == END:  # what else it begins with is any word
            return
        for place in places:
            into = inner.get((place, number))
            if into is None:
                into = self._into(place, row)
            if fork:
                self._step(into, word, reached)
            else:
                reached.add(into)

    def begin(self, place: int, word: str) -> set[int]:
        """Return the places that `word` leads to from this one."""
        reached: set[int] = set()
        self._step(place, word, reached)
        return reached

    def _step(self, place: int, word: str, reached: set[int]) -> None:
        """Add the places that `word` leads to from here."""
        while (part := self.parts[place]) is not None:
            if isinstance(part, str):
                if part == word or (part == ANY and word != END):
                    reached.add(self.after(place))
                return
            for row in part.by_word.get(word, part.wild):
                self.enter(row, (place,), word, reached)
            place = self.passes[place]

    def _into(self, place: int, row: Row) -> int:
        """Work out the place in one of the rows of this one's fork: behind a word that it begins with."""
        at = int(isinstance(row[0], str))
        then = self.after(place)
        into = self._inner[place, id(row)] = then if at == len(row) else self._add(row, at, then)
        return into

    def _add(self, row: Row, at: int, then: int) -> int:
        place = len(self.parts)
        part = row[at] if row else None
        self.parts.append(part)
        self.waits.append(part.number if isinstance(part, Fork) else part)
        self.passes.append(NOWHERE)
        self.ends.append(_UNKNOWN)
        self._rows.append(row)
        self._at.append(at)
        self._then.append(then)
        self._after.append(_UNKNOWN)
        if isinstance(part, Fork) and part.empty:
            behind = self.passes[place] = self.after(place)
            self.ends[place] = self.ends[behind]
        return place


class Spots(Generic[What]):
    """Sets of places that one word leads to, with the phrases that end there."""

    def __init__(self, places: Places[What], forks: Forks) -> None:
        """Take the places, and the forks that they wait for."""
        self.ends: list[tuple[int, ...]] = [()]  # by number, as all that follow: meanings of phrases
        self._spots: list[tuple[int, ...]] = [()]
        self._steps: list[dict[str, int]] = [{}]
        # A place, or below 0 some of the groups, by the word or the number of the fork that it waits for.
        self._waits: list[Mapping[str | int, int] | None] = [{}]
        self._groups: list[tuple[int, ...]] = []
        self._numbers: dict[tuple[int, ...], int] = {(): NOWHERE}
        self._places, self._forks = places, forks

    def spot(self, reached: Set[int]) -> int:
        """Return the number of this set of places."""
        key = tuple(sorted(reached)) if len(reached) > 1 else tuple(reached)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._spots)
            ends = self._places.ends
            self._spots.append(key)
            self.ends.append(tuple({ends[place] for place in key} - {_UNKNOWN}))
            self._steps.append({})
            self._waits.append(None)
        return number

    def goes_on(self, spot: int) -> bool:
        """Tell whether anything is waited for."""
        waits = self._places.waits
        return any(waits[place] is not None for place in reversed(self._spots[spot]))

    def expects(self, spot: int, word: str) -> bool:
        """Tell whether a place waits for just this word; others wait for any."""
        waits = self._waits[spot]
        if waits is None:
            waits = self._sort(spot)
        return word in waits or not waits.keys().isdisjoint(self._forks.waiting.get(word, _NOBODY))

    def following(self, spot: int, word: str, choices: Sequence[str]) -> int:
        """Return the spot that `word`, which may be any of `choices`, leads to; ANY stands for any word."""
        steps = self._steps[spot]
        follows = steps.get(word)
        if follows is None:
            reached: set[int] = set()
            for choice in choices:
                self._reach(spot, choice, reached)
            follows = steps[word] = self.spot(reached) if reached else NOWHERE
        return follows

    def crumble(self, most: int) -> bool:
        """Let go of at most so many spots; tell whether any are left."""
        for held in (self.ends, self._spots, self._steps, self._waits, self._groups):
            del held[-most:]
        for _ in range(min(most, len(self._numbers))):
            self._numbers.popitem()
        return bool(self._numbers)

    def _reach(self, spot: int, word: str, reached: set[int]) -> None:
        """Add the places that `word` leads to."""
        places, forks = self._places, self._forks
        waits = self._waits[spot]
        if waits is None:
            waits = self._sort(spot)
        if word in waits:
            reached.update(map(places.after, self._group(waits[word])))
        if ANY in waits and word != END:
            reached.update(map(places.after, self._group(waits[ANY])))
        for number in (forks.waiting.get(word, _NOBODY) & waits.keys()) | (forks.wild & waits.keys()):
            fork, group = forks.made[number], self._group(waits[number])
            for row in fork.by_word.get(word, fork.wild):
                places.enter(row, group, word, reached)

    def _group(self, held: int) -> tuple[int, ...]:
        return (held,) if held >= 0 else self._groups[~held]

    def _sort(self, spot: int) -> Mapping[str | int, int]:
        """Sort the places by the word or the fork that they wait for, once asked for; a fork may be empty."""
        waits: dict[str | int, int] = {}
        awaits, passes, groups = self._places.waits, self._places.passes, self._groups
        for first in self._spots[spot]:
            place = first
            while (key := awaits[place]) is not None:
                held = waits.setdefault(key, place)
                if held < 0:
                    groups[~held] += (place,)
                elif held != place:
                    waits[key] = ~len(groups)
                    groups.append((held, place))
                place = passes[place]
        self._waits[spot] = waits
        return waits
