"""Lengths of time as people write them: `30s`, `5m`, `2h`, `1d`, `2w`."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.domain.errors import HandrailError

UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
LONGEST = timedelta(days=3660)
_FORM = re.compile(r"([0-9]{1,9})([smhdw])")


class DurationError(HandrailError):
    """A duration is a whole number and a unit, like 30s, 5m, 2h, 1d or 2w, and at most ten years."""


def parse_duration(text: str) -> timedelta:
    """Read one duration, zero included. Raises DurationError.

    >>> parse_duration("90m")
    datetime.timedelta(seconds=5400)
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise DurationError
    number, unit = int(form[1]), UNITS[form[2]]
    if number > LONGEST // unit:
        raise DurationError
    return number * unit


def format_duration(length: timedelta) -> str:
    """Write `length` in the largest unit that loses nothing; `parse_duration` reads the same length back.

    Raises DurationError below a whole second or below zero.

    >>> format_duration(timedelta(minutes=90)), format_duration(timedelta(days=14))
    ('90m', '2w')
    """
    if not length:
        return "0d"
    for name, unit in UNITS.items():
        if length > timedelta(0) and not length % unit:
            return f"{length // unit}{name}"
    raise DurationError
