"""Gather what a specialist should know before they meet somebody: everything since the last session."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.actions.anchors import known_zone, overrides_of
from bot.actions.context import trends_of
from bot.actions.histories import points_of
from bot.actions.memories import answered_in_words
from bot.actions.notices import name_of
from bot.actions.people import first_name
from bot.actions.plans import entry_times, plan_of
from bot.domain.checkins import Silence
from bot.domain.consent import ConsentState
from bot.domain.messages import Direction
from bot.domain.papers import Paper
from bot.domain.summaries import (
    LOOK_BACK,
    Added,
    Alarm,
    Material,
    Said,
    Setting,
    Vow,
    Wrote,
    span,
    summarise,
    words,
)
from bot.domain.triage.assess import Level
from bot.domain.zones import to_instant, to_local
from bot.store.alerts import Alert
from bot.store.database import Tx
from bot.store.desk import Promise
from bot.store.messages import AssessmentRow, Message
from bot.store.people import ConsentRecord, Contact, Participant, Programme, Session, Staff
from bot.store.schedules import Enrolment

LASTS = timedelta(hours=2)  # a session that began so short a while ago is the one the summary is for
FURTHEST = timedelta(days=60)  # a session longer ago is no beginning any more
AHEAD = timedelta(days=1)  # how soon the next session is, of which SUMMARY alone is meant


async def summary_of(
    tx: Tx, participant: Participant, programme: Programme, staff: Staff, session_at: datetime | None = None
) -> Paper:
    """Return the summary of one person as somebody of the staff reads it. Raises ErasedError."""
    material = await gather(tx, participant, programme, session_at=session_at)
    language, zone = str(programme.languages[0]), staff.timezone or programme.timezone
    return Paper(
        title=str(words(language)["paper"]),
        about=span(material, language, zone),
        articles=(summarise(material, language, zone),),
    )


async def gather(
    tx: Tx, participant: Participant, programme: Programme, *, session_at: datetime | None = None
) -> Material:
    """Return everything since the last session, or of the last fortnight. Raises ErasedError."""
    await tx.vault.load(tx.session, [participant.key_id])
    zone = known_zone(participant.timezone, programme.timezone)
    since = await _since(tx, participant, zone)
    if session_at is None:
        session_at = await next_session(tx, participant, zone)
    said = await answered_in_words(tx, participant, since)
    return Material(
        person=participant.ref,
        name=await first_name(tx, participant) or participant.ref,
        language=participant.language,
        since=since,
        until=tx.now,
        session_at=session_at,
        trends=await trends_of(tx, participant, tx.now - since),
        asked=await questions_since(tx, participant, since),
        wrote=await _wrote(tx, participant, since),
        words=tuple(
            Said(at=one.memory.at, text=one.memory.text) for one in said if not one.helps and not one.graded
        ),
        alerts=await alarms_of(tx, participant, since),
        promises=await promises_of(tx, participant, since),
        helped=tuple(
            Said(at=one.memory.at, text=one.memory.text) for one in said if one.helps and not one.graded
        ),
        plan=await _plan(tx, participant, since),
        settings=await _settings(tx, participant, zone, since),
    )


async def next_session(tx: Tx, participant: Participant, zone: str) -> datetime | None:
    """Return when somebody's next session is, or the one that has just begun; aware UTC."""
    local = await tx.session.scalar(
        select(Session.local)
        .where(Session.participant_id == participant.id, Session.local > to_local(tx.now - LASTS, zone))
        .order_by(Session.local)
        .limit(1)
    )
    return to_instant(local, zone) if local is not None else None


async def questions_since(tx: Tx, participant: Participant, since: datetime) -> tuple[Silence | None, ...]:
    """Return what became of each question since an instant: None where it was answered."""
    return tuple(point.silence for point in await points_of(tx, participant, since))


async def alarms_of(tx: Tx, participant: Participant, since: datetime) -> tuple[Alarm, ...]:
    """Return somebody's alerts that are open, or were opened or closed since an instant."""
    rows = await tx.session.scalars(
        select(Alert)
        .where(
            Alert.participant_id == participant.id,
            (Alert.opened_at > since) | Alert.closed_at.is_(None) | (Alert.closed_at > since),
        )
        .order_by(Alert.opened_at)
    )
    found = []
    for row in rows:
        holder = row.closed_by or row.acknowledged_by
        found.append(
            Alarm(
                ref=row.ref,
                level=str(row.level),
                opened_at=row.opened_at,
                closed_at=row.closed_at,
                outcome=row.outcome,
                name=await name_of(tx, holder) if holder is not None else None,
            )
        )
    return tuple(found)


