"""Who is on call: people taking turns at a wall clock's handover, with overrides and leave.

Half-open at both ends of every turn, so that no instant is anybody's twice or nobody's by arithmetic: a gap
is only there where somebody made it, and `find_gaps` says so ahead of time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.domain.zones import to_instant, to_local

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Leave:
    """Whole days away, both included, on the wall clock of the person's zone."""

    first: date
    last: date

    def __str__(self) -> str:
        """Write the leave as programme files do."""
        return f"{self.first} to {self.last}" if self.last != self.first else str(self.first)

    def holds(self, day: date) -> bool:
        """Tell whether a local day is part of it."""
        return self.first <= day <= self.last


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """Somebody else's turn, from one naive wall time to another, the end excluded."""

    who: str
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Rota:
    """People (staff refs) taking turns of `every`, handed over at the wall clock of `timezone`.

    `starts` is the first handover, a naive wall time; before it nobody is on call. A later override goes
    before an earlier one. `every` is whole days.
    """

    name: str
    timezone: str
    people: tuple[str, ...]
    starts: datetime
    every: timedelta = WEEK
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One stretch of a rota, aware UTC, `until` excluded; `who` None is a gap."""

    who: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Absence:
    """When somebody is away, on the wall clock of `zone`."""

    zone: str
    leave: Collection[Leave]

    def holds(self, now: datetime) -> bool:
        """Tell whether they are away at an aware `now`. Raises ZoneError."""
        if not self.leave:
            return False
        today = to_local(now, self.zone).date()
        return any(one.holds(today) for one in self.leave)

    def edges(self) -> Iterator[datetime]:
        """Yield the instants at which a leave begins or is over."""
        for one in self.leave:
            yield to_instant(datetime.combine(one.first, time()), self.zone)
            yield to_instant(datetime.combine(one.last + timedelta(days=1), time()), self.zone)


Absences = Mapping[str, Absence]  # by staff ref


def on_call(rota: Rota, now: datetime, absences: Absences) -> str | None:
    """Return whose turn it is at an aware `now`, or None.

    Whoever is away is stood in for by the next in the order who is not. Raises ZoneError.
    """

    def is_here(ref: str) -> bool:
        return ref not in absences or not absences[ref].holds(now)

    for override in reversed(rota.overrides):
        if _within(override, rota.timezone, now) and is_here(override.who):
            return override.who
    number = _number(rota, now)
    if number is None:
        return None
    order = [rota.people[(number + step) % len(rota.people)] for step in range(len(rota.people))]
    return next((ref for ref in order if is_here(ref)), None)


def turns(rota: Rota, since: datetime, until: datetime, absences: Absences) -> Iterator[Turn]:
    """Yield who is on call from `since` to `until`, each turn beginning where the one before ends."""
    inside = {edge for edge in _edges(rota, since, until, absences) if since < edge < until}
    start, who = since, on_call(rota, since, absences)
    for edge in sorted(inside):
        following = on_call(rota, edge, absences)
        if following != who:
            yield Turn(who=who, since=start, until=edge)
            start, who = edge, following
    yield Turn(who=who, since=start, until=until)


def find_gaps(rota: Rota, since: datetime, until: datetime, absences: Absences) -> list[Turn]:
    """Return the stretches in which nobody is on call, in order."""
    return [turn for turn in turns(rota, since, until, absences) if turn.who is None]


def _within(override: Override, zone: str, now: datetime) -> bool:
    return to_instant(override.since, zone) <= now < to_instant(override.until, zone)


def _number(rota: Rota, now: datetime) -> int | None:
    """Return how many handovers there were before the present turn."""
    # By the wall clock first, then by the instants: a turn around a clock change is longer or shorter.
    number = (to_local(now, rota.timezone) - rota.starts) // rota.every
    while _handover(rota, number + 1) <= now:
        number += 1
    while _handover(rota, number) > now:
        number -= 1
    return number if number >= 0 else None


def _handover(rota: Rota, number: int) -> datetime:
    return to_instant(rota.starts + number * rota.every, rota.timezone)


def _edges(rota: Rota, since: datetime, until: datetime, absences: Absences) -> Iterator[datetime]:
    """Yield every instant at which somebody else may take over."""
    number = max(0, _number(rota, since) or 0)
    while (edge := _handover(rota, number)) < until:
        yield edge
        number += 1
    for override in rota.overrides:
        yield to_instant(override.since, rota.timezone)
        yield to_instant(override.until, rota.timezone)
    for absence in absences.values():
        yield from absence.edges()
