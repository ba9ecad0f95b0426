"""Bring a programme file into the database: all or nothing, and the same again changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from bot.actions.audiences import enrol_group
from bot.actions.impact import Impact, plan_impact
from bot.actions.imported import Imported, bring_in_line
from bot.actions.people_files import bring_member, bring_participant
from bot.actions.planning import look_again, plan_as_it_was
from bot.actions.preferences import move_enrolments
from bot.actions.schedules import publish
from bot.actions.transfers import follow_handed
from bot.domain import programme as files
from bot.domain.courtesy import courtesy_to_data
from bot.domain.directory import directory_to_data
from bot.domain.own_words import store_own_words
from bot.domain.programme_writing import group_to_data
from bot.domain.rota_file import rota_to_data
from bot.domain.signs import FollowUps, follow_ups_to_data
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.people import Participant, Programme
from bot.store.schedules import Enrolment, Schedule

BATCH = 500  # enrolments looked at in one statement


async def import_programme(
    tx: Tx,
    file: files.Programme,
    *,
    foresee: bool = False,
    step: Callable[[], None] = lambda: None,
) -> Imported:
    """Write what the file says; nobody is removed. Raises ContactTakenError.

    Nobody is texted, but where somebody gets another specialist.

    `foresee`: say first what publishing its schedules changes for those who are on them. `step` is called
    after each participant, to show how far it is.
    """
    done = Imported()
    programme = await _programme(tx, file, done)
    if foresee:
        done.impacts = await _impacts(tx, programme, file)
    schedules = {s.name: await _schedule(tx, programme, s, n, done) for n, s in enumerate(file.schedules)}
    staff = {}
    for position, member in enumerate(file.staff):
        staff[member.ref] = await bring_member(tx, programme, member, position, done)
    for position, person in enumerate(file.participants):
        await bring_participant(tx, programme, person, position, staff=staff, schedules=schedules, done=done)
        step()
    for listed in file.schedules:
        if listed.to is not None:
            await enrol_group(tx, programme, schedules[listed.name], listed.to)
    await tx.session.flush()
    await follow_handed(tx, done)
    return done


async def import_schedules(tx: Tx, programme: Programme, schedules: Sequence[files.Schedule]) -> Imported:
    """Publish schedules of a sheet; those it does not name stay as they are, as do their audiences."""
    done = Imported()
    rows = await tx.session.scalars(select(Schedule).where(Schedule.programme_id == programme.id))
    held = {row.name: row for row in rows}
    following = max((row.position for row in held.values()), default=-1) + 1
    for number, schedule in enumerate(schedules):
        row = held.get(schedule.name)
        position = row.position if row is not None else following + number
        audience = row.audience if row is not None else None
        await _schedule(tx, programme, schedule, position, done, audience=audience)
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
        "directory": json.loads(json.dumps(directory_to_data(file.directory))) or None,
        "own_words": store_own_words(file.own_words),
        "rotas": [rota_to_data(rota) for rota in file.rotas],
        "policy": {
            "remind": file.remind.total_seconds(),
            "before_session": file.before_session.total_seconds() if file.before_session else None,
            "morning_digest": file.morning_digest,
            **_follow_up(file.follow_up),
        },
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
        done.count("programmes", new=False, differs=bring_in_line(row, values))
        await tx.session.flush()
        for ids in bent:
            await look_again(tx, ids)
    await tx.session.flush()
    return row


def _follow_up(follow_ups: FollowUps) -> dict[str, Any]:
    data = follow_ups_to_data(follow_ups)
    return {"follow_up": data} if data else {}


def _step(step: files.Step) -> dict[str, Any]:
    return {
        "notify": [target.ref or str(target.kind) for target in step.notify],
        "by": [str(channel) for channel in step.by],
        "wait": step.wait.total_seconds(),
    }


async def _schedule(
    tx: Tx,
    programme: Programme,
    file: files.Schedule,
    position: int,
    done: Imported,
    *,
    audience: str | None = None,
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
    audience = json.dumps(group_to_data(file.to)) if file.to is not None else audience
    differs = bring_in_line(row, {"title": file.title, "position": position, "audience": audience})
    published = await publish(tx, row, file.prompts)
    done.count("schedules", new=new, differs=differs or published)
    return row


async def _impacts(tx: Tx, programme: Programme, file: files.Programme) -> list[Impact]:
    rows = await tx.session.scalars(select(Schedule).where(Schedule.programme_id == programme.id))
    listed = {schedule.name: schedule.prompts for schedule in file.schedules}
    found = [await plan_impact(tx, row, listed[row.name]) for row in rows.all() if row.name in listed]
    return [impact for impact in found if not impact.changes.nothing and impact.enrolled]


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
