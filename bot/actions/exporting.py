"""Read a programme back out of the database, as the file that would make it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from bot.actions.anchors import holidays_of, overrides_of
from bot.actions.people_files import consent_on_file
from bot.actions.policies import before_session, morning_digest
from bot.actions.preferences import latest_chapter
from bot.actions.staffing import leave_of
from bot.domain import programme as files
from bot.domain.courtesy import courtesy_from_data
from bot.domain.directory import directory_from_data
from bot.domain.errors import NotFoundError
from bot.domain.hours import parse_shift, parse_window
from bot.domain.messages import ChannelName
from bot.domain.own_words import stored_own_words
from bot.domain.pathways import Pathway
from bot.domain.prompts import prompts_from_data
from bot.domain.rota_file import rota_from_data
from bot.domain.signs import follow_ups_from_data
from bot.store.database import Tx
from bot.store.people import Contact, Participant, Programme, Session, Staff
from bot.store.schedules import Enrolment, Schedule, ScheduleVersion


async def the_programme(tx: Tx) -> Programme:
    """Return the (first) programme. Raises NotFoundError when there is none."""
    row = await tx.session.scalar(select(Programme).order_by(Programme.id).limit(1))
    if row is None:
        raise NotFoundError("there is no programme yet; `handrail import FILE` brings one in")
    return row


async def export_programme(tx: Tx) -> files.Programme:
    """Return the (first) programme with everybody in it. Raises NotFoundError when there is none."""
    row = await the_programme(tx)
    staff = (
        await tx.session.scalars(
            select(Staff).where(Staff.programme_id == row.id).order_by(Staff.position, Staff.id)
        )
    ).all()
    people = (
        await tx.session.scalars(
            select(Participant)
            .where(Participant.programme_id == row.id)
            .order_by(Participant.position, Participant.id)
        )
    ).all()
    await tx.vault.load(tx.session, {s.key_id for s in staff} | {p.key_id for p in people})
    refs = {member.id: member.ref for member in staff}
    return files.Programme(
        name=row.name,
        country=row.country,
        timezone=row.timezone,
        help_contact=row.help_contact,
        languages=tuple(row.languages),
        quiet_hours=parse_window(row.quiet_hours) if row.quiet_hours is not None else None,
        caps=courtesy_from_data(row.courtesy),
        join_keyword=row.join_keyword,
        join_schedule=row.join_schedule,
        telegram_details=row.telegram_details,
        on_slip=files.OnSlip(row.on_slip or files.OnSlip.TELL),
        follow_up=follow_ups_from_data(row.policy.get("follow_up", {})),
        holidays=tuple(sorted(holidays_of(row.holidays))),
        staff=tuple([await _member(tx, member) for member in staff]),
        escalation={level: tuple(_step(s, refs) for s in steps) for level, steps in row.escalation.items()},
        remind=timedelta(seconds=row.policy.get("remind", files.DEFAULT_REMIND.total_seconds())),
        before_session=before_session(row),
        morning_digest=morning_digest(row),
        rotas=tuple(rota_from_data(rota) for rota in row.rotas),
        participants=tuple([await participant_on_file(tx, person, refs) for person in people]),
        schedules=await export_schedules(tx, row.id),
        directory=directory_from_data(row.directory or {}),
        own_words=stored_own_words(row.own_words),
    )


async def export_schedules(tx: Tx, programme_id: str) -> tuple[files.Schedule, ...]:
    """Return the published schedules of a programme."""
    rows = await tx.session.execute(
        select(Schedule, ScheduleVersion.prompts)
        .join(ScheduleVersion, ScheduleVersion.id == Schedule.version_id)
        .where(Schedule.programme_id == programme_id)
        .order_by(Schedule.position, Schedule.id)
    )
    return tuple(
        files.Schedule(
            name=schedule.name,
            title=schedule.title,
            prompts=prompts_from_data(prompts),
            to=_group(schedule.audience),
        )
        for schedule, prompts in rows
    )


def _group(stored: str | None) -> files.Group | None:
    if stored is None:
        return None
    said = json.loads(stored)
    if isinstance(said, str):
        return files.Group()
    pathway = Pathway(said.pop("pathway")) if "pathway" in said else None
    return files.Group(pathway=pathway, **said)


def _enrolment(name: str, start: date, stored: str | None) -> files.Enrolment:
    overrides = overrides_of(stored)
    latest = latest_chapter(overrides)
    return files.Enrolment(
        name=name,
        start=start,
        time=latest.time,
        shift=latest.shift or None,
        skip=tuple(sorted(overrides.skip)) or None,
        less=overrides.less or None,
    )


def _step(data: dict[str, Any], refs: dict[str, str]) -> files.Step:
    words = {str(kind) for kind in files.TargetKind} - {str(files.TargetKind.STAFF)}
    return files.Step(
        notify=tuple(
            files.Target(kind=files.TargetKind(word))
            if word in words
            else files.Target(kind=files.TargetKind.STAFF, ref=word)
            for word in data["notify"]
        ),
        by=tuple(ChannelName(name) for name in data["by"]),
        wait=timedelta(seconds=data["wait"]),
    )


async def _member(tx: Tx, row: Staff) -> files.Staff:
    email = tx.vault.open(row.email, "staff", "email", row.id) if row.email is not None else None
    return files.Staff(
        ref=row.ref,
        name=tx.vault.open(row.name, "staff", "name", row.id),
        roles=tuple(files.Role(role) for role in row.roles),
        contacts=await _contacts(tx, Contact.staff_id == row.id),
        duty=tuple(parse_shift(shift) for shift in row.duty),
        backup=row.backup_ref,
        timezone=row.timezone,
        email=email,
        status=files.StaffStatus(row.status.value),
        leave=tuple(leave_of(row)),
    )


async def participant_on_file(tx: Tx, row: Participant, refs: dict[str, str]) -> files.Participant:
    """Return a participant as a file says them; `refs` are the staff's by id, and the key must be loaded."""
    details: dict[str, Any] = {}
    if row.details is not None:
        details = json.loads(tx.vault.open(row.details, "participants", "details", row.id))
    sessions = await tx.session.scalars(
        select(Session.local).where(Session.participant_id == row.id).order_by(Session.local)
    )
    enrolments = await tx.session.execute(
        select(Schedule.name, Enrolment.start, Enrolment.overrides)
        .join(Schedule, Schedule.id == Enrolment.schedule_id)
        .where(Enrolment.participant_id == row.id)
        .order_by(Enrolment.id)
    )
    return files.Participant(
        ref=row.ref,
        name=tx.vault.open(row.name, "participants", "name", row.id) if row.name is not None else row.ref,
        language=row.language,
        timezone=row.timezone,
        specialist=refs.get(row.specialist_id) if row.specialist_id is not None else None,
        contacts=await _contacts(tx, Contact.participant_id == row.id),
        sessions=tuple(sessions),
        schedules=tuple(_enrolment(*row) for row in enrolments),
        status=files.ParticipantStatus(row.status.value),
        recovery_date=date.fromisoformat(details["recovery_date"]) if "recovery_date" in details else None,
        pathway=Pathway(details["pathway"]) if "pathway" in details else None,
        milestones=details.get("milestones"),
    )


async def _contacts(tx: Tx, whose: Any) -> tuple[files.Contact, ...]:
    found = []
    rows = (
        await tx.session.scalars(select(Contact).where(whose).order_by(Contact.position, Contact.id))
    ).all()
    await tx.vault.load(tx.session, [row.key_id for row in rows])
    for row in rows:
        record = await consent_on_file(tx, row.id)
        consent = None
        if record is not None and record.given_on is not None and record.wording is not None:
            consent = files.Consent(
                method=files.ConsentMethod(record.method), on=record.given_on, wording=record.wording
            )
        address = tx.vault.open(row.address, "contacts", "address", row.id)
        found.append(files.Contact(channel=row.channel, address=address, consent=consent))
    return tuple(found)
