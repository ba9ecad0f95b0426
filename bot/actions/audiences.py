"""Put a whole group on a schedule: a broadcast goes to whoever fits when it is brought in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, select

from bot.actions.anchors import known_zone
from bot.actions.planning import first_look
from bot.domain.programme import Group
from bot.domain.zones import to_local
from bot.outbox.claim import many
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.people import Participant, PersonStatus, Programme, Staff
from bot.store.schedules import Enrolment, Schedule

BATCH = 1000  # people enrolled at a time


async def enrol_group(tx: Tx, programme: Programme, schedule: Schedule, group: Group) -> int:
    """Put everybody who fits on a schedule, from today on; return how many were not on it yet."""
    fitting = await _fitting(tx, programme, schedule, group)
    for begin in range(0, len(fitting), BATCH):
        await many(
            tx,
            tx.insert(table_of(Enrolment)).on_conflict_do_nothing(),
            [
                {
                    "id": new_id(),
                    "participant_id": row.id,
                    "schedule_id": schedule.id,
                    "start": to_local(tx.now, known_zone(row.timezone, programme.timezone)).date(),
                    "created_at": tx.now,
                    **first_look(tx.now),
                }
                for row in fitting[begin : begin + BATCH]
            ],
        )
    if fitting:
        tx.wake.add("planner")
    return len(fitting)


async def _fitting(tx: Tx, programme: Programme, schedule: Schedule, group: Group) -> Sequence[Any]:
    on_it = exists().where(Enrolment.participant_id == Participant.id, Enrolment.schedule_id == schedule.id)
    where = [Participant.programme_id == programme.id, Participant.status == PersonStatus.ACTIVE, ~on_it]
    if group.language is not None:
        where.append(Participant.language == group.language)
    if group.specialist is not None:
        staff = select(Staff.id).where(Staff.programme_id == programme.id, Staff.ref == group.specialist)
        where.append(Participant.specialist_id.in_(staff))
    if group.schedule is not None:
        on_that = (
            select(Enrolment.participant_id)
            .join(Schedule, Schedule.id == Enrolment.schedule_id)
            .where(Schedule.programme_id == programme.id, Schedule.name == group.schedule)
        )
        where.append(Participant.id.in_(on_that))
    rows = (
        await tx.session.execute(
            select(Participant.id, Participant.timezone, Participant.key_id, Participant.details).where(
                *where
            )
        )
    ).all()
    if group.pathway is None:
        return rows
    await tx.vault.load(tx.session, {row.key_id for row in rows if row.details is not None})
    return [row for row in rows if row.details is not None and _pathway(tx, row) == group.pathway]


def _pathway(tx: Tx, row: Any) -> str | None:
    details = json.loads(tx.vault.open(row.details, "participants", "details", row.id))
    pathway: str | None = details.get("pathway")
    return pathway
