"""Planning: what has fallen due becomes a message, and the next due time is set in the same transaction.

An enrolment is decided up to `planned_until`. What falls due after that and up to now is written to the
outbox under its occurrence's own key, so that doing it twice changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    bindparam,
    case,
    exists,
    literal,
    select,
    type_coerce,
    update,
)

from bot.actions.anchors import NOTHING, Since, anchors_of, load_since
from bot.actions.crossing import ALREADY_SENT, Crossed, Passage, cross
from bot.actions.versions import Version, load_versions
from bot.domain.consent import ConsentState
from bot.domain.instants import MICROSECOND, from_micros, to_micros
from bot.domain.messages import Direction, Kind, Lane, MessageState
from bot.domain.recurrence import Anchors, Due
from bot.domain.slots import NAMED, occurrence_key
from bot.outbox.enqueue import DELIVERY
from bot.store.base import table_of
from bot.store.bulk import Bulk, Row
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Contact, Participant, PersonStatus, Programme, Session
from bot.store.schedules import Enrolment, Schedule

LEAST = timedelta(microseconds=1)
BREATH = 40  # people planned before others get a turn on the loop

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
    """Decide these enrolments up to now, due or not, as what is in force says; waits for who plans them."""
    connection = await tx.session.connection()
    found = await connection.execute(_ALL_OF, {"only": list(enrolment_ids)})
    await _turn(tx, [_Enrolled._make(row) for row in found])


async def _turn(tx: Tx, rows: Sequence[_Enrolled]) -> None:
    """Write what fell due for these enrolments, and when each must be looked at next."""
    await asyncio.sleep(0)  # the loop answers others in between
    versions = await load_versions(tx, {v for row in rows for v in (row.version_id, row.decided_by)})
    dates = await _dates(tx, rows, versions)
    crossed = await _cross(tx, rows, dates)
    messages: list[Row] = []
    decided: list[Row] = []
    now = to_micros(tx.now)
    told = _Told(now)
    for number, row in enumerate(rows, start=1):
        if number % BREATH == 0:
            await asyncio.sleep(0)
        version = versions.get(row.version_id or "")
        until = max(row.planned_until, now)  # after a move west, or a clock put back, more is decided
        if row.id in crossed:
            messages += _on_the_way(row, crossed[row.id], told)
            until, following = now, crossed[row.id].following
        else:
            dues, following = _plan(row, version, dates.get(row.participant_id, NOTHING), tx.now)
            if version is not None and row.contact_id is not None:
                messages += [_occurrence(row, due, version, told) for due in dues]
        decided.append((row.id, until, to_micros(following.at) if following else None, row.version_id))
    if messages:
        await _INSERT.run(tx, messages)
        tx.wake.add(DELIVERY)
    await _DECIDED.run(tx, decided)


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


class _Enrolled(NamedTuple):
    """A row of `_enrolled`: words and instants as stored, since each would be made anew for every row."""

    id: str
    participant_id: str
    start: str
    planned_until: int
    overrides: str | None
    schedule_id: str
    version_id: str | None  # in force since `switched_at`
    switched_at: int | None
    decided_by: str | None  # the version that was in force up to `planned_until`
    timezone: str | None
    status: str
    programme_zone: str
    holidays: str | None
    contact_id: str | None
    channel: str | None
    has_sessions: bool


def _enrolled() -> Any:
    """Return the query for enrolments, with the contact their prompts go to."""
    contact = (
        select(Contact.id)
        .where(Contact.participant_id == Enrolment.participant_id)
        .order_by(*PREFERRED)
        .limit(1)
        .correlate(Enrolment)
        .scalar_subquery()
    )
    enrolments, participants, contacts = table_of(Enrolment), table_of(Participant), table_of(Contact)
    return (
        select(
            enrolments.c.id,
            enrolments.c.participant_id,
            type_coerce(enrolments.c.start, String).label("start"),
            type_coerce(enrolments.c.planned_until, BigInteger).label("planned_until"),
            enrolments.c.overrides,
            enrolments.c.schedule_id,
            Schedule.version_id,
            type_coerce(table_of(Schedule).c.switched_at, BigInteger).label("switched_at"),
            enrolments.c.version_id.label("decided_by"),
            participants.c.timezone,
            type_coerce(participants.c.status, String).label("status"),
            Programme.timezone.label("programme_zone"),
            Programme.holidays,
            contacts.c.id.label("contact_id"),
            type_coerce(contacts.c.channel, String).label("channel"),
            type_coerce(exists().where(Session.participant_id == participants.c.id), Integer).label(
                "has_sessions"
            ),
        )
        .join(Schedule, Schedule.id == Enrolment.schedule_id)
        .join(Participant, Participant.id == Enrolment.participant_id)
        .join(Programme, Programme.id == Participant.programme_id)
        .outerjoin(Contact, Contact.id == contact)
    )


_DUE = (
    _enrolled()
    .where(Enrolment.next_due_at <= bindparam("now"))
    .order_by(Enrolment.next_due_at)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True, of=Enrolment)
)
_ONLY = Enrolment.id.in_(bindparam("only", expanding=True))
_DUE_OF = _DUE.where(_ONLY)
_ALL_OF = _enrolled().where(_ONLY).order_by(Enrolment.id).with_for_update(of=Enrolment)


_OUT, _PROMPT, _LEFT = str(Direction.OUT), str(Kind.PROMPT), str(PersonStatus.LEFT)
_QUEUED, _EXPIRED = str(MessageState.QUEUED), str(MessageState.EXPIRED)
_CANCELLED = str(MessageState.CANCELLED)
_SCHEDULED = int(Lane.SCHEDULED)

# An occurrence's columns, in the order in which `_occurrence` gives them.
_OCCURRENCE = """
    id direction channel contact_id participant_id kind lane state reason dedupe_key not_before expires_at
    attempts enrolment_id version_id prompt_key local_time created_at
