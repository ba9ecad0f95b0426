"""What helped somebody before, in their own words, and when it may be brought up again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.phrases import bare, load
from bot.domain.plans import plain
from bot.domain.replies import say
from bot.domain.situations import day
from bot.domain.triage.assess import Level, assess
from bot.domain.wording import Rule, findings, segments
from bot.domain.zones import to_local

REST = timedelta(days=3)  # between two reminders of what helped
SAME = timedelta(days=14)  # before the same words come again
CALM = timedelta(hours=24)  # after an alert: not in the same breath
OLDEST = timedelta(days=60)
LONGEST = 45  # characters: more would not fit beside the question
WEEK = 7

# What must not stand on a lock screen, and what would not get through. Others are matters of style.
_UNFIT = frozenset(
    {
        Rule.LOCK_SCREEN,
        Rule.DAY_COUNT,
        Rule.STIGMA,
        Rule.CARRIER_WORD,
        Rule.LINK,
        Rule.VARIABLE,
    }
)
_DATA: Any = load("memory")
_ASKS: list[str] = _DATA["asks"]
_NOTHING: frozenset[str] = frozenset(_DATA["nothing"])
_WHEN: dict[str, dict[str, str]] = _DATA["when"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """Something somebody said helps, at `at` (aware UTC). `source` is the id of the answer or plan entry."""

    source: str
    at: datetime
    text: str


def asks_what_helped(question: str) -> bool:
    """Tell whether a question, as it was sent, asks what helps or helped."""
    said = f" {bare(question)} "
    return any(f" {phrase} " in said for phrase in _ASKS)


def may_be_said(text: str) -> bool:
    """Tell whether somebody's words may come back to them, on a phone that others may see.

    Both languages are asked, whichever is theirs: people mix them. Anything triage sees in it stays out, and
    what says that nothing helped.
    """
    shown = plain(text)
    if not shown.strip() or len(shown) > LONGEST or not _NOTHING.isdisjoint(bare(shown).split()):
        return False
    for language in ("en", "es"):
        assessed = assess(text, language)
        if assessed.level is not Level.NONE or assessed.flagged or assessed.signals:
            return False
        if any(finding.rule in _UNFIT for finding in findings(shown, language)):
            return False
    return True


def choose(
    memories: Sequence[Memory], now: datetime, zone: str, *, told: Collection[str] = ()
) -> Memory | None:
    """Return the newest thing worth bringing up: of a day before today, not too old, not `told` of late."""
    today = to_local(now, zone).date()
    fit = (
        memory
        for memory in sorted(memories, key=lambda one: one.at, reverse=True)
        if now - memory.at <= OLDEST
        and to_local(memory.at, zone).date() < today
        and memory.source not in told
        and may_be_said(memory.text)
    )
    return next(fit, None)


def dated(at: datetime, now: datetime, zone: str, language: str) -> str:
    """Say when something was, as people do: Yesterday, Last Tuesday, On Nov 3; El martes pasado, El 3 nov."""
    then, today = to_local(at, zone).date(), to_local(now, zone).date()
    said = _WHEN.get(language, _WHEN["en"])
    days = (today - then).days
    if days == 1:
        return said["yesterday"]
    if days <= WEEK:
        return said["weekday"].format(weekday=say("weekdays", language).split()[then.weekday()])
    return said["date"].format(date=day(at, zone, language))


def remind(memory: Memory, key: str, now: datetime, zone: str, language: str) -> str | None:
    """Return the text that offers it again, by a reply's `key`; None where it would not fit one SMS."""
    text = say(
        key, language, when=dated(memory.at, now, zone, language), help=plain(memory.text).rstrip(" .!")
    )
    return text if segments(text).count == 1 else None
