"""When a prompt is said: the rules a coordinator can write, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.domain.hours import EVERY_DAY, Weekday, Window


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


Rule: TypeAlias = OnDays | RandomTime | OnDay | AroundSession | EveryWeeks


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchors:
    """What one enrolment's rules are counted from.

    `start` is its first local date: nothing falls before it. `sessions` are naive wall times in `zone`.
    `seed` is any text that is the enrolment's own and never changes; random times hang on it.
    """

    start: date
    zone: str
    seed: str
    sessions: tuple[datetime, ...] = ()
    recovery_date: date | None = None
    programme_start: date | None = None


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
        case _:
            return None


def _by_day(days: frozenset[Weekday]) -> str:
    return "BYDAY=" + ",".join(day.name[:2] for day in sorted(days))


def _by_time(at: time) -> str:
    return f"BYHOUR={at.hour};BYMINUTE={at.minute};BYSECOND=0"
