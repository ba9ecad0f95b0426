"""Finders for what falls on a date: months, milestones, tapers, broadcasts and rules of calendar programs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import ClassVar, TypeAlias

from bot.domain.ical import END, moments
from bot.domain.rules import LAST, Anchors, ByCalendar, Milestone, Monthly, OnDate, Stretch, Taper
from bot.domain.spans import Found, draw, spans

DatedRule: TypeAlias = Monthly | Milestone | Taper | OnDate | ByCalendar
DatedFinder: TypeAlias = "MonthlyFinder | MilestoneFinder | TaperFinder | DateFinder | CalendarFinder"
_BATCH = 64  # moments of a calendar rule that are worked out at once


class MonthlyFinder:
    """One day of every month."""

    __slots__ = ("_keys", "_rule")
    personal: ClassVar[bool] = False
    once: ClassVar[bool] = False

    def __init__(self, key: str, rule: Monthly) -> None:
        """Take the rule of a prompt."""
        self._keys = (key,)
        self._rule = rule

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        """Return the first wall time after naive `after`, and what falls on it."""
        year, month = after.year, after.month
        local = datetime.combine(month_day(self._rule, year, month), self._rule.time)
        if local <= after:
            year, month = year + month // 12, month % 12 + 1
            local = datetime.combine(month_day(self._rule, year, month), self._rule.time)
        return local, self._keys

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        """Return the number that an occurrence has in its series; None for what is no series."""
        return local.year * 12 + local.month


class MilestoneFinder:
    """One anniversary of the recovery date, or one each year; nothing for whoever did not ask for them."""

    __slots__ = ("_keys", "_rule")
    personal: ClassVar[bool] = False
    once: ClassVar[bool] = True

    def __init__(self, key: str, rule: Milestone) -> None:
        """Take the rule of a prompt."""
        self._keys = (key,)
        self._rule = rule

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        """Return the first wall time after naive `after`, and what falls on it."""
        begin, rule = anchors.recovery_date, self._rule
        if begin is None or not anchors.milestones:
            return None
        years = max(1, after.year - begin.year) if rule.yearly else 0
        while True:
            day = _months_later(begin, rule.months + 12 * years) + timedelta(days=rule.days)
            local = datetime.combine(day, rule.time)
            if local > after:
                return local, self._keys
            if not rule.yearly:
                return None
            years += 1

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        """Return the number that an occurrence has in its series; None for what is no series."""
        return None


class TaperFinder:
    """Less and less often since an anchor."""

    __slots__ = ("_keys", "_rule")
    personal: ClassVar[bool] = False
    once: ClassVar[bool] = False

    def __init__(self, key: str, rule: Taper) -> None:
        """Take the rule of a prompt."""
        self._keys = (key,)
        self._rule = rule

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        """Return the first wall time after naive `after`, and what falls on it."""
        for begin, end in spans(self._rule.since, anchors, after):
            day = max(0, (after.date() - begin).days)
            if begin + timedelta(days=day) == after.date() and after.time() >= self._rule.time:
                day += 1
            step = tapered(self._rule.stretches, day)
            if step is not None:
                found = begin + timedelta(days=step)
                if found < end:
                    return datetime.combine(found, self._rule.time), self._keys
        return None

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        """Return the number that an occurrence has in its series; None for what is no series."""
        for begin, _ in spans(self._rule.since, anchors, local):
            return taper_place(self._rule.stretches, (local.date() - begin).days)
        return None


class DateFinder:
    """A broadcast: once, at one time or at each person's own moment of some hours."""

    __slots__ = ("_keys", "_rule")
    personal: ClassVar[bool] = True
    once: ClassVar[bool] = True

    def __init__(self, key: str, rule: OnDate) -> None:
        """Take the rule of a prompt."""
        self._keys = (key,)
        self._rule = rule

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        """Return the first wall time after naive `after`, and what falls on it."""
        local = datetime.combine(self._rule.on, self._rule.time or time())
        if self._rule.between is not None:
            day = self._rule.on.toordinal()
            local += timedelta(minutes=draw(anchors.seed, self._keys[0], day, self._rule.between))
        return (local, self._keys) if local > after else None

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        """Return the number that an occurrence has in its series; None for what is no series."""
        return None


class CalendarFinder:
    """The wall times of a calendar rule, the same for everybody: worked out once, as far as was asked."""

    __slots__ = ("_found", "_keys", "_more")
    personal: ClassVar[bool] = False
    once: ClassVar[bool] = False

    def __init__(self, key: str, rule: ByCalendar) -> None:
        """Take the rule of a prompt."""
        self._keys = (key,)
        self._more = moments(rule)
        self._found: list[datetime] = []

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        """Return the first wall time after naive `after`, and what falls on it."""
        found = self._found
        while not found or (found[-1] <= after and found[-1] < END):
            found += list(islice(self._more, _BATCH)) or [END]
        place = bisect_right(found, after)
        return (found[place], self._keys) if found[place] < END else None

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        """Return the number that an occurrence has in its series; None for what is no series."""
        return bisect_left(self._found, local)


def dated_finder(key: str, rule: DatedRule) -> DatedFinder:
    """Return what finds the wall times of one prompt."""
    match rule:
        case Monthly():
            return MonthlyFinder(key, rule)
        case Milestone():
            return MilestoneFinder(key, rule)
        case Taper():
            return TaperFinder(key, rule)
        case OnDate():
            return DateFinder(key, rule)
        case ByCalendar():
            return CalendarFinder(key, rule)


def month_day(rule: Monthly, year: int, month: int) -> date:
    """Return the date that a monthly rule gives a month."""
    weekday, length = monthrange(year, month)
    if rule.weekday is None or rule.nth is None:
        return date(year, month, min(rule.day or 1, length))
    first = 1 + (rule.weekday - weekday) % 7
    if rule.nth == LAST:
        return date(year, month, first + (length - first) // 7 * 7)
    return date(year, month, first + 7 * (rule.nth - 1))


def tapered(stretches: tuple[Stretch, ...], day: int) -> int | None:
    """Return the first day from `day` on that a taper falls on, both counted from 0; None when it is over."""
    begin = 0
    for stretch in stretches:
        end = None if stretch.lasts is None else begin + stretch.lasts
        late = max(0, day - begin)
        step = begin + -(-late // stretch.every) * stretch.every
        if end is None or step < end:
            return step
        begin = end
    return None


def taper_place(stretches: tuple[Stretch, ...], day: int) -> int:
    """Return how many of a taper's days come before `day`, counted from 0."""
    begin = places = 0
    for stretch in stretches:
        inside = day - begin if stretch.lasts is None else min(day - begin, stretch.lasts)
        if inside <= 0:
            break
        places += -(-inside // stretch.every)
        begin += inside
    return places


def _months_later(begin: date, months: int) -> date:
    years, month = divmod(begin.month - 1 + months, 12)
    year = begin.year + years
    return date(year, month + 1, min(begin.day, monthrange(year, month + 1)[1]))
