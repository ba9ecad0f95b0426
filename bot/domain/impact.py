"""What publishing changes for one enrolment: its turns under the old rules beside those under the new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import repeat
from typing import TypeAlias

from bot.domain.recurrence import Due
from bot.domain.rules import Rule
from bot.domain.slots import slot

Turn: TypeAlias = tuple[str, str]  # a prompt's key, and which turn of it
Turns: TypeAlias = dict[Turn, Due]


class Effect(StrEnum):
    """What becomes of one turn."""

    MOVED = "moved"  # the same prompt that day, or that week, at another time
    ADDED = "added"
    REMOVED = "removed"
    SKIPPED = "skipped"  # its new time is past, and nothing is sent for the past
    ALREADY_SENT = "already_sent"  # its new time is to come, but it was sent at the old one
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One turn's effect; `old` and `new` are when it came and when it comes, None where it does not."""

    effect: Effect
    old: Due | None
    new: Due | None


def turns(rules: Mapping[str, Rule], dues: Iterable[Due]) -> Turns:
    """Return occurrences by their turns; of two in one turn, the first, as the outbox takes them."""
    found: Turns = {}
    for due in dues:
        found.setdefault((due.key, slot(rules[due.key], due.local)), due)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Sides:
    """One enrolment's turns at the instant of a change.

    `old` and `new` are to come under either rules. `past`: the new rules put them before now. `late`: of
    those, what is new and counted by days, which this person's count has passed.
    """

    old: Turns
    new: Turns
    past: Turns
    late: Turns
    recent: Turns  # fell due of late, by the old rules


def outcomes(
    sides: Sides,
    *,
    taken: Collection[Turn],
    waiting: Collection[Turn],
    kept: Collection[str],
    movable: datetime,
) -> Iterator[Outcome]:
    """Say what becomes of each turn.

    `taken` are turns that the outbox has: whatever became of them, they are not sent again. Those that
    are `waiting` in it move to a new time up to `movable`, and else stay if their prompt is among the `kept`.
    """
    for turn in waiting:
        before = sides.recent.get(turn)
        if before is not None and turn in sides.new and sides.new[turn].at <= movable:
            yield Outcome(Effect.MOVED, before, sides.new[turn])
        elif before is not None:
            effect = Effect.UNCHANGED if turn[0] in kept else Effect.REMOVED
            yield Outcome(effect, before, before if turn[0] in kept else None)
    left = {turn: due for turn, due in sides.old.items() if turn not in taken}
    come: Turns = {}
    for turn, due in sides.new.items():
        before = left.pop(turn, None)
        if before is not None:
            yield Outcome(Effect.UNCHANGED if before.at == due.at else Effect.MOVED, before, due)
        elif turn not in taken:
            come[turn] = due
        elif turn not in sides.old and turn not in waiting:
            yield Outcome(Effect.ALREADY_SENT, None, due)
    for turn, due in (*left.items(), *sides.late.items()):
        if turn in sides.past and turn not in taken:
            yield Outcome(Effect.SKIPPED, due if turn in left else None, sides.past[turn])
    yield from _paired([due for turn, due in left.items() if turn not in sides.past], come.values())


def _paired(gone: Iterable[Due], come: Iterable[Due]) -> Iterator[Outcome]:
    """Take what went and what came in the same week for one thing that moved, in order."""
    weeks: defaultdict[tuple[str, date], tuple[list[Due], list[Due]]] = defaultdict(lambda: ([], []))
    for due in gone:
        weeks[_week(due)][0].append(due)
    for due in come:
        weeks[_week(due)][1].append(due)
    for before, after in weeks.values():
        both = min(len(before), len(after))
        yield from map(Outcome, repeat(Effect.MOVED), before[:both], after[:both])
        yield from (Outcome(Effect.REMOVED, old, None) for old in before[both:])
        yield from (Outcome(Effect.ADDED, None, new) for new in after[both:])


def _week(due: Due) -> tuple[str, date]:
    day = due.local.date()
    return due.key, day - timedelta(days=day.weekday())
