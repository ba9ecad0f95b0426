"""`handrail import`: bring a programme file in, all or nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.actions.exporting import the_programme
from bot.actions.imported import Imported
from bot.actions.programmes import import_programme, import_schedules
from bot.commands.checking import in_words
from bot.commands.files import is_sheet, read_bytes, read_file
from bot.commands.opening import opened
from bot.commands.showing import print_impact
from bot.commands.waiting import counting
from bot.domain.errors import ProgrammeFileError
from bot.domain.programme import Programme
from bot.domain.programme_reading import parse_programme
from bot.domain.reviewing import review
from bot.domain.schedule_sheet import read_sheet
from bot.settings import Settings, load
from bot.store.database import Tx
from schedules.built_in import library

ONE = {
    "programmes": "programme",
    "staff": "member of staff",
    "participants": "participant",
    "schedules": "schedule",
}
MANY = {**{kind: kind for kind in ONE}, "staff": "members of staff"}


class _DryRunError(Exception):
    """Not a fault: ends the transaction without a commit."""


def import_file(path: Path, *, dry_run: bool) -> None:
    """Import a programme file, or a sheet of schedules, and print what changed.

    Every wrong field is named, and then nothing was imported.
    """
    try:
        done = _import_sheet(path, dry_run=dry_run) if is_sheet(path) else _import_yaml(path, dry_run=dry_run)
    except ProgrammeFileError as error:
        say_faults(path, error)
        print("Nothing was imported.", file=sys.stderr)
        raise SystemExit(1) from None
    for impact in done.impacts:
        print_impact(impact)
    print(summary(done) + (" Dry run: nothing was written." if dry_run else ""))


def say_faults(path: Path, error: ProgrammeFileError) -> None:
    """Print every wrong field with its file and line."""
    for problem in error.errors:
        print(f"{path.name}: {problem}", file=sys.stderr)
    if not error.errors:
        print(f"{path.name}: {error}", file=sys.stderr)


def _import_yaml(path: Path, *, dry_run: bool) -> Imported:
    programme = parse_programme(read_file(path), library())
    _warn(programme)
    people = len(programme.participants)
    with counting(f"Importing {people} participants", people) as steps:
        return asyncio.run(
            in_one_go(
                load(),
                lambda tx: import_programme(tx, programme, foresee=dry_run, step=steps.one),
                dry_run=dry_run,
            )
        )


def _import_sheet(path: Path, *, dry_run: bool) -> Imported:
    data = read_bytes(path)

    async def bring(tx: Tx) -> Imported:
        row = await the_programme(tx)
        schedules = read_sheet(data, row.languages)
        _warn(
            Programme(
                name=row.name,
                country=row.country,
                timezone=row.timezone,
                help_contact=row.help_contact,
                languages=tuple(row.languages),
                schedules=schedules,
            )
        )
        return await import_schedules(tx, row, schedules)

    return asyncio.run(in_one_go(load(), bring, dry_run=dry_run))


def _warn(programme: Programme) -> None:
    """Say what a coordinator should mend in the texts; none of it stops the import."""
    for remark in review(programme):
        print(in_words(remark), file=sys.stderr)


def summary(done: Imported) -> str:
    """Say what changed: "2 participants added, 1 schedule changed, nothing else."."""
    parts = [
        f"{count} {(ONE if count == 1 else MANY)[kind]} {verb}"
        for verb, counter in (("added", done.added), ("changed", done.changed))
        for kind, count in counter.items()
        if count
    ]
    return ", ".join([*parts, "nothing else"]) + "." if parts else "Nothing changed."


async def in_one_go(
    settings: Settings, bring: Callable[[Tx], Awaitable[Imported]], *, dry_run: bool
) -> Imported:
    """Do it in one transaction: all of it or nothing, and nothing on a dry run."""
    async with opened(settings) as database:
        try:
            async with database.write() as tx:
                done = await bring(tx)
                if dry_run:
                    raise _DryRunError
        except _DryRunError:
            pass
        return done
