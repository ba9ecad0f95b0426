"""Courtesy: how much a person gets in a day, how soon after another text, and what silence leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.zones import to_instant, to_local

DAILY_CAP = "daily_cap"
TOO_SOON = "too_soon"
ONE_AT_A_TIME = "one_at_a_time"
SECOND_TEXT = timedelta(minutes=3)  # between two that fall due together, where no gap is asked for


class Priority(StrEnum):
    """Which of a person's texts goes first when several wait."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Return its place in line: lower goes first."""
        return _RANKS[self]


_RANKS = {Priority.HIGH: -1, Priority.NORMAL: 0, Priority.LOW: 1}


class InQuiet(StrEnum):
    """What becomes of a text that falls into quiet hours."""

    MOVE = "move"  # it comes when they end, if that is not too late
    DROP = "drop"


@dataclass(frozen=True, kw_only=True, slots=True)
class Courtesy:
    """A programme's caps, over all schedules together; replies and alerts never count. None: no such cap.

    After `silence` without a word from somebody we ask once, gently; `review` later a human looks.
    """

    per_day: int | None = 3
    gap: timedelta | None = timedelta(hours=2)
    silence: timedelta | None = timedelta(days=7)
    review: timedelta | None = timedelta(days=3)


DEFAULT = Courtesy()


@dataclass(frozen=True, kw_only=True, slots=True)
class Lately:
    """What somebody was sent of late: when last, and how many on local day `on`."""

    at: datetime | None = None
    on: date | None = None
    count: int = 0

    def sent(self, now: datetime, zone: str) -> Lately:
        """Count one more."""
        today = to_local(now, zone).date()
        return Lately(at=now, on=today, count=self.count + 1 if self.on == today else 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Not yet: until when, and why."""

    until: datetime
    reason: str


def must_wait(courtesy: Courtesy, lately: Lately, now: datetime, zone: str) -> Wait | None:
    """Say until when one more text must wait; None: it may go. Raises ZoneError."""
    today = to_local(now, zone).date()
    if courtesy.per_day is not None and lately.on == today and lately.count >= courtesy.per_day:
        tomorrow = datetime.combine(today + timedelta(days=1), time())
        return Wait(until=to_instant(tomorrow, zone), reason=DAILY_CAP)
    if lately.at is None:
        return None
    last = min(lately.at, now)  # the clock may have been set back since
    if courtesy.gap is not None and now < last + courtesy.gap:
        return Wait(until=last + courtesy.gap, reason=TOO_SOON)
    if now < last + SECOND_TEXT:
        return Wait(until=last + SECOND_TEXT, reason=ONE_AT_A_TIME)
    return None


def courtesy_to_data(courtesy: Courtesy) -> dict[str, Any]:
    """Return what differs from the defaults, as JSON data: seconds, None for what is switched off."""
    data: dict[str, Any] = {}
    for name in ("per_day", "gap", "silence", "review"):
        value = getattr(courtesy, name)
        if value != getattr(DEFAULT, name):
            data[name] = value.total_seconds() if isinstance(value, timedelta) else value
    return data


def courtesy_from_data(data: Mapping[str, Any]) -> Courtesy:
    """Return what `courtesy_to_data` wrote."""
    if not data:
        return DEFAULT
    return replace(DEFAULT, **{name: _value(name, value) for name, value in data.items()})


def _value(name: str, value: Any) -> Any:
    return value if value is None or name == "per_day" else timedelta(seconds=value)
