"""What whoever steps in must know of a colleague's people: what is open, owed, and to be minded. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.charts import Series
from bot.domain.papers import Article, Part
from bot.domain.situations import day, moment
from bot.domain.summaries import Alarm, Change, Vow, about, alarm_line, change, promise_line, words

LATELY = timedelta(days=14)  # an alert that is over is kept in mind so long
QUIET = timedelta(days=4)  # without a word
SOON = timedelta(days=14)  # a session further ahead is nobody's hurry


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """One person of a caseload. `alerts` are those of late, open or not; `promises` only those to keep.

    `heard_at` is when they last wrote; `stopped`: they may not be texted.
    """

    person: str
    name: str
    alerts: tuple[Alarm, ...] = ()
    promises: tuple[Vow, ...] = ()
    session_at: datetime | None = None
    trends: tuple[Series, ...] = ()
    heard_at: datetime | None = None
    stopped: bool = False
    paused_until: datetime | None = None


def hand_over(charge: Charge, now: datetime, language: str, zone: str) -> Article | None:
    """Return what there is to know of one person, in the reader's language and zone; None for nothing."""
    said = words(language)
    soon = charge.session_at is not None and charge.session_at <= now + SOON
    found = {
        "alerts": [alarm_line(one, language, zone) for one in charge.alerts if one.closed_at is None],
        "risks": list(_risks(charge, now, language, zone)),
        "promises": [promise_line(one, now, language, zone) for one in charge.promises],
        "next": [moment(charge.session_at, zone, language)] if soon and charge.session_at else [],
    }
    parts = tuple(Part(title=said["parts"][key], lines=tuple(lines)) for key, lines in found.items() if lines)
    title = said["title"].format(name=charge.name, person=charge.person)
    return Article(title=title, parts=parts) if parts else None


def weight(charge: Charge, now: datetime) -> tuple[int, int, datetime]:
    """Return who comes first: open alerts, crises before others, then whoever is met soonest."""
    waiting = [one for one in charge.alerts if one.closed_at is None]
    levels = {"crisis": 0, "urgent": 1}
    worst = min((levels.get(one.level, 2) for one in waiting), default=3)
    return worst, -len(charge.promises), charge.session_at or now + 10 * SOON


def _risks(charge: Charge, now: datetime, language: str, zone: str) -> Iterator[str]:
    said = words(language)
    over = [
        one
        for one in charge.alerts
        if one.closed_at is not None and one.outcome != "false_alarm" and one.opened_at > now - LATELY
    ]
    if over:
        level = said["levels"].get(over[-1].level, over[-1].level)
        yield said["risk_alert"].format(level=level, day=day(over[-1].opened_at, zone, language))
    for series in charge.trends:
        if series.title == "mood" and change(series) is Change.DOWN:
            yield said["risk_trend"].format(about=about(series.title, language))
    if charge.stopped:
        yield said["risk_stopped"]
    elif charge.paused_until is not None and charge.paused_until > now:
        yield said["risk_paused"].format(day=day(charge.paused_until, zone, language))
    elif charge.heard_at is None:
        yield said["risk_never"]
    elif charge.heard_at <= now - QUIET:
        yield said["risk_quiet"].format(day=day(charge.heard_at, zone, language))
