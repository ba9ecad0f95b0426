"""Things that help for the next minutes: ours, where somebody has written down none of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar
from zlib import crc32

from bot.domain.phrases import load

T = TypeVar("T")
_SKILLS: dict[str, list[str]] = load("skills")
_SPRAY: Any = load("slip")["nose_spray"]


def rotated(of: Sequence[T], person: str, day: date, told: int) -> T:
    """Return one of several: another each day, another each time (`told` times before) on that day."""
    return of[(crc32(person.encode()) + day.toordinal() + told) % len(of)]


def skills(language: str) -> Sequence[str]:
    """Return our own skills in a language, English where there are none."""
    return _SKILLS.get(language) or _SKILLS["en"]


def has_nose_spray(country: str) -> bool:
    """Tell whether people in an ISO 3166 country can have the overdose nose spray at home."""
    return country.upper() in _SPRAY
