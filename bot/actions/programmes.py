"""Bring a programme file into the database: all or nothing, and the same again changes nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from bot.actions.audiences import enrol_group
from bot.actions.consents import set_consent
from bot.actions.enrolments import enrol
from bot.actions.impact import Impact, plan_impact
from bot.actions.people import add_contact
from bot.actions.planning import look_again, plan_as_it_was
from bot.actions.preferences import move_enrolments, move_to_zone, open_details, take_settings
from bot.actions.schedules import publish
from bot.domain import programme as files
from bot.domain.consent import ConsentState
from bot.domain.courtesy import courtesy_to_data
from bot.domain.errors import HandrailError
from bot.domain.messages import Kind
from bot.domain.programme_writing import group_to_data
from bot.outbox.enqueue import cancel
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import ConsentRecord, Contact, Participant, PersonStatus, Programme, Session, Staff
from bot.store.schedules import Enrolment, Schedule

BATCH = 500  # enrolments looked at in one statement


class ContactTakenError(HandrailError):
    """Two people can't share one address; remove it from one of them."""


@dataclass(kw_only=True)
class Imported:
    """What an import did, counted by kind: "2 participants added"."""

    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    impacts: list[Impact] = field(default_factory=list)

    def count(self, kind: str, *, new: bool, differs: bool) -> None:
        """Count one thing."""
        (self.added if new else self.changed if differs else self.same)[kind] += 1


async def import_programme(tx: Tx, file: files.Programme, *, foresee: bool = False) -> Imported:
    """Write what the file says. Nobody is texted, nobody is removed. Raises ContactTakenError.

    `foresee`: say first what publishing its schedules changes for those who are on them.
    """
    done = Imported()
    programme = await _programme(tx, file, done)
    if foresee:
        done.impacts = await _impacts(tx, programme, file)
    schedules = {s.name: await _schedule(tx, programme, s, n, done) for n, s in enumerate(file.schedules)}
    staff = {}
    for position, member in enumerate(file.staff):
        staff[member.ref] = await _member(tx, programme, member, position, done)
    for position, person in enumerate(file.participants):
        await _participant(tx, programme, person, position, staff=staff, schedules=schedules, done=done)
    for listed in file.schedules:
        if listed.to is not None:
            await enrol_group(tx, programme, schedules[listed.name], listed.to)
    await tx.session.flush()
    return done


async def _programme(tx: Tx, file: files.Programme, done: Imported) -> Programme:
    values: dict[str, Any] = {
        "country": file.country,
        "timezone": file.timezone,
        "languages": list(file.languages),
        "quiet_hours": str(file.quiet_hours) if file.quiet_hours is not None else None,
        "courtesy": courtesy_to_data(file.caps),
        "help_contact": file.help_contact,
        "join_keyword": file.join_keyword,
        "join_schedule": file.join_schedule,
        "telegram_details": file.telegram_details,
        "on_slip": None if file.on_slip is files.OnSlip.TELL else str(file.on_slip),
        "holidays": " ".join(day.isoformat() for day in file.holidays) or None,
        "escalation": {level: [_step(s) for s in steps] for level, steps in file.escalation.items()},
    }
    row = await tx.session.scalar(select(Programme).where(Programme.name == file.name))
    if row is None:
        row = Programme(id=new_id(), name=file.name, created_at=tx.now, **values)
        tx.session.add(row)
        done.count("programmes", new=True, differs=True)
    else:
        if row.timezone != file.timezone:
            await _move_programme(tx, row, file.timezone)
        bent = await _enrolled(tx, row) if row.holidays != values["holidays"] else []
        for ids in bent:
            await plan_as_it_was(tx, ids)
        done.count("programmes", new=False, differs=_set(row, values))
        await tx.session.flush()
        for ids in bent:
            await look_again(tx, ids)
    await tx.session.flush()
    return row


def _step(step: files.Step) -> dict[str, Any]:
    return {
        "notify": [target.ref or str(target.kind) for target in step.notify],
        "by": [str(channel) for channel in step.by],
        "wait": step.wait.total_seconds(),
    }


async def _schedule(
    tx: Tx, programme: Programme, file: files.Schedule, position: int, done: Imported
) -> Schedule:
    row = await tx.session.scalar(
        select(Schedule).where(Schedule.programme_id == programme.id, Schedule.name == file.name)
    )
    new = row is None
    if row is None:
        row = Schedule(
            id=new_id(),
            programme_id=programme.id,
            name=file.name,
            title=file.title,
            position=position,
            created_at=tx.now,
        )
        tx.session.add(row)
        await tx.session.flush()
    audience = json.dumps(group_to_data(file.to)) if file.to is not None else None
    differs = _set(row, {"title": file.title, "position": position, "audience": audience})
    published = await publish(tx, row, file.prompts)
    done.count("schedules", new=new, differs=differs or published)
    return row


