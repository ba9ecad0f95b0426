"""Say ahead of time when nobody will be there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.actions.notices import tell_staff
from bot.actions.staffing import Roster, absence_of, load_roster
from bot.domain.cover import Gap, Member, find_gaps
from bot.domain.hours import parse_shift
from bot.domain.programme import Role
from bot.domain.replies import say
from bot.domain.zones import to_local
from bot.store.database import Tx
from bot.store.people import Programme

AHEAD = timedelta(days=7)
SOON = timedelta(days=2)
IN_CHAINS = {str(Role.SPECIALIST), str(Role.SUPERVISOR)}


def cover_gaps(roster: Roster, since: datetime, until: datetime) -> list[Gap]:
    """Return when none of the specialists and supervisors who can be told is on duty or on call."""
    members = [
        Member(
            ref=staff.ref,
            duty=tuple(map(parse_shift, staff.duty)),
            absence=absence_of(staff, roster.zone),
        )
        for staff in roster.staff.values()
        if roster.is_active(staff.id) and IN_CHAINS & set(staff.roles) and roster.has_contact(staff.id)
    ]
    return find_gaps(members, roster.rotas, since, until)


def describe_gap(gap: Gap, zone: str, weekdays: Sequence[str]) -> str:
    """Return a gap as people say it: Sat 18:00-09:00, on the clocks of `zone`."""
    since, until = to_local(gap.since, zone), to_local(gap.until, zone)
    over = f"{weekdays[until.weekday()][:3]} " if (gap.until - gap.since) >= timedelta(days=1) else ""
    return f"{weekdays[since.weekday()][:3]} {since:%H:%M}-{over}{until:%H:%M}"


async def warn_of_gaps(tx: Tx) -> int:
    """Tell coordinators and supervisors once a week of the coming gaps, and at once of an unusual one soon.

    A gap is unusual when the same hours a week ago were covered: leave, somebody who left, a swap.
    """
    warned = 0
    for programme in await tx.session.scalars(select(Programme)):
        roster = await load_roster(tx, programme)
        gaps = cover_gaps(roster, tx.now, tx.now + AHEAD)
        if not gaps:
            continue
        before = cover_gaps(roster, tx.now - AHEAD, tx.now)
        usual = {gap.since + AHEAD for gap in before}
        year, week, _ = to_local(tx.now, programme.timezone).isocalendar()
        language = str(programme.languages[0])
        weekdays = say("weekdays", language).split()
        people = list(dict.fromkeys(roster.with_role("coordinator") + roster.with_role("supervisor")))
        first = describe_gap(gaps[0], programme.timezone, weekdays)
        text = say("gaps", language, gap=first, count=len(gaps))
        await tell_staff(tx, roster, people, text, dedupe=f"gaps:{programme.id}:{year}-{week}")
        warned += 1
        for gap in gaps:
            if gap.since < tx.now + SOON and gap.since not in usual and gap.since > tx.now:
                text = say("gap_soon", language, gap=describe_gap(gap, programme.timezone, weekdays))
                key = f"gap:{programme.id}:{int(gap.since.timestamp())}"
                await tell_staff(tx, roster, people, text, dedupe=key)
    return warned
