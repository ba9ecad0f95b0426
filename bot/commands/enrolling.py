"""`handrail enroll`: many people at once, from a sheet; every wrong cell is named before any is written."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.actions.enrolling import check_sheet, enrol_people
from bot.actions.imported import Imported
from bot.commands.files import read_bytes
from bot.commands.importing import say_faults, summary
from bot.commands.opening import opened
from bot.commands.waiting import Steps, counting
from bot.domain.enrolment_sheet import Enrollee
from bot.domain.errors import ProgrammeFileError
from bot.settings import Settings, load
from bot.store.database import Database

AT_ONCE = 100  # rows in one transaction: more would keep texts that come in waiting for the database
BREATH = 0.05  # seconds between them, in which `handrail run` gets its turn


class _DryRunError(Exception):
    """Not a fault: ends the transaction without a commit."""


def enroll(path: Path, *, dry_run: bool) -> None:
    """Enrol the people of a sheet and print what changed; texts nobody."""
    data = read_bytes(path)
    try:
        done = asyncio.run(_enroll(load(), data, dry_run=dry_run))
    except ProgrammeFileError as error:
        say_faults(path, error)
        print("Nobody was enrolled.", file=sys.stderr)
        raise SystemExit(1) from None
    print(summary(done) + (" Dry run: nothing was written." if dry_run else ""))


async def _enroll(settings: Settings, data: bytes, *, dry_run: bool) -> Imported:
    """Check all rows, then write them: up to `AT_ONCE` in one go, a longer sheet in several.

    Whoever is interrupted runs it again: what is written already is the same, and the rest follows.
    """
    async with opened(settings) as database:
        async with database.read() as tx:
            people = await check_sheet(tx, data)
        with counting(f"Enrolling {len(people)} people", len(people)) as steps:
            return await _write(database, people, steps, dry_run=dry_run)


async def _write(database: Database, people: Sequence[Enrollee], steps: Steps, *, dry_run: bool) -> Imported:
    total, written = Imported(), 0
    try:
        for first in range(0, len(people), AT_ONCE):
            some = people[first : first + AT_ONCE]
            try:
                async with database.write() as tx:
                    total.add(await enrol_people(tx, some))
                    if dry_run:
                        raise _DryRunError
            except _DryRunError:
                pass
            written += len(some)
            steps.some(len(some))
            await asyncio.sleep(BREATH)
    finally:  # interrupted, the terminal closed, the database away: whatever it was, this is how it stands
        if written < len(people) and not dry_run:
            print(
                f"{written} of {len(people)} rows are written, the rest are not. "
                "Run the same sheet again to go on: what is written stays as it is.",
                file=sys.stderr,
            )
    return total
