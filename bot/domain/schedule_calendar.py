"""A schedule as a calendar (iCalendar, RFC 5545): one event a prompt, at floating local times.

In it is what RFC 5545 can say: days of the week, every few weeks, days of the month, broadcasts and what a
calendar program said itself; holidays are left out or moved as each prompt asks. Numbered days, tapers,
milestones, random times and what hangs on a session depend on a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from bot.domain.ical import format_ical, stamp
from bot.domain.programme import Schedule
from bot.domain.prompts import Prompt, timetable_of
from bot.domain.recurrence import Anchors, ByCalendar, OnDate, OnHoliday, next_local, to_local
from bot.domain.rules import to_rrule

ONE_DAY = timedelta(days=1)
FAR = timedelta(days=60)  # no run of holidays is longer
LINE = 75  # octets, without the line's end
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """The calendar's text, and `schedule/key` of the prompts it can't say."""

    text: str
    left_out: tuple[str, ...]


def write_calendar(
    schedules: Iterable[Schedule],
    programme: str,
    zone: str,
    now: datetime,
    holidays: Iterable[date] = (),
) -> Calendar:
    """Return what `schedules` say from `now` (aware UTC) on to somebody who starts today in `zone`.

    `programme` is its name: with schedule and key it makes an event's lasting id. Raises ZoneError.
    """
    local = to_local(now, zone)
    anchors = Anchors(start=local.date(), zone=zone, seed="")
    holidays = frozenset(holidays)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Handrail//Schedules//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{_escape(programme)}")  # what most calendar programs call it
    left_out = []
    for schedule in schedules:
        for prompt in schedule.prompts:
            when = _when(prompt, anchors, local, holidays)
            if when is None:
                left_out.append(f"{schedule.name}/{prompt.key}")
                continue
            lines += [
                "BEGIN:VEVENT",
                f"UID:{uuid5(NAMESPACE_URL, f'{programme}/{schedule.name}/{prompt.key}')}",
                f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
                *when,
                *_said(schedule, prompt),
                "TRANSP:TRANSPARENT",
                "END:VEVENT",
            ]
    lines.append("END:VCALENDAR")
    text = "".join(f"{part}\r\n" for line in lines for part in fold_line(line))
    return Calendar(text=text, left_out=tuple(left_out))


def fold_line(line: str) -> Iterator[str]:
    """Yield a line in parts of at most 75 octets, the later ones after a space; no character is cut."""
    part, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LINE:
            yield part
            part, size = " ", 1
        part, size = part + character, size + octets
    yield part


def _when(prompt: Prompt, anchors: Anchors, local: datetime, holidays: frozenset[date]) -> list[str] | None:
    """Return an event's times, floating: each person's own wall clock. None for what hangs on a person."""
    rule = prompt.rule
    if isinstance(rule, ByCalendar):
        # Whole, so that COUNT and INTERVAL count from where they did.
        return [*format_ical(rule).split("\n"), *_around_holidays(prompt, rule.start, anchors, holidays)]
    if isinstance(rule, OnDate):
        return _once(rule)
    recurs, begin = to_rrule(rule), next_local(rule, anchors, local, prompt.key)
    if recurs is None or begin is None:
        return None
    return [
        f"DTSTART:{stamp(begin)}",
        f"RRULE:{recurs}",
        *_around_holidays(prompt, begin, anchors, holidays),
    ]


def _once(rule: OnDate) -> list[str]:
    if rule.between is None:
        return [f"DTSTART:{stamp(datetime.combine(rule.on, rule.time or time()))}"]
    midnight = datetime.combine(rule.on, time())
    begin, end = (midnight + timedelta(minutes=minute) for minute in (rule.between.start, rule.between.end))
    return [f"DTSTART:{stamp(begin)}", f"DTEND:{stamp(end)}"]


def _around_holidays(
    prompt: Prompt, begin: datetime, anchors: Anchors, holidays: frozenset[date]
) -> list[str]:
    """Return which occurrences the holidays leave out, and the days that some of them move to."""
    if prompt.on_holiday is OnHoliday.SEND:
        return []
    timetable = timetable_of([replace(prompt, on_holiday=OnHoliday.SEND)])
    bent = timetable_of([prompt])
    floating = replace(anchors, zone="UTC", start=min(anchors.start, begin.date()), holidays=holidays)
    lines = []
    for day in sorted(holidays):
        midnight = datetime.combine(day, time(), UTC)
        before = midnight - timedelta(microseconds=1)
        listed = timetable.between(floating, before, midnight + ONE_DAY)
        out = [due.local for due in listed if due.local.date() == day and due.local >= begin]
        moved = [
            due.at.replace(tzinfo=None)
            for due in bent.between(floating, before, midnight + FAR)
            if due.local in out
        ]
        lines += [f"EXDATE:{','.join(map(stamp, out))}"] if out else []
        lines += [f"RDATE:{','.join(map(stamp, moved))}"] if moved else []
    return lines


def _said(schedule: Schedule, prompt: Prompt) -> list[str]:
    texts = "\n".join(f"{language}: {text}" for language, text in prompt.text.items())
    return [
        f"SUMMARY:{_escape(f'{schedule.title}: {prompt.key}')}",
        f"DESCRIPTION:{_escape(texts)}",
        f"CATEGORIES:{prompt.support}",
    ]


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
