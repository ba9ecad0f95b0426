"""Carry enrolments over to what was published, in batches; killed half-way, it goes on where it was."""

from __future__ import annotations

from sqlalchemy import select

from bot.actions.planning import plan_again
from bot.store.database import Tx
from bot.store.schedules import Enrolment, Publication

SMALL = 200  # enrolments that are carried over at once when something is published
_NEXT = select(Publication).where(Publication.finished_at.is_(None)).order_by(Publication.id).limit(1)


async def next_unfinished(tx: Tx) -> Publication | None:
    """Return the oldest publication that has not reached everybody, locked; None if another works at it."""
    found: Publication | None = await tx.session.scalar(_NEXT.with_for_update(skip_locked=True))
    return found


async def anything_unfinished(tx: Tx) -> bool:
    """Tell whether a publication has not reached everybody; costs one look at an index."""
    return await tx.session.scalar(_NEXT.with_only_columns(Publication.id)) is not None


async def carry_over(tx: Tx, publication: Publication, *, limit: int) -> int:
    """Look at the next `limit` enrolments anew; return how many there were. Fewer: it is finished."""
    ids = (
        await tx.session.scalars(
            select(Enrolment.id)
            .where(Enrolment.schedule_id == publication.schedule_id, Enrolment.id > publication.cursor)
            .order_by(Enrolment.id)
            .limit(limit)
        )
    ).all()
    await plan_again(tx, ids)
    publication.done += len(ids)
    if ids:
        publication.cursor = ids[-1]
    if len(ids) < limit or await _overtaken(tx, publication):
        publication.finished_at = tx.now
    await tx.session.flush()
    return len(ids)


async def _overtaken(tx: Tx, publication: Publication) -> bool:
    """Tell whether a later change of the same schedule looks at everybody anyway."""
    later = await tx.session.scalar(
        select(Publication.id)
        .where(Publication.schedule_id == publication.schedule_id, Publication.id > publication.id)
        .where(Publication.finished_at.is_(None))
        .limit(1)
    )
    return later is not None
