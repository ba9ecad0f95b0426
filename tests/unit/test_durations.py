"""Lengths of time, read and written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.durations import LONGEST, DurationError, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("2h", 7200), ("1d", 86400), ("2w", 1209600), ("0d", 0)]
)
def test_it_reads_and_writes_each_unit(text: str, seconds: int) -> None:
    """Each unit comes back as it was written."""
    assert parse_duration(text) == timedelta(seconds=seconds)
    assert format_duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5 m", "-5m", "1.5h", "5M", "1h30m", "٥m", "999999999w", "99999w"]
)
def test_anything_else_is_refused(text: str) -> None:
    """One number, one unit, at most ten years."""
    with pytest.raises(DurationError):
        parse_duration(text)


@pytest.mark.parametrize("length", [timedelta(seconds=-1), timedelta(milliseconds=1500)])
def test_what_cannot_be_written_is_refused(length: timedelta) -> None:
    """Nothing is rounded in silence."""
    with pytest.raises(DurationError):
        format_duration(length)


@given(st.integers(0, LONGEST // timedelta(seconds=1)))
def test_every_length_comes_back(seconds: int) -> None:
    """Writing and reading loses nothing."""
    length = timedelta(seconds=seconds)
    assert parse_duration(format_duration(length)) == length
