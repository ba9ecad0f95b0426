"""`handrail schedule …`: drafts, what they would change, publishing, taking back."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select

from bot.actions import drafts, schedules
from bot.actions.checking import BlockedError, Problem, check
from bot.actions.impact import Impact, plan_impact
from bot.commands.importing import read_file
from bot.commands.opening import opened
from bot.commands.showing import (
    differences_to_data,
    impact_to_data,
    print_differences,
    print_impact,
    print_json,
    progress_bar,
)
from bot.domain.differences import Differences, differences
from bot.domain.draft_file import dump_draft, parse_draft
from bot.domain.errors import NotFoundError, ProgrammeFileError
from bot.domain.prompts import Prompt
from bot.settings import load
from bot.store.database import Database, Tx
from bot.store.people import Programme
from bot.store.schedules import Change, Enrolment, Publication, Schedule, ScheduleDraft, ScheduleVersion
from schedules.publishing import publish_on

T = TypeVar("T")


def list_all(*, as_json: bool) -> None:
    """Print every schedule: its version in force, its draft, how many people are on it."""
    found = _run(_list)
    if as_json:
        print_json(found)
        return
    for one in found:
        state = "archived" if one["archived"] else f"version {one['version']}" if one["version"] else "draft"
        draft = f", draft of revision {one['draft']}" if one["draft"] else ""
        print(f"{one['name']}: {state}{draft}, {one['enrolled']} enrolled")
    if not found:
        print("There are no schedules yet; `handrail import FILE` brings one in.")


def history(name: str, *, as_json: bool) -> None:
    """Print a schedule's versions, newest first."""
    found = _run(lambda tx: schedules.history(tx, name))
    if as_json:
        print_json(
            [
                {
                    "number": one.number,
                    "state": one.state,
                    "prompts": one.prompts,
                    "published_at": one.published_at.isoformat(),
                    "published_by": one.published_by,
                }
                for one in found
            ]
        )
        return
    for one in found:
        by = f" by {one.published_by}" if one.published_by else ""
        print(f"{one.number}  {one.published_at:%Y-%m-%d %H:%M}Z  {one.state}, {one.prompts} prompts{by}")


def draft(name: str, file: Path | None, *, by: str | None) -> None:
    """Print a schedule's draft to edit, or save an edited one."""
    if file is None:
        found = _run(lambda tx: drafts.draft_of(tx, name))
        sys.stdout.write(dump_draft(name, found.revision, found.prompts))
        return
    revision, problems = _write(lambda tx: _save(tx, name, file, by))
    _print_problems(problems)
    print(f"Saved as revision {revision}. `handrail schedule impact {name}` shows what publishing changes.")


def discard(name: str) -> None:
    """Throw the draft away."""
    gone = _write(lambda tx: drafts.discard_draft(tx, name))
    print("The draft is gone; what is published stays." if gone else "There was no draft.")


def diff(name: str, old: int | None, new: int | None, *, as_json: bool) -> None:
    """Print what differs between two versions; without numbers, between what is published and the draft."""
    found = _run(lambda tx: _compared(tx, name, old, new))
    if as_json:
        print_json(differences_to_data(found))
    else:
        print_differences(found)


def impact(name: str, *, days: int, as_json: bool) -> None:
    """Print what publishing the draft would change, and what stands in its way."""
    with progress_bar("Looking at everybody") as progress:
        found, problems = _run(lambda tx: _impact(tx, name, days, progress))
    if as_json:
        print_json(impact_to_data(found) | {"problems": [_problem(one) for one in problems]})
        return
    print_impact(found)
    _print_problems(problems)


def publish(name: str, *, revision: int | None, by: str | None, as_json: bool) -> None:
    """Publish the draft, and carry everybody over to it."""
    done = _change(lambda tx: schedules.publish_draft(tx, name, revision=revision, by=by))
    _report(done, "Published", "The draft says what is published already; nothing changed.", as_json=as_json)


def undo(name: str, *, by: str | None, as_json: bool) -> None:
    """Take the last change back."""
    done = _change(lambda tx: schedules.undo(tx, name, by=by))
    _report(done, "Undone", "", as_json=as_json)


def archive(name: str, *, by: str | None, as_json: bool) -> None:
    """End a schedule."""
    done = _change(lambda tx: schedules.archive(tx, name, by=by))
    _report(done, "Archived", "Nothing is published; there is nothing to end.", as_json=as_json)


def restore(name: str, number: int, *, by: str | None) -> None:
    """Make an old version the draft."""
    revision = _write(lambda tx: drafts.restore(tx, name, number, by=by))
    print(
        f"Version {number} is the draft now, revision {revision}; "
        f"`handrail schedule publish {name}` publishes it."
    )


