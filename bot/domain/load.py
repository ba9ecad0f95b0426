"""How much each of the staff carries, and what nights were like: counts only, nobody's story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median

from bot.domain.zones import to_local

NIGHT_BEGINS, NIGHT_ENDS = 22, 7  # o'clock, where the person who is rung lives
WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What somebody of the staff has right now.

    `open` are alerts about their people that nobody has; `taken` those they have themselves.
    """

    staff_id: str
    ref: str
    open: int = 0
    taken: int = 0
    talks: int = 0
    promises: int = 0
    people: int = 0

    @property
    def at_hand(self) -> int:
        """Return what wants something of them now; a caseload by itself does not."""
        return self.open + self.taken + self.talks + self.promises


@dataclass(frozen=True, kw_only=True, slots=True)
class NightAlert:
    """An alert that rang somebody at night; `taken_after` None: nobody took it."""

    opened_at: datetime
    rung: tuple[str, ...]  # staff ids
    taken_after: timedelta | None
    false_alarm: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """The nights of one week, which begins on `monday` in the programme's zone."""

    monday: date
    alerts: int = 0
    rung: dict[str, int] = field(default_factory=dict)  # staff id -> alerts that rang them, most first
    minutes: float | None = None  # until somebody had it: the median
    longest: float | None = None
    not_taken: int = 0
    false_alarms: int = 0


def is_night(at: datetime, zone: str) -> bool:
    """Tell whether it is night in a zone: from 22:00 until 7:00."""
    hour = to_local(at, zone).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def monday_of(at: datetime, zone: str) -> date:
    """Return the Monday of an instant's week in a zone."""
    day = to_local(at, zone).date()
    return day - timedelta(days=day.weekday())


def by_week(nights: Sequence[NightAlert], mondays: Sequence[date], zone: str) -> list[Week]:
    """Return the figures of each week, also of those without any."""
    return [
        _week(monday, [night for night in nights if monday_of(night.opened_at, zone) == monday])
        for monday in mondays
    ]


def bar(value: int, most: int, *, width: int = 20) -> str:
    """Draw a value as a bar, the largest of them `width` wide; anything above none is seen."""
    return "#" * (0 if value <= 0 else max(1, round(width * value / max(most, 1))))


def _week(monday: date, nights: Sequence[NightAlert]) -> Week:
    minutes = [n.taken_after.total_seconds() / 60 for n in nights if n.taken_after is not None]
    rung = Counter(staff_id for night in nights for staff_id in night.rung)
    return Week(
        monday=monday,
        alerts=len(nights),
        rung=dict(rung.most_common()),
        minutes=median(minutes) if minutes else None,
        longest=max(minutes, default=None),
        not_taken=len(nights) - len(minutes),
        false_alarms=sum(night.false_alarm for night in nights),
    )
