"""A schedule as a calendar (iCalendar, RFC 5545): one event a prompt, at floating local times.

In it is what RFC 5545 can say: days of the week, and every few weeks. Numbered days, random times and what
hangs on a session depend on a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from bot.domain.programme import Schedule
from bot.domain.prompts import Prompt
from bot.domain.recurrence import Anchors, next_local, to_local
from bot.domain.rules import to_rrule

LINE = 75  # octets, without the line's end
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """The calendar's text, and `schedule/key` of the prompts it can't say."""

    text: str
    left_out: tuple[str, ...]


def write_calendar(schedules: Iterable[Schedule], programme: str, zone: str, now: datetime) -> Calendar:
    """Return what `schedules` say from `now` (aware UTC) on to somebody who starts today in `zone`.

    `programme` is its name: with schedule and key it makes an event's lasting id. Raises ZoneError.
    """
    local = to_local(now, zone)
    anchors = Anchors(start=local.date(), zone=zone, seed="")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Handrail//Schedules//EN", "CALSCALE:GREGORIAN"]
    left_out = []
    for schedule in schedules:
        for prompt in schedule.prompts:
            rule, begin = to_rrule(prompt.rule), next_local(prompt.rule, anchors, local, prompt.key)
            if rule is None or begin is None:
                left_out.append(f"{schedule.name}/{prompt.key}")
                continue
            lines += [
                "BEGIN:VEVENT",
                f"UID:{uuid5(NAMESPACE_URL, f'{programme}/{schedule.name}/{prompt.key}')}",
                f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
                f"DTSTART:{begin:%Y%m%dT%H%M%S}",  # floating: the participant's own wall clock
                f"RRULE:{rule}",
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


def _said(schedule: Schedule, prompt: Prompt) -> list[str]:
    texts = "\n".join(f"{language}: {text}" for language, text in prompt.text.items())
    return [
        f"SUMMARY:{_escape(f'{schedule.title}: {prompt.key}')}",
        f"DESCRIPTION:{_escape(texts)}",
        f"CATEGORIES:{prompt.support}",
    ]


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
