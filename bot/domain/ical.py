"""A recurrence as calendar programs write it (RFC 5545): DTSTART, RRULE, RDATE and EXDATE, a line each.

Times are floating: each person's own wall clock. A rule's own end (COUNT, UNTIL) is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice

from dateutil.rrule import rrule, rruleset, rrulestr

from bot.domain.errors import HandrailError
from bot.domain.rules import ByCalendar

LONGEST = 4000  # characters
MOST_A_DAY = 6
END = datetime(2200, 1, 1)  # noqa: DTZ001 - wall clock; nobody plans further
_STAMP = re.compile(r"([0-9]{8})T([0-9]{4})(?:[0-9]{2})?")
_LONE_DAY = re.compile(r"(UNTIL=[0-9]{8})(?![0-9T])")
_LATE = time(23, 59)
_DAY = re.compile(r"[0-9]{8}")
_PARTS = re.compile(r"[A-Z]+=[A-Z0-9,+-]+(?:;[A-Z]+=[A-Z0-9,+-]+)*")
_OFTEN = re.compile(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY)")
_CLOCKWORK = re.compile(r"BY(?:SECOND|MINUTE|HOUR)=([0-9,]+)")


class CalendarRuleError(HandrailError):
    """A calendar rule has lines such as DTSTART:20261201T090000 and RRULE:FREQ=MONTHLY;BYDAY=1TU."""


def parse_ical(text: str) -> ByCalendar:
    """Read the lines of a calendar rule. Raises CalendarRuleError naming what is wrong."""
    start: datetime | None = None
    rule: str | None = None
    dates: list[tuple[str, bool]] = []
    for line in _unfolded(text):
        name, _, value = line.partition(":")
        match name.partition(";")[0].upper():
            case "DTSTART" if start is None:
                start = _stamp(name, value, time())
            case "RRULE" if rule is None:
                rule = _LONE_DAY.sub(r"\1T235900", value.strip().upper().removesuffix(";"))
            case "RDATE":
                dates.append((line, True))
            case "EXDATE":
                dates.append((line, False))
            case "DTSTART" | "RRULE":
                raise CalendarRuleError(
                    "There may be one DTSTART and one RRULE; write two prompts for two rules."
                )
            case _:
                raise CalendarRuleError(f"{CalendarRuleError.__doc__} RDATE and EXDATE may follow.")
    if start is None:
        raise CalendarRuleError("The line DTSTART is missing; it says since when, and at what time.")
    listed = [(moment, added) for line, added in dates for moment in _listed(line, start)]
    found = ByCalendar(
        start=start,
        rrule=rule,
        dates=tuple(sorted({moment for moment, added in listed if added})),
        without=tuple(sorted({moment for moment, added in listed if not added})),
    )
    _check(found)
    return found


def format_ical(rule: ByCalendar) -> str:
    """Write a rule as `parse_ical` reads it, the same lines each time."""
    lines = [f"DTSTART:{stamp(rule.start)}"]
    lines += [f"RRULE:{rule.rrule}"] if rule.rrule is not None else []
    lines += [f"RDATE:{','.join(map(stamp, rule.dates))}"] if rule.dates else []
    lines += [f"EXDATE:{','.join(map(stamp, rule.without))}"] if rule.without else []
    return "\n".join(lines)


def stamp(local: datetime) -> str:
    """Write a wall time as calendars do, without a zone: it floats."""
    return f"{local:%Y%m%dT%H%M%S}"


def moments(rule: ByCalendar) -> Iterator[datetime]:
    """Yield a rule's naive wall times in order, up to the year 2200."""
    together = rruleset()
    if rule.rrule is not None:
        together.rrule(_counted(rule.rrule, rule.start))  # type: ignore[arg-type]  # it is only iterated
    else:
        together.rdate(rule.start)
    for moment in rule.dates:
        together.rdate(moment)
    for moment in rule.without:
        together.exdate(moment)
    yield from together


def _counted(text: str, start: datetime) -> Iterator[datetime]:
    """Yield what an RRULE alone says. Its end is held apart: dateutil takes no COUNT with an UNTIL."""
    parts = dict(part.split("=", 1) for part in text.split(";"))
    count = int(parts.pop("COUNT")) if "COUNT" in parts else None
    until = _stamp("UNTIL", parts.pop("UNTIL"), _LATE) if "UNTIL" in parts else END
    read = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=start)
    if not isinstance(read, rrule):
        raise CalendarRuleError
    # A rule that never comes true would otherwise be looked for until the year 9999.
    return islice(read.replace(until=min(until, END)), count)


def _check(rule: ByCalendar) -> None:
    if rule.rrule is not None:
        if not _PARTS.fullmatch(rule.rrule):
            raise CalendarRuleError("RRULE is written like RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH.")
        clockwork = 1
        for values in _CLOCKWORK.findall(rule.rrule):
            clockwork *= len(values.split(","))
        if _OFTEN.search(rule.rrule) or clockwork > MOST_A_DAY:
            raise CalendarRuleError(f"This comes too often; at most {MOST_A_DAY} times a day.")
        if re.search(r"UNTIL=[0-9T]*Z", rule.rrule):
            raise CalendarRuleError("UNTIL is a wall time here; leave out its Z.")
        if re.search(r"BYSECOND=0*[1-9]", rule.rrule):
            raise CalendarRuleError("Times go to the minute here; leave out BYSECOND.")
    try:
        first = next(moments(rule), None)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise CalendarRuleError(
            "This RRULE can't be read; copy it whole from the calendar program."
        ) from None
    if first is None:
        raise CalendarRuleError("This rule never comes true.")


def _unfolded(text: str) -> list[str]:
    joined = re.sub(r"\r?\n[ \t]", "", text.strip())
    return [line.strip() for line in joined.splitlines() if line.strip()]


def _listed(line: str, start: datetime) -> Iterator[datetime]:
    name, _, values = line.partition(":")
    for value in values.split(","):
        yield _stamp(name, value.strip(), start.time())


def _stamp(name: str, value: str, at: time) -> datetime:
    if "TZID" in name.upper() or value.endswith("Z"):
        raise CalendarRuleError("Times here are each person's own wall clock; leave out TZID and Z.")
    try:
        if _DAY.fullmatch(value):
            return datetime.combine(date.fromisoformat(value), at)
        if _STAMP.fullmatch(value):
            return datetime.fromisoformat(value).replace(second=0)
    except ValueError:  # such as 30 February
        pass
    raise CalendarRuleError("A moment is written like 20261201T090000.")
