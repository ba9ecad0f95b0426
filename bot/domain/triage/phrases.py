"""Find every phrase of the lexicons in one pass over a text's words.

A template (templates.py) stands for very many phrases, so it is never written out: the places that texts
really reach in it, and the sets of places, are worked out on the way and remembered.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Generic, NamedTuple

from bot.domain.triage.normalise import CLAUSE, Reading
from bot.domain.triage.places import NOWHERE, Places, What
from bot.domain.triage.templates import ANY, END, Choice, Forks, Row, may_be_empty, size_of
from bot.domain.triage.walks import Walks

MAX_PLACES = 5_000  # words a template may hold, slots written out
MAX_STATES = 100_000  # remembered before starting afresh
CRUMBS = 500  # of what is no longer needed, let go of with each text
MAX_GUESSED = 50_000  # steps of guessed words remembered before starting afresh
MAX_WORK = 2_000  # steps never taken before that a text may ask for; the first long one ever asks for a fifth


class Hit(NamedTuple, Generic[What]):
    """One phrase found: the words `first` up to, not including, `last`."""

    what: What
    first: int
    last: int


class TooMuchWorkError(Exception):
    """A text asks for more than any person's message does; it is no longer worth waiting for."""


class Phrases(Generic[What]):
    """The templates of all languages as one network of words."""

    def __init__(self, *, fillers: frozenset[str], short_forms: Mapping[str, tuple[str, ...]]) -> None:
        """Take the words a phrase may hold in passing, and the short forms to write out."""
        self.words: set[str] = set(fillers)
        self._fillers = fillers
        self._forks = Forks(short_forms, self.words)
        self._added: dict[What, list[Row]] = {}  # what stands for each meaning, not planted yet
        self._places: Places[What] = Places()
        self._roots: dict[str, list[int]] = {}  # where each word begins a template
        self._walks = self._afresh()
        self._old: list[Walks[What]] = []  # no longer needed, and let go of bit by bit

    def add(self, template: Choice, what: What) -> None:
        """Take `template`; refuse one that may be empty or that is too large."""
        rows = self._forks.rows(template)
        if may_be_empty(rows):
            raise ValueError("a template may be empty")
        if size_of(rows) > MAX_PLACES:
            raise ValueError("a template stands for too many phrases")
        self._added.setdefault(what, []).extend(rows)

    def prepare(self) -> None:
        """Work out where each word leads from nowhere, so that no text waits for it."""
        self._plant()
        walks = self._walks
        for word in self._roots:
            state = walks.start(word)
            while state != NOWHERE:  # on through the words of a gap
                for follows in (END, ANY):
                    if follows not in walks.steps[state]:
                        walks.step(state, follows)
                state = walks.steps[state][ANY]

    def found(self, reading: Reading) -> list[Hit[What]]:
        """Return every phrase in `reading`; raise TooMuchWorkError on one made to be slow."""
        self._plant()
        self._tidy()
        words = [
            either or (word if word in self.words else "")
            for word, either in zip(reading.words, reading.either, strict=True)
        ]
        walks, breaks, meanings, count = self._walks, reading.breaks, self._places.meanings, len(words)
        starts, steps, ends = walks.first, walks.steps, walks.ends
        hits: list[Hit[What]] = []
        work = stop = 0
        for first, word in enumerate(words):
            try:
                state = starts[word]
            except KeyError:
                state = walks.start(word)
            if state == NOWHERE:
                continue
            if first >= stop:  # where this clause ends
                stop = first + 1
                while stop < count and breaks[stop] < CLAUSE:
                    stop += 1
            for at in range(first + 1, stop):
                if ends[state]:
                    hits += [Hit(meanings[end], first, at) for end in ends[state]]
                follows = words[at]
                try:
                    state = steps[state][follows]
                except KeyError:
                    work += 1
                    state = walks.step(state, follows)
                if state == NOWHERE:
                    break
            else:
                closed = steps[state][END] if END in steps[state] else walks.step(state, END)
                hits += [Hit(meanings[end], first, stop) for end in ends[state] + ends[closed]]
            if work > MAX_WORK:
                raise TooMuchWorkError
        return hits

    def _plant(self) -> None:
        """Plant what was added, all templates of one meaning together: many begin alike."""
        for what, rows in self._added.items():
            fork = self._forks.joined(rows)
            root = self._places.root(fork, what)
            for word in fork.by_word:
                self._roots.setdefault(word, []).append(root)
        self._added.clear()

    def _tidy(self) -> None:
        """Start afresh once too much is remembered: strange texts can't fill the memory or hold others up."""
        if len(self._walks.steps) > MAX_STATES or self._walks.guessed > MAX_GUESSED:
            self._old.append(self._walks)
            self._walks = self._afresh()
            gc.freeze()  # what fills now stays for long again (see places.py)
        if self._old and not self._old[0].crumble(CRUMBS):
            del self._old[0]

    def _afresh(self) -> Walks[What]:
        return Walks(self._places, self._forks, self._fillers, self._roots)
