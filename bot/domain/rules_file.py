"""Rules as a programme file writes them, read and written."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from bot.domain.durations import format_duration, parse_duration
from bot.domain.hours import EVERY_DAY, WEEKDAYS, Weekday, parse_clock, parse_days, parse_window
from bot.domain.rules import Anchor, AroundSession, EveryWeeks, OnDay, OnDays, RandomTime, Rule, Side
from bot.domain.yaml_fields import Field, Keys, WrongFieldError
from bot.domain.yaml_writing import Quoted

LAST_DAY = 3660
# Which keys belong together, by the key that tells the forms apart.
_FORMS = {
    "every": ("every", "days", "time", "from"),
    "day": ("day", "of", "time"),
    "before": ("before", "by", "time"),
    "after": ("after", "by", "time"),
    "between": ("days", "between"),
    "days": ("days", "time"),
}


def read_rule(field: Field) -> Rule:
    """Read one rule; which keys are there tells which."""
    keys = field.keys(["days", "time", "between", "day", "of", "before", "after", "by", "every", "from"])
    form = next((name for name in _FORMS if name in keys.found), "days")
    for name, below in keys.found.items():
        if name not in _FORMS[form]:
            below.say(f"`{name}` does not go with `{form}`; that takes {', '.join(_FORMS[form])}.")
    match form:
        case "every":
            return EveryWeeks(
                weeks=keys.need("every", _weeks, 1),
                days=keys.need("days", _days, EVERY_DAY),
                time=keys.need("time", _clock, time()),
                since=keys.get("from", _anchor, Anchor.ENROLMENT),
            )
        case "day":
            return OnDay(
                day=keys.need("day", lambda below: below.whole(least=1, most=LAST_DAY), 1),
                of=keys.get("of", _anchor, Anchor.ENROLMENT),
                time=keys.need("time", _clock, time()),
            )
        case "before" | "after":
            return _around_session(keys, Side(form))
        case "between":
            days = keys.need("days", _days, EVERY_DAY)
            window = keys.need(
                "between", lambda below: parse_window(below.text()), parse_window("00:00-24:00")
            )
            if window.wraps:
                keys.found["between"].say("These hours may not pass midnight.")
            return RandomTime(days=days, between=window)
        case _:
            return OnDays(days=keys.need("days", _days, EVERY_DAY), time=keys.need("time", _clock, time()))


def _around_session(keys: Keys, side: Side) -> AroundSession:
    keys.need(side, _session, None)
    by = keys.need("by", lambda below: parse_duration(below.text()), timedelta(days=1))
    at = keys.get("time", _clock, None)
    if at is not None and by % timedelta(days=1):
        keys.found["by"].say("With a time, this must be whole days, like 1d.")
    if at is None and "time" not in keys.found and not by:
        keys.found["by"].say("Without a time, this must be longer than nothing.")
    return AroundSession(side=side, by=by, time=at)


def _session(field: Field) -> None:
    if field.text() != "session":
        raise WrongFieldError("This must be `session`.")


def _weeks(field: Field) -> int:
    length = parse_duration(field.text())
    if not length or length % timedelta(weeks=1):
        raise WrongFieldError("This must be whole weeks, like 2w; for days and times use `days`.")
    return length // timedelta(weeks=1)


def _clock(field: Field) -> time:
    return parse_clock(field.text())


def _anchor(field: Field) -> Anchor:
    return field.one_of(Anchor)


def _days(field: Field) -> frozenset[Weekday]:
    if field.is_list:
        days = field.each(_weekday)
        if not days:
            raise WrongFieldError("Name at least one day, or write daily.")
        return frozenset(days)
    return parse_days(field.text())


def _weekday(field: Field) -> Weekday:
    day = WEEKDAYS.get(field.text())
    if day is None:
        raise WrongFieldError(f"A day is one of {', '.join(WEEKDAYS)}.")
    return day


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


def _days_to_data(days: frozenset[Weekday]) -> str | list[str]:
    return "daily" if days == EVERY_DAY else [day.short for day in sorted(days)]


def _time_to_data(at: time) -> Quoted:
    return Quoted(f"{at:%H:%M}")
