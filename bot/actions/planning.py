"""Planning: what has fallen due becomes a message, and the next due time is set in the same transaction.

An enrolment is decided up to `planned_until`. What falls due after that and up to now is written to the
outbox under its occurrence's own key, so that doing it twice changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, case, literal, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.actions.anchors import NOTHING, Since, anchors_of, load_since
from bot.actions.versions import Version, load_versions
from bot.domain.consent import ConsentState
from bot.domain.messages import Direction, Kind, Lane, MessageState
from bot.domain.recurrence import Due
from bot.outbox.claim import many
from bot.outbox.enqueue import DELIVERY
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Contact, Participant, PersonStatus, Programme
from bot.store.schedules import Enrolment, Schedule

LEAST = timedelta(microseconds=1)
BREATH = 20  # people planned before others get a turn on the loop

# The contact that prompts go to: agreed and reachable before others, then in the person's own order.
PREFERRED = (
    case((Contact.consent == ConsentState.ACTIVE, 0), else_=1),
    case((Contact.unreachable_at.is_(None), 0), else_=1),
    Contact.position,
)


async def plan_due(tx: Tx, *, limit: int, only: Collection[str] | None = None) -> int:
    """Plan up to `limit` enrolments whose time has come (of `only` these); return how many there were."""
    rows = await _due_rows(tx, limit, only)
    if not rows:
        return 0
    versions = await load_versions(tx, {row.version_id for row in rows})
    dates = await load_since(
        tx,
        sessions=_those(rows, versions, "needs_sessions"),
        starts=_those(rows, versions, "needs_starts"),
    )
    messages: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    for number, row in enumerate(rows, start=1):
        if number % BREATH == 0:
            await asyncio.sleep(0)  # the loop answers others in between
        version = versions.get(row.version_id)
        dues, following = _plan(row, version, dates.get(row.participant_id, NOTHING), tx.now)
        if version is not None and row.contact_id is not None:
            messages += [_occurrence(row, due, version, tx.now) for due in dues]
        until = max(row.planned_until, tx.now)  # after a move west, or a clock put back, more is decided
        updates.append({"b_id": row.id, "b_until": until, "b_next": following.at if following else None})
    if messages:
        await many(tx, _INSERT[tx.sqlite], messages)
        tx.wake.add(DELIVERY)
    await many(tx, _DECIDED, updates)
    return len(rows)


async def plan_as_it_was(tx: Tx, enrolment_ids: Collection[str]) -> None:
    """Plan what has fallen due by now, before something about these enrolments is changed."""
    while enrolment_ids and await plan_due(tx, limit=200, only=enrolment_ids):
        pass


async def look_again(tx: Tx, enrolment_ids: Collection[str]) -> None:
    """Let the planner look at enrolments anew after a change; what is past is never filled in.

    What fell due before the change is planned first, as it was.
    """
    if not enrolment_ids:
        return
    await plan_as_it_was(tx, enrolment_ids)
    now = literal(tx.now, Enrolment.planned_until.type)
    decided = case((Enrolment.planned_until > now, Enrolment.planned_until), else_=now)
    await tx.session.execute(
        update(Enrolment)
        .where(Enrolment.id.in_(enrolment_ids))
        .values(planned_until=decided, next_due_at=tx.now + LEAST)
        .execution_options(synchronize_session=False)
    )
    tx.wake.add("planner")


def first_look(now: datetime) -> dict[str, datetime]:
    """Return the planning columns of a new enrolment: nothing before now, looked at next."""
    return {"planned_until": now, "next_due_at": now + LEAST}


def _due() -> Any:
    """Return the query for enrolments whose time has come, with the contact their prompts go to."""
    contact = (
        select(Contact.id)
        .where(Contact.participant_id == Enrolment.participant_id)
        .order_by(*PREFERRED)
        .limit(1)
        .correlate(Enrolment)
        .scalar_subquery()
    )
    return (
        select(
            Enrolment.id,
            Enrolment.participant_id,
            Enrolment.start,
            Enrolment.planned_until,
            Enrolment.overrides,
            Schedule.version_id,
            Participant.timezone,
            Participant.status,
            Programme.timezone.label("programme_zone"),
            Programme.holidays,
            Contact.id.label("contact_id"),
            Contact.channel,
        )
        .join(Schedule, Schedule.id == Enrolment.schedule_id)
        .join(Participant, Participant.id == Enrolment.participant_id)
        .join(Programme, Programme.id == Participant.programme_id)
        .outerjoin(Contact, Contact.id == contact)
        .where(Enrolment.next_due_at <= bindparam("now"))
        .order_by(Enrolment.next_due_at)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True, of=Enrolment)
    )


_DUE = _due()
_DUE_OF = _DUE.where(Enrolment.id.in_(bindparam("only", expanding=True)))


_INSERT = {
    sqlite: insert(table_of(Message)).on_conflict_do_nothing(index_elements=["dedupe_key"])
    for sqlite, insert in ((True, sqlite_insert), (False, postgresql_insert))
}
_DECIDED = (
    update(table_of(Enrolment))
    .where(table_of(Enrolment).c.id == bindparam("b_id"))
    .values(planned_until=bindparam("b_until"), next_due_at=bindparam("b_next"))
)


async def _due_rows(tx: Tx, limit: int, only: Collection[str] | None) -> Sequence[Any]:
    asked: dict[str, Any] = {"now": tx.now, "limit": limit}
    if only is not None:
        asked["only"] = list(only)
    rows: Sequence[Any] = (await tx.session.execute(_DUE if only is None else _DUE_OF, asked)).all()
    return rows


def _those(rows: Sequence[Any], versions: dict[str, Version], need: str) -> set[str]:
    asking = {version_id for version_id, version in versions.items() if getattr(version, need)}
    return {row.participant_id for row in rows if row.version_id in asking}


def _plan(row: Any, version: Version | None, since: Since, now: datetime) -> tuple[list[Due], Due | None]:
    if version is None or row.status is PersonStatus.LEFT:
        return [], None
    anchors = anchors_of(
        seed=row.id,
        start=row.start,
        zone=row.timezone,
        programme_zone=row.programme_zone,
        since=since,
        overrides=row.overrides,
        holidays=row.holidays,
    )
    return version.timetable.turn(anchors, row.planned_until, now)


def _occurrence(row: Any, due: Due, version: Version, now: datetime) -> dict[str, Any]:
    expires_at = due.at + version.expires(due.key)
    missed = expires_at <= now
    return {
        "id": new_id(),
        "direction": Direction.OUT,
        "channel": row.channel,
        "contact_id": row.contact_id,
        "participant_id": row.participant_id,
        "kind": Kind.PROMPT,
        "lane": int(Lane.SCHEDULED),
        "state": MessageState.EXPIRED if missed else MessageState.QUEUED,
        "reason": "missed" if missed else None,
        "dedupe_key": f"occ:{row.id}:{due.key}:{due.local.isoformat(timespec='minutes')}",
        "not_before": due.at,
        "expires_at": expires_at,
        "attempts": 0,
        "enrolment_id": row.id,
        "version_id": row.version_id,
        "prompt_key": due.key,
        "local_time": due.local,
        "created_at": now,
    }
