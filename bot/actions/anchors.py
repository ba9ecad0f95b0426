"""What an enrolment is counted from: its start, sessions, the recovery date, the programme's own start."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.domain.recurrence import Anchors, ZoneError
from bot.domain.zones import zone_of
from bot.store.database import Tx
from bot.store.people import Participant, Programme, Session


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """One person's dates besides their start; what is not known makes the prompts that need it silent."""

    sessions: tuple[datetime, ...] = ()
    recovery_date: date | None = None
    programme_start: date | None = None


NOTHING = Since()


async def load_since(tx: Tx, participant_ids: Collection[str]) -> dict[str, Since]:
    """Return the dates of people whose schedules ask for more than the day they started."""
    found: dict[str, Since] = {}
    if not participant_ids:
        return found
    rows = (
        await tx.session.execute(
            select(
                Participant.id,
                Participant.key_id,
                Participant.details,
                Programme.created_at,
                Programme.timezone,
            )
            .join(Programme, Programme.id == Participant.programme_id)
            .where(Participant.id.in_(participant_ids))
        )
    ).all()
    await tx.vault.load(tx.session, {row.key_id for row in rows if row.details is not None})
    for row in rows:
        opened = tx.vault.open(row.details, "participants", "details", row.id) if row.details else "{}"
        recovery = json.loads(opened).get("recovery_date")
        found[row.id] = Since(
            recovery_date=date.fromisoformat(recovery) if recovery is not None else None,
            programme_start=row.created_at.astimezone(ZoneInfo(row.timezone)).date(),
        )
    for person, local in await tx.session.execute(
        select(Session.participant_id, Session.local)
        .where(Session.participant_id.in_(participant_ids))
        .order_by(Session.local)
    ):
        found[person] = replace(found[person], sessions=(*found[person].sessions, local))
    return found


def anchors_of(
    *, seed: str, start: date, zone: str | None, programme_zone: str, since: Since = NOTHING
) -> Anchors:
    """Return the anchors of an enrolment (`seed` is its id); an unknown zone gives way to the programme's."""
    try:
        zone_of(zone or programme_zone)
    except ZoneError:
        zone = None
    return Anchors(
        start=start,
        zone=zone or programme_zone,
        seed=seed,
        sessions=since.sessions,
        recovery_date=since.recovery_date,
        programme_start=since.programme_start,
    )
