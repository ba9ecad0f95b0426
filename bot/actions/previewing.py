"""What somebody gets next, found and decided as the planner and delivery do it. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice

from sqlalchemy import literal, select

from bot.actions.anchors import anchors_of, since_of
from bot.actions.courtesy import asked
from bot.actions.deliveries import pathway_of, variables
from bot.actions.leaving import HUMAN_FIRST, held
from bot.actions.planning import PREFERRED
from bot.actions.prompts import RenderError, options, render_prompt
from bot.actions.rehearsal import Coming, Rehearsed, Standing, rehearse
from bot.actions.versions import Version, load_versions, make_version
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
class _Place:
    """One schedule that a person is on, or (`enrolled` False) would be on."""

    id: str
    start: date
    planned_until: datetime
    schedule_id: str
    version_id: str | None
    overrides: str | None = None
    enrolled: bool = True


async def preview(
    tx: Tx, schedule_name: str, participant_ref: str, *, count: int, draft: Sequence[Prompt] | None = None
) -> Preview:
    """Return the next `count` sends of a schedule to a participant. Raises NotFoundError.

    What their other schedules say counts towards the caps. `draft`: as if these prompts were published.
    """
    person, programme, schedule = await _find(tx, schedule_name, participant_ref)
    places = await _places(tx, person, programme, schedule)
    versions = await load_versions(tx, {place.version_id for place in places})
    row = await _standing(tx, person, programme)
    since = await since_of(tx, person.id)
    streams: list[Iterator[Coming]] = []
    enrolled, zone = False, ""
    for place in places:
        anchors = anchors_of(
            seed=place.id,
            start=place.start,
            zone=person.timezone,
            programme_zone=programme.timezone,
            since=since,
            overrides=place.overrides,
            holidays=programme.holidays,
        )
        zone = anchors.zone
        wanted = place.schedule_id == schedule.id
        enrolled = enrolled or (wanted and place.enrolled)
        version = versions.get(place.version_id or "")
        if wanted and draft is not None:
            version = make_version(draft)
        if version is not None:
            waiting = await _waiting(tx, place, version, wanted=wanted)
            streams.append(iter(waiting))
            streams.append(_coming(version, anchors, place, wanted=wanted))
    found = islice(rehearse(row, streams, tx.now), count)
    sends = tuple(_foresee(tx, row, zone, one) for one in found)
    return Preview(zone=zone, enrolled=enrolled, sends=sends)


async def sample(tx: Tx, schedule_name: str, *, people: int) -> list[str]:
    """Return the refs of some people on a schedule, of as many languages and zones as possible."""
    rows = await tx.session.execute(
        select(Participant.ref, Participant.language, Participant.timezone)
        .join(Enrolment, Enrolment.participant_id == Participant.id)
        .join(Schedule, Schedule.id == Enrolment.schedule_id)
        .where(Schedule.name == schedule_name, Participant.status == PersonStatus.ACTIVE)
        .order_by(Participant.position, Participant.id)
        .limit(1000)
    )
    kinds: dict[tuple[str, str | None], list[str]] = {}
    for ref, language, zone in rows:
        kinds.setdefault((language, zone), []).append(ref)
    chosen: list[str] = []
    while len(chosen) < people and any(kinds.values()):
        chosen += [refs.pop(0) for refs in kinds.values() if refs]
    return chosen[:people]


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


async def _places(tx: Tx, person: Participant, programme: Programme, schedule: Schedule) -> list[_Place]:
    rows = await tx.session.execute(
        select(Enrolment, Schedule.version_id)
        .join(Schedule, Schedule.id == Enrolment.schedule_id)
        .where(Enrolment.participant_id == person.id)
    )
    places = [
        _Place(
            id=row.id,
            start=row.start,
            planned_until=row.planned_until,
            schedule_id=row.schedule_id,
            version_id=version_id,
            overrides=row.overrides,
        )
        for row, version_id in rows
    ]
    if schedule.id not in {place.schedule_id for place in places}:
        today = to_local(tx.now, programme.timezone).date()
        places.append(
            _Place(
                id=person.id,
                start=today,
                planned_until=tx.now,
                schedule_id=schedule.id,
                version_id=schedule.version_id,
                enrolled=False,
            )
        )
    return places


async def _standing(tx: Tx, person: Participant, programme: Programme) -> Standing:
    contact = await tx.session.scalar(
        select(Contact).where(Contact.participant_id == person.id).order_by(*PREFERRED).limit(1)
    )
    specialist = await tx.session.get(Staff, person.specialist_id) if person.specialist_id else None
    sealed = [
        value for value in (person.name, person.details, specialist.name if specialist else None) if value
    ]
    await tx.vault.load(tx.session, map(key_of, sealed))
    return Standing(
        zone=person.timezone,
        programme_zone=programme.timezone,
        programme_name=programme.name,
        quiet_hours=programme.quiet_hours,
        courtesy=programme.courtesy,
        participant_id=person.id,
        person_status=person.status,
        paused_until=person.paused_until,
        talking_until=person.talking_until,
        prompted_at=person.prompted_at,
        prompted_on=person.prompted_on,
        prompts_that_day=person.prompts_that_day,
        asked_at=await tx.session.scalar(select(asked(literal(person.id)))),
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


async def _waiting(tx: Tx, place: _Place, version: Version, *, wanted: bool) -> list[Coming]:
    """Return what was planned already and has not left: quiet hours, courtesy or an alert hold it."""
    rows = await tx.session.scalars(
        select(Message)
        .where(
            Message.enrolment_id == place.id,
            Message.direction == Direction.OUT,
            Message.kind == Kind.PROMPT,
            Message.state == MessageState.QUEUED,
            Message.prompt_key.in_(version.prompts),
        )
        .order_by(Message.not_before)
    )
    return [
        Coming(
            due=Due(
                key=row.prompt_key, local=row.local_time, at=row.expires_at - version.expires(row.prompt_key)
            ),
            at=row.not_before,
            version=version,
            wanted=wanted,
            overrides=place.overrides,
        )
        for row in rows
        if row.prompt_key and row.local_time and row.expires_at and row.not_before
    ]


def _coming(version: Version, anchors: Anchors, place: _Place, *, wanted: bool) -> Iterator[Coming]:
    after = place.planned_until
    while (following := version.timetable.next_due(anchors, after)) is not None:
        for due in version.timetable.between(anchors, after, following.at):
            yield Coming(due=due, at=due.at, version=version, wanted=wanted, overrides=place.overrides)
        after = following.at


def _foresee(tx: Tx, row: Standing, zone: str, one: Rehearsed) -> Foreseen:
    prompt = one.coming.version.prompts[one.coming.due.key]
    try:
        text = render_prompt(prompt, row.language, variables(tx, row), pathway_of(tx, row))
    except RenderError:
        text, one = None, replace(one, skip="wording")
    questions = prompt.asked() if row.channel is ChannelName.TELEGRAM else ()
    return Foreseen(
        key=prompt.key,
        at=one.at,
        local=to_local(one.at, zone),
        channel=row.channel,
        text=text,
        buttons=tuple(label for _, label in options(questions[0].answer, row.language)) if questions else (),
        segments=segments(text).count if text and row.channel is ChannelName.SMS else None,
        skip=one.skip,
        moved=one.moved,
    )
