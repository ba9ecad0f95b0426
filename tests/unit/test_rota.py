"""Who is on call: a whole year across clock changes, overrides, leave, and the gaps that people make."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.rota import Absence, Leave, Override, Rota, find_gaps, on_call, turns
from bot.domain.zones import to_local

NEW_YORK = "America/New_York"
ZONES = [NEW_YORK, "Europe/London", "Australia/Lord_Howe"]
STARTS = datetime.fromisoformat("2026-01-05T02:30")  # Monday, at an hour that clock changes skip and repeat


def rota(zone: str = NEW_YORK, **more: Any) -> Rota:
    """Return three people taking turns by the week."""
    usual: dict[str, Any] = {"name": "nights", "people": ("dana", "jo", "sam"), "starts": STARTS}
    return Rota(timezone=zone, **(usual | more))


def wall(text: str) -> datetime:
    """Read a wall time."""
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_has_no_gap_and_no_overlap(zone: str) -> None:
    """Turns join up, people come in order, and every handover is at the wall clock's hour."""
    since, until = utc("2026-01-06"), utc("2027-01-06")
    year = list(turns(rota(zone), since, until, {}))
    assert [turn.since for turn in year] == [since, *(turn.until for turn in year[:-1])]
    assert year[-1].until == until
    assert [turn.who for turn in year] == [("dana", "jo", "sam")[n % 3] for n in range(len(year))]
    assert len(year) == 53
    local = {to_local(turn.since, zone).time() for turn in year[1:]}
    assert local <= {time(2, 30), time(3, 0)}


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=60, deadline=None)
@given(minutes=st.integers(0, 365 * 24 * 60))
def test_every_minute_has_exactly_one_holder(zone: str, minutes: int) -> None:
    """What is asked for one instant is what the year's turns say."""
    now = utc("2026-01-06") + timedelta(minutes=minutes)
    holders = [
        t.who for t in turns(rota(zone), utc("2026-01-06"), utc("2027-01-07"), {}) if t.since <= now < t.until
    ]
    assert holders == [on_call(rota(zone), now, {})]


def test_nobody_is_on_call_before_it_starts() -> None:
    """A rota that begins next week says so."""
    first = utc("2026-01-05T07:30:00")
    assert on_call(rota(), first - timedelta(seconds=1), {}) is None
    assert on_call(rota(), first, {}) == "dana"


def test_an_override_goes_before_the_turn_and_the_later_one_before_it() -> None:
    """A swap is written down last."""
    swapped = rota(
        overrides=(
            Override(who="jo", since=wall("2026-01-06"), until=wall("2026-01-09")),
            Override(who="sam", since=wall("2026-01-07"), until=wall("2026-01-08")),
        )
    )
    days = [on_call(swapped, utc(f"2026-01-0{day}T12:00"), {}) for day in (5, 6, 7, 8, 9)]
    assert days == ["dana", "jo", "sam", "jo", "dana"]


def test_leave_is_stood_in_for_by_the_next_in_order() -> None:
    """Leave counts whole days in the person's own zone."""
    away = {
        "dana": Absence(
            zone="America/Los_Angeles", leave=[Leave(first=date(2026, 1, 6), last=date(2026, 1, 7))]
        )
    }
    stretch = list(turns(rota(), utc("2026-01-05T12:00"), utc("2026-01-09"), away))
    assert [(turn.who, turn.since) for turn in stretch] == [
        ("dana", utc("2026-01-05T12:00")),
        ("jo", utc("2026-01-06T08:00")),  # midnight in Los Angeles
        ("dana", utc("2026-01-08T08:00")),
    ]


def test_a_gap_is_found_where_everybody_is_away() -> None:
    """The coordinator hears of it before it comes."""
    leave = [Leave(first=date(2026, 2, 1), last=date(2026, 2, 1))]
    away = {ref: Absence(zone=NEW_YORK, leave=leave) for ref in ("dana", "jo", "sam")}
    (gap,) = find_gaps(rota(), utc("2026-01-20"), utc("2026-02-20"), away)
    assert (gap.since, gap.until) == (utc("2026-02-01T05:00"), utc("2026-02-02T05:00"))


def test_an_override_by_somebody_away_does_not_count() -> None:
    """The usual turn stands when the stand-in is away too."""
    away = {"jo": Absence(zone=NEW_YORK, leave=[Leave(first=date(2026, 1, 6), last=date(2026, 1, 6))])}
    swapped = rota(overrides=(Override(who="jo", since=wall("2026-01-06"), until=wall("2026-01-07")),))
    assert on_call(swapped, utc("2026-01-06T15:00"), away) == "dana"
