"""What triage says about a text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How soon a human is needed. Compare by `rank`."""

    NONE = "none"
    URGENT = "urgent"
    CRISIS = "crisis"

    @property
    def rank(self) -> int:
        """Give 0 for none, 1 for urgent, 2 for crisis."""
        return _RANKS[self.value]


_RANKS = {"none": 0, "urgent": 1, "crisis": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrase:
    """A phrase a programme adds of its own: plain words, what they mean, and how soon a human is needed."""

    words: str
    level: Level
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """One thing a text says. `start` and `end` are character offsets into the text that was assessed.

    What is only a hint in itself is a signal when it counts together with others, at the level they make up.
    """

    concept: str
    level: Level
    words: str  # as written
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessment:
    """The verdict on a text, and the reasons in words a specialist can read."""

    level: Level
    signals: tuple[Signal, ...]
    why: str
    rules: str  # version of the rules, "2026.11.1-" and eight hexadecimal digits of the lexicons' hash
    flagged: bool = False  # needs human eyes: the rules failed on it, or it was too long to read whole
