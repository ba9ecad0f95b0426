"""Wall clocks and instants: the two conversions, with one answer for hours that are missing or come twice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.domain.errors import HandrailError

SECOND = timedelta(seconds=1)


class ZoneError(HandrailError):
    """This is not a time zone we know; write it like America/New_York."""


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return the IANA zone called `name`. Raises ZoneError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, a path outside the data, a folder such as "America"
        raise ZoneError from None


def to_local(instant: datetime, zone: str) -> datetime:
    """Return the naive wall time in `zone` at an aware `instant`. Raises ZoneError."""
    return instant.astimezone(zone_of(zone)).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=1 << 16)
def to_instant(local: datetime, zone: str) -> datetime:
    """Return the aware UTC instant at which the clocks of `zone` show the naive `local`. Raises ZoneError.

    A time the clocks skip gives the first instant after the gap; one they show twice, the first of the
    two. A later wall time therefore never gives an earlier instant.
    """
    here = zone_of(zone)
    instant = local.replace(tzinfo=here, fold=0).astimezone(UTC)
    if instant.astimezone(here).replace(tzinfo=None) == local:
        return instant
    # In a gap the reading by the old offset falls after the change, the one by the new offset before it.
    before, after = local.replace(tzinfo=here, fold=1).astimezone(UTC), instant
    old = before.astimezone(here).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(here).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


@lru_cache(maxsize=1 << 16)
def shown_at(local: datetime, zone: str) -> datetime | None:
    """Return `to_instant`, or None for a time on a day that the calendar of `zone` left out.

    Samoa had no 30 December 2011, Kwajalein no 21 August 1993. Raises ZoneError.
    """
    instant = to_instant(local, zone)
    day = local.date()
    if to_local(instant, zone).date() == day:
        return instant
    midnights = [datetime.combine(each, time()) for each in (day, day + timedelta(days=1))]
    first, last = (to_instant(midnight, zone) for midnight in midnights)
    return None if first == last else instant


def again(local: datetime, zone: str) -> datetime:
    """Return the last instant at which the clocks show `local`: the second of two, else `to_instant`."""
    first = to_instant(local, zone)
    second = local.replace(tzinfo=zone_of(zone), fold=1).astimezone(UTC)
    return second if to_local(second, zone) == local else first
