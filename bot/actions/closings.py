"""Close alerts with an outcome, write down contacts, keep promises."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from bot.actions.acknowledgements import tell_told
from bot.actions.notices import name_of, note, tell_staff
from bot.actions.staffing import load_roster
from bot.domain.closing import Note, Outcome
from bot.domain.messages import Kind
from bot.domain.replies import say
from bot.outbox.enqueue import cancel
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.desk import ContactNote, Promise
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Contact, Participant, Programme, Staff

BATCH = 100
LATE_NOTE = timedelta(days=7)  # how long after its end an alert may still get a note


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """What closing came to. Not `won`: it was closed before, or `holder` has it."""

    won: bool
    holder: str


async def close_alert(tx: Tx, alert: Alert, staff: Staff, outcome: Outcome, reason: str = "") -> Closed:
    """Close an alert that is nobody's, one's own, or anybody's for a supervisor.

    Everybody else who was told of one that nobody had taken hears that it is over.
    """
    programme = await tx.session.get_one(Programme, alert.programme_id)
    may = Alert.state == AlertState.OPEN
    if "supervisor" in staff.roles:
        may = Alert.state != AlertState.CLOSED
    untaken = alert.state is AlertState.OPEN
    won = await tx.session.scalar(
        update(Alert)
        .where(
            Alert.id == alert.id, Alert.state != AlertState.CLOSED, may | (Alert.acknowledged_by == staff.id)
        )
        .values(
            state=AlertState.CLOSED,
            closed_at=tx.now,
            closed_by=staff.id,
            outcome=outcome,
            reason=await _seal(tx, alert, reason) if reason else None,
            next_step_at=None,
        )
        .returning(Alert.id)
        .execution_options(synchronize_session=False)
    )
    await tx.session.refresh(alert)
    if won is None:
        return Closed(won=False, holder=await name_of(tx, alert.closed_by or alert.acknowledged_by))
    note(tx, alert, "closed", staff_id=staff.id, detail=outcome)
    await cancel(tx, "closed", Message.alert_id == alert.id, Message.kind == Kind.NOTICE)
    holder = await name_of(tx, staff.id)
    if untaken:
        text = say("closed_by_other", str(programme.languages[0]), ref=alert.ref, name=holder)
        await tell_told(tx, alert, text, key=f"closed:{alert.id}", but=staff.id)
    return Closed(won=True, holder=holder)


async def write_note(
    tx: Tx, participant: Participant, staff: Staff, said: Note, *, alert: Alert | None = None
) -> tuple[ContactNote, Promise | None]:
    """Write down a contact, and what was promised in it."""
    await tx.vault.load(tx.session, [participant.key_id])
    row_id = new_id()
    row = ContactNote(
        id=row_id,
        participant_id=participant.id,
        staff_id=staff.id,
        alert_id=alert.id if alert is not None else None,
        text=tx.vault.seal(participant.key_id, said.text, "contact_notes", "text", row_id),
        mode=said.mode,
        support=said.support,
        started_at=said.started_at,
        ended_at=said.ended_at,
        units=said.units,
        created_at=tx.now,
    )
    tx.session.add(row)
    await tx.session.flush()
    promise = None
    if said.next_step and said.due_at is not None:
        promise = await _promise(tx, participant, staff, said, row)
    return row, promise


async def notable_alert(tx: Tx, staff: Staff, ref: str | None) -> list[Alert]:
    """Return the alerts a note or a closing of somebody's may be about, newest first.

    With a ref the one alert of the programme that has it; without, those they hold, else those they closed
    lately.
    """
    query = select(Alert).where(Alert.programme_id == staff.programme_id).order_by(Alert.opened_at.desc())
    if ref is not None:
        return list(await tx.session.scalars(query.where(Alert.ref == ref).limit(1)))
    held = query.where(Alert.state == AlertState.ACKNOWLEDGED, Alert.acknowledged_by == staff.id).limit(10)
    if found := list(await tx.session.scalars(held)):
        return found
    closed = query.where(Alert.closed_by == staff.id, Alert.closed_at > tx.now - LATE_NOTE).limit(1)
    return list(await tx.session.scalars(closed))


async def open_promises(tx: Tx, staff: Staff) -> Sequence[Promise]:
    """Return what somebody promised and has not done, soonest first."""
    found = await tx.session.scalars(
        select(Promise)
        .where(Promise.staff_id == staff.id, Promise.done_at.is_(None))
        .order_by(Promise.due_at)
        .limit(BATCH)
    )
    return found.all()


async def keep_promise(tx: Tx, staff: Staff, ref: str) -> Promise | None:
    """Mark a promise as done; return None when there is none of this ref."""
    promise: Promise | None = await tx.session.scalar(
        select(Promise).where(Promise.staff_id == staff.id, Promise.ref == ref, Promise.done_at.is_(None))
    )
    if promise is not None:
        promise.done_at = tx.now
        await tx.session.flush()
    return promise


async def remind_of_promises(tx: Tx) -> int:
    """Bring back what is due, in the working time of whoever promised it; return how many there were."""
    due = await tx.session.scalars(
        select(Promise)
        .where(Promise.done_at.is_(None), Promise.reminded_at.is_(None), Promise.due_at <= tx.now)
        .order_by(Promise.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    count = 0
    for promise in due.all():
        participant = await tx.session.get_one(Participant, promise.participant_id)
        programme = await tx.session.get_one(Programme, participant.programme_id)
        roster = await load_roster(tx, programme)
        text = say("promise_due", str(programme.languages[0]), person=participant.ref, ref=promise.ref)
        people = [promise.staff_id] if roster.is_active(promise.staff_id) else roster.with_role("supervisor")
        await tell_staff(tx, roster, people, text, dedupe=f"promise:{promise.id}")
        promise.reminded_at = tx.now
        count += 1
    await tx.session.flush()
    return count


async def _promise(tx: Tx, participant: Participant, staff: Staff, said: Note, row: ContactNote) -> Promise:
    promise_id = new_id()
    ref = await free_ref(tx, staff)
    promise = Promise(
        id=promise_id,
        ref=ref,
        participant_id=participant.id,
        staff_id=staff.id,
        note_id=row.id,
        text=tx.vault.seal(participant.key_id, str(said.next_step), "promises", "text", promise_id),
        due_at=said.due_at or tx.now,
        created_at=tx.now,
    )
    tx.session.add(promise)
    await tx.session.flush()
    return promise


async def free_ref(tx: Tx, staff: Staff, *, wanted: str | None = None) -> str:
    """Return a ref that none of somebody's open promises has: the wanted one if it is free."""
    taken = {promise.ref for promise in await open_promises(tx, staff)}
    first = [wanted] if wanted is not None else []
    return next(ref for ref in [*first, *_refs()] if ref not in taken)


def _refs() -> list[str]:
    # P is the letter of no alert, so that a promise is never mistaken for one.
    short, long = [f"P{n}" for n in range(2, 10)], [f"P{n}" for n in range(10, 1000)]
    random.shuffle(short)
    return [*short, *long]


async def _seal(tx: Tx, alert: Alert, reason: str) -> bytes:
    """Seal under the key of the person it is about: erasing them takes it along."""
    if alert.participant_id is not None:
        key_id = (await tx.session.get_one(Participant, alert.participant_id)).key_id
    else:
        key_id = (await tx.session.get_one(Contact, alert.contact_id)).key_id
    await tx.vault.load(tx.session, [key_id])
    return tx.vault.seal(key_id, reason, "alerts", "reason", alert.id)
