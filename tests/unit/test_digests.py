"""Mornings begin with somebody's own hours, on their own clocks, and never at night."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.digests import Digest, morning_of, morning_text
from bot.domain.hours import parse_shift
from bot.domain.wording import Encoding, segments

ZONE = "America/New_York"
MONDAY = datetime(2026, 11, 23, 5, tzinfo=UTC)  # midnight in New York


@pytest.mark.parametrize(
    ("duty", "hour", "found"),
    [
        (["Mon-Fri 09:00-18:00"], 8.9, False),
        (["Mon-Fri 09:00-18:00"], 9, True),
        (["Mon-Fri 09:00-18:00"], 12.9, True),
        (["Mon-Fri 09:00-18:00"], 13, False),
        (["Mon-Fri 14:00-22:00"], 14, True),
        (["Mon 05:00-12:00"], 6, False),
        (["Mon 05:00-12:00"], 8, True),
        (["Mon-Sun 00:00-24:00"], 8, True),
        (["Sun-Thu 20:00-06:00"], 20, True),
        (["Sun-Thu 22:00-06:00"], 23, False),
        ([], 7.9, False),
        ([], 8, True),
        (["Tue 09:00-18:00"], 9, False),
    ],
)
def test_a_morning_is_the_beginning_of_ones_hours_by_day(duty: list[str], hour: float, found: bool) -> None:
    """From the first hour on duty that is day, for four hours."""
    morning = morning_of([parse_shift(one) for one in duty], ZONE, MONDAY + timedelta(hours=hour))
    assert (morning == date(2026, 11, 23)) is found


def test_each_day_of_a_year_has_one_morning_at_the_same_hour() -> None:
    """Also on the days the clocks change."""
    shifts = [parse_shift("Mon-Sun 09:00-18:00")]
    begins: dict[date, datetime] = {}
    now = MONDAY
    while now < MONDAY + timedelta(days=366):
        day = morning_of(shifts, ZONE, now)
        if day is not None:
            begins.setdefault(day, now)
        now += timedelta(minutes=30)
    assert len(begins) == 366
    assert {(begin.astimezone(UTC).hour) for begin in begins.values()} == {13, 14}


def test_refs_where_they_fit_and_counts_where_they_do_not() -> None:
    """One SMS of plain letters, however much waits, in both languages."""
    few = Digest(alerts=("K7",), sessions=("p1 15:00",))
    assert morning_text(few, "en") == "Good morning. Open alerts: K7. Sessions: p1 15:00."
    assert morning_text(few, "es") == "Buenos dias. Avisos abiertos: K7. Sesiones: p1 15:00."
    assert morning_text(Digest(), "en") is None
    refs = tuple(f"p{n}" for n in range(120))
    many = Digest(alerts=refs, promises=refs, sessions=refs, quiet=refs, to_read=refs)
    for language in ("en", "es"):
        text = morning_text(many, language)
        assert text is not None
        counted = segments(text)
        assert (counted.encoding, counted.count) == (Encoding.GSM7, 1), text
