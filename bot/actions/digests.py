"""Once a morning, when their hours begin, specialists hear what waits; nothing where nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from bot.actions.anchors import known_zone
from bot.actions.notices import tell_staff
from bot.actions.policies import morning_digest
from bot.actions.staffing import Roster, load_roster
from bot.domain.digests import Digest, morning_of, morning_text
from bot.domain.hours import parse_shift
from bot.domain.messages import Direction
from bot.domain.zones import to_instant, to_local
from bot.store.alerts import Alert, AlertState
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.desk import Promise
from bot.store.messages import AssessmentRow, Mark, Message
from bot.store.people import Contact, Participant, PersonStatus, Programme, Session, Staff
from bot.store.schedules import Checkin, CheckinState

ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=7)  # after longer leave, what lies further back is no news


@dataclass(frozen=True, kw_only=True, slots=True)
class Morning:
    """Whose morning it is, on which day of theirs, and since when what they have not heard of counts."""

    staff: Staff
    day: date
    since: datetime


async def mornings(tx: Tx, programme: Programme, roster: Roster) -> list[Morning]:
    """Return whose hours have begun and who had no word yet today."""
    if not morning_digest(programme):
        return []
    days = {}
    for staff in roster.staff.values():
        if roster.is_active(staff.id) and not roster.is_away(staff.id):
            shifts = list(map(parse_shift, staff.duty))
            zone = staff.timezone or roster.zone
            day = morning_of(shifts, zone, tx.now)
            # On the day on which somebody was brought in, a word about the night before tells them nothing.
            if day is not None and to_local(staff.created_at, zone).date() < day:
                days[staff.id] = day
    if not days:
        return []
    rows = await tx.session.scalars(select(Mark).where(Mark.name.in_([_name(one) for one in days])))
    told = {row.name: row for row in rows}
    found = []
    for staff_id, day in days.items():
        before = told.get(_name(staff_id))
        if before is None or before.value < day.isoformat():
            since = max(before.at, tx.now - LONGEST) if before is not None else tx.now - ONE_DAY
            found.append(Morning(staff=roster.staff[staff_id], day=day, since=min(since, tx.now)))
    return found


async def say_good_morning(tx: Tx) -> int:
    """Tell everybody whose morning it is what waits for them; return how many were told."""
    count = 0
    for programme in (await tx.session.scalars(select(Programme))).all():
        roster = await load_roster(tx, programme)
        for morning in await mornings(tx, programme, roster):
            if not await _claim(tx, morning):
                continue  # another process was first
            text = morning_text(await _digest(tx, morning, programme), str(programme.languages[0]))
            if text is not None:
                key = f"digest:{morning.day.isoformat()}"
                count += await tell_staff(tx, roster, [morning.staff.id], text, dedupe=key)
    return count


async def mornings_wait(tx: Tx) -> bool:
    """Tell whether anybody's morning is still to be looked at."""
    for programme in (await tx.session.scalars(select(Programme))).all():
        if await mornings(tx, programme, await load_roster(tx, programme)):
            return True
    return False


async def _claim(tx: Tx, morning: Morning) -> bool:
    """Take one person's morning for this process; a day that is over, or taken, is nobody's any more."""
    marks = table_of(Mark)
    insert = tx.insert(marks).values(name=_name(morning.staff.id), value=morning.day.isoformat(), at=tx.now)
    won = await tx.session.scalar(
        insert.on_conflict_do_update(
            index_elements=["name"],
            set_={"value": insert.excluded.value, "at": insert.excluded.at},
            where=marks.c.value < insert.excluded.value,
        ).returning(marks.c.name)
    )
    return won is not None


def _name(staff_id: str) -> str:
    return f"digest:{staff_id}"


async def _digest(tx: Tx, morning: Morning, programme: Programme) -> Digest:
    staff, zone = morning.staff, morning.staff.timezone or programme.timezone
    return Digest(
        alerts=await _alerts(tx, staff),
        promises=await _promises(tx, staff, until=to_instant(_midnight(morning.day + ONE_DAY), zone)),
        sessions=await _sessions(tx, morning, programme, zone),
        quiet=await _quiet(tx, morning),
        to_read=await _to_read(tx, morning),
    )


async def _alerts(tx: Tx, staff: Staff) -> tuple[str, ...]:
    """Return what is open about somebody's people, or in their hands."""
    rows = await tx.session.scalars(
        select(Alert.ref)
        .outerjoin(Participant, Participant.id == Alert.participant_id)
        .where(
            Alert.programme_id == staff.programme_id,
            Alert.state != AlertState.CLOSED,
            or_(Participant.specialist_id == staff.id, Alert.acknowledged_by == staff.id),
        )
        .order_by(Alert.opened_at)
    )
    return tuple(rows)


async def _promises(tx: Tx, staff: Staff, *, until: datetime) -> tuple[str, ...]:
    rows = await tx.session.scalars(
        select(Promise.ref)
        .where(Promise.staff_id == staff.id, Promise.done_at.is_(None), Promise.due_at < until)
        .order_by(Promise.due_at)
    )
    return tuple(rows)


async def _sessions(tx: Tx, morning: Morning, programme: Programme, zone: str) -> tuple[str, ...]:
    """Return today's sessions that are still to come, each with its hour here."""
    wall = _midnight(morning.day)
    rows = await tx.session.execute(
        select(Session.local, Participant)
        .join(Participant, Participant.id == Session.participant_id)
        .where(
            Participant.specialist_id == morning.staff.id,
            Participant.status == PersonStatus.ACTIVE,
            Session.local > wall - 2 * ONE_DAY,
            Session.local < wall + 3 * ONE_DAY,
        )
    )
    coming = sorted(
        (to_instant(local, known_zone(person.timezone, programme.timezone)), person.ref)
        for local, person in rows
    )
    here = [(to_local(at, zone), ref) for at, ref in coming if at > tx.now]
    return tuple(f"{ref} {local:%H:%M}" for local, ref in here if local.date() == morning.day)


async def _quiet(tx: Tx, morning: Morning) -> tuple[str, ...]:
    """Return who let a question pass since the last morning, and has written nothing since it was asked."""
    heard = (
        select(Contact.id)
        .where(Contact.participant_id == Participant.id, Contact.last_in_at >= Checkin.asked_at)
        .exists()
    )
    rows = await tx.session.scalars(
        select(Participant.ref)
        .join(Checkin, Checkin.participant_id == Participant.id)
        .where(
            Participant.specialist_id == morning.staff.id,
            Participant.status == PersonStatus.ACTIVE,
            Checkin.state == CheckinState.EXPIRED,
            Checkin.expires_at > morning.since,
            Checkin.expires_at <= tx.now,
            ~heard,
        )
        .distinct()
        .order_by(Participant.ref)
    )
    return tuple(rows)


async def _to_read(tx: Tx, morning: Morning) -> tuple[str, ...]:
    """Return who wrote something since the last morning that only a human can read."""
    rows = await tx.session.scalars(
        select(Participant.ref)
        .join(Contact, Contact.participant_id == Participant.id)
        .join(Message, Message.contact_id == Contact.id)
        .outerjoin(AssessmentRow, AssessmentRow.message_id == Message.id)
        .where(
            Participant.specialist_id == morning.staff.id,
            Message.direction == Direction.IN,
            Message.created_at > morning.since,
            AssessmentRow.flagged | Message.flag.is_not(None),
        )
        .distinct()
        .order_by(Participant.ref)
    )
    return tuple(rows)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock has no zone
