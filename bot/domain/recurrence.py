"""When prompts fall due: rule, zone and anchors give local times, and those give instants.

An occurrence is named by its prompt's key and its wall time as the rule says it, before a gap, a holiday or
the person's own settings move it. Wall times grow with instants (`to_instant` never goes backwards), so
searching by wall time from an instant neither skips nor doubles a day, whatever the clocks do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache, partial
from typing import TypeAlias

from bot.domain.bending import Bend, Manner, OnHoliday, manner_of
from bot.domain.finders import Finder, finders
from bot.domain.overrides import NONE, Chapter, Overrides
from bot.domain.rules import (
    LAST,
    Anchor,
    Anchors,
    AroundSession,
    ByCalendar,
    EveryWeeks,
    Milestone,
    Monthly,
    OnDate,
    OnDay,
    OnDays,
    RandomTime,
    Rule,
    Side,
    Stretch,
    Taper,
)
from bot.domain.zones import ZoneError, shown_at, to_instant, to_local

__all__ = [
    "LAST",
    "Anchor",
    "Anchors",
    "AroundSession",
    "ByCalendar",
    "Chapter",
    "Due",
    "EveryWeeks",
    "Manner",
    "Milestone",
    "Monthly",
    "OnDate",
    "OnDay",
    "OnDays",
    "OnHoliday",
    "Overrides",
    "RandomTime",
    "Rule",
    "Side",
    "Stretch",
    "Taper",
    "Timetable",
    "ZoneError",
    "manner_of",
    "next_local",
    "to_instant",
    "to_local",
]


REMEMBERED = 512  # answers a timetable keeps: zones and starts are few, and a tick asks about one span
NO_HOLIDAYS: frozenset[date] = frozenset()

_Span: TypeAlias = tuple[datetime, datetime]
# What anchors hold besides the seed.
_Since: TypeAlias = tuple[
    date, str, tuple[datetime, ...], date | None, date | None, bool, frozenset[date], Overrides
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """One occurrence: `local` is its naive wall time by the rule, and its name; `at` the aware UTC instant.

    `at` is what counts: a person's own settings and the programme's holidays may have moved it from `local`.
    """

    key: str
    local: datetime
    at: datetime


class Timetable:
    """A schedule's rules by prompt key, sorted once so that asking is cheap. Never changes.

    Rules of a kind share one sorted list, so a hundred numbered days cost no more than one. What people
    have in common is found once for all of them, as long as they are asked about one after the other.
    """

    __slots__ = ("_alike", "_minds_holidays", "_personal", "manners")

    def __init__(self, rules: Mapping[str, Rule], manners: Mapping[str, Manner] | None = None) -> None:
        """Sort `rules`, by prompt key; `manners` say how prompts give way, as their rules do unless told."""
        given = manners or {}
        self.manners = {key: given.get(key) or manner_of(rule) for key, rule in rules.items()}
        self._minds_holidays = any(m.holiday is not OnHoliday.SEND for m in self.manners.values())
        found = tuple(finders(rules))
        self._personal = tuple(finder for finder in found if finder.personal)
        alike = tuple(finder for finder in found if not finder.personal)
        self._alike = lru_cache(maxsize=REMEMBERED)(partial(_turn, alike, self.manners))

    def next_due(self, anchors: Anchors, after: datetime) -> Due | None:
        """Return the first occurrence after an aware instant, or None when nothing is left. Raises ZoneError.

        Others may fall on the same instant: `between(anchors, after, due.at)` gives them all.
        """
        return self.turn(anchors, after, after)[1]

    def between(self, anchors: Anchors, after: datetime, until: datetime) -> list[Due]:
        """Return what falls after `after` and up to `until`, in order of instant. Raises ZoneError."""
        return self.turn(anchors, after, until)[0]

    def turn(self, anchors: Anchors, after: datetime, until: datetime) -> tuple[list[Due], Due | None]:
        """Return what falls after `after` and up to `until`, and what comes next, in one look.

        An `until` before `after` counts as `after`: nothing that is decided is looked at again.
        Raises ZoneError.
        """
        span = (after, max(after, until))
        since = (
            anchors.start,
            anchors.zone,
            anchors.sessions,
            anchors.recovery_date,
            anchors.programme_start,
            anchors.milestones,
            anchors.holidays if self._minds_holidays else NO_HOLIDAYS,
            anchors.overrides,
        )
        here, alike, following = self._alike(since, span)
        dues = list(alike)
        for finder in self._personal:
            following = _sooner(self._look(finder, anchors, here, span, dues), following)
        if self._personal and len(dues) > 1:
            dues.sort(key=_order)
        return dues, following

    def _look(
        self, finder: Finder, anchors: Anchors, here: datetime, span: _Span, dues: list[Due]
    ) -> Due | None:
        if anchors.overrides is NONE and not (self._minds_holidays and anchors.holidays):
            return _look(finder, anchors, here, span, dues)
        return _look_bent(finder, Bend(anchors, self.manners), here, span, dues)


def next_local(rule: Rule, anchors: Anchors, after: datetime, key: str) -> datetime | None:
    """Return the rule's first naive wall time after naive `after`; `key` seeds random times."""
    (finder,) = finders({key: rule})
    found = finder.first(anchors, _not_before_start(anchors, after))
    return found[0] if found else None