async def _list(tx: Tx) -> list[dict[str, Any]]:
    enrolled = (
        select(func.count())
        .select_from(Enrolment)
        .where(Enrolment.schedule_id == Schedule.id)
        .correlate(Schedule)
        .scalar_subquery()
    )
    rows = await tx.session.execute(
        select(Schedule, ScheduleVersion.number, ScheduleDraft.revision, enrolled.label("enrolled"))
        .outerjoin(ScheduleVersion, ScheduleVersion.id == Schedule.version_id)
        .outerjoin(ScheduleDraft, ScheduleDraft.schedule_id == Schedule.id)
        .order_by(Schedule.position, Schedule.id)
    )
    return [
        {
            "name": schedule.name,
            "title": schedule.title,
            "version": number,
            "archived": schedule.archived_at is not None,
            "draft": revision,
            "enrolled": enrolled,
        }
        for schedule, number, revision, enrolled in rows
    ]


async def _save(tx: Tx, name: str, path: Path, by: str | None) -> tuple[int, tuple[Problem, ...]]:
    schedule = await drafts.find_schedule(tx, name)
    programme = await tx.session.get_one(Programme, schedule.programme_id)
    try:
        file = parse_draft(read_file(path), programme.languages)
    except ProgrammeFileError as error:
        for problem in error.errors:
            print(f"{path.name}: {problem}", file=sys.stderr)
        print("Nothing was saved.", file=sys.stderr)
        raise SystemExit(1) from None
    if file.schedule != name:
        raise NotFoundError(f"{path.name} is a draft of {file.schedule}, not of {name}")
    revision = file.revision
    if revision is None:
        revision = (await drafts.draft_of(tx, name)).revision
    saved = await drafts.save_draft(tx, name, file.prompts, revision=revision, by=by)
    return saved, await check(tx, schedule, file.prompts)


async def _compared(tx: Tx, name: str, old: int | None, new: int | None) -> Differences:
    schedule = await drafts.find_schedule(tx, name)
    before = await _version(tx, schedule, old) if old else await drafts.published_prompts(tx, schedule)
    after = await _version(tx, schedule, new) if new else (await drafts.draft_of(tx, name)).prompts
    return differences(before, after)


async def _version(tx: Tx, schedule: Schedule, number: int) -> tuple[Prompt, ...]:
    found = await tx.session.scalar(
        select(ScheduleVersion.id).where(
            ScheduleVersion.schedule_id == schedule.id, ScheduleVersion.number == number
        )
    )
    if found is None:
        raise NotFoundError(f"{schedule.name} has no version {number}")
    return await drafts.prompts_of(tx, found)


async def _impact(
    tx: Tx, name: str, days: int, progress: Callable[[int, int], None]
) -> tuple[Impact, tuple[Problem, ...]]:
    schedule = await drafts.find_schedule(tx, name)
    prompts = (await drafts.draft_of(tx, name)).prompts
    found = await plan_impact(tx, schedule, prompts, days=days, progress=progress)
    return found, await check(tx, schedule, prompts)


async def _carried(
    database: Database, change: Callable[[Tx], Awaitable[Publication | None]]
) -> Publication | None:
    """Make a change, and stay until it has reached everybody; stopped before, `run` goes on with it."""
    async with database.write() as tx:
        publication = await change(tx)
    if publication is None or publication.finished_at is not None:
        return publication
    with progress_bar("Reaching everybody") as progress:
        await publish_on(database, progress=progress)
    async with database.read() as tx:
        return await tx.session.get_one(Publication, publication.id)


def _change(change: Callable[[Tx], Awaitable[Publication | None]]) -> Publication | None:
    async def go() -> Publication | None:
        async with opened(load()) as database:
            return await _carried(database, change)

    try:
        return asyncio.run(go())
    except BlockedError as error:
        print((type(error).__doc__ or "").strip(), file=sys.stderr)
        _print_problems(error.problems)
        raise SystemExit(1) from None


def _report(done: Publication | None, what: str, nothing: str, *, as_json: bool) -> None:
    if as_json:
        reached = {"done": done.done, "total": done.total, "at": done.at.isoformat()} if done else None
        print_json({"changed": done is not None, "publication": reached})
    elif done is None:
        print(nothing)
    else:
        undo = (
            " `handrail schedule undo` takes it back within 24 hours."
            if done.change is not Change.UNDO
            else ""
        )
        print(f"{what}; {done.done} of {done.total} enrolled are on it.{undo}")


def _print_problems(problems: Sequence[Problem]) -> None:
    for problem in problems:
        print(f"{problem.level}: {problem}", file=sys.stderr)


def _problem(one: Problem) -> dict[str, str]:
    return {
        "prompt": one.prompt,
        "language": one.language,
        "level": str(one.level),
        "reason": one.reason,
        "mend": one.mend,
    }


def _run(work: Callable[[Tx], Awaitable[T]]) -> T:
    async def go() -> T:
        async with opened(load()) as database, database.read() as tx:
            return await work(tx)

    return asyncio.run(go())


def _write(work: Callable[[Tx], Awaitable[T]]) -> T:
    async def go() -> T:
        async with opened(load()) as database, database.write() as tx:
            return await work(tx)

    return asyncio.run(go())
