"""What to know before a session: what happened since the last one, in words. Pure: rows in, a paper out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Any

from bot.domain.charts import Series
from bot.domain.checkins import Silence
from bot.domain.papers import Article, Part, quote
from bot.domain.phrases import load
from bot.domain.plans import Section
from bot.domain.situations import day, moment

LOOK_BACK = timedelta(days=14)  # where there was no session before
COMPARED = 4  # answers; with fewer, a change says nothing
TELLING = 0.1  # of a scale: a smaller change is none
SHOWN = 5  # of anything; the newest
OPENERS = 3
QUIET = 3  # questions without an answer that are worth a word

_WORDS: dict[str, dict[str, Any]] = load("summary")


class Change(StrEnum):
    """How the later half of some answers compares with the earlier one."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrote:
    """One text that triage graded, or could not read whole. `level` "none" is only to be looked at."""

    at: datetime
    text: str
    level: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """Something in somebody's own words, and when."""

    at: datetime
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """One alert; `name` is the first name of whoever has it or closed it."""

    ref: str
    level: str
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: str | None = None
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Vow:
    """One promise of the specialist's."""

    ref: str
    text: str
    due_at: datetime
    done_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Added:
    """One new entry of somebody's plan."""

    at: datetime
    section: Section
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One setting that changed: `key` as the words know it, with what fills it in."""

    key: str
    at: datetime | None = None
    values: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """Everything a summary is made of, each list oldest first. Instants are aware UTC.

    `asked` holds for each question that was due whether it was answered (None) or the kind of silence.
    `language` is the participant's own.
    """

    person: str
    name: str
    language: str
    since: datetime
    until: datetime
    session_at: datetime | None = None
    trends: tuple[Series, ...] = ()
    asked: tuple[Silence | None, ...] = ()
    wrote: tuple[Wrote, ...] = ()
    words: tuple[Said, ...] = ()
    alerts: tuple[Alarm, ...] = ()
    promises: tuple[Vow, ...] = ()
    helped: tuple[Said, ...] = ()
    plan: tuple[Added, ...] = ()
    settings: tuple[Setting, ...] = ()


def words(language: str) -> dict[str, Any]:
    """Return a paper's words in a language, English where there are none."""
    return _WORDS.get(language, _WORDS["en"])


def about(title: str, language: str) -> str:
    """Name what a series measures."""
    return str(words(language)["abouts"].get(title, title))


def change(series: Series) -> Change:
    """Compare the later half of the answers with the earlier one."""
    values = [value for _, value in series.points]
    if len(values) < COMPARED:
        return Change.UNKNOWN
    half = len(values) // 2
    moved = fmean(values[-half:]) - fmean(values[:half])
    if abs(moved) < TELLING * max(series.high - series.low, 1):
        return Change.SAME
    return Change.UP if moved > 0 else Change.DOWN


def summarise(material: Material, language: str, zone: str) -> Article:
    """Return what there is to say, in a staff member's language and zone; empty parts are left out."""
    said = words(language)
    found = {
        "answers": _answers(material, language, zone),
        "wrote": _wrote(material, language, zone),
        "words": [_quoted(one, language, zone) for one in material.words[-SHOWN:]],
        "alerts": [alarm_line(alarm, language, zone) for alarm in material.alerts[-SHOWN:]],
        "promises": [promise_line(vow, material.until, language, zone) for vow in material.promises],
        "helped": _helped(material, language, zone),
        "plan": _plan(material, language, zone),
        "changes": _settings(material, language, zone),
        # What to say to the person is in the person's own language.
        "openers": openers(material, zone),
    }
    parts = tuple(
        Part(title=said["parts"][name], lines=tuple(lines)) for name, lines in found.items() if lines
    )
    title = said["title"].format(name=material.name, person=material.person)
    return Article(title=title, parts=parts, trends=material.trends)


def span(material: Material, language: str, zone: str) -> str:
    """Say what a summary covers, and when the session is."""
    said = words(language)
    covered = said["since"].format(
        since=day(material.since, zone, language), until=moment(material.until, zone, language)
    )
    if material.session_at is None:
        return str(covered)
    return f"{said['session'].format(at=moment(material.session_at, zone, language))}. {covered}"


