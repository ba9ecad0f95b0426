"""When a prompt is said: the rules a coordinator can write, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.domain.hours import EVERY_DAY, Weekday, Window
from bot.domain.overrides import NONE, Overrides

LAST = -1  # as `nth`: the last of the month
SHORTEST_MONTH = 28  # days that every month has


class Anchor(StrEnum):
    """The date that days and weeks are counted from."""

    ENROLMENT = "enrolment"
    RECOVERY_DATE = "recovery_date"
    LAST_SESSION = "last_session"  # the latest session up to that day; the next session starts the count anew
    PROGRAMME_START = "programme_start"


class Side(StrEnum):
    """Which side of a session."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, kw_only=True, slots=True)
class OnDays:
    """At one time on some days of every week: `{days: daily, time: "09:30"}`."""

    days: frozenset[Weekday]
    time: time


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomTime:
    """At a different time each day, inside hours that do not pass midnight: `{days: …, between: …}`."""

    days: frozenset[Weekday]
    between: Window


@dataclass(frozen=True, kw_only=True, slots=True)
class OnDay:
    """Once, on a numbered day: `{day: 3, of: enrolment, time: …}`. The anchor's own date is day 1."""

    day: int
    of: Anchor
    time: time


@dataclass(frozen=True, kw_only=True, slots=True)
class AroundSession:
    """Before or after every session.

    With `time`: so many whole days from the session's own date, at that time. Without: that long from
    the instant the session begins.
    """

    side: Side
    by: timedelta
    time: time | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EveryWeeks:
    """Every few weeks: `{every: 2w, days: [Wed], time: …, from: enrolment}`.

    Weeks begin on Monday; the anchor's own week is the first, and nothing falls before the anchor.
    """

    weeks: int
    days: frozenset[Weekday]
    time: time
    since: Anchor


@dataclass(frozen=True, kw_only=True, slots=True)
class Monthly:
    """Once a month: on `day`, or on the `nth` (1 to 4, or LAST) of its `weekday`s.

    Day 29, 30 or 31 means the last day of a month that is shorter, so that no month is left out.
    """

    time: time
    day: int | None = None
    nth: int | None = None
    weekday: Weekday | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A part of a taper: every so many days, for `lasts` days (None: from then on)."""

    every: int
    lasts: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Taper:
    """Less and less often since an anchor, whose own date is the first: daily, every second day, weekly."""

    stretches: tuple[Stretch, ...]
    time: time
    since: Anchor


@dataclass(frozen=True, kw_only=True, slots=True)
class Milestone:
    """So long after the recovery date, in whole days or in calendar months; `yearly`: and again every year.

    Only for people who asked for milestones. From the 31st, six months end on the last day of a short one.
    """

    time: time
    days: int = 0
    months: int = 0
    yearly: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OnDate:
    """One broadcast, on a date: at `time`, or spread evenly over the people and the hours `between`."""

    on: date
    time: time | None = None
    between: Window | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ByCalendar:
    """As a calendar program wrote it (RFC 5545), at each person's own wall clock.

    `rrule` is the rule alone (`FREQ=MONTHLY;BYDAY=1TU`), counted from `start`; `dates` are further wall
    times, `without` are left out.
    """

    start: datetime
    rrule: str | None = None
    dates: tuple[datetime, ...] = ()
    without: tuple[datetime, ...] = ()


Rule: TypeAlias = (
    OnDays
    | RandomTime
    | OnDay
    | AroundSession
    | EveryWeeks
    | Monthly
    | Taper
    | Milestone
    | OnDate
    | ByCalendar
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchors:
    """What one enrolment's rules are counted from, and what bends them.

    `start` is its first local date: nothing falls before it. `sessions` are naive wall times in `zone`.
    `seed` is any text that is the enrolment's own and never changes; random times hang on it.
    `milestones`: the person asked for them, and they are not on hold. `holidays` are the programme's.
    """

    start: date
    zone: str
    seed: str
    sessions: tuple[datetime, ...] = ()
    recovery_date: date | None = None
    programme_start: date | None = None
    milestones: bool = False
    holidays: frozenset[date] = frozenset()
    overrides: Overrides = NONE


def to_rrule(rule: Rule) -> str | None:
    """Return the RFC 5545 recurrence rule on local time, or None for what RFC 5545 cannot say.

    For `EveryWeeks` DTSTART must be the anchor's date.
    """
    match rule:
        case OnDays() if rule.days == EVERY_DAY:
            return f"FREQ=DAILY;{_by_time(rule.time)}"
        case OnDays():
            return f"FREQ=WEEKLY;{_by_day(rule.days)};{_by_time(rule.time)}"
        case EveryWeeks():
            days, at = _by_day(rule.days), _by_time(rule.time)
            return f"FREQ=WEEKLY;INTERVAL={rule.weeks};WKST=MO;{days};{at}"
        case Monthly():
            return f"FREQ=MONTHLY;{_by_month(rule)};{_by_time(rule.time)}"
        case ByCalendar():
            return rule.rrule
        case _:
            return None


def _by_month(rule: Monthly) -> str:
    if rule.weekday is not None:
        return f"BYDAY={rule.nth}{rule.weekday.name[:2]}"
    day = rule.day or 1
    if day <= SHORTEST_MONTH:
        return f"BYMONTHDAY={day}"
    # The last of these that the month has.
    days = ",".join(str(each) for each in range(SHORTEST_MONTH, day + 1))
    return f"BYMONTHDAY={days};BYSETPOS=-1"


def _by_day(days: frozenset[Weekday]) -> str:
    return "BYDAY=" + ",".join(day.name[:2] for day in sorted(days))


def _by_time(at: time) -> str:
    return f"BYHOUR={at.hour};BYMINUTE={at.minute};BYSECOND=0"
