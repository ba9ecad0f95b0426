"""Drafts: what a coordinator is writing. Two who write at once never overwrite each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from bot.domain.errors import HandrailError, NotFoundError
from bot.domain.prompts import Prompt, prompts_from_data, prompts_to_data
from bot.store.database import Tx
from bot.store.schedules import Schedule, ScheduleDraft, ScheduleVersion


class DraftConflictError(HandrailError):
    """Somebody else saved this draft meanwhile; look at theirs, then save yours on top of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A draft as somebody read it. `revision` 0: there is none yet, and this is what is published."""

    schedule: str
    revision: int
    prompts: tuple[Prompt, ...]
    saved_by: str | None = None
    saved_at: datetime | None = None


async def find_schedule(tx: Tx, name: str, *, lock: bool = False) -> Schedule:
    """Return the schedule of this name. Raises NotFoundError."""
    statement = select(Schedule).where(Schedule.name == name).order_by(Schedule.id).limit(1)
    found: Schedule | None = await tx.session.scalar(
        statement.with_for_update() if lock else statement, execution_options={"populate_existing": True}
    )
    if found is None:
        raise NotFoundError(f"there is no schedule {name}; `handrail schedule list` lists what there is")
    return found


async def draft_of(tx: Tx, name: str) -> Draft:
    """Return a schedule's draft, or what is published as a draft of revision 0. Raises NotFoundError."""
    schedule = await find_schedule(tx, name)
    row = await _row(tx, schedule.id)
    if row is None:
        return Draft(schedule=name, revision=0, prompts=await published_prompts(tx, schedule))
    return Draft(
        schedule=name,
        revision=row.revision,
        prompts=prompts_from_data(row.prompts),
        saved_by=row.saved_by,
        saved_at=row.saved_at,
    )


async def published_prompts(tx: Tx, schedule: Schedule) -> tuple[Prompt, ...]:
    """Return what a schedule says now; nothing when it is not published, or archived."""
    if schedule.version_id is None:
        return ()
    return await prompts_of(tx, schedule.version_id)


async def prompts_of(tx: Tx, version_id: str) -> tuple[Prompt, ...]:
    """Return the prompts of a version."""
    data = await tx.session.scalar(select(ScheduleVersion.prompts).where(ScheduleVersion.id == version_id))
    return prompts_from_data(data or [])


async def save_draft(
    tx: Tx, name: str, prompts: Sequence[Prompt], *, revision: int, by: str | None = None
) -> int:
    """Save a draft on top of the `revision` it was built on (0: none); return the new revision.

    `by` is the ref of whoever saves. Raises DraftConflictError when there is a newer revision.
    """
    schedule = await find_schedule(tx, name)
    data = prompts_to_data(prompts)
    values: dict[str, Any] = {"prompts": data, "saved_by": by, "saved_at": tx.now, "revision": revision + 1}
    result: Any
    if revision == 0:
        result = await tx.session.execute(
            tx.insert(ScheduleDraft).values(schedule_id=schedule.id, **values).on_conflict_do_nothing()
        )
    else:
        result = await tx.session.execute(
            update(ScheduleDraft)
            .where(ScheduleDraft.schedule_id == schedule.id, ScheduleDraft.revision == revision)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    if result.rowcount != 1:
        raise await conflict(tx, schedule, revision)
    return revision + 1


async def conflict(tx: Tx, schedule: Schedule, revision: int) -> DraftConflictError:
    """Return the error that says who was faster, and what to do."""
    row = await _row(tx, schedule.id)
    if row is None:
        return DraftConflictError(
            f"the draft of {schedule.name} was published or discarded meanwhile; "
            f"read it anew with `handrail schedule draft {schedule.name}`"
        )
    return DraftConflictError(
        f"{row.saved_by or 'somebody'} saved the draft of {schedule.name} as revision {row.revision} on "
        f"{row.saved_at:%d %B at %H:%M} UTC, and yours was built on revision {revision}; nothing was "
        f"overwritten. `handrail schedule draft {schedule.name}` shows theirs: put your change into that"
    )


async def discard_draft(tx: Tx, name: str) -> bool:
    """Throw a draft away; return False if there was none."""
    schedule = await find_schedule(tx, name)
    result: Any = await tx.session.execute(
        delete(ScheduleDraft).where(ScheduleDraft.schedule_id == schedule.id)
    )
    return bool(result.rowcount)


async def restore(tx: Tx, name: str, number: int, *, by: str | None = None) -> int:
    """Make an old version the draft, in place of any draft there is; return its revision.

    Raises NotFoundError. What is published stays until the draft is.
    """
    schedule = await find_schedule(tx, name)
    data = await tx.session.scalar(
        select(ScheduleVersion.prompts).where(
            ScheduleVersion.schedule_id == schedule.id, ScheduleVersion.number == number
        )
    )
    if data is None:
        raise NotFoundError(f"{name} has no version {number}; `handrail schedule history {name}` lists them")
    row = await _row(tx, schedule.id)
    return await save_draft(
        tx, name, prompts_from_data(data), revision=row.revision if row is not None else 0, by=by
    )


async def _row(tx: Tx, schedule_id: str) -> ScheduleDraft | None:
    found: ScheduleDraft | None = await tx.session.scalar(
        select(ScheduleDraft).where(ScheduleDraft.schedule_id == schedule_id),
        execution_options={"populate_existing": True},
    )
    return found