async def _impacts(tx: Tx, programme: Programme, file: files.Programme) -> list[Impact]:
    rows = await tx.session.scalars(select(Schedule).where(Schedule.programme_id == programme.id))
    listed = {schedule.name: schedule.prompts for schedule in file.schedules}
    found = [await plan_impact(tx, row, listed[row.name]) for row in rows.all() if row.name in listed]
    return [impact for impact in found if not impact.changes.nothing and impact.enrolled]


async def _member(tx: Tx, programme: Programme, file: files.Staff, position: int, done: Imported) -> Staff:
    row = await tx.session.scalar(
        select(Staff).where(Staff.programme_id == programme.id, Staff.ref == file.ref)
    )
    values: dict[str, Any] = {
        "roles": [str(role) for role in file.roles],
        "duty": [str(shift) for shift in file.duty],
        "timezone": file.timezone,
        "backup_ref": file.backup,
        "status": PersonStatus(file.status.value),
        "position": position,
    }
    new = row is None
    if row is None:
        row = Staff(id=new_id(), programme_id=programme.id, ref=file.ref, created_at=tx.now, **values)
        row.key_id = await tx.vault.new_key(tx.session, "staff")
        row.name = tx.vault.seal(row.key_id, file.name, "staff", "name", row.id)
        tx.session.add(row)
        differs = True
    else:
        differs = _set(row, values)
    await tx.vault.load(tx.session, [row.key_id])
    differs |= _set_sealed(tx, row, "name", file.name)
    differs |= _set_sealed(tx, row, "email", file.email)
    await tx.session.flush()
    differs |= await _contacts(tx, programme, row, file.contacts)
    done.count("staff", new=new, differs=differs)
    return row


async def _participant(
    tx: Tx,
    programme: Programme,
    file: files.Participant,
    position: int,
    *,
    staff: dict[str, Staff],
    schedules: dict[str, Schedule],
    done: Imported,
) -> None:
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
        differs = _set(row, values) or moved
    await tx.vault.load(tx.session, [row.key_id])
    differs |= _set_sealed(tx, row, "name", file.name)
    dated = _set_sealed(tx, row, "details", _details(file, await open_details(tx, row)))
    replan |= dated
    differs |= dated
    await tx.session.flush()
    differs |= await _contacts(tx, programme, row, file.contacts)
    sessions_differ = await _sessions(tx, row, file)
    enrolments_differ = await _enrolments(tx, row, file, schedules)
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
    tx: Tx, programme: Programme, owner: Staff | Participant, listed: tuple[files.Contact, ...]
) -> bool:
    """Bring one person's contacts in line; a number that was replaced matches no one any more."""
    differs = False
    field_name = "staff_id" if isinstance(owner, Staff) else "participant_id"
    held = list(await tx.session.scalars(select(Contact).where(getattr(Contact, field_name) == owner.id)))
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
        differs |= _set(row, {field_name: owner.id, "position": position, "programme_id": programme.id})
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
    row.participant_id = row.staff_id = None
    set_consent(tx, row, ConsentState.NONE, method="replaced")
    row.greeted_at = tx.now  # whoever has the number now gets no greeting out of the blue
    await cancel(tx, "replaced", Message.contact_id == row.id, Message.kind != Kind.PARTING)


async def _sessions(tx: Tx, row: Participant, file: files.Participant) -> bool:
    held = {
        s.local: s for s in await tx.session.scalars(select(Session).where(Session.participant_id == row.id))
    }
    for local in set(file.sessions) - set(held):
        tx.session.add(Session(id=new_id(), participant_id=row.id, local=local))
    for local in set(held) - set(file.sessions):
        await tx.session.delete(held[local])
    await tx.session.flush()
    return set(held) != set(file.sessions)


async def _enrolments(
    tx: Tx, row: Participant, file: files.Participant, schedules: dict[str, Schedule]
) -> bool:
    held = {
        e.schedule_id: e
        for e in await tx.session.scalars(select(Enrolment).where(Enrolment.participant_id == row.id))
    }
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


async def _move_programme(tx: Tx, programme: Programme, zone: str) -> None:
    people = await tx.session.scalars(
        select(Participant.id).where(Participant.programme_id == programme.id, Participant.timezone.is_(None))
    )
    for some in _batches(people.all()):
        await move_enrolments(tx, some, programme.timezone, zone)


async def _enrolled(tx: Tx, programme: Programme) -> list[list[str]]:
    ids = await tx.session.scalars(
        select(Enrolment.id)
        .join(Participant, Participant.id == Enrolment.participant_id)
        .where(Participant.programme_id == programme.id)
    )
    return _batches(ids.all())


def _batches(ids: Sequence[str]) -> list[list[str]]:
    return [list(ids[begin : begin + BATCH]) for begin in range(0, len(ids), BATCH)]


def _set(row: Any, values: dict[str, Any]) -> bool:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


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
