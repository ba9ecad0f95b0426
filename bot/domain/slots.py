"""Which turn of a prompt an occurrence is: the same turn at another time is the same occurrence, moved.

The outbox takes a turn once. So whatever is published, undone or planned again, a turn that was sent is
not sent a second time at its new hour.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.domain.rules import AroundSession, ByCalendar, OnDay, Rule, Side

NAMED = "occ:"  # how the names of occurrences begin
_SEVERAL = re.compile(r"HOURLY|MINUTELY|SECONDLY|BY(?:HOUR|MINUTE|SECOND)=[^;]*,")


def slot(rule: Rule, local: datetime) -> str:
    """Name the turn that falls on naive wall time `local` by a rule.

    A numbered day is named by the date it is counted from, what goes around a session by the session,
    everything else by its own local date; only what may come several times a day by its minute too.
    """
    match rule:
        case OnDay():
            return f"d{local.date() - timedelta(days=rule.day - 1)}"
        case AroundSession():
            session = local + rule.by if rule.side is Side.BEFORE else local - rule.by
            if rule.time is not None:
                return f"s{session.date()}"
            return f"s{session.isoformat(timespec='minutes')}"
        case ByCalendar() if rule.dates or _SEVERAL.search(rule.rrule or ""):
            return f"c{local.isoformat(timespec='minutes')}"
        case _:
            return str(local.date())


def kind(rule: Rule) -> str:
    """Say how a rule's turns are counted; turns counted differently never have one name."""
    match rule:
        case OnDay():
            return "numbered"
        case AroundSession():
            return "session"
        case ByCalendar() if rule.dates or _SEVERAL.search(rule.rrule or ""):
            return "minute"
        case _:
            return "day"


def occurrence_key(enrolment_id: str, prompt: str, rule: Rule, local: datetime) -> str:
    """Return what the outbox knows an occurrence by: enrolment, prompt, turn."""
    return f"{NAMED}{enrolment_id}:{prompt}:{slot(rule, local)}"
