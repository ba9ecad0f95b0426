"""Remember where words lead on a walk through the templates, each step worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Generic, TypeVar

from bot.domain.triage.places import NOWHERE, Places, Spots
from bot.domain.triage.spelling import OR
from bot.domain.triage.templates import ANY, END, Forks

What = TypeVar("What")

MAX_SKIPS = 3  # fillers a phrase may hold ("I just really want to die")
_SKIPS = MAX_SKIPS + 1  # a spot and the fillers skipped since it are one number: this many for each spot


class Walks(Generic[What]):
    """Where a walk can stand, by number: spots, the fillers skipped since, and the phrases that end there.

    NOWHERE is the end of a walk.
    """

    def __init__(
        self, places: Places[What], forks: Forks, fillers: Set[str], roots: Mapping[str, Sequence[int]]
    ) -> None:
        """Take the places, the forks they wait for, words that may be skipped, and where words begin."""
        self.first: dict[str, int] = {}  # where a word leads to from nowhere
        self.steps: list[dict[str, int]] = [{}]  # where words lead from each
        self.ends: list[tuple[int, ...]] = [()]  # meanings of the phrases that end there
        self.guessed = 0  # steps of words that are guessed at: there is no end of them
        self._spots = Spots(places, forks)
        self._standing: list[tuple[int, ...]] = [()]
        self._numbers: dict[tuple[int, ...], int] = {}
        self._places, self._fillers, self._roots = places, fillers, roots

    def start(self, word: str) -> int:
        """Return where `word` leads to from nowhere."""
        reached: set[int] = set()
        for choice in word.split(OR):
            for root in self._roots.get(choice, ()):
                reached |= self._places.begin(root, choice)
        spot = self._spots.spot(reached)
        state = self.first[word] = self._state((spot * _SKIPS,), self._spots.ends[spot]) if spot else NOWHERE
        self.guessed += OR in word
        return state

    def step(self, state: int, word: str) -> int:
        """Work out where `word` leads from `state`, once; those that nothing waits for lead the same way."""
        steps = self.steps[state]
        if word in self._fillers or word == END or self._expected(state, word):
            found = self._follow(state, word, (word,))
        elif OR in word:
            found = self._follow(state, word, word.split(OR))
            self.guessed += 1
        elif ANY in steps:
            found = steps[ANY]
        else:
            found = steps[ANY] = self._follow(state, ANY, (ANY,))
        steps[word] = found
        return found

    def crumble(self, most: int) -> bool:
        """Let go of at most so much of everything; tell whether anything is left."""
        for held in (self.steps, self.ends, self._standing):
            del held[-most:]
        for numbers in (self.first, self._numbers):
            for _ in range(min(most, len(numbers))):
                numbers.popitem()
        return self._spots.crumble(most) or bool(self._numbers)

    def _expected(self, state: int, word: str) -> bool:
        """Tell whether a place of `state` waits for just this word."""
        for standing in self._standing[state]:  # noqa: SIM110 - asked often; any() takes twice as long
            if self._spots.expects(standing // _SKIPS, word):
                return True
        return False

    def _follow(self, state: int, word: str, choices: Sequence[str]) -> int:
        """Return where `word`, which may be any of `choices`, leads to."""
        spots, held = self._spots, self._standing[state]
        if len(held) == 1 and self._fillers.isdisjoint(choices):
            spot, skips = divmod(held[0], _SKIPS)
            follows = spots.following(spot, word, choices)
            return self._state((follows * _SKIPS + skips,), spots.ends[follows]) if follows else NOWHERE
        ahead: dict[int, int] = {}
        ends: tuple[int, ...] = ()
        for standing in held:
            follows = spots.following(standing // _SKIPS, word, choices)
            skips = standing % _SKIPS
            if follows and ahead.setdefault(follows, skips) >= skips:
                ahead[follows] = skips
                ends = tuple(dict.fromkeys(ends + spots.ends[follows])) if ends else spots.ends[follows]
        if not self._fillers.isdisjoint(choices):
            for standing in held:
                spot, skips = divmod(standing, _SKIPS)
                if skips < MAX_SKIPS and spots.goes_on(spot):
                    ahead.setdefault(spot, skips + 1)
        return self._state(tuple([spot * _SKIPS + skips for spot, skips in ahead.items()]), ends)

    def _state(self, standing: tuple[int, ...], ends: tuple[int, ...]) -> int:
        if not standing:
            return NOWHERE
        key = standing + tuple([~end for end in ends]) if ends else standing  # below 0, so never a spot
        state = self._numbers.get(key)
        if state is None:
            state = self._numbers[key] = len(self.steps)
            self.steps.append({})
            self.ends.append(ends)
            self._standing.append(standing)
        return state
