"""Acknowledgement: one person takes an alert, and everybody it concerns hears who."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from bot.actions.notices import name_of, note, staff_contact
from bot.actions.staffing import Roster, load_roster
from bot.domain.consent import ConsentState
from bot.domain.escalation import Person, Route
from bot.domain.messages import ChannelName, Kind, Lane, MessageState
from bot.domain.programme import DEFAULT_REMIND
from bot.domain.replies import say
from bot.outbox.enqueue import Draft, To, cancel, enqueue
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Contact, Participant, Programme, Staff

QUIET_JOIN = timedelta(minutes=2)  # between two "they wrote again" to whoever has it
LATELY = timedelta(hours=1)  # how long a taken alert may still be what a bare "1" means


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What "I have it" came to. `holder` is the first name of whoever has it."""

    alert: Alert
    won: bool
    holder: str


async def take_alert(tx: Tx, alert: Alert, staff: Staff) -> Taken:
    """Acknowledge: one conditional update decides who has it; everybody else who was told hears who.

    The winner's confirmation is the caller's answer to what they sent.
    """
    programme = await tx.session.get_one(Programme, alert.programme_id)
    won = await tx.session.scalar(
        update(Alert)
        .where(Alert.id == alert.id, Alert.state == AlertState.OPEN)
        .values(
            state=AlertState.ACKNOWLEDGED,
            acknowledged_by=staff.id,
            acknowledged_at=tx.now,
            reminded_at=None,
            next_step_at=tx.now + remind_after(programme),
        )
        .returning(Alert.id)
        .execution_options(synchronize_session=False)
    )
    await tx.session.refresh(alert)
    if won is None:
        return Taken(alert=alert, won=False, holder=await name_of(tx, alert.acknowledged_by))
    note(tx, alert, "acknowledged", staff_id=staff.id)
    await cancel(tx, "taken", Message.alert_id == alert.id, Message.kind == Kind.NOTICE)
    holder = await name_of(tx, staff.id)
    text = say("taken_by_other", str(programme.languages[0]), name=holder, ref=alert.ref)
    await tell_told(tx, alert, text, key=f"taken:{alert.id}:{_when(alert)}", but=staff.id)
    await _tell_participant(tx, alert, holder)
    return Taken(alert=alert, won=True, holder=holder)


def keep_holding(tx: Tx, alert: Alert, programme: Programme) -> None:
    """Note that whoever has an alert still does: they are asked again as long from now."""
    alert.reminded_at, alert.next_step_at = None, tx.now + remind_after(programme)
    note(tx, alert, "kept", staff_id=alert.acknowledged_by)


def remind_after(programme: Programme) -> timedelta:
    """Return how long an alert may be taken and not closed before its holder is asked."""
    return timedelta(seconds=programme.policy.get("remind", DEFAULT_REMIND.total_seconds()))


