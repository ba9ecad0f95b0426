"""Planning: what has fallen due becomes a message, and the next due time is set in the same transaction.

An enrolment is decided up to `planned_until`. What falls due after that and up to now is written to the
outbox under its occurrence's own key, so that doing it twice changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, case, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.actions.anchors import NOTHING, Since, anchors_of, load_since
from bot.actions.crossing import ALREADY_SENT, Crossed, Passage, carry_waiting, load_crossings
from bot.actions.versions import Version, load_versions
from bot.domain.consent import ConsentState
from bot.domain.messages import Direction, Kind, Lane, MessageState
from bot.domain.recurrence import Anchors, Due
from bot.domain.slots import occurrence_key
from bot.outbox.claim import many
from bot.outbox.enqueue import DELIVERY
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Contact, Participant, PersonStatus, Programme
from bot.store.schedules import Enrolment, Schedule

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
    await _turn(tx, rows)
    return len(rows)


async def plan_again(tx: Tx, enrolment_ids: Collection[str]) -> None:
    """Decide these enrolments up to now, whether they are due or not; waits for whoever plans them."""
    if enrolment_ids:
        await _turn(tx, (await tx.session.execute(_ALL_OF, {"only": list(enrolment_ids)})).all())


async def _turn(tx: Tx, rows: Sequence[Any]) -> None:
    """Write what fell due for these enrolments, and when they must be looked at next."""
    versions = await load_versions(tx, {v for row in rows for v in (row.version_id, row.decided_by)})
    dates = await load_since(
        tx,
        sessions=_those(rows, versions, "needs_sessions"),
        starts=_those(rows, versions, "needs_starts"),
    )
    crossing = await _crossing(tx, rows, dates)
    messages: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    for number, row in enumerate(rows, start=1):
        if number % BREATH == 0:
            await asyncio.sleep(0)  # the loop answers others in between
        if (crossed := crossing.get(row.id)) is not None:
            messages += _crossed(row, crossed, tx.now)
            following = crossed.following
        else:
            version = versions.get(row.version_id)
            dues, following = _plan(row, version, dates.get(row.participant_id, NOTHING), tx.now)
            if version is not None and row.contact_id is not None:
                messages += [_occurrence(row, due, row.version_id, version, tx.now) for due in dues]
        updates.append(
            {
                "b_id": row.id,
                "b_until": tx.now,
                "b_next": following.at if following else None,
                "b_version": row.version_id,
            }
        )
    if messages:
        await many(tx, _INSERT[tx.sqlite], messages)
        tx.wake.add(DELIVERY)
    await many(tx, _DECIDED, updates)


async def look_again(tx: Tx, enrolment_ids: Collection[str]) -> None:
    """Let the planner look at enrolments anew after a change; what is past is never filled in.

    What fell due before the change is planned first, as it was.
    """
    if not enrolment_ids:
        return
    while await plan_due(tx, limit=200, only=enrolment_ids):
        pass
    await tx.session.execute(
        update(Enrolment)
        .where(Enrolment.id.in_(enrolment_ids))
        .values(planned_until=tx.now, next_due_at=tx.now + timedelta(microseconds=1))
        .execution_options(synchronize_session=False)
    )
    tx.wake.add("planner")


def first_look(now: datetime) -> dict[str, datetime]:
    """Return the planning columns of a new enrolment: nothing before now, looked at next."""
    return {"planned_until": now, "next_due_at": now + timedelta(microseconds=1)}


def _due() -> Any:
    """Return the query for enrolments, with the contact their prompts go to."""
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
            Enrolment.schedule_id,
            Enrolment.version_id.label("decided_by"),
            Schedule.version_id,
            Schedule.switched_at,
            Participant.timezone,
            Participant.status,
            Programme.timezone.label("programme_zone"),
            Contact.id.label("contact_id"),
            Contact.channel,
        )
        .join(Schedule, Schedule.id == Enrolment.schedule_id)
        .join(Participant, Participant.id == Enrolment.participant_id)
        .join(Programme, Programme.id == Participant.programme_id)
        .outerjoin(Contact, Contact.id == contact)
    )


_LOOKED_AT = _due()
_DUE = (
    _LOOKED_AT.where(Enrolment.next_due_at <= bindparam("now"))
    .order_by(Enrolment.next_due_at)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True, of=Enrolment)
)
_ONLY = Enrolment.id.in_(bindparam("only", expanding=True))
_DUE_OF = _DUE.where(_ONLY)
_ALL_OF = _LOOKED_AT.where(_ONLY).order_by(Enrolment.id).with_for_update(of=Enrolment)


_INSERT = {
    sqlite: insert(table_of(Message)).on_conflict_do_nothing(index_elements=["dedupe_key"])
    for sqlite, insert in ((True, sqlite_insert), (False, postgresql_insert))
}
_DECIDED = (
    update(table_of(Enrolment))
    .where(table_of(Enrolment).c.id == bindparam("b_id"))
    .values(
        planned_until=bindparam("b_until"), next_due_at=bindparam("b_next"), version_id=bindparam("b_version")
    )
)


async def _due_rows(tx: Tx, limit: int, only: Collection[str] | None) -> Sequence[Any]:
    asked: dict[str, Any] = {"now": tx.now, "limit": limit}
    if only is not None:
        asked["only"] = list(only)
    rows: Sequence[Any] = (await tx.session.execute(_DUE if only is None else _DUE_OF, asked)).all()
    return rows


def _those(rows: Sequence[Any], versions: dict[str, Version], need: str) -> set[str]:
    asking = {version_id for version_id, version in versions.items() if getattr(version, need)}
    return {row.participant_id for row in rows if row.version_id in asking or row.decided_by in asking}


def _plan(row: Any, version: Version | None, since: Since, now: datetime) -> tuple[list[Due], Due | None]:
    if version is None or row.status is PersonStatus.LEFT:
        return [], None
    return version.timetable.turn(_anchors(row, since), row.planned_until, now)


def _anchors(row: Any, since: Since) -> Anchors:
    return anchors_of(
        seed=row.id, start=row.start, zone=row.timezone, programme_zone=row.programme_zone, since=since
    )


async def _crossing(tx: Tx, rows: Sequence[Any], dates: Mapping[str, Since]) -> dict[str, Crossed]:
    """Carry those over whose schedule says something else than when they were last looked at."""
    others = [row for row in rows if row.decided_by != row.version_id and not _is_new(row)]
    others = [row for row in others if row.status is not PersonStatus.LEFT]
    if not others:
        return {}
    crossings = await load_crossings(
        tx,
        {row.schedule_id for row in others},
        {version_id for row in others for version_id in (row.decided_by, row.version_id)},
    )
    passages = {row.id: _passage(row, dates.get(row.participant_id, NOTHING)) for row in others}
    changed = {
        row_id: passage for row_id, passage in passages.items() if not crossings.same_times(passage, tx.now)
    }
    await carry_waiting(tx, crossings, list(changed.values()))
    return {row_id: crossings.cross(passage, tx.now) for row_id, passage in changed.items()}


def _is_new(row: Any) -> bool:
    """Tell whether nothing was decided yet, and nothing changed since the enrolment began."""
    return row.decided_by is None and (row.switched_at is None or row.switched_at <= row.planned_until)


def _passage(row: Any, since: Since) -> Passage:
    return Passage(
        enrolment_id=row.id,
        schedule_id=row.schedule_id,
        anchors=_anchors(row, since),
        since=row.planned_until,
        held=row.decided_by,
        current=row.version_id,
    )


def _crossed(row: Any, crossed: Crossed, now: datetime) -> list[dict[str, Any]]:
    if row.contact_id is None:
        return []
    found = [_occurrence(row, due, version_id, version, now) for due, version_id, version in crossed.dues]
    for due, version_id, version in crossed.spared:
        spared = _occurrence(row, due, version_id, version, now)
        found.append(spared | {"state": MessageState.CANCELLED, "reason": ALREADY_SENT})
    return found


def _occurrence(row: Any, due: Due, version_id: str, version: Version, now: datetime) -> dict[str, Any]:
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
        "dedupe_key": occurrence_key(row.id, due.key, version.prompts[due.key].rule, due.local),
        "not_before": due.at,
        "expires_at": expires_at,
        "attempts": 0,
        "enrolment_id": row.id,
        "version_id": version_id,
        "prompt_key": due.key,
        "local_time": due.local,
        "created_at": now,
    }