"""
_INSERT = Bulk(
    _OCCURRENCE.split(),
    lambda tx: tx.insert(table_of(Message)).on_conflict_do_nothing(index_elements=["dedupe_key"]),
)
_DECIDED = Bulk(
    ("b_id", "b_until", "b_next", "b_version"),
    lambda _: (
        update(table_of(Enrolment))
        .where(table_of(Enrolment).c.id == bindparam("b_id"))
        .values(
            planned_until=bindparam("b_until"),
            next_due_at=bindparam("b_next"),
            version_id=bindparam("b_version"),
        )
    ),
)


async def _due_rows(tx: Tx, limit: int, only: Collection[str] | None) -> list[_Enrolled]:
    asked: dict[str, Any] = {"now": tx.now, "limit": limit}
    if only is not None:
        asked["only"] = list(only)
    connection = await tx.session.connection()  # past the ORM, whose part is dear by the row
    found = await connection.execute(_DUE if only is None else _DUE_OF, asked)
    return [_Enrolled._make(row) for row in found]


async def _dates(tx: Tx, rows: Sequence[_Enrolled], versions: dict[str, Version]) -> dict[str, Since]:
    """Return the dates of those who have some and whose schedule asks for them."""
    sessions: set[str] = set()
    starts: set[str] = set()
    for row in rows:
        for version_id in {row.version_id, row.decided_by}:
            version = versions.get(version_id or "")
            if version is not None and version.needs_sessions and row.has_sessions:
                sessions.add(row.participant_id)
            if version is not None and version.needs_starts:
                starts.add(row.participant_id)
    return await load_since(tx, sessions=sessions, starts=starts)


def _plan(
    row: _Enrolled, version: Version | None, since: Since, now: datetime
) -> tuple[list[Due], Due | None]:
    if version is None or row.status == _LEFT:
        return [], None
    return version.timetable.turn(_anchors(row, since), from_micros(row.planned_until), now)


def _anchors(row: _Enrolled, since: Since) -> Anchors:
    return anchors_of(
        seed=row.id,
        start=date.fromisoformat(row.start),
        zone=row.timezone,
        programme_zone=row.programme_zone,
        since=since,
        overrides=row.overrides,
        holidays=row.holidays,
    )


async def _cross(tx: Tx, rows: Sequence[_Enrolled], dates: Mapping[str, Since]) -> dict[str, Crossed]:
    """Carry those over whose schedule says something else than when they were last looked at."""
    passages = [
        Passage(
            enrolment_id=row.id,
            schedule_id=row.schedule_id,
            anchors=_anchors(row, dates.get(row.participant_id, NOTHING)),
            since=from_micros(row.planned_until),
            held=row.decided_by,
            current=row.version_id,
        )
        for row in rows
        if row.status != _LEFT and _must_cross(row)
    ]
    return await cross(tx, passages) if passages else {}


def _must_cross(row: _Enrolled) -> bool:
    """Tell whether something was published since this enrolment was decided, or unknown to who decided."""
    if row.switched_at is not None and row.switched_at > row.planned_until:
        return True
    return row.decided_by is not None and row.decided_by != row.version_id


class _Told:
    """What an occurrence's row says of its turn, found once for all the people of a batch who share it."""

    def __init__(self, now: int) -> None:
        self.now = now  # microseconds since 1970
        self._known: dict[tuple[int, str], tuple[Due, int, int, str, str]] = {}

    def of(self, due: Due, version: Version) -> tuple[Due, int, int, str, str]:
        """Return the turn itself, when it is sent and how late, its wall time, and how its name ends."""
        found = self._known.get((id(due), version.id))  # with the turn kept, nothing else gets its id
        if found is None:
            prompt, at = version.prompts[due.key], to_micros(due.at)
            found = self._known[id(due), version.id] = (
                due,
                at + prompt.priority.rank,  # of two that wait, the weightier one is looked at first
                at + version.expires(due.key) // MICROSECOND,
                due.local.isoformat(timespec="minutes"),
                occurrence_key("", due.key, prompt.rule, due.local).removeprefix(NAMED),
            )
        return found


def _on_the_way(row: _Enrolled, crossed: Crossed, told: _Told) -> list[Row]:
    if row.contact_id is None:
        return []
    spared = [_occurrence(row, due, version, told, ALREADY_SENT) for due, version in crossed.spared]
    return spared + [_occurrence(row, due, version, told) for due, version in crossed.dues]


def _occurrence(row: _Enrolled, due: Due, version: Version, told: _Told, spared: str | None = None) -> Row:
    """Return the row of an occurrence; `spared` says why it is only written down and not sent."""
    _, not_before, expires_at, local, name = told.of(due, version)
    missed = expires_at <= told.now
    return (
        new_id(),
        _OUT,
        row.channel,
        row.contact_id,
        row.participant_id,
        _PROMPT,
        _SCHEDULED,
        _CANCELLED if spared else _EXPIRED if missed else _QUEUED,
        spared or ("missed" if missed else None),
        f"{NAMED}{row.id}{name}",
        not_before,
        expires_at,
        0,
        row.id,
        version.id,
        due.key,
        local,
        told.now,
    )
