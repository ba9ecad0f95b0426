"""Signs that somebody may need a human though they said nothing of it, and how loud each is.

A check-in that was missed is missing data: it is counted here and scored nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import fmean
from typing import Any

STEP = 0.1  # of the range: by so much each answer of a fall is worse than the one before
DROP = 0.2  # of the range: by so much the mean of the newest is worse than that of those before
NEWEST, BEFORE = 3, 4  # answers that are compared
_TINY = 1e-9  # means of whole numbers are not exact
FEWEST = 5  # check-ins in a window before a share of them says anything


class Sign(StrEnum):
    """What was noticed."""

    MISSED = "missed"  # check-ins reached them, and nothing came
    FALLING = "falling"  # answers get worse
    UNDELIVERABLE = "undeliverable"  # a contact can't be reached any more
    OPTED_OUT = "opted_out"


class Loudness(StrEnum):
    """What a sign leads to: nothing, a quiet word to the specialist on duty, or an alert."""

    NONE = "none"
    NOTE = "note"
    URGENT = "urgent"


class Worse(StrEnum):
    """Which way of a scale is the bad one."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUps:
    """What a programme makes of each sign.

    Check-ins are missed for long when `in_a_row` of them were and nothing else was written, or when at
    least `share` percent of those asked `within` a time were (None: a share says nothing).
    """

    missed: Loudness = Loudness.NOTE
    in_a_row: int = 3
    share: int | None = None
    within: timedelta = timedelta(days=14)
    falling: Loudness = Loudness.NOTE
    undeliverable: Loudness = Loudness.NOTE
    opted_out: Loudness = Loudness.NOTE

    def loudness(self, sign: Sign) -> Loudness:
        """Return how loud a sign is here."""
        return Loudness(getattr(self, sign))


DEFAULT = FollowUps()


def is_falling(values: Sequence[float], worse: Worse, span: float) -> bool:
    """Tell whether answers get worse: `values` oldest first, on a scale `span` wide.

    Either each of the last three is worse than the one before it by a tenth of the scale, or all of them
    are worse than the mean of the four before, and on average by a fifth of it. One bad day is no fall.
    """
    good = _good(values, worse)
    if len(good) > NEWEST:
        last = good[-NEWEST - 1 :]
        if all(before - after >= STEP * span - _TINY for before, after in pairwise(last)):
            return True
    if len(good) < NEWEST + BEFORE:
        return False
    before, newest = _mean_before(good), good[-NEWEST:]
    return max(newest) < before and before - fmean(newest) >= DROP * span - _TINY


def has_turned(values: Sequence[float], worse: Worse, span: float) -> bool:
    """Tell whether a fall is over: the last three are on average no worse than what was before them."""
    good = _good(values, worse)
    if is_falling(values, worse, span) or len(good) <= NEWEST:
        return False
    return fmean(good[-NEWEST:]) >= _mean_before(good)


def _good(values: Sequence[float], worse: Worse) -> list[float]:
    """Turn a scale so that lower is worse."""
    return list(values) if worse is Worse.LOWER else [-value for value in values]


def _mean_before(good: Sequence[float]) -> float:
    return fmean(good[-NEWEST - BEFORE : -NEWEST])


def follow_ups_to_data(follow_ups: FollowUps) -> dict[str, Any]:
    """Return what differs from the defaults, as JSON data; a time is in seconds."""
    data = {}
    for field in fields(follow_ups):
        value = getattr(follow_ups, field.name)
        if value != getattr(DEFAULT, field.name):
            data[field.name] = value.total_seconds() if isinstance(value, timedelta) else value
    return data


def follow_ups_from_data(data: Mapping[str, Any]) -> FollowUps:
    """Return what `follow_ups_to_data` wrote."""
    return FollowUps(**{name: _value(name, value) for name, value in data.items()})


def _value(name: str, value: Any) -> Any:
    if name == "within":
        return timedelta(seconds=value)
    return Loudness(value) if name in list(Sign) else value