def openers(material: Material, zone: str) -> list[str]:
    """Return a few ways to begin, in the person's own language: what weighs most first."""
    language = material.language
    said, found = words(language)["openers"], []
    alarms = [alarm for alarm in material.alerts if alarm.outcome != "false_alarm"]
    if alarms:
        found.append(said["alert"].format(day=day(alarms[-1].opened_at, zone, language)))
    owed = [vow for vow in material.promises if vow.done_at is None and vow.due_at <= material.until]
    if owed:
        found.append(said["promise"].format(text=quote(owed[0].text).rstrip(".")))
    if material.asked.count(Silence.MISSING) >= QUIET:
        found.append(said["missing"])
    for series in material.trends:
        moved = change(series)
        if moved in (Change.UP, Change.DOWN):
            found.append(said[moved].format(about=about(series.title, language).lower()))
    if material.helped:
        found.append(said["helped"].format(text=quote(material.helped[-1].text).rstrip(".")))
    return (found or [said["nothing"]])[:OPENERS]


def alarm_line(alarm: Alarm, language: str, zone: str) -> str:
    """Write an alert on one line: since when, who has it, how it ended."""
    said = words(language)
    name = alarm.name or said["nobody"]
    level = said["levels"].get(alarm.level, alarm.level)
    when = moment(alarm.opened_at, zone, language)
    key = "alert_closed" if alarm.closed_at else "alert_held" if alarm.name else "alert_open"
    outcome = said["outcomes"].get(alarm.outcome, alarm.outcome or "-")
    return str(said[key].format(ref=alarm.ref, level=level, day=when, name=name, outcome=outcome))


def promise_line(vow: Vow, now: datetime, language: str, zone: str) -> str:
    """Write a promise on one line: kept, due or late."""
    said = words(language)
    key = "promise_kept" if vow.done_at else "promise_late" if vow.due_at < now else "promise_open"
    at = day(vow.done_at or vow.due_at, zone, language)
    return str(said[key].format(ref=vow.ref, day=at, text=quote(vow.text)))


def _answers(material: Material, language: str, zone: str) -> list[str]:
    said, asked = words(language), material.asked
    lines = [_trend(series, language, zone) for series in material.trends if series.points]
    due = [kind for kind in asked if kind not in (Silence.WAITING, Silence.PAUSED, Silence.LATE)]
    if not due:
        return lines or [said["quiet"]]
    lines.append(said["answered"].format(answered=due.count(None), asked=len(due)))
    for kind in (Silence.MISSING, Silence.UNDELIVERED, Silence.SKIPPED):
        if count := due.count(kind):
            lines.append(said[kind].format(count=count))
    return lines


def _trend(series: Series, language: str, zone: str) -> str:
    said = words(language)
    at, last = series.points[-1]
    values: dict[str, Any] = {
        "about": about(series.title, language),
        "last": f"{last:g}",
        "day": day(at, zone, language),
    }
    if len(series.points) == 1:
        return str(said["one"].format(**values))
    moved = said["change"][change(series)]
    return str(said["trend"].format(**values, count=len(series.points), change=moved))


def _wrote(material: Material, language: str, zone: str) -> list[str]:
    said = words(language)
    return [
        said["graded"].format(
            day=moment(one.at, zone, language), level=said["levels"][one.level], text=quote(one.text)
        )
        for one in material.wrote[-SHOWN:]
    ]


def _quoted(one: Said, language: str, zone: str) -> str:
    return str(words(language)["said"].format(day=day(one.at, zone, language), text=quote(one.text)))


def _helped(material: Material, language: str, zone: str) -> list[str]:
    lines = [_quoted(one, language, zone) for one in material.helped[-SHOWN:]]
    for series in material.trends:
        if series.title == "mood" and len(series.points) > 1:
            at, best = max(series.points, key=lambda point: (point[1], point[0]))
            lines.append(
                words(language)["best"].format(
                    about=about(series.title, language), day=day(at, zone, language), value=f"{best:g}"
                )
            )
    return lines


def _plan(material: Material, language: str, zone: str) -> list[str]:
    said = words(language)
    return [
        said["entry"].format(
            day=day(one.at, zone, language), section=said["sections"][one.section], text=quote(one.text)
        )
        for one in material.plan[-SHOWN:]
    ]


def _settings(material: Material, language: str, zone: str) -> list[str]:
    said = words(language)
    return [
        said[f"change_{one.key}"].format(
            day=day(one.at, zone, language) if one.at is not None else "", **(one.values or {})
        )
        for one in material.settings
    ]
