"""Bring a programme file into the database: all or nothing, and the same again changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from bot.actions.imported import Imported, bring_in_line
from bot.actions.people_files import bring_member, bring_participant
from bot.actions.planning import look_again
from bot.actions.schedules import publish
from bot.domain import programme as files
from bot.domain.directory import directory_to_data
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.people import Participant, Programme
from bot.store.schedules import Enrolment, Schedule


async def import_programme(
    tx: Tx, file: files.Programme, *, step: Callable[[], None] = lambda: None
) -> Imported:
    """Write what the file says. Nobody is texted, nobody is removed. Raises ContactTakenError.

    `step` is called after each participant, to show how far it is.
    """
    done = Imported()
    programme = await _programme(tx, file, done)
    schedules = {s.name: await _schedule(tx, programme, s, n, done) for n, s in enumerate(file.schedules)}
    staff = {}
    for position, member in enumerate(file.staff):
        staff[member.ref] = await bring_member(tx, programme, member, position, done)
    for position, person in enumerate(file.participants):
        await bring_participant(tx, programme, person, position, staff=staff, schedules=schedules, done=done)
        step()
    await tx.session.flush()
    return done


async def import_schedules(tx: Tx, programme: Programme, schedules: Sequence[files.Schedule]) -> Imported:
    """Publish schedules of a sheet; those it does not name stay as they are."""
    done = Imported()
    held = {
        row.name: row.position
        for row in await tx.session.scalars(select(Schedule).where(Schedule.programme_id == programme.id))
    }
    following = max(held.values(), default=-1) + 1
    for number, schedule in enumerate(schedules):
        await _schedule(tx, programme, schedule, held.get(schedule.name, following + number), done)
    await tx.session.flush()
    return done


async def _programme(tx: Tx, file: files.Programme, done: Imported) -> Programme:
    values: dict[str, Any] = {
        "country": file.country,
        "timezone": file.timezone,
        "languages": list(file.languages),
        "quiet_hours": str(file.quiet_hours) if file.quiet_hours is not None else None,
        "help_contact": file.help_contact,
        "join_keyword": file.join_keyword,
        "join_schedule": file.join_schedule,
        "telegram_details": file.telegram_details,
        "escalation": {level: [_step(s) for s in steps] for level, steps in file.escalation.items()},
        "directory": json.loads(json.dumps(directory_to_data(file.directory))) or None,
    }
    row = await tx.session.scalar(select(Programme).where(Programme.name == file.name))
    if row is None:
        row = Programme(id=new_id(), name=file.name, created_at=tx.now, **values)
        tx.session.add(row)
        done.count("programmes", new=True, differs=True)
    else:
        moved = row.timezone != file.timezone
        done.count("programmes", new=False, differs=bring_in_line(row, values))
        if moved:
            await _replan_programme(tx, row)
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
    differs = bring_in_line(row, {"title": file.title, "position": position})
    published = await publish(tx, row, file.prompts)
    done.count("schedules", new=new, differs=differs or published)
    return row


async def _replan_programme(tx: Tx, programme: Programme) -> None:
    ids = await tx.session.scalars(
        select(Enrolment.id)
        .join(Participant, Participant.id == Enrolment.participant_id)
        .where(Participant.programme_id == programme.id)
    )
    await look_again(tx, ids.all())
