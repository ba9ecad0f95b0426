"""Rules as a programme file writes them, written."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from bot.domain.durations import format_duration
from bot.domain.hours import EVERY_DAY, Weekday
from bot.domain.ical import format_ical
from bot.domain.rules import (
    LAST,
    AroundSession,
    ByCalendar,
    EveryWeeks,
    Milestone,
    Monthly,
    OnDate,
    OnDay,
    OnDays,
    RandomTime,
    Rule,
    Stretch,
    Taper,
)
from bot.domain.yaml_writing import Inline, Quoted

NTH = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", LAST: "last"}


def rule_to_data(rule: Rule) -> dict[str, Any]:
    """Return a rule as `read_rule` reads it."""
    match rule:
        case OnDays():
            return {"days": _days_to_data(rule.days), "time": _time_to_data(rule.time)}
        case RandomTime():
            return {"days": _days_to_data(rule.days), "between": Quoted(rule.between)}
        case OnDay():
            return {"day": rule.day, "of": str(rule.of), "time": _time_to_data(rule.time)}
        case AroundSession():
            data = {str(rule.side): "session", "by": format_duration(rule.by)}
            return data if rule.time is None else data | {"time": _time_to_data(rule.time)}
        case EveryWeeks():
            days, at = _days_to_data(rule.days), _time_to_data(rule.time)
            return {"every": f"{rule.weeks}w", "days": days, "time": at, "from": str(rule.since)}
        case Monthly():
            return {"monthly": _month_day_to_data(rule), "time": _time_to_data(rule.time)}
        case Taper():
            parts = [Inline(_stretch_to_data(stretch)) for stretch in rule.stretches]
            return {"taper": parts, "time": _time_to_data(rule.time), "from": str(rule.since)}
        case Milestone():
            return {"milestone": _later_to_data(rule), "time": _time_to_data(rule.time)}
        case OnDate():
            when = {"between": Quoted(rule.between)} if rule.between else {"time": _time_to_data(rule.time)}
            return {"date": rule.on.isoformat(), **when}
        case ByCalendar():
            return {"ical": Quoted(format_ical(rule))}


def _days_to_data(days: frozenset[Weekday]) -> str | list[str]:
    return "daily" if days == EVERY_DAY else [day.short for day in sorted(days)]


def _time_to_data(at: time | None) -> Quoted:
    return Quoted(f"{at or time():%H:%M}")


def _month_day_to_data(rule: Monthly) -> int | str:
    if rule.weekday is not None and rule.nth is not None:
        return f"{NTH[rule.nth]} {rule.weekday.short}"
    return "last" if rule.day == 31 else rule.day or 1


def _later_to_data(rule: Milestone) -> str:
    if rule.yearly:
        return "yearly"
    if rule.months:
        return f"{rule.months // 12}y" if rule.months % 12 == 0 else f"{rule.months}mo"
    return "24h" if rule.days == 1 else f"{rule.days}d"


def _stretch_to_data(stretch: Stretch) -> dict[str, Any]:
    data = {"every": format_duration(timedelta(days=stretch.every))}
    return data if stretch.lasts is None else data | {"for": format_duration(timedelta(days=stretch.lasts))}
