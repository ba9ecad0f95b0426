"""What falls due against what can be sent: who waits in line, and who waits too long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.domain.forecast import peaks

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
