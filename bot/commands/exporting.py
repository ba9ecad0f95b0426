"""`handrail export`: the programme as a file, or its schedules as a sheet or a calendar."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace

from bot.actions.exporting import export_programme
from bot.commands.opening import opened
from bot.domain.errors import NotFoundError
from bot.domain.instants import system_now
from bot.domain.programme import Programme, Schedule, Staff
from bot.domain.programme_writing import dump_programme
from bot.domain.schedule_calendar import write_calendar
from bot.domain.schedule_sheet import write_sheet
from bot.settings import Settings, load


def export(schedule: str | None, format_: str) -> None:
    """Write the programme, or one schedule of it, to standard output."""
    programme = asyncio.run(_read(load()))
    if schedule is not None:
        programme = only_schedule(programme, schedule)
    sys.stdout.write(written(programme, format_))


def written(programme: Programme, format_: str) -> str:
    """Return the programme in a format; what a calendar can't say is named on standard error."""
    if format_ == "csv":
        return write_sheet(programme.schedules, programme.languages)
    if format_ == "ics":
        calendar = write_calendar(
            programme.schedules,
            programme.name,
            programme.timezone,
            system_now(),
            holidays=programme.holidays,
        )
        if calendar.left_out:
            left_out = ", ".join(calendar.left_out)
            print(f"Left out, because a calendar can't say when: {left_out}.", file=sys.stderr)
        return calendar.text
    return dump_programme(programme)


def only_schedule(programme: Programme, name: str) -> Programme:
    """Return the programme's head with one schedule; staff only as its chain names them, no participants.

    So it is a programme file still, and importing it takes nothing away. Raises NotFoundError.
    """
    asked = next((schedule for schedule in programme.schedules if schedule.name == name), None)
    # Whom it goes to may hang on another one.
    names = {name, asked.to.schedule if asked is not None and asked.to is not None else None}
    found = tuple(schedule for schedule in programme.schedules if schedule.name in names)
    if asked is None:
        raise NotFoundError(f"there is no schedule {name}; `handrail export` lists what there is")
    join = programme.join_schedule if programme.join_schedule == name else None
    staff = _named(programme, found)
    return replace(programme, staff=staff, participants=(), schedules=found, join_schedule=join)


def _named(programme: Programme, schedules: Sequence[Schedule]) -> tuple[Staff, ...]:
    by_ref = {member.ref: member for member in programme.staff}
    wanted = {t.ref for steps in programme.escalation.values() for s in steps for t in s.notify if t.ref}
    wanted |= {s.to.specialist for s in schedules if s.to is not None and s.to.specialist is not None}
    for _ in programme.staff:  # whoever is named brings a backup along, who brings another
        wanted |= {b for ref in tuple(wanted) if ref in by_ref and (b := by_ref[ref].backup)}
    return tuple(member for member in programme.staff if member.ref in wanted)


async def _read(settings: Settings) -> Programme:
    async with opened(settings) as database, database.read() as tx:
        return await export_programme(tx)
