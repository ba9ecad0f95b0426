"""When prompts fall due: rule, zone and anchors give local times, and those give instants.

An occurrence is named by its prompt's key and its wall time as the rule says it, before a gap, a holiday or
the person's own settings move it. Wall times grow with instants (`to_instant` never goes backwards), so
searching by wall time from an instant neither skips nor doubles a day, whatever the clocks do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

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

    Rules of a kind share one sorted list, so a hundred numbered days cost no more than one.
    """

    __slots__ = ("_finders", "_manners", "_minds_holidays")

    def __init__(self, rules: Mapping[str, Rule], manners: Mapping[str, Manner] | None = None) -> None:
        """Sort `rules`, by prompt key; `manners` say how prompts give way, as their rules do unless told."""
        self._finders = tuple(finders(rules))
        given = manners or {}
        self._manners = {key: given.get(key) or manner_of(rule) for key, rule in rules.items()}
        self._minds_holidays = any(m.holiday is not OnHoliday.SEND for m in self._manners.values())

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
        here = to_local(after, anchors.zone)
        bend = Bend(anchors, self._manners) if self._bent(anchors) else None
        dues: list[Due] = []
        following: Due | None = None
        for finder in self._finders:
            if bend is None:
                coming = _look(finder, anchors, _not_before_start(anchors, here), span, dues)
            else:
                coming = _look_bent(finder, bend, here, span, dues)
            if coming is not None and (following is None or _order(coming) < _order(following)):
                following = coming
        dues.sort(key=_order)
        return dues, following

    def _bent(self, anchors: Anchors) -> bool:
        """Tell whether anything moves or drops this person's occurrences; nearly nobody's."""
        return anchors.overrides is not NONE or (self._minds_holidays and bool(anchors.holidays))


def next_local(rule: Rule, anchors: Anchors, after: datetime, key: str) -> datetime | None:
    """Return the rule's first naive wall time after naive `after`; `key` seeds random times."""
    (finder,) = finders({key: rule})
    found = finder.first(anchors, _not_before_start(anchors, after))
    return found[0] if found else None


def _look(
    finder: Finder, anchors: Anchors, here: datetime, span: tuple[datetime, datetime], dues: list[Due]
) -> Due | None:
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


def _look_bent(
    finder: Finder, bend: Bend, here: datetime, span: tuple[datetime, datetime], dues: list[Due]
) -> Due | None:
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
