"""What falls due hour by hour against what a sender can send: what waits, and what expires waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
A_FEW = 0.5  # texts; less than this is rounding


@dataclass(frozen=True, kw_only=True, slots=True)
class Peak:
    """Hours in a row in which more falls due than can be sent in time.

    `due` texts fall due from `at` on, of which `expired` are not sent; `rate` a second would send them all.
    """

    at: datetime
    hours: int
    due: int
    expired: int
    rate: float


@dataclass(kw_only=True, slots=True)
class _Waiting:
    """Texts that fell due together; after hour `deadline` they are not sent any more."""

    count: float
    came: int
    deadline: float


def peaks(hours: Sequence[Mapping[timedelta, float]], begins: datetime, rate: float) -> tuple[Peak, ...]:
    """Return where `rate` texts a second do not suffice.

    `hours` holds what falls due in each hour from `begins` on, by how late it may still be sent.
    """
    lost = _expired(hours, rate * HOUR.total_seconds())
    found: list[Peak] = []
    hour = 0
    while hour < len(hours):
        if lost[hour] < A_FEW:
            hour += 1
            continue
        first = hour
        while hour < len(hours) and lost[hour] >= A_FEW:
            hour += 1
        found.append(_peak(hours, lost, first, hour, begins))
    return tuple(found)


def _peak(
    hours: Sequence[Mapping[timedelta, float]], lost: Sequence[float], first: int, end: int, begins: datetime
) -> Peak:
    span = hours[first:end]
    due = sum(sum(one.values()) for one in span)
    patience = min((late for one in span for late in one), default=HOUR)
    return Peak(
        at=begins + first * HOUR,
        hours=end - first,
        due=round(due),
        expired=round(sum(lost[first:end])),
        rate=due / ((end - first) * HOUR + patience - HOUR).total_seconds(),
    )


def _expired(hours: Sequence[Mapping[timedelta, float]], capacity: float) -> list[float]:
    """Return how many of each hour's texts expire in line, first come first served."""
    lost = [0.0] * len(hours)
    line: deque[_Waiting] = deque()
    for hour, coming in enumerate(hours):
        line.extend(
            _Waiting(count=count, came=hour, deadline=hour + max(1.0, late / HOUR))
            for late, count in sorted(coming.items())
        )
        left = capacity
        while line and left > 0:
            first = line[0]
            going = min(left, first.count)
            first.count -= going
            left -= going
            if first.count <= 0:
                line.popleft()
        for one in line:
            if one.deadline <= hour + 1:
                lost[one.came] += one.count
                one.count = 0.0
    return lost
