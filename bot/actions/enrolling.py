"""Enrol people of a sheet: all of it is checked before any of it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.actions.exporting import participant_on_file, the_programme
from bot.actions.imported import Imported
from bot.actions.people_files import bring_participant
from bot.actions.transfers import follow_handed
from bot.domain import programme as files
from bot.domain.enrolment_sheet import Enrollee, read_enrolments
from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.programme_reading import Around
from bot.store.database import Tx
from bot.store.people import Contact, Participant, Staff
from bot.store.schedules import Schedule

TOGETHER = 400  # looked up in one query


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    """The programme's staff and schedules, as rows are matched to them."""

    staff: dict[str, Staff]
    schedules: dict[str, Schedule]


async def check_sheet(tx: Tx, data: bytes) -> tuple[Enrollee, ...]:
    """Read a sheet of people against the programme. Raises ProgrammeFileError: every wrong cell.

    Addresses that are somebody else's already are wrong, too.
    """
    programme = await the_programme(tx)
    held = await _held(tx, programme.id)
    refs = await tx.session.scalars(select(Participant.ref).where(Participant.programme_id == programme.id))
    people = read_enrolments(
        data,
        Around(
            country=programme.country,
            languages=tuple(programme.languages),
            staff=tuple(held.staff),
            schedules=tuple(held.schedules),
        ),
        known=set(refs),
        today=tx.now.astimezone(ZoneInfo(programme.timezone)).date(),
    )
    problems = [problem for some in _chunks(people) for problem in await _taken(tx, some)]
    if problems:
        raise ProgrammeFileError(tuple(problems))
    return people


async def enrol_people(tx: Tx, people: Sequence[Enrollee]) -> Imported:
    """Write rows that `check_sheet` has read; the same again changes nothing. Raises ContactTakenError.

    Nobody is texted, but where somebody gets another specialist. What a row leaves empty stays as it is.
    """
    done = Imported()
    programme = await the_programme(tx)
    held = await _held(tx, programme.id)
    refs = {member.id: ref for ref, member in held.staff.items()}
    rows = {
        row.ref: row
        for row in await tx.session.scalars(
            select(Participant).where(
                Participant.programme_id == programme.id,
                Participant.ref.in_([one.person.ref for one in people]),
            )
        )
    }
    await tx.vault.load(tx.session, {row.key_id for row in rows.values()})
    following = await tx.session.scalar(
        select(func.max(Participant.position)).where(Participant.programme_id == programme.id)
    )
    position = -1 if following is None else following
    for one in people:
        row = rows.get(one.person.ref)
        person = one.person
        if row is None:
            position += 1
        else:
            current = await participant_on_file(tx, row, refs)
            person = _merged(current, one)
            if person == current:
                done.count("participants", new=False, differs=False)
                continue
        await bring_participant(
            tx,
            programme,
            person,
            position if row is None else row.position,
            staff=held.staff,
            schedules=held.schedules,
            done=done,
        )
    await tx.session.flush()
    await follow_handed(tx, done)
    return done


def _merged(current: files.Participant, one: Enrollee) -> files.Participant:
    """Return somebody as they are, with what a row says."""
    said = {
        name: getattr(one.person, name)
        for name in ("name", "language", "timezone", "specialist", "recovery_date", "pathway", "status")
        if name in one.given
    }
    new = {contact.channel: contact for contact in one.person.contacts}
    kept = [new.pop(c.channel, c) if c.channel in new else c for c in current.contacts]
    started = {enrolment.name: enrolment for enrolment in current.schedules}
    for enrolment in one.person.schedules:
        # Without a start of its own, a row moves nobody who is on the schedule already.
        if "start" in one.given or enrolment.name not in started:
            started[enrolment.name] = enrolment
    return replace(current, contacts=(*kept, *new.values()), schedules=tuple(started.values()), **said)


async def _held(tx: Tx, programme_id: str) -> _Held:
    staff = await tx.session.scalars(select(Staff).where(Staff.programme_id == programme_id))
    schedules = await tx.session.scalars(select(Schedule).where(Schedule.programme_id == programme_id))
    return _Held(staff={one.ref: one for one in staff}, schedules={one.name: one for one in schedules})


async def _taken(tx: Tx, people: Sequence[Enrollee]) -> list[FieldError]:
    """Return an error for each address that is somebody else's."""
    wanted = {
        tx.vault.hash(contact.channel, contact.address): (one, contact)
        for one in people
        for contact in one.person.contacts
    }
    rows = await tx.session.execute(
        select(Contact.channel, Contact.address_hash, Contact.staff_id, Participant.ref)
        .outerjoin(Participant, Participant.id == Contact.participant_id)
        .where(Contact.address_hash.in_(wanted))
    )
    problems = []
    for channel, hashed, staff_id, ref in rows:
        one, contact = wanted[hashed]
        if channel == contact.channel and (staff_id is not None or ref not in (None, one.person.ref)):
            sentence = "This address is somebody else's already; one of the two must give it up first."
            problems.append(FieldError(line=one.line, field=str(channel), sentence=sentence))
    return problems


def _chunks(people: Sequence[Enrollee]) -> list[Sequence[Enrollee]]:
    return [people[first : first + TOGETHER] for first in range(0, len(people), TOGETHER)]
