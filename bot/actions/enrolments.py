"""People on schedules: joining, pausing, and what comes next for them."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.actions.anchors import anchors_of, since_of
from bot.actions.consents import set_consent
from bot.actions.notices import tell_staff
from bot.actions.people import Correspondent
from bot.actions.planning import first_look
from bot.actions.staffing import load_roster
from bot.actions.versions import Version, version_of
from bot.domain.consent import ConsentState
from bot.domain.hours import parse_window, quiet_ends, wished_for
from bot.domain.messages import ChannelName, Direction, Kind, MessageState
from bot.domain.overrides import Overrides
from bot.domain.recurrence import Anchors, Due
from bot.domain.replies import say
from bot.domain.slots import occurrence_key
from bot.domain.zones import to_local
from bot.outbox.enqueue import cancel
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Invite, Participant, PersonStatus, Programme
from bot.store.schedules import Enrolment, Schedule, ScheduleVersion

INVITE_LASTS = timedelta(days=14)
WEEK = timedelta(days=7)
LOOKED_AT = 60  # occurrences that are looked at for one that will be sent


def enrol(tx: Tx, participant_id: str, schedule_id: str, start: date) -> Enrolment:
    """Put somebody on a schedule from a local date on; what is past is not sent."""
    enrolment = Enrolment(
        id=new_id(),
        participant_id=participant_id,
        schedule_id=schedule_id,
        start=start,
        created_at=tx.now,
        **first_look(tx.now),
    )
    tx.session.add(enrolment)
    tx.wake.add("planner")
    return enrolment


async def join_by_keyword(tx: Tx, who: Correspondent) -> Correspondent:
    """Make a stranger a participant who has been asked to agree; the supervisors hear of it.

    Their address and everything said so far stay under the key they came with.
    """
    programme = who.programme
    position = await tx.session.scalar(
        select(func.count()).select_from(Participant).where(Participant.programme_id == programme.id)
    )
    participant = Participant(
        id=new_id(),
        programme_id=programme.id,
        ref=f"join-{secrets.token_hex(3)}",
        key_id=who.contact.key_id,
        language=str(programme.languages[0]),
        status=PersonStatus.ACTIVE,
        position=position or 0,
        created_at=tx.now,
    )
    tx.session.add(participant)
    await tx.session.flush()
    who.contact.participant_id = participant.id
    set_consent(tx, who.contact, ConsentState.INVITED, method="keyword", language=participant.language)
    if programme.join_schedule is not None:
        schedule = await tx.session.scalar(
            select(Schedule).where(
                Schedule.programme_id == programme.id, Schedule.name == programme.join_schedule
            )
        )
        if schedule is not None:
            enrol(tx, participant.id, schedule.id, tx.now.astimezone(ZoneInfo(programme.timezone)).date())
    roster = await load_roster(tx, programme)
    people = roster.with_role("coordinator") or roster.with_role("supervisor")
    text = say("joined", str(programme.languages[0]), person=participant.ref)
    await tell_staff(tx, roster, people, text, dedupe=f"joined:{participant.id}")
    await tx.session.flush()
    return Correspondent(contact=who.contact, programme=programme, participant=participant)


async def use_invite(tx: Tx, who: Correspondent, token_hash: str) -> Correspondent | None:
    """Give a chat to the participant whose one-time link was opened; None for a used or old one."""
    invite = await tx.session.get(Invite, token_hash, with_for_update=True)
    if invite is None or invite.used_at is not None or invite.expires_at <= tx.now:
        return None
    participant = await tx.session.get_one(Participant, invite.participant_id)
    if who.contact.participant_id not in (None, participant.id) or who.contact.staff_id is not None:
        return None
    invite.used_at = tx.now
    who.contact.participant_id = participant.id
    await tx.session.flush()
    return Correspondent(contact=who.contact, programme=who.programme, participant=participant)


async def pause_participant(tx: Tx, participant: Participant, until: datetime) -> None:
    """Send no prompts until then; what is queued is dropped, not kept for later."""
    participant.paused_until = until
    await cancel(tx, "paused", Message.participant_id == participant.id, Message.kind == Kind.PROMPT)


async def resume_participant(tx: Tx, participant: Participant) -> None:
    """End a pause, the person's own or the programme's."""
    participant.paused_until = None
    if participant.status is PersonStatus.PAUSED:
        participant.status = PersonStatus.ACTIVE


async def next_prompt(tx: Tx, participant_id: str) -> datetime | None:
    """Return when the next prompt leaves for somebody who is not paused until later, quiet hours kept."""
    participant = await tx.session.get_one(Participant, participant_id)
    programme = await tx.session.get_one(Programme, participant.programme_id)
    after = max(tx.now, participant.paused_until or tx.now)
    found = [await _leaves(tx, own, after, programme.quiet_hours) for own in await enrolled(tx, participant)]
    queued = await tx.session.scalar(
        select(func.min(Message.not_before)).where(
            Message.participant_id == participant_id,
            Message.kind == Kind.PROMPT,
            Message.state == MessageState.QUEUED,
            Message.direction == Direction.OUT,
            Message.not_before > tx.now,
        )
    )
    return min((at for at in (*found, queued) if at is not None), default=None)


async def _leaves(tx: Tx, own: Enrolled, after: datetime, quiet_hours: str | None) -> datetime | None:
    """Return when an enrolment's next prompt leaves: one that is not written yet, nor would expire first."""
    window = parse_window(quiet_hours) if quiet_hours is not None else None
    after = max(after, own.decided)
    for _ in range(LOOKED_AT):
        following = own.version.timetable.next_due(own.anchors, after)
        if following is None:
            return None
        for due in own.version.timetable.between(own.anchors, after, following.at):
            at = due.at if _wished_for(own, due) else quiet_ends(window, own.anchors.zone, due.at)
            if at < due.at + own.version.expires(due.key) and not await _written(tx, own, due):
                return at
        after = following.at
    return None


