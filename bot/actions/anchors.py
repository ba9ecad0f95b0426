"""What an enrolment is counted from: its start, sessions, the recovery date, the programme's own start."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from bot.domain.overrides import NONE, Overrides, overrides_from_data, overrides_to_data
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
    milestones: bool = False


NOTHING = Since()
NO_HOLIDAYS: frozenset[date] = frozenset()


_SESSIONS = (
    select(Session.participant_id, Session.local)
    .where(Session.participant_id.in_(bindparam("people", expanding=True)))
    .order_by(Session.local)
)
_STARTS = (
    select(Participant.id, Participant.key_id, Participant.details, Programme.created_at, Programme.timezone)
    .join(Programme, Programme.id == Participant.programme_id)
    .where(Participant.id.in_(bindparam("people", expanding=True)))
)


async def load_since(
    tx: Tx, *, sessions: Collection[str], starts: Collection[str]
) -> defaultdict[str, Since]:
    """Return the dates of people (by participant id) whose schedules ask for more than the day they started.

    `sessions` need their sessions, `starts` the recovery date and the programme's start.
    """
    found: defaultdict[str, Since] = defaultdict(Since)
    if starts:
        rows = (await tx.session.execute(_STARTS, {"people": list(starts)})).all()
        await tx.vault.load(tx.session, {row.key_id for row in rows if row.details is not None})
        for row in rows:
            opened = tx.vault.open(row.details, "participants", "details", row.id) if row.details else "{}"
            details = json.loads(opened)
            recovery = details.get("recovery_date")
            found[row.id] = Since(
                recovery_date=date.fromisoformat(recovery) if recovery is not None else None,
                milestones=celebrated(details),
                programme_start=row.created_at.astimezone(ZoneInfo(row.timezone)).date(),
            )
    if sessions:
        for person, local in await tx.session.execute(_SESSIONS, {"people": list(sessions)}):
            found[person] = replace(found[person], sessions=(*found[person].sessions, local))
    return found


async def since_of(tx: Tx, participant_id: str) -> Since:
    """Return all of one person's dates."""
    return (await load_since(tx, sessions=[participant_id], starts=[participant_id]))[participant_id]


def celebrated(details: Mapping[str, Any]) -> bool:
    """Tell whether somebody asked for milestones and has not put them on hold."""
    return bool(details.get("milestones")) and "held_since" not in details


def anchors_of(
    *,
    seed: str,
    start: date,
    zone: str | None,
    programme_zone: str,
    since: Since = NOTHING,
    overrides: str | None = None,
    holidays: str | None = None,
) -> Anchors:
    """Return the anchors of an enrolment (`seed` is its id); an unknown zone gives way to the programme's.

    `overrides` and `holidays` are the columns as they are stored. Every caller gives them: whoever plans and
    whoever previews must find the same.
    """
    return Anchors(
        start=start,
        zone=known_zone(zone, programme_zone),
        seed=seed,
        sessions=since.sessions,
        recovery_date=since.recovery_date,
        programme_start=since.programme_start,
        milestones=since.milestones,
        holidays=holidays_of(holidays) if holidays else NO_HOLIDAYS,
        overrides=overrides_of(overrides) if overrides else NONE,
    )


def known_zone(own: str | None, programme: str) -> str:
    """Return somebody's own zone, or the programme's where they have none or nobody knows it."""
    if own is None:
        return programme
    try:
        zone_of(own)
    except ZoneError:
        return programme
    return own


@lru_cache(maxsize=256)
def holidays_of(stored: str | None) -> frozenset[date]:
    """Return a programme's holidays from their column."""
    return frozenset(date.fromisoformat(day) for day in (stored or "").split())


@lru_cache(maxsize=4096)
def overrides_of(stored: str | None) -> Overrides:
    """Return an enrolment's own settings from their column."""
    return overrides_from_data(json.loads(stored)) if stored else NONE


def stored_overrides(overrides: Overrides) -> str | None:
    """Return own settings as their column."""
    data = overrides_to_data(overrides)
    return json.dumps(data, sort_keys=True) if data else None
