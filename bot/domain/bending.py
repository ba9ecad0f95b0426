"""What moves or drops an occurrence after its rule has spoken: holidays, and a person's own settings.

An occurrence keeps the name its rule gave it, so that one that was moved is still known as sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from bot.domain.finders import Finder
from bot.domain.overrides import Overrides
from bot.domain.rules import Anchors, AroundSession, OnDate, RandomTime, Rule

ONE_DAY = timedelta(days=1)
NO_TIME = timedelta(0)


class OnHoliday(StrEnum):
    """What becomes of a prompt on one of the programme's holidays."""

    SEND = "send"
    SKIP = "skip"
    SHIFT = "shift"  # to the next day that is none, unless the prompt falls on that day anyway


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How far a prompt gives way. `skippable`: by SKIP and LESS; `timed`: to a time of day of one's own.

    `movable`: by the days or hours that one enrolment runs later.
    """

    holiday: OnHoliday = OnHoliday.SEND
    skippable: bool = True
    movable: bool = True
    timed: bool = True


def manner_of(rule: Rule, holiday: OnHoliday = OnHoliday.SEND, *, skippable: bool | None = None) -> Manner:
    """Return how a prompt gives way; what hangs on a session, a broadcast's date or chance keeps its time."""
    session = isinstance(rule, AroundSession)
    fixed = session or isinstance(rule, OnDate)
    return Manner(
        holiday=holiday,
        skippable=not session if skippable is None else skippable,
        movable=not fixed,
        timed=not fixed and not isinstance(rule, RandomTime),
    )


class Bend:
    """One person's settings and holidays, ready to be asked where an occurrence goes.

    None goes more than `back` later than its rule says, nor more than `ahead` earlier.
    """

    __slots__ = ("_manners", "ahead", "anchors", "back")

    def __init__(self, anchors: Anchors, manners: Mapping[str, Manner]) -> None:
        """Take whose occurrences these are, and how each prompt gives way."""
        self.anchors = anchors
        self._manners = manners
        later, earlier = _reach(anchors.overrides)
        self.back = later + _longest(anchors.holidays)
        self.ahead = earlier

    def said(self, finder: Finder, key: str, local: datetime) -> datetime | None:
        """Return the naive wall time at which the occurrence named `local` is said, None if it is dropped."""
        manner, overrides = self._manners[key], self.anchors.overrides
        if manner.skippable and self._thinned(finder, key, local):
            return None
        said = _moved(local, overrides, manner)
        if manner.holiday is not OnHoliday.SEND and said.date() in self.anchors.holidays:
            if manner.holiday is OnHoliday.SKIP:
                return None
            day = self._after_holidays(said.date())
            if self._falls(finder, key, day - (said.date() - local.date())):
                return None
            said = datetime.combine(day, said.time())
        if manner.skippable and said.date() in overrides.skip:
            return None
        return said

    def _thinned(self, finder: Finder, key: str, local: datetime) -> bool:
        less = self.anchors.overrides.less
        if not less:
            return False
        place = finder.place(self.anchors, key, local)
        return place is not None and place % (1 << less) != 0

    def _after_holidays(self, day: date) -> date:
        while day in self.anchors.holidays:
            day += ONE_DAY
        return day

    def _falls(self, finder: Finder, key: str, day: date) -> bool:
        """Tell whether the rule gives this prompt a place of its own on a local date."""
        here = datetime.combine(day, time()) - datetime.resolution
        while found := finder.first(self.anchors, here):
            here, keys = found
            if here.date() != day:
                return False
            if key in keys:
                return not self._thinned(finder, key, here)
        return False


def _moved(local: datetime, overrides: Overrides, manner: Manner) -> datetime:
    chapter = overrides.at(local.date()) if manner.movable and overrides.chapters else None
    if chapter is None:
        return local
    said = local + chapter.shift
    if chapter.time is not None and manner.timed:
        return datetime.combine(said.date(), chapter.time)
    return said


def _reach(overrides: Overrides) -> tuple[timedelta, timedelta]:
    """Return by how much a person's chapters may make something later, and earlier."""
    later = earlier = NO_TIME
    for chapter in overrides.chapters:
        turn = ONE_DAY if chapter.time is not None else NO_TIME
        later = max(later, turn + chapter.shift)
        earlier = max(earlier, turn - chapter.shift)
    return later, earlier


@lru_cache(maxsize=256)
def _longest(holidays: frozenset[date]) -> timedelta:
    """Return how far the longest run of holidays carries something."""
    longest = 0
    for day in holidays:
        if day - ONE_DAY not in holidays:
            run = 1
            while day + run * ONE_DAY in holidays:
                run += 1
            longest = max(longest, run)
    return longest * ONE_DAY
