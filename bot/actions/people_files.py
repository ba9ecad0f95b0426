"""People as a file says them, brought into the database with their contacts, consent and enrolments."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from bot.actions.consents import set_consent
from bot.actions.enrolments import enrol
from bot.actions.escalations import hand_on_notices
from bot.actions.imported import Handed, Imported, bring_in_line
from bot.actions.people import add_contact
from bot.actions.planning import look_again
from bot.actions.preferences import move_to_zone, open_details, take_settings
from bot.domain import programme as files
from bot.domain.consent import ConsentState
from bot.domain.errors import HandrailError
from bot.domain.messages import Kind
from bot.outbox.enqueue import cancel
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import ConsentRecord, Contact, Participant, PersonStatus, Programme, Session, Staff
from bot.store.schedules import Enrolment, Schedule


class ContactTakenError(HandrailError):
    """Two people can't share one address; remove it from one of them."""


async def bring_member(
    tx: Tx, programme: Programme, file: files.Staff, position: int, done: Imported
) -> Staff:
    """Bring one member of staff in line with the file. Raises ContactTakenError."""
    row = await tx.session.scalar(
        select(Staff).where(Staff.programme_id == programme.id, Staff.ref == file.ref)
    )
    values: dict[str, Any] = {
        "roles": [str(role) for role in file.roles],
        "duty": [str(shift) for shift in file.duty],
        "timezone": file.timezone,
        "backup_ref": file.backup,
        "leave": [[leave.first.isoformat(), leave.last.isoformat()] for leave in file.leave],
        "status": PersonStatus(file.status.value),
        "position": position,
    }
    new = row is None
    left = row is not None and (row.status, values["status"]) == (PersonStatus.ACTIVE, PersonStatus.LEFT)
    if row is None:
        row = Staff(id=new_id(), programme_id=programme.id, ref=file.ref, created_at=tx.now, **values)
        row.key_id = await tx.vault.new_key(tx.session, "staff")
        row.name = tx.vault.seal(row.key_id, file.name, "staff", "name", row.id)
        tx.session.add(row)
        differs = True
    else:
        differs = bring_in_line(row, values)
    await tx.vault.load(tx.session, [row.key_id])
    differs |= _set_sealed(tx, row, "name", file.name)
    differs |= _set_sealed(tx, row, "email", file.email)
    await tx.session.flush()
    differs |= await _contacts(tx, programme, row, file.contacts, new=new)
    if left:
        held = await tx.session.scalars(select(Contact.id).where(Contact.staff_id == row.id))
        for contact_id in held.all():
            await hand_on_notices(tx, contact_id, row.id)
    done.count("staff", new=new, differs=differs)
    return row


async def bring_participant(
    tx: Tx,
    programme: Programme,
    file: files.Participant,
    position: int,
    *,
    staff: dict[str, Staff],
    schedules: dict[str, Schedule],
    done: Imported,
) -> None:
    """Bring one participant in line with the file: `staff` by ref, `schedules` by name.

    Whom they are enrolled with stays; nobody is texted. Raises ContactTakenError.
    """
    row = await tx.session.scalar(
        select(Participant).where(Participant.programme_id == programme.id, Participant.ref == file.ref)
    )
    values: dict[str, Any] = {
        "language": file.language or str(programme.languages[0]),
        "timezone": file.timezone,
        "specialist_id": staff[file.specialist].id if file.specialist is not None else None,
        "status": PersonStatus(file.status.value),
        "position": position,
    }
    new = row is None
    if row is None:
        row = Participant(id=new_id(), programme_id=programme.id, ref=file.ref, created_at=tx.now, **values)
        row.key_id = await tx.vault.new_key(tx.session, "participant")
        await tx.session.flush()
        tx.session.add(row)
        differs = replan = True
    else:
        moved = row.timezone != file.timezone
        if moved:
            await move_to_zone(tx, row, file.timezone, programme.timezone)
        replan = row.status != values["status"]
        old, new_one = row.specialist_id, values["specialist_id"]
        if old is not None and new_one not in (None, old):
            done.handed.append(Handed(participant=row, old=old, new=new_one))
        differs = bring_in_line(row, values) or moved
    await tx.vault.load(tx.session, [row.key_id])
    differs |= _set_sealed(tx, row, "name", file.name)
    dated = _set_sealed(tx, row, "details", _details(file, await open_details(tx, row)))
    replan |= dated
    differs |= dated
    await tx.session.flush()
    differs |= await _contacts(tx, programme, row, file.contacts, new=new)
    sessions_differ = await _sessions(tx, row, file, new=new)
    enrolments_differ = await _enrolments(tx, row, file, schedules, new=new)
    if (replan or sessions_differ) and not new:
        ids = (await tx.session.scalars(select(Enrolment.id).where(Enrolment.participant_id == row.id))).all()
        await look_again(tx, ids)
    done.count("participants", new=new, differs=differs or sessions_differ or enrolments_differ)


def _details(file: files.Participant, held: dict[str, Any]) -> str | None:
    """Return what the file says, with what the person said since: milestones, a hold, a new start."""
    recovery = file.recovery_date.isoformat() if file.recovery_date is not None else None
    if recovery is not None and recovery == held.get("filed_date"):
        recovery = held["recovery_date"]  # the file is as it was before they started anew
    same = recovery is not None and recovery == held.get("recovery_date")
    details = {
        "recovery_date": recovery,
        "pathway": str(file.pathway) if file.pathway is not None else None,
        "milestones": held.get("milestones") if file.milestones is None else file.milestones,
        "filed_date": held.get("filed_date") if same else None,
        "days_before": held.get("days_before") if same else None,
        # A new date is a new beginning, and ends the hold.
        "held_since": held.get("held_since") if recovery == held.get("recovery_date") else None,
    }
    given = {key: value for key, value in details.items() if value is not None}
    return json.dumps(given, sort_keys=True) if given else None