async def promises_of(tx: Tx, participant: Participant, since: datetime) -> tuple[Vow, ...]:
    """Return what was promised to somebody and is not done, and what was kept since an instant."""
    await tx.vault.load(tx.session, [participant.key_id])
    rows = await tx.session.scalars(
        select(Promise)
        .where(
            Promise.participant_id == participant.id, Promise.done_at.is_(None) | (Promise.done_at > since)
        )
        .order_by(Promise.done_at.is_not(None), Promise.due_at)
    )
    return tuple(
        Vow(
            ref=row.ref,
            text=tx.vault.open(row.text, "promises", "text", row.id),
            due_at=row.due_at,
            done_at=row.done_at,
        )
        for row in rows
    )


async def _since(tx: Tx, participant: Participant, zone: str) -> datetime:
    local = await tx.session.scalar(
        select(Session.local)
        .where(
            Session.participant_id == participant.id,
            Session.local <= to_local(tx.now - LASTS, zone),
            Session.local > to_local(tx.now - FURTHEST, zone),
        )
        .order_by(Session.local.desc())
        .limit(1)
    )
    return to_instant(local, zone) if local is not None else tx.now - LOOK_BACK


async def _wrote(tx: Tx, participant: Participant, since: datetime) -> tuple[Wrote, ...]:
    rows = await tx.session.execute(
        select(Message, AssessmentRow.level)
        .join(AssessmentRow, AssessmentRow.message_id == Message.id)
        .join(Contact, Contact.id == Message.contact_id)
        .where(
            Contact.participant_id == participant.id,
            Message.direction == Direction.IN,
            Message.created_at > since,
            Message.body.is_not(None),
            (AssessmentRow.level != Level.NONE) | AssessmentRow.flagged | Message.flag.is_not(None),
        )
        .order_by(Message.created_at)
    )
    found = []
    for row, level in rows.all():
        text = await tx.vault.reveal(tx.session, row.body or b"", "messages", "body", row.id)
        if text.strip():
            found.append(Wrote(at=row.created_at, text=text, level=str(level)))
    return tuple(found)


async def _plan(tx: Tx, participant: Participant, since: datetime) -> tuple[Added, ...]:
    times = await entry_times(tx, participant)
    entries = [entry for entry in await plan_of(tx, participant) if times[entry.id] > since]
    added = [Added(at=times[entry.id], section=entry.section, text=entry.text) for entry in entries]
    return tuple(sorted(added, key=lambda one: one.at))


async def _settings(tx: Tx, participant: Participant, zone: str, since: datetime) -> tuple[Setting, ...]:
    found = []
    rows = await tx.session.execute(
        select(ConsentRecord.state, ConsentRecord.at, Contact.channel)
        .join(Contact, Contact.id == ConsentRecord.contact_id)
        .where(Contact.participant_id == participant.id, ConsentRecord.at > since)
        .order_by(ConsentRecord.at)
    )
    keys = {ConsentState.OPTED_OUT: "stopped", ConsentState.ACTIVE: "started"}
    for state, at, channel in rows:
        if state in keys:
            found.append(Setting(key=keys[state], at=at, values={"channel": str(channel)}))
    if participant.paused_until is not None and participant.paused_until > tx.now:
        found.append(Setting(key="paused", at=participant.paused_until))
    stored = await tx.session.scalars(
        select(Enrolment.overrides).where(
            Enrolment.participant_id == participant.id, Enrolment.overrides.is_not(None)
        )
    )
    first = to_local(since, zone).date()
    own = [overrides_of(one) for one in stored]
    if any(one.less for one in own):
        found.append(Setting(key="less"))
    chosen = {
        (c.since, c.time) for one in own for c in one.chapters if c.time is not None and c.since >= first
    }
    for begins, time in sorted(chosen):
        at = to_instant(datetime.combine(begins, time), zone)
        found.append(Setting(key="time", at=at, values={"time": f"{time:%H:%M}"}))
    return tuple(found)


async def coming_session(tx: Tx, staff: Staff) -> Participant | None:
    """Return whoever of somebody's caseload has the next session within a day; None without one."""
    programme = await tx.session.get_one(Programme, staff.programme_id)
    wall = tx.now.replace(tzinfo=None)
    rows = await tx.session.execute(
        select(Session.local, Participant)
        .join(Participant, Participant.id == Session.participant_id)
        .where(
            Participant.specialist_id == staff.id,
            Session.local > wall - 2 * AHEAD,
            Session.local < wall + 2 * AHEAD,
        )
    )
    coming = [
        (to_instant(local, known_zone(person.timezone, programme.timezone)), person) for local, person in rows
    ]
    near = [(at, person) for at, person in coming if tx.now - LASTS < at < tx.now + AHEAD]
    return min(near, key=lambda one: one[0])[1] if near else None
