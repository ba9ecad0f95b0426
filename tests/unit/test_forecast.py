"""What falls due against what can be sent: who waits in line, and who waits too long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.capping import Falling, held_back
from bot.domain.courtesy import Courtesy, Priority
from bot.domain.forecast import peaks

ZONE = "America/New_York"
BEGINS = datetime(2026, 11, 23, tzinfo=UTC)
FOUR, ONE = timedelta(hours=4), timedelta(hours=1)


def test_a_rate_that_suffices_has_no_peak() -> None:
    """3,600 an hour go out at one a second; twice that does too, in two hours."""
    assert peaks([{FOUR: 3600.0}, {FOUR: 7200.0}, {}, {}], BEGINS, 1.0) == ()


def test_what_waits_longer_than_it_may_is_counted_where_it_fell_due() -> None:
    """Of 20,000 due at once, one a second sends 14,400 in four hours; the rest is named, with its hour."""
    (peak,) = peaks([{}, {FOUR: 20_000.0}, {}, {}, {}, {}], BEGINS, 1.0)
    assert (peak.at, peak.hours, peak.due, peak.expired) == (BEGINS + ONE, 1, 20_000, 5_600)
    assert peaks([{}, {FOUR: 20_000.0}, {}, {}, {}, {}], BEGINS, peak.rate) == ()


def test_first_come_first_served() -> None:
    """A backlog makes later hours late, even small ones."""
    (peak,) = peaks([{FOUR: 14_400.0}, {ONE: 100.0}, {}, {}, {}], BEGINS, 1.0)
    assert (peak.at, peak.expired) == (BEGINS + ONE, 100)


def _held(texts: list[Falling], **caps: Any) -> list[tuple[int, bool]]:
    """Return which of the texts are held back, by their place in the list, and whether they are lost."""
    courtesy = Courtesy(**{"per_day": None, "gap": None} | caps)
    found = held_back(texts, courtesy, ZONE, awake=lambda at: at)
    return sorted((texts.index(one.text), one.lost) for one in found)


def _text(
    hour: float, *, lasts: float = 4, priority: Priority = Priority.NORMAL, drops: bool = False
) -> Falling:
    at = BEGINS + timedelta(hours=12 + hour)  # from 7 in the morning in New York
    return Falling(at=at, ends=at + timedelta(hours=lasts), priority=priority, drops=drops)


def test_the_day_holds_so_many() -> None:
    """Of four a day with a cap of three, the last waits for tomorrow: too late for what lasts hours."""
    day = [_text(0), _text(3), _text(6), _text(9, lasts=30)]
    assert _held(day, per_day=3) == [(3, False)]
    assert _held([*day[:3], _text(9)], per_day=3) == [(3, True)]
    assert _held(day, per_day=4) == []


def test_the_gap_lets_the_weightier_go_first() -> None:
    """Of two at once the one of low priority waits two hours; two an hour apart are one too soon."""
    both = [_text(0, priority=Priority.LOW), _text(0, priority=Priority.HIGH)]
    assert _held(both, gap=timedelta(hours=2)) == [(0, False)]
    assert _held([_text(0), _text(1, lasts=0.5)], gap=timedelta(hours=2)) == [(1, True)]


def test_minutes_between_two_are_no_cap() -> None:
    """Without a gap, two of one instant go three minutes apart, and nothing is held back."""
    assert _held([_text(0), _text(0)]) == []


def test_what_waits_into_quiet_hours_waits_on_or_is_dropped() -> None:
    """A gap that ends in quiet hours ends with them; what drops in quiet hours is lost."""
    courtesy = Courtesy(per_day=None, gap=timedelta(hours=2))
    begin = BEGINS + timedelta(hours=14)
    night = {begin: begin + timedelta(hours=6)}
    for drops in (False, True):
        texts = [_text(0), _text(1, lasts=9, drops=drops)]
        found = list(held_back(texts, courtesy, ZONE, awake=lambda at: night.get(at, at)))
        assert [(one.text, one.lost) for one in found] == [(texts[1], drops)]
