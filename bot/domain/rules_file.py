"""Rules as a programme file writes them, read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time, timedelta

from bot.domain.durations import parse_duration
from bot.domain.hours import EVERY_DAY, WEEKDAYS, Weekday, Window, parse_clock, parse_days, parse_window
from bot.domain.ical import LONGEST, parse_ical
from bot.domain.rules import (
    LAST,
    Anchor,
    AroundSession,
    EveryWeeks,
    Milestone,
    Monthly,
    OnDate,
    OnDay,
    OnDays,
    RandomTime,
    Rule,
    Side,
    Stretch,
    Taper,
)
from bot.domain.yaml_fields import Field, Keys, WrongFieldError

LAST_DAY = 3660
ONE_DAY = timedelta(days=1)
_WHOLE_DAY = Window(start=0, end=1440)
_NUMBERS = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "last": LAST}
_LATER = re.compile(r"([1-9][0-9]{0,3})(h|d|mo|y)")


def read_rule(field: Field) -> Rule:
    """Read one rule; which keys are there tells which."""
    keys = field.keys(_KEYS)
    form = next((name for name in _FORMS if name in keys.found), "days")
    takes, read = _FORMS[form]
    for name, below in keys.found.items():
        if name not in takes:
            below.say(f"`{name}` does not go with `{form}`; that takes {', '.join(takes)}.")
    return read(keys)


def _every_weeks(keys: Keys) -> Rule:
    return EveryWeeks(
        weeks=keys.need("every", _weeks, 1),
        days=keys.need("days", _days, EVERY_DAY),
        time=_time(keys),
        since=keys.get("from", _anchor, Anchor.ENROLMENT),
    )


def _on_day(keys: Keys) -> Rule:
    return OnDay(
        day=keys.need("day", lambda below: below.whole(least=1, most=LAST_DAY), 1),
        of=keys.get("of", _anchor, Anchor.ENROLMENT),
        time=_time(keys),
    )


def _before_session(keys: Keys) -> Rule:
    return _around_session(keys, Side.BEFORE)


def _after_session(keys: Keys) -> Rule:
    return _around_session(keys, Side.AFTER)


def _around_session(keys: Keys, side: Side) -> AroundSession:
    keys.need(side, _session, None)
    by = keys.need("by", lambda below: parse_duration(below.text()), ONE_DAY)
    at = keys.get("time", _clock, None)
    if at is not None and by % ONE_DAY:
        keys.found["by"].say("With a time, this must be whole days, like 1d.")
    if at is None and "time" not in keys.found and not by:
        keys.found["by"].say("Without a time, this must be longer than nothing.")
    return AroundSession(side=side, by=by, time=at)


def _monthly(keys: Keys) -> Rule:
    day, nth, weekday = keys.need("monthly", _month_day, (1, None, None))
    return Monthly(day=day, nth=nth, weekday=weekday, time=_time(keys))


def _taper(keys: Keys) -> Rule:
    stretches = keys.need("taper", _stretches, ())
    return Taper(stretches=stretches, time=_time(keys), since=keys.get("from", _anchor, Anchor.ENROLMENT))


def _milestone(keys: Keys) -> Rule:
    days, months, yearly = keys.need("milestone", _later, (1, 0, False))
    return Milestone(days=days, months=months, yearly=yearly, time=_time(keys))


def _on_date(keys: Keys) -> Rule:
    on = keys.need("date", Field.day, date.min)
    if "between" in keys.found:
        if "time" in keys.found:
            keys.found["time"].say("Either a `time` or hours `between` which it is spread.")
        return OnDate(on=on, between=keys.need("between", _window, _WHOLE_DAY))
    return OnDate(on=on, time=_time(keys))


def _by_calendar(keys: Keys) -> Rule:
    instead = parse_ical("DTSTART:20000101T000000")
    return keys.need("ical", lambda below: parse_ical(below.text(most=LONGEST)), instead)


def _random(keys: Keys) -> Rule:
    return RandomTime(
        days=keys.need("days", _days, EVERY_DAY), between=keys.need("between", _window, _WHOLE_DAY)
    )


def _on_days(keys: Keys) -> Rule:
    return OnDays(days=keys.need("days", _days, EVERY_DAY), time=_time(keys))


# Which keys belong together, by the key that tells the forms apart, and what reads them.
_FORMS: dict[str, tuple[tuple[str, ...], Callable[[Keys], Rule]]] = {
    "every": (("every", "days", "time", "from"), _every_weeks),
    "day": (("day", "of", "time"), _on_day),
    "before": (("before", "by", "time"), _before_session),
    "after": (("after", "by", "time"), _after_session),
    "monthly": (("monthly", "time"), _monthly),
    "taper": (("taper", "time", "from"), _taper),
    "milestone": (("milestone", "time"), _milestone),
    "date": (("date", "time", "between"), _on_date),
    "ical": (("ical",), _by_calendar),
    "between": (("days", "between"), _random),
    "days": (("days", "time"), _on_days),
}
_KEYS = list(dict.fromkeys(key for takes, _ in _FORMS.values() for key in takes))


def _session(field: Field) -> None:
    if field.text() != "session":
        raise WrongFieldError("This must be `session`.")


def _weeks(field: Field) -> int:
    length = parse_duration(field.text())
    if not length or length % timedelta(weeks=1):
        raise WrongFieldError("This must be whole weeks, like 2w; for days and times use `days`.")
    return length // timedelta(weeks=1)


def _time(keys: Keys) -> time:
    return keys.need("time", _clock, time())


def _clock(field: Field) -> time:
    return parse_clock(field.text())


def _window(field: Field) -> Window:
    window = parse_window(field.text())
    if window.wraps:
        raise WrongFieldError("These hours may not pass midnight.")
    return window


def _anchor(field: Field) -> Anchor:
    return field.one_of(Anchor)


def _month_day(field: Field) -> tuple[int | None, int | None, Weekday | None]:
    """Read 15, last, 2nd Tue or last Fri."""
    text = field.text()
    number, _, name = text.partition(" ")
    if text == "last":
        return 31, None, None
    if number in _NUMBERS and name in WEEKDAYS:
        return None, _NUMBERS[number], WEEKDAYS[name]
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 31:
        return int(text), None, None
    raise WrongFieldError("A day of the month is such as 15, last, 2nd Tue or last Fri.")


def _later(field: Field) -> tuple[int, int, bool]:
    """Read 24h, 30d, 6mo, 1y or yearly as days, months, and whether it comes again each year."""
    text = field.text()
    if text == "yearly":
        return 0, 0, True
    form = _LATER.fullmatch(text)
    number = int(form[1]) if form else 0
    match form[2] if form else "":
        case "h" if number % 24 == 0 and number <= 24 * LAST_DAY:
            return number // 24, 0, False
        case "d" if number <= LAST_DAY:
            return number, 0, False
        case "mo" if number <= 1200:
            return 0, number, False
        case "y" if number <= 100:
            return 0, 12 * number, False
    raise WrongFieldError("A milestone is written like 24h, 30d, 6mo, 1y or yearly.")


def _stretches(field: Field) -> tuple[Stretch, ...]:
    """Read the parts of a taper: `[{every: 1d, for: 2w}, {every: 1w}]`."""
    items = field.items()
    stretches = tuple(value for item in items for value in item.attempt(_stretch))
    if not items:
        raise WrongFieldError("Name at least one part, like {every: 1d, for: 2w}.")
    for item in items[:-1]:
        if "for" not in item.silent().keys().found:
            item.say("Only the last part may go on for good; say how long with `for`.")
    return stretches


def _stretch(field: Field) -> Stretch:
    keys = field.keys(["every", "for"])
    return Stretch(every=keys.need("every", _whole_days, 1), lasts=keys.get("for", _whole_days, None))


def _whole_days(field: Field) -> int:
    length = parse_duration(field.text())
    if not length or length % ONE_DAY:
        raise WrongFieldError("This must be whole days or weeks, like 2d or 1w.")
    return length // ONE_DAY


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
