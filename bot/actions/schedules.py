"""Schedules: publish what a coordinator wrote, take it back, or end it.

A change is in force for everybody from its own instant on, however long it takes to look at each of them:
what fell due before goes by the old version, what falls due later by the new one (`bot.actions.crossing`).
Nothing that was sent is sent again, and nothing is sent for the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.actions.checking import BlockedError, blocking, check
from bot.actions.drafts import conflict, find_schedule, prompts_of, published_prompts
from bot.actions.publishing import SMALL, carry_over
from bot.domain.differences import differences
from bot.domain.errors import HandrailError
from bot.domain.prompts import Prompt, prompts_from_data, prompts_to_data
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.schedules import Change, Enrolment, Publication, Schedule, ScheduleDraft, ScheduleVersion

UNDO_WITHIN = timedelta(hours=24)


class NoDraftError(HandrailError):
    """There is no draft to publish; write one with `handrail schedule draft`."""


class UndoError(HandrailError):
    """There is nothing to undo: only the last change can be, within 24 hours; restore an old version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A version of a schedule and where it stands: `published`, or `replaced` since."""

    number: int
    state: str
    prompts: int
    published_at: datetime
    published_by: str | None


async def publish(tx: Tx, schedule: Schedule, prompts: Sequence[Prompt], *, by: str | None = None) -> bool:
    """Publish prompts as the schedule's new version; return False if they are what is published already.

    Prompts still queued take the new text, and the new time if it is still to come; those that are gone
    are cancelled. What was sent stays sent.
    """
    data = prompts_to_data(prompts)
    if schedule.version_id is not None:
        current = await tx.session.get_one(ScheduleVersion, schedule.version_id)
        if current.prompts == data:
            return False
    number = await tx.session.scalar(
        select(func.max(ScheduleVersion.number)).where(ScheduleVersion.schedule_id == schedule.id)
    )
    version = ScheduleVersion(
        id=new_id(),
        schedule_id=schedule.id,
        number=(number or 0) + 1,
        prompts=data,
        published_at=tx.now,
        published_by=by,
    )
    tx.session.add(version)
    await tx.session.flush()
    await _switch(tx, schedule, Change.PUBLISH, version.id, by)
    return True


async def publish_draft(
    tx: Tx, name: str, *, revision: int | None = None, by: str | None = None
) -> Publication | None:
    """Publish a schedule's draft (of `revision`, if given); None if it says what is published already.

    Raises NoDraftError, DraftConflictError, or BlockedError with what must be mended first.
    """
    schedule = await find_schedule(tx, name, lock=True)
    draft = await tx.session.get(ScheduleDraft, schedule.id, with_for_update=True)
    if draft is None:
        raise NoDraftError
    if revision is not None and draft.revision != revision:
        raise await conflict(tx, schedule, revision)
    prompts = prompts_from_data(draft.prompts)
    problems = blocking(await check(tx, schedule, prompts))
    if problems:
        raise BlockedError(problems)
    await tx.session.delete(draft)
    await tx.session.flush()
    if not await publish(tx, schedule, prompts, by=by):
        return None
    return await _last(tx, schedule)


async def undo(tx: Tx, name: str, *, by: str | None = None) -> Publication:
    """Take the last change back, within a day: what was in force before it is again, from now on.

    What was undone becomes the draft, unless there is one. Raises UndoError.
    """
    schedule = await find_schedule(tx, name, lock=True)
    last = await _last(tx, schedule)
    if last is None or last.change is Change.UNDO or last.at <= tx.now - UNDO_WITHIN:
        raise UndoError
    if last.change is Change.PUBLISH and last.version_id is not None:
        undone = await prompts_of(tx, last.version_id)
        await tx.session.execute(
            tx.insert(ScheduleDraft)
            .values(
                schedule_id=schedule.id,
                prompts=prompts_to_data(undone),
                revision=1,
                saved_by=by,
                saved_at=tx.now,
            )
            .on_conflict_do_nothing()
        )
    return await _switch(tx, schedule, Change.UNDO, last.before_id, by)


async def archive(tx: Tx, name: str, *, by: str | None = None) -> Publication | None:
    """End a schedule: nobody gets anything from it from now on; None if nobody does already.

    Its versions stay, and publishing a draft of it brings it back.
    """
    schedule = await find_schedule(tx, name, lock=True)
    if schedule.version_id is None:
        return None
    return await _switch(tx, schedule, Change.ARCHIVE, None, by)


async def history(tx: Tx, name: str) -> list[Standing]:
    """Return a schedule's versions, newest first."""
    schedule = await find_schedule(tx, name)
    rows = await tx.session.scalars(
        select(ScheduleVersion)
        .where(ScheduleVersion.schedule_id == schedule.id)
        .order_by(ScheduleVersion.number.desc())
    )
    return [
        Standing(
            number=row.number,
            state="published" if row.id == schedule.version_id else "replaced",
            prompts=len(row.prompts),
            published_at=row.published_at,
            published_by=row.published_by,
        )
        for row in rows
    ]


async def _switch(
    tx: Tx, schedule: Schedule, change: Change, version_id: str | None, by: str | None
) -> Publication:
    """Put another version in force from now on, and begin to look at everybody."""
    old = await published_prompts(tx, schedule)
    new = await prompts_of(tx, version_id) if version_id is not None else ()
    total = await tx.session.scalar(
        select(func.count()).select_from(Enrolment).where(Enrolment.schedule_id == schedule.id)
    )
    publication = Publication(
        id=new_id(),
        schedule_id=schedule.id,
        change=change,
        version_id=version_id,
        before_id=schedule.version_id,
        at=max(tx.now, schedule.switched_at or tx.now),  # a clock set back must not reorder changes
        by=by,
        total=total or 0,
        done=0,
        cursor="",
    )
    tx.session.add(publication)
    schedule.version_id, schedule.switched_at = version_id, publication.at
    schedule.archived_at = tx.now if change is Change.ARCHIVE else None
    if not differences(old, new).timing:
        # Only texts: they are read when a message leaves, so everybody has the new one already.
        publication.done, publication.finished_at = publication.total, tx.now
    await tx.session.flush()
    if publication.finished_at is None:
        await carry_over(tx, publication, limit=SMALL)  # a small programme needs no job
        tx.wake.add("publishing")
    return publication


async def _last(tx: Tx, schedule: Schedule) -> Publication | None:
    found: Publication | None = await tx.session.scalar(
        select(Publication)
        .where(Publication.schedule_id == schedule.id)
        .order_by(Publication.id.desc())
        .limit(1)
    )
    return found
