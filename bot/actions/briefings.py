"""Before a session its specialist gets a summary, by itself: on duty, by day, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select

from bot.actions.anchors import known_zone
from bot.actions.papers import hand_link, hand_words, in_words, reader_for
from bot.actions.policies import before_session
from bot.actions.staffing import Roster, load_roster
from bot.actions.summaries import summary_of
from bot.domain.digests import works_by_day
from bot.domain.errors import ErasedError
from bot.domain.hours import parse_shift
from bot.domain.zones import to_instant, to_local
from bot.store.database import Tx
from bot.store.desk import LinkKind
from bot.store.messages import Message
from bot.store.people import Participant, PersonStatus, Programme, Session

FURTHEST_EAST, FURTHEST_WEST = timedelta(hours=14), timedelta(hours=12)  # of any clock from UTC


def at_work(roster: Roster, staff_id: str) -> bool:
    """Tell whether somebody is in their own working hours now, by day. Being on call is not that."""
    staff = roster.staff[staff_id]
    local = to_local(roster.now, staff.timezone or roster.zone)
    here = roster.is_active(staff_id) and not roster.is_away(staff_id)
    return here and works_by_day(list(map(parse_shift, staff.duty)), local)


@dataclass(frozen=True, kw_only=True, slots=True)
class Coming:
    """A session that comes up: its id, when it begins (aware UTC), and with whom."""

    session_id: str
    at: datetime
    participant: Participant


async def sessions_come_up(tx: Tx) -> bool:
    """Tell whether any session comes up whose specialist, at work now, was told nothing yet."""
    return bool([one async for one in _due(tx)])


async def brief_before_sessions(tx: Tx) -> int:
    """Send the summaries of the sessions that come up; return how many."""
    count = 0
    for programme, roster, coming in [one async for one in _due(tx)]:
        count += await _brief(tx, programme, roster, coming)
    return count


async def _due(tx: Tx) -> AsyncIterator[tuple[Programme, Roster, Coming]]:
    for programme in (await tx.session.scalars(select(Programme))).all():
        ahead = before_session(programme)
        coming = await _coming(tx, programme, ahead) if ahead is not None else []
        roster = await load_roster(tx, programme) if coming else None
        for one in coming:
            staff_id = str(one.participant.specialist_id)
            if roster is not None and staff_id in roster.staff and at_work(roster, staff_id):
                yield programme, roster, one


async def _coming(tx: Tx, programme: Programme, ahead: timedelta) -> list[Coming]:
    """Return the sessions that begin within `ahead` and of which nobody was told."""
    wall = tx.now.replace(tzinfo=None)
    key = "brief:" + Session.id
    told = exists().where(Message.dedupe_key.in_([key, key + ":" + Session.participant_id + ":0"]))
    rows = await tx.session.execute(
        select(Session.id, Session.local, Participant)
        .join(Participant, Participant.id == Session.participant_id)
        .where(
            Session.local > wall - FURTHEST_WEST,
            Session.local <= wall + ahead + FURTHEST_EAST,
            Participant.programme_id == programme.id,
            Participant.status == PersonStatus.ACTIVE,
            Participant.specialist_id.is_not(None),
            ~told,
        )
        .order_by(Session.local)
    )
    found = []
    for session_id, local, participant in rows:
        at = to_instant(local, known_zone(participant.timezone, programme.timezone))
        # Of whoever was brought in since then there is nothing to tell.
        known = participant.created_at <= at - ahead
        if known and tx.now < at <= tx.now + ahead:
            found.append(Coming(session_id=session_id, at=at, participant=participant))
    return found


async def _brief(tx: Tx, programme: Programme, roster: Roster, coming: Coming) -> int:
    participant = coming.participant
    reader = await reader_for(tx, roster, str(participant.specialist_id))
    if reader is None:
        return 0
    staff, key = reader.staff, f"brief:{coming.session_id}"
    zone = staff.timezone or programme.timezone
    if in_words(programme, reader.to):
        try:
            paper = await summary_of(tx, participant, programme, staff, coming.at)
        except ErasedError:
            return 0
        await hand_words(tx, reader, paper, [participant], key)
    else:
        await hand_link(
            tx, reader, programme, kind=LinkKind.SUMMARY, say_key="summary_before", key=key,
            participant=participant, time=f"{to_local(coming.at, zone):%H:%M}",
        )  # fmt: skip
    return 1
