"""Quiet hours and duty, by the clocks of the person's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.hours import (
    ClockError,
    ShiftError,
    Weekday,
    Window,
    WindowError,
    format_days,
    is_quiet,
    next_duty,
    on_duty,
    parse_clock,
    parse_days,
    parse_shift,
    parse_window,
    quiet_ends,
)

NIGHT = parse_window("20:00-09:00")
NEW_YORK = "America/New_York"


def utc(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["20:00-09:00", "00:00-24:00", "09:00-18:00", "22:00-24:00", "20:00-00:00"])
def test_a_window_is_written_as_it_was_read(text: str) -> None:
    """Export gives back what import took."""
    assert str(parse_window(text)) == text


@pytest.mark.parametrize(
    "text", ["9:00-18:00", "09:00", "09:00-09:00", "24:00-09:00", "09:00-25:00", "a-b", "", "1-2-3"]
)
def test_a_wrong_window_is_refused(text: str) -> None:
    """Twice the same time could mean never or always, so it is asked again."""
    with pytest.raises(WindowError):
        parse_window(text)


@pytest.mark.parametrize("text", ["24:00", "9:30", "09:60", "0930", "٠٩:٣٠"])
def test_a_wrong_time_is_refused(text: str) -> None:
    """Midnight is 00:00, and hours have two digits."""
    with pytest.raises(ClockError):
        parse_clock(text)


@pytest.mark.parametrize(
    ("now", "quiet"),
    [
        ("2026-11-24T00:59", False),  # 19:59
        ("2026-11-24T01:00", True),  # 20:00
        ("2026-11-24T13:59:59", True),  # 08:59:59
        ("2026-11-24T14:00", False),  # 09:00
    ],
)
def test_quiet_hours_run_past_midnight(now: str, quiet: bool) -> None:
    """From eight in the evening to nine in the morning, the end excluded."""
    assert is_quiet(NIGHT, NEW_YORK, utc(now)) is quiet


def test_no_quiet_hours_are_never_quiet() -> None:
    """`quiet_hours: none` switches them off."""
    now = utc("2026-11-24T05:00")
    assert not is_quiet(None, NEW_YORK, now)
    assert quiet_ends(None, NEW_YORK, now) == now


@pytest.mark.parametrize(
    ("window", "now", "end"),
    [
        ("20:00-09:00", "2026-11-24T03:00", "2026-11-24T14:00"),  # evening: tomorrow morning
        ("20:00-09:00", "2026-11-24T10:00", "2026-11-24T14:00"),  # night: this morning
        ("20:00-09:00", "2026-11-24T16:00", "2026-11-24T16:00"),  # not quiet
        ("20:00-09:00", "2026-03-08T05:30", "2026-03-08T13:00"),  # an hour less sleep
        ("20:00-02:30", "2026-03-08T05:30", "2026-03-08T07:00"),  # the end is skipped: right after the gap
        ("20:00-01:30", "2026-11-01T05:10", "2026-11-01T05:30"),  # the end comes twice: the first
        ("20:00-01:30", "2026-11-01T06:10", "2026-11-01T06:30"),  # quiet again, until the second
    ],
)
def test_quiet_hours_end(window: str, now: str, end: str) -> None:
    """A held message leaves at the first instant that is not quiet."""
    assert quiet_ends(parse_window(window), NEW_YORK, utc(now)) == utc(end)


def test_a_whole_day_of_quiet_still_gives_an_instant() -> None:
    """A caller that holds a message is never left without a time to look again."""
    assert quiet_ends(parse_window("00:00-24:00"), "UTC", utc("2026-11-24T10:00")) == utc("2026-11-25T00:00")


@pytest.mark.parametrize(
    "text", ["Mon-Fri 09:00-18:00", "Mon-Sun 00:00-24:00", "Sat 10:00-02:00", "Mon,Wed-Fri 09:00-12:00"]
)
def test_a_shift_is_written_as_it_was_read(text: str) -> None:
    """Export gives back what import took."""
    assert str(parse_shift(text)) == text


@pytest.mark.parametrize(
    "text", ["Mon", "Mon-Fry 09:00-18:00", "", "09:00-18:00", "mon 09:00-18:00", "Mon- 09:00"]
)
def test_a_wrong_shift_is_refused(text: str) -> None:
    """Days are named Mon to Sun."""
    with pytest.raises((ShiftError, WindowError)):
        parse_shift(text)


def test_days_may_run_past_sunday() -> None:
    """Fri-Mon is a long weekend."""
    assert parse_days("Fri-Mon") == {Weekday.FRI, Weekday.SAT, Weekday.SUN, Weekday.MON}


@given(st.frozensets(st.sampled_from(Weekday), min_size=1))
def test_days_come_back(days: frozenset[Weekday]) -> None:
    """Every set of days can be written and read."""
    assert parse_days(format_days(days)) == days


@pytest.mark.parametrize(
    ("now", "there"),
    [
        ("2026-11-28T14:59", False),  # Saturday 09:59
        ("2026-11-28T15:00", True),
        ("2026-11-29T06:59", True),  # Sunday 01:59, still Saturday's shift
        ("2026-11-29T07:00", False),
        ("2026-11-29T16:00", False),  # Sunday 11:00
        ("2026-11-28T06:00", False),  # Saturday 01:00: Friday had no shift
    ],
)
def test_a_night_shift_belongs_to_the_day_it_began(now: str, there: bool) -> None:
    """Saturday until two in the morning of Sunday."""
    assert on_duty([parse_shift("Sat 10:00-02:00")], NEW_YORK, utc(now)) is there


def test_no_duty_means_always() -> None:
    """A supervisor without hours can always be told."""
    now = utc("2026-11-28T03:00")
    assert on_duty([], NEW_YORK, now)
    assert next_duty([], NEW_YORK, now) == now


@pytest.mark.parametrize(
    ("duty", "now", "start"),
    [
        ("Mon-Fri 09:00-18:00", "2026-11-27T23:30", "2026-11-30T14:00"),  # Friday 18:30: Monday
        ("Mon-Fri 09:00-18:00", "2026-11-27T13:00", "2026-11-27T14:00"),  # Friday 08:00
        ("Mon-Fri 09:00-18:00", "2026-11-27T15:00", "2026-11-27T15:00"),  # on duty now
        ("Sat 10:00-02:00", "2026-11-29T08:00", "2026-12-05T15:00"),  # Sunday: next Saturday
        ("Sun 02:15-04:00", "2026-03-08T06:50", "2026-03-08T07:00"),  # begins in the gap
        ("Sun 02:15-02:45", "2026-03-08T06:50", "2026-03-15T06:15"),  # lies in the gap: a week later
        ("Sun 01:30-05:00", "2026-11-01T06:10", "2026-11-01T06:30"),  # the clocks went back in the shift
    ],
)
def test_duty_begins(duty: str, now: str, start: str) -> None:
    """The first instant somebody can be told."""
    assert next_duty([parse_shift(duty)], NEW_YORK, utc(now)) == utc(start)


windows = st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(lambda pair: pair[0] != pair[1])
instants = st.datetimes(datetime(2026, 10, 25), datetime(2026, 11, 8), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=60, deadline=None)
@given(windows, instants, st.sampled_from([NEW_YORK, "Asia/Kathmandu", "Africa/Casablanca"]))
def test_every_minute_until_the_end_is_quiet(pair: tuple[int, int], now: datetime, zone: str) -> None:
    """Walking minute by minute finds the same end."""
    window = Window(start=pair[0], end=pair[1])
    now = now.replace(second=0, microsecond=0)
    end = quiet_ends(window, zone, now)
    while now < end:
        assert is_quiet(window, zone, now)
        now += timedelta(minutes=1)
    assert window.whole_day or not is_quiet(window, zone, end)
