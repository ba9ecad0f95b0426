"""Caps on one person's day: how many, how soon, and what a clock set back does not break."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.domain.courtesy import (
    DAILY_CAP,
    DEFAULT,
    ONE_AT_A_TIME,
    TOO_SOON,
    Lately,
    courtesy_from_data,
    courtesy_to_data,
    must_wait,
)

ZONE = "America/New_York"
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_first_text_of_a_day_goes() -> None:
    """Nobody waits who got nothing of late, or enough only yesterday."""
    assert must_wait(DEFAULT, Lately(), NOON, ZONE) is None
    yesterday = Lately(at=NOON - 20 * HOUR, on=date(2026, 11, 22), count=3)
    assert must_wait(DEFAULT, yesterday, NOON, ZONE) is None


def test_enough_for_a_day_waits_for_the_persons_own_midnight() -> None:
    """Three a day: the fourth may go when the day is over where they live, also on a day of 25 hours."""
    lately = Lately(at=NOON - 4 * HOUR, on=date(2026, 11, 23), count=3)
    wait = must_wait(DEFAULT, lately, NOON, ZONE)
    assert wait is not None
    assert (wait.until, wait.reason) == (datetime(2026, 11, 24, 5, 0, tzinfo=UTC), DAILY_CAP)


def test_two_hours_lie_between_two_texts() -> None:
    """At the end of the gap, to the second, it may go."""
    lately = Lately(at=NOON, on=date(2026, 11, 23), count=1)
    wait = must_wait(DEFAULT, lately, NOON + HOUR, ZONE)
    assert wait is not None
    assert (wait.until, wait.reason) == (NOON + 2 * HOUR, TOO_SOON)
    assert must_wait(DEFAULT, lately, NOON + 2 * HOUR, ZONE) is None


def test_without_caps_two_still_never_come_at_once() -> None:
    """Both switched off: three minutes lie between two that fall due together."""
    none = replace(DEFAULT, per_day=None, gap=None)
    wait = must_wait(none, Lately(at=NOON, on=date(2026, 11, 23), count=9), NOON, ZONE)
    assert wait is not None
    assert (wait.until - NOON, wait.reason) == (timedelta(minutes=3), ONE_AT_A_TIME)


def test_a_clock_set_back_holds_nobody_for_longer_than_the_gap() -> None:
    """What was sent "in five hours" counts as sent now."""
    ahead = Lately(at=NOON + 5 * HOUR, on=date(2026, 11, 23), count=1)
    wait = must_wait(DEFAULT, ahead, NOON, ZONE)
    assert wait is not None
    assert wait.until == NOON + 2 * HOUR


def test_counting_begins_anew_each_local_day() -> None:
    """One before midnight and one after are two days' first."""
    first = Lately().sent(datetime(2026, 11, 24, 4, 59, tzinfo=UTC), ZONE)
    second = first.sent(datetime(2026, 11, 24, 5, 1, tzinfo=UTC), ZONE)
    assert (first.on, first.count) == (date(2026, 11, 23), 1)
    assert (second.on, second.count) == (date(2026, 11, 24), 1)


def test_caps_are_stored_as_they_were_read() -> None:
    """Only what differs from the defaults is kept, what is switched off too."""
    caps = replace(DEFAULT, per_day=5, gap=None)
    assert courtesy_to_data(DEFAULT) == {}
    assert courtesy_from_data(courtesy_to_data(caps)) == caps
