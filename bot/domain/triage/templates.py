"""Read the templates of the lexicons: plain words, slots, choices, gaps and ends of clauses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

GAP = "..."
GAP_WORDS = 3
ANY = "*"  # stands for one word of a gap
END = "$"  # stands for the end of a clause

_PARTS = re.compile(r"\{\w+\}|\.\.\.|[(|)]|[^\s(){}|]+")


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


@dataclass(slots=True, eq=False)
class Fork:
    """A choice, made ready: which of its rows may begin with a word.

    `by_word` gives them, None for a row that is that word and nothing else; `wild` those that may begin with
    any other word. `empty` says whether no word at all will do, `size` counts words, slots written out.
    """

    number: int
    by_word: dict[str, list[Row | None]] = field(default_factory=dict)
    wild: list[Row | None] = field(default_factory=list)
    empty: bool = False
    size: int = 0


Part: TypeAlias = "str | Fork"
Row: TypeAlias = tuple[Part, ...]


def size_of(rows: Iterable[Row]) -> int:
    """Return how many words `rows` hold, slots written out."""
    return sum(part.size if isinstance(part, Fork) else part != END for row in rows for part in row)


def may_be_empty(rows: Iterable[Row]) -> bool:
    """Tell whether no word at all is one of `rows`."""
    return any(all(isinstance(part, Fork) and part.empty for part in row) for row in rows)


class Forks:
    """Makes choices ready, alike ones once: slots stand in many templates."""

    def __init__(self, short_forms: Mapping[str, tuple[str, ...]], words: set[str]) -> None:
        """Take the short forms to write out, and where to note every word."""
        self.made: list[Fork] = []
        self.waiting: dict[str, set[int]] = {}  # numbers of those that may begin with a word
        self.wild: set[int] = set()  # and with any
        self._words = words
        self._short = short_forms
        self._slots: dict[int, tuple[Choice, Fork]] = {}  # the choice is held, for the number is its own
        self._alike: dict[tuple[Row, ...], Fork] = {}
        self._gap = self._fork(((),))
        for _ in range(GAP_WORDS):
            self._gap = self._fork(((), (ANY, self._gap)))

    def fork(self, choice: Choice) -> Fork:
        """Return `choice` made ready."""
        _, fork = self._slots.get(id(choice), (choice, None))
        if fork is None:
            fork = self.joined(self.rows(choice))
            self._slots[id(choice)] = choice, fork
        return fork

    def rows(self, choice: Choice) -> list[Row]:
        """Return the branches of `choice` as rows; those of a choice that stands alone in one are its own."""
        rows: list[Row] = []
        for branch in choice.branches:
            if len(branch) == 1 and isinstance(branch[0], Choice):
                rows += self.rows(branch[0])
                continue
            row: list[Part] = []
            for part in branch:
                if isinstance(part, Choice):
                    row.append(self.fork(part))
                elif part == GAP:
                    row.append(self._gap)
                else:
                    row += self._short.get(part) or (part,)
            rows.append(tuple(row))
            self._words.update(part for part in row if isinstance(part, str) and part != END)
        return rows

    def joined(self, rows: Iterable[Row]) -> Fork:
        """Return a fork of `rows`; those that begin alike part only where they differ."""
        rests: dict[Part | None, list[Row]] = {}
        for row in dict.fromkeys(rows):
            rests.setdefault(row[0] if row else None, []).append(row[1:])
        return self._fork(
            tuple(
                () if part is None else (part, *rest[0]) if len(rest) == 1 else (part, self.joined(rest))
                for part, rest in rests.items()
            )
        )

    def _fork(self, rows: tuple[Row, ...]) -> Fork:
        fork = self._alike.get(rows)
        if fork is None:
            fork = self._alike[rows] = Fork(len(self.made))
            self.made.append(fork)
            for row in rows:
                self._enter(fork, row)
            if fork.wild:
                self.wild.add(fork.number)
                for found in fork.by_word.values():
                    found.extend(fork.wild)
                fork.by_word.setdefault(END, [])
        return fork

    def _enter(self, fork: Fork, row: Row) -> None:
        """Put `row` where `fork` finds it by the words it may begin with."""
        firsts: dict[str, None] = {}
        wild, empty = False, True
        for part in row:
            if isinstance(part, Fork):
                fork.size += part.size
                if empty:
                    firsts.update(dict.fromkeys(part.by_word))
                    wild = wild or bool(part.wild)
                    empty = part.empty
            else:
                fork.size += part != END
                if empty:
                    wild = wild or part == ANY
                    if part != ANY:
                        firsts[part] = None
                    empty = False
        fork.empty = fork.empty or empty
        alone = len(row) == 1 and isinstance(row[0], str)
        for word in firsts:
            fork.by_word.setdefault(word, []).append(None if alone else row)
            self.waiting.setdefault(word, set()).add(fork.number)
        if wild:
            fork.wild.append(row)
