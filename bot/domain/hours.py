"""Hours of the day and of the week: quiet hours, and when somebody is on duty."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum

from bot.domain.errors import HandrailError
from bot.domain.zones import again, to_instant, to_local

DAY = 1440  # minutes
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00)")


class ClockError(HandrailError):
    """A time of day is written like 09:30, from 00:00 to 23:59."""


class WindowError(HandrailError):
    """Hours are written like 20:00-09:00, two different times; the whole day is 00:00-24:00."""


class ShiftError(HandrailError):
    """Duty is written like Mon-Fri 09:00-18:00 or Sat,Sun 10:00-02:00."""


class Weekday(IntEnum):
    """A day of the week, numbered like `date.weekday`."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6

    @property
    def short(self) -> str:
        """Name the day as programme files do: Mon."""
        return self.name.capitalize()


EVERY_DAY: frozenset[Weekday] = frozenset(Weekday)
WEEKDAYS = {day.short: day for day in Weekday}


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Hours of the day in minutes since midnight, `end` excluded; past midnight when `end` <= `start`."""

    start: int
    end: int

    def __str__(self) -> str:
        """Write the window as `parse_window` reads it."""
        return f"{format_clock(self.start)}-{format_clock(self.end)}"

    @property
    def wraps(self) -> bool:
        """Tell whether the window runs past midnight."""
        return self.end <= self.start

    @property
    def whole_day(self) -> bool:
        """Tell whether the window never ends."""
        return self.start == 0 and self.end == DAY

    def holds(self, minute: int) -> bool:
        """Tell whether a minute of the day falls inside."""
        if self.wraps:
            return minute >= self.start or minute < self.end
        return self.start <= minute < self.end


# When anybody may be texted who asked for it (the recipient's own time).
WAKING = Window(start=8 * 60, end=21 * 60)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """Duty that begins on each of `days`; the part after midnight belongs to the day it began."""

    days: frozenset[Weekday]
    window: Window

    def __str__(self) -> str:
        """Write the shift as `parse_shift` reads it."""
        return f"{format_days(self.days)} {self.window}"

    def holds(self, local: datetime) -> bool:
        """Tell whether naive wall time `local` falls inside."""
        today, yesterday = Weekday(local.weekday()), Weekday((local.weekday() - 1) % 7)
        minute, window = _minute(local), self.window
        if not window.wraps:
            return today in self.days and window.holds(minute)
        return (today in self.days and minute >= window.start) or (
            yesterday in self.days and minute < window.end
        )


def parse_clock(text: str) -> time:
    """Read a time of day such as 09:30. Raises ClockError."""
    minute = _read_clock(text)
    if minute is None or minute == DAY:
        raise ClockError
    return time(minute // 60, minute % 60)


def format_clock(minute: int) -> str:
    """Write a minute of the day as 09:30; 1440 is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def parse_window(text: str) -> Window:
    """Read hours such as 20:00-09:00. Raises WindowError."""
    parts = [_read_clock(part.strip()) for part in text.split("-")]
    if len(parts) != 2:
        raise WindowError
    start, end = parts
    if start is None or end is None or start in {end, DAY}:
        raise WindowError
    return Window(start=start, end=end)


def parse_days(text: str) -> frozenset[Weekday]:
    """Read days such as Mon-Fri, Sat,Sun, Fri-Mon or daily. Raises ShiftError."""
    if text == "daily":
        return EVERY_DAY
    days: set[Weekday] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        try:
            start, end = WEEKDAYS[first], WEEKDAYS[last or first]
        except KeyError:
            raise ShiftError from None
        days.update(Weekday((start + step) % 7) for step in range((end - start) % 7 + 1))
    return frozenset(days)


def format_days(days: frozenset[Weekday]) -> str:
    """Write days as `parse_days` reads them, neighbours as a range: Mon-Wed,Fri."""
    runs: list[list[Weekday]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(run[0].short if len(run) == 1 else f"{run[0].short}-{run[-1].short}" for run in runs)


def parse_shift(text: str) -> Shift:
    """Read duty such as Mon-Fri 09:00-18:00. Raises ShiftError, or WindowError for its hours."""
    days, space, window = text.strip().partition(" ")
    if not space:
        raise ShiftError
    return Shift(days=parse_days(days), window=parse_window(window))


def is_quiet(window: Window | None, zone: str, now: datetime) -> bool:
    """Tell whether the clocks of `zone` are inside quiet hours at an aware `now`. Raises ZoneError."""
    return window is not None and window.holds(_minute(to_local(now, zone)))


def wished_for(chosen: time | None, zone: str, now: datetime) -> bool:
    """Tell whether `now` is within the hour from a time of day that somebody chose for themselves.

    Quiet hours give way to that, but only between 8 and 21 o'clock (47 CFR 64.1200(c)(1)). Raises ZoneError.
    """
    if chosen is None:
        return False
    minute = _minute(to_local(now, zone))
    begin = chosen.hour * 60 + chosen.minute
    return WAKING.holds(minute) and begin <= minute < begin + 60


def may_choose(window: Window | None, chosen: time) -> bool:
    """Tell whether somebody may have their texts at a time of day, quiet hours or not."""
    minute = chosen.hour * 60 + chosen.minute
    return window is None or not window.holds(minute) or WAKING.holds(minute)


def quiet_ends(window: Window | None, zone: str, now: datetime) -> datetime:
    """Return the first instant from `now` on that is not quiet: `now` itself when it is not.

    Aware UTC. A window of the whole day never ends: then the next midnight. Raises ZoneError.
    """
    if window is None or not is_quiet(window, zone, now):
        return now
    today = to_local(now, zone).date()
    for local in (_at(today + timedelta(days=late), window.end) for late in range(-1, 3)):
        for instant in (to_instant(local, zone), again(local, zone)):
            if instant > now and not (is_quiet(window, zone, instant) and not window.whole_day):
                return instant
    raise AssertionError("quiet hours end within a day")


def on_duty(duty: Iterable[Shift], zone: str, now: datetime) -> bool:
    """Tell whether `now` falls in one of the shifts; no shifts at all means always. Raises ZoneError."""
    shifts = tuple(duty)
    local = to_local(now, zone)
    return not shifts or any(shift.holds(local) for shift in shifts)


def next_duty(duty: Iterable[Shift], zone: str, now: datetime) -> datetime | None:
    """Return the first instant from `now` on that is on duty, aware UTC; None if none within a fortnight."""
    shifts = tuple(duty)
    if on_duty(shifts, zone, now):
        return now
    starts = (start for shift in shifts for start in _starts(shift, zone, now))
    return min((start for start in starts if start > now and on_duty(shifts, zone, start)), default=None)


def _starts(shift: Shift, zone: str, now: datetime) -> Iterator[datetime]:
    """Yield the instants around `now` and for a fortnight at which `shift` begins."""
    today = to_local(now, zone).date()
    for late in range(-1, 15):
        day = today + timedelta(days=late)
        if day.weekday() in shift.days:
            local = _at(day, shift.window.start)
            yield to_instant(local, zone)
            yield again(local, zone)


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minute)


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute


def _read_clock(text: str) -> int | None:
    """Return the minute of the day, 1440 for 24:00, None for anything else."""
    form = _CLOCK.fullmatch(text)
    return None if form is None else int(form[1] or form[3]) * 60 + int(form[2] or form[4])