def _turn(
    alike: tuple[Finder, ...], manners: Mapping[str, Manner], since: _Since, span: _Span
) -> tuple[datetime, tuple[Due, ...], Due | None]:
    """Return the wall time to search from, and what finders that ask for no seed find."""
    start, zone, sessions, recovery_date, programme_start, milestones, holidays, overrides = since
    anchors = Anchors(
        start=start,
        zone=zone,
        seed="",
        sessions=sessions,
        recovery_date=recovery_date,
        programme_start=programme_start,
        milestones=milestones,
        holidays=holidays,
        overrides=overrides,
    )
    here = _not_before_start(anchors, to_local(span[0], zone))
    bend = Bend(anchors, manners) if holidays or overrides is not NONE else None
    dues: list[Due] = []
    following: Due | None = None
    for finder in alike:
        if bend is None:
            following = _sooner(_look(finder, anchors, here, span, dues), following)
        else:
            following = _sooner(_look_bent(finder, bend, here, span, dues), following)
    return here, tuple(sorted(dues, key=_order)), following


def _sooner(one: Due | None, other: Due | None) -> Due | None:
    if one is None or other is None:
        return one or other
    return one if _order(one) < _order(other) else other


def _look(finder: Finder, anchors: Anchors, here: datetime, span: _Span, dues: list[Due]) -> Due | None:
    """Add what falls in `span`, its end included, to `dues`; return what comes next."""
    (after, until), zone = span, anchors.zone
    when = to_instant if finder.once else shown_at
    while found := finder.first(anchors, here):
        here, keys = found
        at = when(here, zone)
        if at is None or at <= after:
            continue  # no such day, or the clocks went back and this time was already shown once
        if at > until:
            return Due(key=min(keys), local=here, at=at)
        dues.extend(Due(key=key, local=here, at=at) for key in keys)
    return None


def _look_bent(finder: Finder, bend: Bend, here: datetime, span: _Span, dues: list[Due]) -> Due | None:
    """Do as `_look` for somebody whose occurrences are moved or dropped after their rule has spoken."""
    (after, until), anchors = span, bend.anchors
    when = to_instant if finder.once else shown_at
    following: Due | None = None
    last: datetime | None = None  # by rule, nothing later than this can be said before `following`
    said: set[tuple[str, datetime]] = set()
    here = _not_before_start(anchors, here - bend.back)
    while found := finder.first(anchors, here):
        here, keys = found
        if last is not None and here > last:
            break
        for key in keys:
            local = bend.said(finder, key, here)
            if local is None or (key, local) in said:
                continue  # the same twice at one minute is said once
            said.add((key, local))
            at = when(local, anchors.zone)
            if at is None or at <= after:
                continue
            due = Due(key=key, local=here, at=at)
            if at <= until:
                dues.append(due)
            elif following is None or _order(due) < _order(following):
                following, last = due, local + bend.ahead
    return following


def _order(due: Due) -> tuple[datetime, datetime, str]:
    return due.at, due.local, due.key


def _not_before_start(anchors: Anchors, local: datetime) -> datetime:
    """Return `local`, or the last moment before the enrolment's first day if that is later."""
    if local.date() >= anchors.start:
        return local
    return datetime.combine(anchors.start, time()) - datetime.resolution
