"""Wall time and instants, where clocks jump."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.zones import ZoneError, to_instant, to_local, zone_of


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00"),  # a gap of an hour
        ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),  # the first of two
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),  # a gap of half an hour
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),
        ("Asia/Kathmandu", "2026-11-01T09:30", "2026-11-01T03:45"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"),  # a day that never was
        ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00"),  # a gap at midnight
    ],
)
def test_it_finds_the_instant(zone: str, local: str, instant: str) -> None:
    """Gap: the first instant after it. Fold: the first of the two."""
    assert to_instant(datetime.fromisoformat(local), zone) == datetime.fromisoformat(instant).replace(
        tzinfo=UTC
    )


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", "America", "../etc/passwd", "/etc/passwd", "A" * 300, "a\0b"]
)
def test_an_unknown_zone_is_one_plain_sentence(name: str) -> None:
    """The caller falls back to the programme's zone; the message repeats nothing it was given."""
    with pytest.raises(
        ZoneError, match=r"^This is not a time zone we know; write it like America/New_York\.$"
    ):
        zone_of(name)


def test_local_time_carries_no_fold() -> None:
    """Two instants with one wall time compare equal as wall times."""
    one, two = (to_local(datetime(2026, 11, 1, hour, 30, tzinfo=UTC), "America/New_York") for hour in (5, 6))
    assert one == two
    assert two.fold == 0