async def _contacts(
    tx: Tx, programme: Programme, owner: Staff | Participant, listed: tuple[files.Contact, ...], *, new: bool
) -> bool:
    """Bring one person's contacts in line; a number that was replaced matches no one any more."""
    differs = False
    field_name = "staff_id" if isinstance(owner, Staff) else "participant_id"
    own = select(Contact).where(getattr(Contact, field_name) == owner.id)
    held = (
        [] if new else list(await tx.session.scalars(own))
    )  # whoever is new has none, and need not be asked
    kept = set()
    for position, file in enumerate(listed):
        hashed = tx.vault.hash(file.channel, file.address)
        row = await tx.session.scalar(
            select(Contact).where(Contact.channel == file.channel, Contact.address_hash == hashed)
        )
        if row is None:
            row = add_contact(
                tx,
                programme_id=programme.id,
                key_id=owner.key_id,
                channel=file.channel,
                address=file.address,
                position=position,
                staff_id=owner.id if isinstance(owner, Staff) else None,
                participant_id=owner.id if isinstance(owner, Participant) else None,
            )
            await tx.session.flush()
            differs = True
        owned = row.staff_id or row.participant_id
        if owned not in (None, owner.id):
            raise ContactTakenError(
                f"{owner.ref}: this {file.channel} address is somebody else's; remove one"
            )
        differs |= bring_in_line(
            row, {field_name: owner.id, "position": position, "programme_id": programme.id}
        )
        differs |= _consent(tx, row, owner, file)
        kept.add(row.id)
    channels = {file.channel for file in listed}
    for row in held:
        if row.id not in kept and row.channel in channels:
            await _detach(tx, row)
            differs = True
    await tx.session.flush()
    return differs


def _consent(tx: Tx, row: Contact, owner: Staff | Participant, file: files.Contact) -> bool:
    if row.consent not in (ConsentState.NONE, ConsentState.INVITED):
        return False  # what the person said since then stands
    if isinstance(owner, Staff):
        set_consent(tx, row, ConsentState.ACTIVE, method="staff")
        return True
    if file.consent is None:
        return False
    written = file.consent.method is files.ConsentMethod.WRITTEN
    state = ConsentState.ACTIVE if written else ConsentState.INVITED
    if row.consent is state:
        return False
    set_consent(
        tx,
        row,
        state,
        method=str(file.consent.method),
        wording=file.consent.wording,
        given_on=file.consent.on,
        language=owner.language,
    )
    return True


async def _detach(tx: Tx, row: Contact) -> None:
    staff_id = row.staff_id
    row.participant_id = row.staff_id = None
    set_consent(tx, row, ConsentState.NONE, method="replaced")
    row.greeted_at = tx.now  # whoever has the number now gets no greeting out of the blue
    await tx.session.flush()
    if staff_id is not None:
        await hand_on_notices(tx, row.id, staff_id)
    await cancel(tx, "replaced", Message.contact_id == row.id, Message.kind != Kind.PARTING)


async def _sessions(tx: Tx, row: Participant, file: files.Participant, *, new: bool) -> bool:
    own = select(Session).where(Session.participant_id == row.id)
    held = {} if new else {s.local: s for s in await tx.session.scalars(own)}
    for local in set(file.sessions) - set(held):
        tx.session.add(Session(id=new_id(), participant_id=row.id, local=local))
    for local in set(held) - set(file.sessions):
        await tx.session.delete(held[local])
    await tx.session.flush()
    return set(held) != set(file.sessions)


async def _enrolments(
    tx: Tx, row: Participant, file: files.Participant, schedules: dict[str, Schedule], *, new: bool
) -> bool:
    own = select(Enrolment).where(Enrolment.participant_id == row.id)
    held = {} if new else {e.schedule_id: e for e in await tx.session.scalars(own)}
    moved = []
    differs = False
    settled: list[tuple[str, files.Enrolment]] = []
    for listed in file.schedules:
        schedule = schedules[listed.name]
        enrolment = held.get(schedule.id)
        if enrolment is None:
            enrolment = enrol(tx, row.id, schedule.id, listed.start)
            differs = True
        elif enrolment.start != listed.start:
            enrolment.start = listed.start
            moved.append(enrolment.id)
        settled.append((enrolment.id, listed))
    await tx.session.flush()
    await look_again(tx, moved)
    for enrolment_id, listed in settled:
        differs |= await take_settings(tx, row, enrolment_id, listed)
    return differs or bool(moved)


def _set_sealed(tx: Tx, row: Staff | Participant, column: str, text: str | None) -> bool:
    sealed = getattr(row, column)
    held = tx.vault.open(sealed, row.__tablename__, column, row.id) if sealed is not None else None
    if held == text:
        return False
    value = tx.vault.seal(row.key_id, text, row.__tablename__, column, row.id) if text is not None else None
    setattr(row, column, value)
    return True


async def consent_on_file(tx: Tx, contact_id: str) -> ConsentRecord | None:
    """Return the proof of consent that came with a programme file."""
    found: ConsentRecord | None = await tx.session.scalar(
        select(ConsentRecord)
        .where(ConsentRecord.contact_id == contact_id, ConsentRecord.wording.is_not(None))
        .order_by(ConsentRecord.at.desc())
        .limit(1)
    )
    return found