async def tell_holder(
    tx: Tx, alert: Alert, holder: str, programme: Programme, roster: Roster, *, raised: bool
) -> None:
    """Tell whoever has an alert that it rose, or (once in a while) that they wrote again."""
    minutes = int(tx.now.timestamp() // QUIET_JOIN.total_seconds())
    key = f"raised:{alert.id}:{alert.level}" if raised else f"more:{alert.id}:{minutes}"
    text = say("notice_raised" if raised else "notice_more", str(programme.languages[0]), ref=alert.ref)
    await write_to(tx, alert, holder, roster, text=text, key=key)


async def remind_holder(tx: Tx, alert: Alert, programme: Programme, roster: Roster) -> bool:
    """Ask whoever has an alert whether they still do; return False when they can't be asked."""
    holder = str(alert.acknowledged_by)
    if not roster.is_active(holder):
        return False
    text = say("notice_still", str(programme.languages[0]), ref=alert.ref)
    key = f"still:{alert.id}:{int(tx.now.timestamp())}"
    return await write_to(tx, alert, holder, roster, text=text, key=key)


async def write_to(tx: Tx, alert: Alert, holder: str, roster: Roster, *, text: str, key: str) -> bool:
    """Write to somebody about an alert, never by a call; return False when there is no way."""
    usable = _written(roster, holder)
    if not usable:
        return False
    # By the way they were told before, if it still works.
    told = dict(await told_contacts(tx, alert)).get(holder)
    to = await staff_contact(tx, told if told in usable else usable[0], holder)
    await enqueue(tx, [Draft(to=to, kind=Kind.STAFF, lane=Lane.ALERT, text=text, dedupe_key=key)])
    return True


def _written(roster: Roster, staff_id: str) -> list[Route]:
    """Return the ways to somebody that carry a text, best first."""
    person = Person(staff_id=staff_id, routes=roster.routes(staff_id))
    return [route for route in roster.usable(person) if route.channel is not ChannelName.VOICE]


async def alert_by_ref(tx: Tx, programme_id: str, ref: str) -> Alert | None:
    """Return the latest alert with a reference, open ones before others."""
    found: Alert | None = await tx.session.scalar(
        select(Alert)
        .where(Alert.programme_id == programme_id, Alert.ref == ref)
        .order_by((Alert.state == AlertState.CLOSED), Alert.opened_at.desc())
        .limit(1)
    )
    return found


async def alerts_told_to(tx: Tx, staff_id: str) -> list[Alert]:
    """Return what a bare "1" of a staff member may mean, newest first.

    That is every alert they were told of which is still open, which they have, or which was taken or
    closed within the hour.
    """
    told = select(Message.alert_id).where(Message.staff_id == staff_id, Message.kind == Kind.NOTICE)
    recent = tx.now - LATELY
    rows = await tx.session.scalars(
        select(Alert)
        .where(
            Alert.id.in_(told),
            (Alert.state == AlertState.OPEN)
            | (
                (Alert.state == AlertState.ACKNOWLEDGED)
                & ((Alert.acknowledged_at > recent) | (Alert.acknowledged_by == staff_id))
            )
            | ((Alert.state == AlertState.CLOSED) & (Alert.closed_at > recent)),
        )
        .order_by(Alert.opened_at.desc())
        .limit(20)
    )
    return list(rows)


async def told_contacts(tx: Tx, alert: Alert) -> list[tuple[str, Route]]:
    """Return (staff id, route) of everybody a notice of this alert has left for, one route each."""
    rows = await tx.session.execute(
        select(Message.staff_id, Message.contact_id, Message.channel)
        .where(
            Message.alert_id == alert.id,
            Message.kind == Kind.NOTICE,
            Message.state.in_(
                [MessageState.SENDING, MessageState.UNCERTAIN, MessageState.SENT, MessageState.DELIVERED]
            ),
        )
        .order_by(Message.id)
    )
    return list(
        {
            str(staff): (str(staff), Route(contact_id=contact, channel=channel))
            for staff, contact, channel in rows
        }.values()
    )


def _when(alert: Alert) -> str:
    """Return which taking this is: an alert that rose, or was left lying, is taken again."""
    at = int(alert.acknowledged_at.timestamp() * 1000) if alert.acknowledged_at is not None else 0
    return f"{alert.level}:{at}"


async def tell_told(tx: Tx, alert: Alert, text: str, *, key: str, but: str) -> None:
    """Tell everybody a notice has left for, by the way it went, except `but`; who was called, by text."""
    told = [(staff_id, route) for staff_id, route in await told_contacts(tx, alert) if staff_id != but]
    if any(route.channel is ChannelName.VOICE for _, route in told):
        roster = await load_roster(tx, await tx.session.get_one(Programme, alert.programme_id))
        ways = [(s, _written(roster, s) if r.channel is ChannelName.VOICE else [r]) for s, r in told]
        told = [(staff_id, routes[0]) for staff_id, routes in ways if routes]
    for staff_id, route in told:
        to = await staff_contact(tx, route, staff_id)
        draft = Draft(to=to, kind=Kind.STAFF, lane=Lane.REPLY, text=text, dedupe_key=f"{key}:{staff_id}")
        await enqueue(tx, [draft])


async def _tell_participant(tx: Tx, alert: Alert, holder: str) -> None:
    if await tx.session.get(Message, alert.message_id) is None:
        return  # silence opened it: they asked for nobody, and a human decides how to begin
    contact = await tx.session.get_one(Contact, alert.contact_id)
    if contact.consent is ConsentState.OPTED_OUT:
        return
    programme = await tx.session.get_one(Programme, alert.programme_id)
    participant = await tx.session.get(Participant, alert.participant_id) if alert.participant_id else None
    language = participant.language if participant is not None else str(programme.languages[0])
    await tx.vault.load(tx.session, [contact.key_id])
    to = To(
        contact_id=contact.id,
        key_id=contact.key_id,
        channel=contact.channel,
        participant_id=contact.participant_id,
    )
    text = say("taken", language, name=holder)
    key = f"taken:{alert.id}:{_when(alert)}:participant"
    await enqueue(tx, [Draft(to=to, kind=Kind.REPLY, lane=Lane.ALERT, text=text, dedupe_key=key)])
