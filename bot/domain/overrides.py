"""What one person wants otherwise: days left out, another time of day, everything later, fewer texts.

A change of time holds from one date on (a chapter), and the dates before keep theirs: an occurrence that
was said in the morning is not said again in the evening, and none falls between two chairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.hours import format_clock, parse_clock

FEWEST = 2  # how often somebody may say LESS: every second one, then every fourth
FURTHEST = timedelta(days=7)  # that an enrolment may be shifted
_MINUTE = timedelta(minutes=1)
_KEPT = timedelta(days=30)  # that a day left out is remembered
_NO_SHIFT = timedelta(0)


class Usual(StrEnum):
    """In place of a time of day of one's own: when the rules say."""

    USUAL = "usual"


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """From the occurrences of local date `since` on: at this `time` of day, and so much later or earlier."""

    since: date
    time: time | None = None
    shift: timedelta = _NO_SHIFT


@dataclass(frozen=True, kw_only=True, slots=True)
class Overrides:
    """One enrolment's own settings. `less` 1 keeps every second occurrence, 2 every fourth."""

    skip: frozenset[date] = frozenset()
    chapters: tuple[Chapter, ...] = ()  # in order of `since`
    less: int = 0

    def at(self, day: date) -> Chapter | None:
        """Return the chapter that the occurrences of a local date belong to."""
        found = None
        for chapter in self.chapters:
            if chapter.since <= day:
                found = chapter
        return found

    def without(self, *days: date) -> Overrides:
        """Leave these local dates out too; those that are long past are forgotten."""
        oldest = min(days) - _KEPT if days else date.min
        return replace(self, skip=frozenset(day for day in {*self.skip, *days} if day >= oldest))

    def since(self, chapter: Chapter, today: date) -> Overrides:
        """Add a chapter, which takes the place of later ones; those that are over are forgotten."""
        kept = [one for one in self.chapters if one.since < chapter.since]
        over = [one for one in kept if one.since < today - 2 * FURTHEST]
        return replace(self, chapters=(*over[-1:], *kept[len(over) :], chapter))


NONE = Overrides()


def overrides_to_data(overrides: Overrides) -> dict[str, Any] | None:
    """Return overrides as JSON data, None when there are none."""
    data: dict[str, Any] = {}
    if overrides.skip:
        data["skip"] = [day.isoformat() for day in sorted(overrides.skip)]
    if overrides.chapters:
        data["chapters"] = [_chapter_to_data(chapter) for chapter in overrides.chapters]
    if overrides.less:
        data["less"] = overrides.less
    return data or None


def overrides_from_data(data: Mapping[str, Any] | None) -> Overrides:
    """Return what `overrides_to_data` wrote."""
    if not data:
        return NONE
    return Overrides(
        skip=frozenset(date.fromisoformat(day) for day in data.get("skip", ())),
        chapters=tuple(_chapter(chapter) for chapter in data.get("chapters", ())),
        less=data.get("less", 0),
    )


def _chapter_to_data(chapter: Chapter) -> dict[str, Any]:
    data: dict[str, Any] = {"since": chapter.since.isoformat()}
    if chapter.time is not None:
        data["time"] = format_clock(chapter.time.hour * 60 + chapter.time.minute)
    if chapter.shift:
        data["shift"] = chapter.shift // _MINUTE
    return data


def _chapter(data: Mapping[str, Any]) -> Chapter:
    return Chapter(
        since=date.fromisoformat(data["since"]),
        time=parse_clock(data["time"]) if "time" in data else None,
        shift=data.get("shift", 0) * _MINUTE,
    )
