"""The word in the morning: what waits for somebody today, by refs and counts. Pure: `now` is an argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from bot.domain.hours import WAKING, Shift
from bot.domain.phrases import load
from bot.domain.wording import segments
from bot.domain.zones import to_local

STANDS = timedelta(hours=4)  # later than this after the beginning of duty it is no morning any more

_WORDS: dict[str, dict[str, Any]] = load("digest")


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """What waits, by ref; sessions with their hour on the reader's clocks."""

    alerts: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    to_read: tuple[str, ...] = ()


def works_by_day(shifts: Sequence[Shift], local: datetime) -> bool:
    """Tell whether a wall-clock time is in somebody's own hours, and not in the night."""
    awake = WAKING.holds(local.hour * 60 + local.minute)
    return awake and (not shifts or any(shift.holds(local) for shift in shifts))


def morning_of(shifts: Sequence[Shift], zone: str, now: datetime) -> date | None:
    """Return the local day whose working hours began at most `STANDS` ago; None at any other time.

    Somebody without hours of their own begins when people are awake. Raises ZoneError.
    """
    local = to_local(now, zone)
    if not works_by_day(shifts, local):
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = {WAKING.start, *(shift.window.start for shift in shifts)}
    begins = (midnight + timedelta(minutes=minute) for minute in sorted(starts))
    first = next((begin for begin in begins if works_by_day(shifts, begin)), None)
    return local.date() if first is not None and local < first + STANDS else None


def morning_text(digest: Digest, language: str) -> str | None:
    """Return the word in the morning, with counts where refs do not fit one SMS; None for nothing to say."""
    said = _WORDS.get(language, _WORDS["en"])
    waiting = {field.name: getattr(digest, field.name) for field in fields(digest)}
    waiting = {name: refs for name, refs in waiting.items() if refs}
    if not waiting:
        return None
    named = [said["parts"][name].format(refs=", ".join(refs)) for name, refs in waiting.items()]
    text = " ".join([said["hello"], *named])
    if segments(text).count == 1:
        return text
    counted = [said["counts"][name].format(count=len(refs)) for name, refs in waiting.items()]
    return f"{said['hello']} {', '.join(counted)}. {said['more']}"
