"""A person's situation in words, for a page and for a chat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain.charts import Series
from bot.domain.phrases import load
from bot.domain.plans import Entry
from bot.domain.zones import to_local

SHOWN = 5  # answers in a chat
LONGEST = 3500  # characters of a chat message, below Telegram's 4,096

_WORDS: dict[str, dict[str, Any]] = load("situation")


def words(language: str) -> dict[str, Any]:
    """Return the page's words in a language, English where there are none."""
    return _WORDS.get(language, _WORDS["en"])


def about(title: str, language: str) -> str:
    """Name what a series measures."""
    return str(words(language)["abouts"].get(title, title))


def day(at: datetime, zone: str, language: str) -> str:
    """Write the day of an instant as people of a zone read it: Nov 23."""
    local, said = to_local(at, zone), words(language)
    return str(said["day"]).format(day=local.day, month=said["months"][local.month - 1])


def moment(at: datetime, zone: str, language: str) -> str:
    """Write an instant as people of a zone read it: Nov 23 09:30."""
    return f"{day(at, zone, language)} {to_local(at, zone):%H:%M}"


def facts(
    language: str,
    zone: str,
    *,
    level: str | None,
    why: str,
    sign: str | None,
    said_at: datetime | None,
    crisis_reply: str | None,
    next_backup: Sequence[str],
) -> list[tuple[str, str]]:
    """Return what is known of an alert as labels and values; nothing for what is not."""
    said = words(language)
    found = [
        (said["level"], said["levels"].get(level, level or "")),
        (said["why"], why or said["signs"].get(sign, "")),
        (said["said"], moment(said_at, zone, language) if said_at is not None else ""),
        (said["reply"], said["replies"].get(crisis_reply, "") if crisis_reply is not None else ""),
        (said["next"], ", ".join(next_backup) or said["nobody"] if level is not None else ""),
    ]
    return [(str(label), str(value)) for label, value in found if value]


def plan_lines(entries: Sequence[Entry], language: str) -> list[tuple[str, list[str]]]:
    """Return somebody's plan as the names of its parts with their own words; empty parts are left out."""
    names = words(language)["sections"]
    parts: dict[str, list[str]] = {}
    for entry in entries:
        parts.setdefault(str(names[entry.section]), []).append(entry.text)
    return list(parts.items())


def trend_line(series: Series, language: str, zone: str) -> str:
    """Write the last answers of a series on one line, newest last."""
    shown = [f"{day(at, zone, language)}: {value:g}" for at, value in list(series.points)[-SHOWN:]]
    return f"{about(series.title, language)}: {', '.join(shown)}"
