"""Gaps in cover are found ahead of time, and where somebody is there, there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.cover import Gap, Member, find_gaps
from bot.domain.hours import parse_shift
from bot.domain.rota import Absence, Leave, Rota, on_call

ZONE = "America/New_York"
MONDAY = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # midnight in New York
WEEK = MONDAY + timedelta(days=7)


def member(ref: str, *duty: str, leave: tuple[Leave, ...] = (), zone: str = ZONE) -> Member:
    """Return somebody with these hours."""
    return Member(ref=ref, duty=[parse_shift(one) for one in duty], absence=Absence(zone=zone, leave=leave))


def test_somebody_always_there_leaves_no_gap() -> None:
    """No duty hours mean always."""
    assert find_gaps([member("jo")], [], MONDAY, WEEK) == []


def test_nobody_at_all_is_one_long_gap() -> None:
    """An empty staff is never there."""
    assert find_gaps([], [], MONDAY, WEEK) == [Gap(since=MONDAY, until=WEEK)]


def test_nights_between_two_day_shifts() -> None:
    """Two people's hours are taken together."""
    people = [member("dana", "Mon-Sun 08:00-16:00"), member("jo", "Mon-Sun 16:00-22:00")]
    gaps = find_gaps(people, [], MONDAY, MONDAY + timedelta(days=2))
    hours = [(gap.since - MONDAY, gap.until - MONDAY) for gap in gaps]
    assert [(a.total_seconds() / 3600, b.total_seconds() / 3600) for a, b in hours] == [
        (0, 8),
        (22, 32),
        (46, 48),
    ]


def test_a_rota_covers_the_nights_until_its_people_are_away() -> None:
    """On call is cover; leave takes it away again."""
    rota = Rota(
        name="nights", timezone=ZONE, people=("jo",), starts=datetime.fromisoformat("2026-11-02T09:00")
    )
    away = (Leave(first=date(2026, 11, 25), last=date(2026, 11, 25)),)
    people = [member("jo", "Mon 08:00-09:00", leave=away)]
    (gap,) = find_gaps(people, [rota], MONDAY, WEEK)
    assert (gap.since, gap.until) == (MONDAY + timedelta(days=2), MONDAY + timedelta(days=3))


@settings(max_examples=40, deadline=None)
@given(
    minute=st.integers(0, 7 * 24 * 60 - 1), zone=st.sampled_from([ZONE, "Asia/Kathmandu", "Europe/London"])
)
def test_a_gap_is_exactly_where_nobody_is(minute: int, zone: str) -> None:
    """Minute by minute, over a clock change."""
    since = datetime(2026, 10, 20, tzinfo=UTC)
    rota = Rota(
        name="weekend",
        timezone=ZONE,
        people=("jo", "sam"),
        starts=datetime.fromisoformat("2026-10-24T18:00"),
        every=timedelta(days=1),
    )
    away = (Leave(first=date(2026, 10, 25), last=date(2026, 10, 25)),)
    people = [member("dana", "Mon-Fri 22:00-06:00", zone=zone), member("jo", "Sat 09:00-12:00", leave=away)]
    people.append(member("sam", "Sun 01:30-02:30", leave=away))
    now = since + timedelta(minutes=minute)
    gaps = find_gaps(people, [rota], since, since + timedelta(days=7))
    absences = {one.ref: one.absence for one in people}
    there = any(one.is_there(now) for one in people) or on_call(rota, now, absences) is not None
    assert any(gap.since <= now < gap.until for gap in gaps) is not there
