"""What somebody asks the team for: kept, told once, and answered with what is true about when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.actions.notices import tell_staff
from bot.actions.people import first_name
from bot.actions.staffing import Roster, load_roster
from bot.domain.escalation import Person
from bot.domain.messages import ChannelName
from bot.domain.replies import say
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.people import Participant, Programme
from bot.store.plans import Request, RequestKind

CALL_STANDS = timedelta(hours=12)  # from when somebody is told; asked again later, they are told again
DATA_STANDS = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Who hears of it: by first name if it is one person. `back`: when they are on duty again, aware UTC."""

    name: str | None = None
    back: datetime | None = None


async def ask_for_call(tx: Tx, participant: Participant) -> Told | None:
    """Ask for a call; None when nobody of the team can be told."""
    roster = await _roster(tx, participant)
    people = _closest(roster, participant)
    told = await _told(tx, roster, people)
    if told is not None:
        stands = (told.back or tx.now) + CALL_STANDS
        request = await _request(tx, participant, RequestKind.CALL, stands)
        text = await _say(tx, participant, "wants_call")
        await tell_staff(tx, roster, people, text, dedupe=f"call:{request.id}")
    return told


async def ask_for_data(tx: Tx, participant: Participant) -> bool:
    """Tell the coordinators that somebody asks about their data; False when nobody can be told."""
    roster = await _roster(tx, participant)
    people = _reachable(roster, roster.with_role("coordinator"))
    people = people or _reachable(roster, roster.with_role("supervisor"))
    if people:
        request = await _request(tx, participant, RequestKind.DATA, tx.now + DATA_STANDS)
        text = await _say(tx, participant, "wants_data")
        await tell_staff(tx, roster, people, text, dedupe=f"data:{request.id}")
    return bool(people)


async def tell_quietly(tx: Tx, participant: Participant, key: str, *, dedupe: str) -> Told | None:
    """Tell whoever is closest, in their duty hours; None when nobody can be told."""
    roster = await _roster(tx, participant)
    people = _closest(roster, participant)
    await tell_staff(tx, roster, people, await _say(tx, participant, key), dedupe=dedupe)
    return await _told(tx, roster, people)


async def _roster(tx: Tx, participant: Participant) -> Roster:
    return await load_roster(tx, await tx.session.get_one(Programme, participant.programme_id))


def _closest(roster: Roster, participant: Participant) -> list[str]:
    """Return their own specialist, else the backup, else the supervisors: the first who can be told."""
    own = roster.staff.get(participant.specialist_id or "")
    backup = own.backup_ref if own is not None else None
    for people in (
        [own.id] if own is not None else [],
        [staff.id for staff in roster.staff.values() if staff.ref == backup],
        roster.with_role("supervisor"),
    ):
        if reachable := _reachable(roster, people):
            return reachable
    return []


def _reachable(roster: Roster, people: Sequence[str]) -> list[str]:
    return [staff_id for staff_id in people if roster.is_active(staff_id) and _has_way(roster, staff_id)]


def _has_way(roster: Roster, staff_id: str) -> bool:
    routes = roster.usable(Person(staff_id=staff_id, routes=roster.routes(staff_id)))
    return any(route.channel is not ChannelName.VOICE for route in routes)


async def _told(tx: Tx, roster: Roster, people: Sequence[str]) -> Told | None:
    if not people:
        return None
    name = await first_name(tx, roster.staff[people[0]]) if len(people) == 1 else None
    if any(roster.on_duty(staff_id) for staff_id in people):
        return Told(name=name)
    times = [at for staff_id in people if (at := roster.working_time(staff_id)) is not None]
    return Told(name=name, back=min(times, default=None))


async def _request(tx: Tx, participant: Participant, kind: RequestKind, stands_until: datetime) -> Request:
    """Return the request that stands, else write down a new one."""
    standing: Request | None = await tx.session.scalar(
        select(Request)
        .where(Request.participant_id == participant.id, Request.kind == kind, Request.stands_until > tx.now)
        .limit(1)
    )
    if standing is not None:
        return standing
    made = Request(
        id=new_id(), participant_id=participant.id, kind=kind, asked_at=tx.now, stands_until=stands_until
    )
    tx.session.add(made)
    await tx.session.flush()
    return made


async def _say(tx: Tx, participant: Participant, key: str) -> str:
    programme = await tx.session.get_one(Programme, participant.programme_id)
    return say(key, str(programme.languages[0]), person=participant.ref)
