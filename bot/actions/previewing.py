"""What somebody gets next, found and decided as the planner and delivery do it. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain

from sqlalchemy import literal, select

from bot.actions.anchors import anchors_of, since_of
from bot.actions.deliveries import (
    HUMAN_FIRST,
    ONE_AT_A_TIME,
    SECOND_QUESTION,
    SEND,
    Verdict,
    decide,
    held,
    pathway_of,
    variables,
)
from bot.actions.planning import PREFERRED
from bot.actions.prompts import RenderError, options, render_prompt
from bot.actions.versions import Version, load_versions
from bot.domain.consent import ConsentState
from bot.domain.encoding import segments
from bot.domain.errors import NotFoundError
from bot.domain.messages import ChannelName, Direction, Kind, MessageState
from bot.domain.prompts import Prompt
from bot.domain.recurrence import Anchors, Due
from bot.domain.zones import to_local
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Contact, Participant, PersonStatus, Programme, Staff
from bot.store.schedules import Enrolment, Schedule
from bot.store.vault import key_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """One send to come: `at` aware UTC, `local` the same on the person's wall clock.

    `skip` says why it will not be sent as things stand, `moved` why it comes later than the rule says.
    `segments` is None where it costs none, and `text` where it can't be filled in.
    """

    key: str
    at: datetime
    local: datetime
    channel: ChannelName | None
    text: str | None
    buttons: tuple[str, ...] = ()
    segments: int | None = None
    skip: str | None = None
    moved: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """The next sends. `enrolled` False: as if they started today; random times will fall elsewhere."""

    zone: str
    enrolled: bool
    sends: tuple[Foreseen, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """Everything the planner's and delivery's own functions ask of a row, for a message not yet written."""

    id: str
    start: date
    planned_until: datetime
    timezone: str | None
    zone: str | None
    programme_zone: str
    programme_name: str
    quiet_hours: str | None
    holidays: str | None
    overrides: str | None
    participant_id: str
    person_status: PersonStatus
    paused_until: datetime | None
    language: str
    name: bytes | None
    details: bytes | None
    specialist_id: str | None
    specialist_name: bytes | None
    held: bool
    consent: ConsentState | None
    unreachable_at: datetime | None
    channel: ChannelName | None
    kind: Kind = Kind.PROMPT
    staff_id: str | None = None
    expires_at: datetime | None = None
    reason: str | None = None


async def preview(tx: Tx, schedule_name: str, participant_ref: str, *, count: int) -> Preview:
    """Return the next `count` sends of a schedule to a participant. Raises NotFoundError."""
    person, programme, schedule = await _find(tx, schedule_name, participant_ref)
    enrolment = await tx.session.scalar(
        select(Enrolment).where(Enrolment.participant_id == person.id, Enrolment.schedule_id == schedule.id)
    )
    row = await _row(tx, person, programme, enrolment)
    anchors = anchors_of(
        seed=row.id,
        start=row.start,
        zone=row.timezone,
        programme_zone=row.programme_zone,
        since=await since_of(tx, person.id),
        overrides=row.overrides,
        holidays=row.holidays,
    )
    found = Preview(zone=anchors.zone, enrolled=enrolment is not None, sends=())
    if schedule.version_id is None:
        return found
    version = (await load_versions(tx, [schedule.version_id]))[schedule.version_id]
    waiting = await _waiting(tx, row.id, version)
    sends: list[Foreseen] = []
    for due, at in chain(waiting, _coming(version, anchors, row.planned_until)):
        if len(sends) >= count:
            break
        expires_at = due.at + version.expires(due.key)
        if expires_at > tx.now:
            busy = [send.at for send in sends if send.skip is None]
            when = _decide(replace(row, expires_at=expires_at), max(at, tx.now), busy)
            sends.append(_foresee(tx, row, version.prompts[due.key], anchors.zone, when))
    return replace(found, sends=tuple(sorted(sends, key=lambda send: send.at)))


async def _find(tx: Tx, schedule: str, participant: str) -> tuple[Participant, Programme, Schedule]:
    people = await tx.session.execute(
        select(Participant, Programme)
        .join(Programme, Programme.id == Participant.programme_id)
        .where(Participant.ref == participant)
        .order_by(Programme.id)
    )
    known = people.all()
    if not known:
        raise NotFoundError(f"there is no participant {participant}; `handrail export` lists who there is")
    for person, programme in known:
        row = await tx.session.scalar(
            select(Schedule).where(Schedule.programme_id == programme.id, Schedule.name == schedule)
        )
        if row is not None:
            return person, programme, row
    raise NotFoundError(f"there is no schedule {schedule}; `handrail export` lists what there is")


async def _row(tx: Tx, person: Participant, programme: Programme, enrolment: Enrolment | None) -> _Row:
    contact = await tx.session.scalar(
        select(Contact).where(Contact.participant_id == person.id).order_by(*PREFERRED).limit(1)
    )
    specialist = await tx.session.get(Staff, person.specialist_id) if person.specialist_id else None
    sealed = [
        value for value in (person.name, person.details, specialist.name if specialist else None) if value
    ]
    await tx.vault.load(tx.session, map(key_of, sealed))
    return _Row(
        id=enrolment.id if enrolment else person.id,
        start=enrolment.start if enrolment else to_local(tx.now, programme.timezone).date(),
        planned_until=enrolment.planned_until if enrolment else tx.now,
        timezone=person.timezone,
        zone=person.timezone,
        programme_zone=programme.timezone,
        programme_name=programme.name,
        quiet_hours=programme.quiet_hours,
        holidays=programme.holidays,
        overrides=enrolment.overrides if enrolment else None,
        participant_id=person.id,
        person_status=person.status,
        paused_until=person.paused_until,
        language=person.language,
        name=person.name,
        details=person.details,
        specialist_id=specialist.id if specialist else None,
        specialist_name=specialist.name if specialist else None,
        held=bool(await tx.session.scalar(select(held(literal(person.id), tx.now - HUMAN_FIRST)))),
        consent=contact.consent if contact else None,
        unreachable_at=contact.unreachable_at if contact else None,
        channel=contact.channel if contact else None,
    )


async def _waiting(tx: Tx, enrolment_id: str, version: Version) -> list[tuple[Due, datetime]]:
    """Return what was planned already and has not left: quiet hours, or an alert, hold it."""
    rows = await tx.session.scalars(
        select(Message)
        .where(
            Message.enrolment_id == enrolment_id,
            Message.direction == Direction.OUT,
            Message.kind == Kind.PROMPT,
            Message.state == MessageState.QUEUED,
            Message.prompt_key.in_(version.prompts),
        )
        .order_by(Message.not_before)
    )
    return [
        (
            Due(
                key=row.prompt_key, local=row.local_time, at=row.expires_at - version.expires(row.prompt_key)
            ),
            row.not_before,
        )
        for row in rows
        if row.prompt_key and row.local_time and row.expires_at and row.not_before
    ]


def _coming(version: Version, anchors: Anchors, after: datetime) -> Iterator[tuple[Due, datetime]]:
    while (following := version.timetable.next_due(anchors, after)) is not None:
        yield from ((due, due.at) for due in version.timetable.between(anchors, after, following.at))
        after = following.at


@dataclass(frozen=True, kw_only=True, slots=True)
class _When:
    """When a send leaves, or why not."""

    at: datetime
    skip: str | None = None
    moved: str | None = None


def _decide(row: _Row, at: datetime, busy: Sequence[datetime]) -> _When:
    if row.channel is None:
        return _When(at=at, skip="no_contact")
    moved = None
    while True:
        verdict = decide(row, at)
        if verdict is SEND and at in busy:
            verdict = Verdict(later=at + SECOND_QUESTION, reason=ONE_AT_A_TIME)
        if verdict.ended is not None:
            no = row.consent in (ConsentState.NONE, ConsentState.INVITED)
            return _When(at=at, skip="no_consent" if no else verdict.reason, moved=moved)
        if verdict.later is None or row.held:
            return _When(at=at, skip=verdict.reason or None, moved=moved)
        at, moved = verdict.later, verdict.reason


def _foresee(tx: Tx, row: _Row, prompt: Prompt, zone: str, when: _When) -> Foreseen:
    try:
        text = render_prompt(prompt, row.language, variables(tx, row), pathway_of(tx, row))
    except RenderError:
        text, when = None, replace(when, skip="wording")
    asked = prompt.asked() if row.channel is ChannelName.TELEGRAM else ()
    return Foreseen(
        key=prompt.key,
        at=when.at,
        local=to_local(when.at, zone),
        channel=row.channel,
        text=text,
        buttons=tuple(label for _, label in options(asked[0].answer, row.language)) if asked else (),
        segments=segments(text).count if text and row.channel is ChannelName.SMS else None,
        skip=when.skip,
        moved=when.moved,
    )
