"""People on schedules: joining, pausing, and what comes next for them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.actions.anchors import anchors_of, since_of
from bot.actions.consents import set_consent
from bot.actions.notices import tell_staff
from bot.actions.people import Correspondent
from bot.actions.planning import first_look
from bot.actions.staffing import load_roster
from bot.actions.versions import version_of
from bot.domain.consent import ConsentState
from bot.domain.messages import ChannelName, Direction, Kind, MessageState
from bot.domain.recurrence import Anchors
from bot.domain.replies import say
from bot.outbox.enqueue import cancel
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Invite, Participant, PersonStatus, Programme
from bot.store.schedules import Enrolment, Schedule, ScheduleVersion

INVITE_LASTS = timedelta(days=14)
WEEK = timedelta(days=7)


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
    """Return when the next prompt is due for somebody who is not paused until later."""
    participant = await tx.session.get_one(Participant, participant_id)
    after = max(tx.now, participant.paused_until or tx.now)
    programme = await tx.session.get_one(Programme, participant.programme_id)
    found = []
    for enrolment, version in await _versions(tx, participant.id):
        anchors = await _anchors(tx, participant, enrolment, programme.timezone)
        due = version_of(version.id, version.prompts).timetable.next_due(anchors, after)
        found += [due.at] if due is not None else []
    queued = await tx.session.scalar(
        select(func.min(Message.not_before)).where(
            Message.participant_id == participant_id,
            Message.kind == Kind.PROMPT,
            Message.state == MessageState.QUEUED,
            Message.direction == Direction.OUT,
            Message.not_before > tx.now,
        )
    )
    return min([*found, *([queued] if queued else [])], default=None)


async def messages_a_week(tx: Tx, who: Correspondent) -> int:
    """Return about how many prompts somebody gets in their first week; at least one."""
    if who.contact.participant_id is None:
        return 1
    participant = await tx.session.get_one(Participant, who.contact.participant_id)
    count = 0
    for enrolment, version in await _versions(tx, participant.id):
        timetable = version_of(version.id, version.prompts).timetable
        anchors = await _anchors(tx, participant, enrolment, who.programme.timezone)
        count += len(timetable.between(anchors, tx.now, tx.now + WEEK))
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


async def _versions(tx: Tx, participant_id: str) -> list[tuple[Enrolment, ScheduleVersion]]:
    rows = await tx.session.execute(
        select(Enrolment, ScheduleVersion)
        .join(Schedule, Schedule.id == Enrolment.schedule_id)
        .join(ScheduleVersion, ScheduleVersion.id == Schedule.version_id)
        .where(Enrolment.participant_id == participant_id)
    )
    return [(enrolment, version) for enrolment, version in rows]


async def _anchors(tx: Tx, participant: Participant, enrolment: Enrolment, zone: str) -> Anchors:
    return anchors_of(
        seed=enrolment.id,
        start=enrolment.start,
        zone=participant.timezone,
        programme_zone=zone,
        since=await since_of(tx, participant.id),
    )
