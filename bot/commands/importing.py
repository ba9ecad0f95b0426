"""`handrail import`: bring a programme file in, all or nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.actions.programmes import Imported, import_programme
from bot.commands.opening import opened
from bot.commands.showing import print_impact
from bot.domain.errors import HandrailError, ProgrammeFileError
from bot.domain.programme import Programme
from bot.domain.programme_reading import parse_programme
from bot.domain.wording import findings
from bot.domain.yaml_fields import MAX_BYTES
from bot.settings import Settings, load
from schedules.built_in import library

ONE = {
    "programmes": "programme",
    "staff": "member of staff",
    "participants": "participant",
    "schedules": "schedule",
}
MANY = {**{kind: kind for kind in ONE}, "staff": "members of staff"}


class FileError(HandrailError):
    """The programme file can't be read."""


class _DryRunError(Exception):
    """Not a fault: ends the transaction without a commit."""


def import_file(path: Path, *, dry_run: bool) -> None:
    """Import a file and print what changed; every wrong field is named, and then nothing was imported."""
    text = read_file(path)
    try:
        programme = parse_programme(text, library())
    except ProgrammeFileError as error:
        for problem in error.errors:
            print(f"{path.name}: {problem}", file=sys.stderr)
        if not error.errors:
            print(f"{path.name}: {error}", file=sys.stderr)
        print("Nothing was imported.", file=sys.stderr)
        raise SystemExit(1) from None
    for warning in warnings(programme):
        print(f"warning: {warning}", file=sys.stderr)
    with _waiting(f"Importing {len(programme.participants)} participants"):
        done = asyncio.run(_import(load(), programme, dry_run=dry_run))
    for impact in done.impacts:
        print_impact(impact)
    print(summary(done) + (" Dry run: nothing was written." if dry_run else ""))


def read_file(path: Path) -> str:
    """Return the file's text. Raises FileError: too large, or not UTF-8; OSError: not there."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FileError(f"{path.name} is over {MAX_BYTES // 1_000_000} MB; that is no programme file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(
            f"{path.name}: line {line} is not UTF-8; save the file as UTF-8 in your editor"
        ) from None


def warnings(programme: Programme) -> Iterator[str]:
    """Yield what a coordinator should mend in the texts; none of it stops the import."""
    for schedule in programme.schedules:
        for prompt in schedule.prompts:
            for language, text in prompt.text.items():
                for finding in findings(text, language):
                    start, end = finding.place
                    words = f" “{text[start:end]}”" if end - start < min(len(text), 40) else ""
                    yield (
                        f"schedule {schedule.name}, prompt {prompt.key}, {language}{words}: "
                        f"{finding.reason} {finding.mend}"
                    )


def summary(done: Imported) -> str:
    """Say what changed: "2 participants added, 1 schedule changed, nothing else."."""
    parts = [
        f"{count} {(ONE if count == 1 else MANY)[kind]} {verb}"
        for verb, counter in (("added", done.added), ("changed", done.changed))
        for kind, count in counter.items()
        if count
    ]
    return ", ".join([*parts, "nothing else"]) + "." if parts else "Nothing changed."


async def _import(settings: Settings, programme: Programme, *, dry_run: bool) -> Imported:
    async with opened(settings) as database:
        try:
            async with database.write() as tx:
                done = await import_programme(tx, programme, foresee=dry_run)
                if dry_run:
                    raise _DryRunError
        except _DryRunError:
            pass
        return done


@contextmanager
def _waiting(what: str) -> Iterator[None]:
    """Show that something goes on, to a person at a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
