"""Instants: always aware, always UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]  # who knows the time: the system, or a test, or the demo's time skip

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Return microseconds since 1970. Raises ValueError for a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    return (instant - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant for microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)


def system_now() -> datetime:
    """Return the machine's time, aware UTC."""
    return datetime.now(UTC)