def _wished_for(own: Enrolled, due: Due) -> bool:
    zone = own.anchors.zone
    chapter = own.anchors.overrides.at(to_local(due.at, zone).date())
    return chapter is not None and wished_for(chapter.time, zone, due.at)


async def _written(tx: Tx, own: Enrolled, due: Due) -> bool:
    key = occurrence_key(own.id, due.key, own.version.prompts[due.key].rule, due.local)
    return await tx.session.scalar(select(Message.id).where(Message.dedupe_key == key)) is not None


async def messages_a_week(tx: Tx, who: Correspondent) -> int:
    """Return about how many prompts somebody gets in their first week; at least one."""
    if who.contact.participant_id is None:
        return 1
    participant = await tx.session.get_one(Participant, who.contact.participant_id)
    count = 0
    for own in await enrolled(tx, participant):
        count += len(own.version.timetable.between(own.anchors, tx.now, tx.now + WEEK))
    return max(1, count)


async def make_invite(tx: Tx, participant: Participant, channel: ChannelName) -> str:
    """Return a one-time token (43 characters) for a deep link; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    tx.session.add(
        Invite(
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
            participant_id=participant.id,
            channel=channel,
            expires_at=tx.now + INVITE_LASTS,
        )
    )
    return token


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrolled:
    """One enrolment with all that its times hang on. Up to `decided` nothing is looked at again."""

    id: str
    decided: datetime
    version: Version
    anchors: Anchors

    @property
    def overrides(self) -> Overrides:
        """Return the person's own settings."""
        return self.anchors.overrides


async def enrolled(tx: Tx, participant: Participant) -> list[Enrolled]:
    """Return somebody's enrolments on published schedules, as they are stored now."""
    rows = await tx.session.execute(
        select(
            Enrolment.id,
            Enrolment.start,
            Enrolment.planned_until,
            Enrolment.overrides,
            Programme.timezone,
            Programme.holidays,
            ScheduleVersion.id.label("version_id"),
            ScheduleVersion.prompts,
        )
        .join(Schedule, Schedule.id == Enrolment.schedule_id)
        .join(ScheduleVersion, ScheduleVersion.id == Schedule.version_id)
        .join(Programme, Programme.id == Schedule.programme_id)
        .where(Enrolment.participant_id == participant.id)
        .order_by(Enrolment.id)
    )
    since = await since_of(tx, participant.id)
    return [
        Enrolled(
            id=row.id,
            decided=max(row.planned_until, tx.now),
            version=version_of(row.version_id, row.prompts),
            anchors=anchors_of(
                seed=row.id,
                start=row.start,
                zone=participant.timezone,
                programme_zone=row.timezone,
                since=since,
                overrides=row.overrides,
                holidays=row.holidays,
            ),
        )
        for row in rows
    ]
