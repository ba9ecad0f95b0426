"""When prompts fall due: rule, zone and anchors give local times, and those give instants.

An occurrence is named by its prompt's key and its wall time as the rule says it, before a gap moves it.
Wall times grow with instants (`to_instant` never goes backwards), so searching by wall time from an
instant neither skips nor doubles a day, whatever the clocks do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache, partial
from typing import TypeAlias

from bot.domain.finders import Finder, Found, finders
from bot.domain.rules import Anchor, Anchors, AroundSession, EveryWeeks, OnDay, OnDays, RandomTime, Rule, Side
from bot.domain.zones import ZoneError, to_instant, to_local

__all__ = [
    "Anchor",
    "Anchors",
    "AroundSession",
    "Due",
    "EveryWeeks",
    "OnDay",
    "OnDays",
    "RandomTime",
    "Rule",
    "Side",
    "Timetable",
    "ZoneError",
    "next_local",
    "to_instant",
    "to_local",
]

REMEMBERED = 512  # answers a timetable keeps: zones and starts are few, and a tick asks about one span

# What anchors hold besides the seed.
_Since: TypeAlias = tuple[date, str, tuple[datetime, ...], date | None, date | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """One occurrence: `local` is its naive wall time, to the minute, and `at` the aware UTC instant."""

    key: str
    local: datetime
    at: datetime


class Timetable:
    """A schedule's rules by prompt key, sorted once so that asking is cheap. Never changes.

    Rules of a kind share one sorted list, so a hundred numbered days cost no more than one. What people
    have in common is found once for all of them, as long as they are asked about one after the other.
    """

    __slots__ = ("_alike", "_finders", "_personal")

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        """Sort `rules`, by prompt key."""
        self._finders = tuple(finders(rules))
        self._personal = tuple(finder for finder in self._finders if finder.personal)
        alike = tuple(finder for finder in self._finders if not finder.personal)
        self._alike = lru_cache(maxsize=REMEMBERED)(partial(_turn, alike))

    def next_due(self, anchors: Anchors, after: datetime) -> Due | None:
        """Return the first occurrence after an aware instant, or None when nothing is left. Raises ZoneError.

        Others may fall on the same instant: `between(anchors, after, due.at)` gives them all.
        """
        here = _from(anchors, after)
        while found := self._first(anchors, here):
            local, keys = found
            at = to_instant(local, anchors.zone)
            if at > after:
                return Due(key=min(keys), local=local, at=at)
            here = local  # the clocks went back, and this time was already shown once
        return None

    def between(self, anchors: Anchors, after: datetime, until: datetime) -> list[Due]:
        """Return what falls after `after` and up to `until`, in order of instant. Raises ZoneError."""
        here = _from(anchors, after)
        dues = [due for finder in self._finders for due in _walk(finder, anchors, here, after, until)]
        return sorted(dues, key=_order)

    def turn(self, anchors: Anchors, after: datetime, until: datetime) -> tuple[list[Due], Due | None]:
        """Return `between(after, until)` and `next_due(until)` in one look. Raises ZoneError."""
        since = (
            anchors.start,
            anchors.zone,
            anchors.sessions,
            anchors.recovery_date,
            anchors.programme_start,
        )
        here, alike, following = self._alike(since, after, until)
        dues = list(alike)
        for finder in self._personal:
            coming = _look(finder, anchors, here, (after, until), dues)
            following = _sooner(coming, following)
        if self._personal and len(dues) > 1:
            dues.sort(key=_order)
        return dues, following

    def _first(self, anchors: Anchors, after: datetime) -> Found | None:
        best: Found | None = None
        for finder in self._finders:
            found = finder.first(anchors, after)
            if found and (best is None or found < best):
                best = found
        return best


def next_local(rule: Rule, anchors: Anchors, after: datetime, key: str) -> datetime | None:
    """Return the rule's first naive wall time after naive `after`; `key` seeds random times."""
    (finder,) = finders({key: rule})
    found = finder.first(anchors, _not_before_start(anchors, after))
    return found[0] if found else None


def _walk(
    finder: Finder, anchors: Anchors, here: datetime, after: datetime, until: datetime
) -> Iterator[Due]:
    while found := finder.first(anchors, here):
        here, keys = found
        at = to_instant(here, anchors.zone)
        if at > until:
            return
        if at > after:
            for key in keys:
                yield Due(key=key, local=here, at=at)


def _turn(
    alike: tuple[Finder, ...], since: _Since, after: datetime, until: datetime
) -> tuple[datetime, tuple[Due, ...], Due | None]:
    """Return the wall time to search from, and what finders that ask for no seed find."""
    start, zone, sessions, recovery_date, programme_start = since
    anchors = Anchors(
        start=start,
        zone=zone,
        seed="",
        sessions=sessions,
        recovery_date=recovery_date,
        programme_start=programme_start,
    )
    here = _from(anchors, after)
    dues: list[Due] = []
    following: Due | None = None
    for finder in alike:
        following = _sooner(_look(finder, anchors, here, (after, until), dues), following)
    return here, tuple(sorted(dues, key=_order)), following


def _sooner(one: Due | None, other: Due | None) -> Due | None:
    if one is None or other is None:
        return one or other
    return one if _order(one) < _order(other) else other


def _look(
    finder: Finder, anchors: Anchors, here: datetime, span: tuple[datetime, datetime], dues: list[Due]
) -> Due | None:
    """Add what falls in `span`, its end included, to `dues`; return what comes next."""
    (after, until), zone = span, anchors.zone
    while found := finder.first(anchors, here):
        here, keys = found
        at = to_instant(here, zone)
        if at > until:
            return Due(key=min(keys), local=here, at=at)
        if at > after:
            dues.extend(Due(key=key, local=here, at=at) for key in keys)
    return None


def _order(due: Due) -> tuple[datetime, datetime, str]:
    return due.at, due.local, due.key


def _from(anchors: Anchors, after: datetime) -> datetime:
    return _not_before_start(anchors, to_local(after, anchors.zone))


def _not_before_start(anchors: Anchors, local: datetime) -> datetime:
    """Return `local`, or the last moment before the enrolment's first day if that is later."""
    if local.date() >= anchors.start:
        return local
    return datetime.combine(anchors.start, time()) - datetime.resolution
