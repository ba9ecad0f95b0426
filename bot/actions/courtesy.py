"""Courtesy towards one person: whether one more routine text may leave now, and what they got of late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal_column, select, update

from bot.domain.courtesy import SECOND_TEXT, Lately, Wait, courtesy_from_data, must_wait
from bot.domain.prompts import Prompt
from bot.domain.recurrence import ZoneError
from bot.domain.zones import zone_of
from bot.outbox.claim import many
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.people import Participant
from bot.store.schedules import Checkin

_PEOPLE = table_of(Participant)
_REMEMBER = (
    update(_PEOPLE)
    .where(_PEOPLE.c.id == bindparam("b_id"))
    .values(
        prompted_at=bindparam("b_at"), prompted_on=bindparam("b_on"), prompts_that_day=bindparam("b_count")
    )
)


def wait_for(row: Any, lately: Lately, now: datetime, prompt: Prompt | None = None) -> Wait | None:
    """Say until when a routine text must wait after those its person got `lately`; None: it may go.

    `row` is a row of delivery's, `prompt` what it says. A question waits while another one is fresh.
    """
    courtesy = courtesy_from_data(row.courtesy)
    wait = must_wait(courtesy, lately, now, own_zone(row))
    if wait is not None or prompt is None or not prompt.asked() or row.asked_at is None:
        return wait
    until = min(row.asked_at, now) + (courtesy.gap or SECOND_TEXT)
    return Wait(until=until, reason="question_open") if until > now else None


def own_zone(row: Any) -> str:
    """Return a person's zone; an unknown one gives way to the programme's."""
    try:
        zone_of(row.zone or row.programme_zone)
    except ZoneError:
        return str(row.programme_zone)
    return str(row.zone or row.programme_zone)


def lately_of(row: Any) -> Lately:
    """Return what somebody was sent of late."""
    return Lately(at=row.prompted_at, on=row.prompted_on, count=row.prompts_that_day or 0)


async def remember(tx: Tx, rows: Sequence[Any]) -> None:
    """Count routine texts that leave now towards their people's caps."""
    sent = [(row.participant_id, lately_of(row).sent(tx.now, own_zone(row))) for row in rows]
    if sent:
        await many(
            tx,
            _REMEMBER,
            [{"b_id": who, "b_at": n.at, "b_on": n.on, "b_count": n.count} for who, n in sent],
        )


def asked(participant_id: Any) -> Any:
    """Return the query for when the question that is open for somebody was asked."""
    return (
        select(Checkin.asked_at)
        .where(Checkin.participant_id == participant_id, Checkin.state == literal_column("'open'"))
        .scalar_subquery()
    )
