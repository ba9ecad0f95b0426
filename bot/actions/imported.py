"""What an import did, counted; and rows brought in line with a file, telling whether they differed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bot.actions.impact import Impact
from bot.store.people import Participant


@dataclass(frozen=True, kw_only=True, slots=True)
class Handed:
    """Somebody who has another specialist now, with the staff ids of both."""

    participant: Participant
    old: str
    new: str


@dataclass(kw_only=True)
class Imported:
    """What an import did, counted by kind: "2 participants added"; and what it changes for people.

    `handed` are those whose specialist changed.
    """

    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    impacts: list[Impact] = field(default_factory=list)
    handed: list[Handed] = field(default_factory=list)

    def count(self, kind: str, *, new: bool, differs: bool) -> None:
        """Count one thing."""
        (self.added if new else self.changed if differs else self.same)[kind] += 1

    def add(self, other: Imported) -> None:
        """Count what another import did, too."""
        self.added += other.added
        self.changed += other.changed
        self.same += other.same


def bring_in_line(row: Any, values: dict[str, Any]) -> bool:
    """Give a row these values; return True if any of them differed."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)
