"""Alerts: opened by distress, carried along the chain, ended only by a person who says "I have it"."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select, update

from bot.actions.notices import fail_over, name_of, note, notice_key, staff_contact, tell_turn
from bot.actions.people import Correspondent
from bot.actions.staffing import Roster, draw_chain, load_roster
from bot.domain import escalation
from bot.domain.consent import ConsentState
from bot.domain.escalation import Person, Route
from bot.domain.messages import Kind, Lane, MessageState
from bot.domain.replies import say
from bot.domain.triage.assess import Level
from bot.outbox.enqueue import Draft, To, cancel, enqueue
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Contact, Participant, Programme, Staff

log = structlog.get_logger()

# Letters and digits that are not mistaken for each other when read aloud or off a cracked screen.
LETTERS, DIGITS = "CFHJKLMRTVWXY", "2345679"
QUIET_JOIN = timedelta(minutes=2)  # between two "they wrote again" to whoever has it
SAME_SITUATION = timedelta(hours=2)  # after "I have it"; later distress rings everybody again
BATCH = 50
TRIED_AGAIN = timedelta(minutes=1)
HOLDS = timedelta(hours=2)  # how long "I have it" answers for what they write next
LATELY = timedelta(hours=1)  # how long a taken alert may still be what a bare "1" means


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """What a distress text came to. `told` counts the people told so far; `news`: it opened or rose."""

    alert: Alert
    told: int
    news: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What "I have it" came to. `holder` is the first name of whoever has it."""

    alert: Alert
    won: bool
    holder: str


async def raise_alert(tx: Tx, who: Correspondent, message_id: str, level: Level) -> Raised:
    """Open an alert about somebody, or join the one that is there.

    A higher level starts the chain anew, also when somebody has it already. What is written long after
    somebody took the alert, or when they can't be told any more, is a new one.
    """
    alert = await _current(tx, who.subject_id)
    roster = await load_roster(tx, who.programme)
    if alert is not None and alert.state is AlertState.ACKNOWLEDGED and not _holds(alert, roster, tx):
        alert.state, alert.closed_at, alert.outcome = AlertState.CLOSED, tx.now, "followed_by_another"
        note(tx, alert, "closed")
        await tx.session.flush()
        alert = None
    if alert is None:
        alert = await _open(tx, who, message_id, level, roster)
        told = await advance(tx, alert, who.programme, roster)
        return Raised(alert=alert, told=told, news=True)
    alert.count += 1
    alert.contact_id = who.contact.id
    rose = level.rank > alert.level.rank
    if rose:
        alert.level = level
        alert.message_id = message_id
    note(tx, alert, "raised" if rose else "joined")
    if rose:
        await _start_anew(tx, alert, who, roster)
    elif alert.state is AlertState.ACKNOWLEDGED:
        await _tell_holder(tx, alert, str(alert.acknowledged_by), who.programme, roster, raised=False)
    await tx.session.flush()
    return Raised(alert=alert, told=await _told(tx, alert), news=rose)


async def _start_anew(tx: Tx, alert: Alert, who: Correspondent, roster: Roster) -> None:
    """Run the chain of the new level from its first step; whoever had the alert is told in any case."""
    holder = alert.acknowledged_by
    alert.state, alert.acknowledged_by, alert.acknowledged_at = AlertState.OPEN, None, None
    alert.chain = escalation.to_data(draw_chain(roster, who.programme, who.participant, alert.level))
    alert.round, alert.step = 0, 0
    await advance(tx, alert, who.programme, roster)
    if holder is None:
        return
    told = await tx.session.scalar(
        select(Message.id)
        .where(
            Message.dedupe_key.startswith(f"notice:{alert.id}:{alert.level}:", autoescape=True),
            Message.staff_id == holder,
        )
        .limit(1)
    )
    if told is None:
        await _tell_holder(tx, alert, holder, who.programme, roster, raised=True)


def _holds(alert: Alert, roster: Roster, tx: Tx) -> bool:
    """Tell whether whoever took the alert can be expected to see what is written now."""
    holder = str(alert.acknowledged_by)
    if alert.acknowledged_at is None or tx.now - alert.acknowledged_at > HOLDS:
        return False
    person = Person(staff_id=holder, routes=roster.routes(holder))
    return roster.is_active(holder) and bool(roster.usable(person))


def next_turn(alert: Alert, roster: Roster) -> escalation.Turn:
    """Return whose turn it is, as things stand now; changes nothing."""
    chain = escalation.from_data(alert.chain)
    supervisors = {person.staff_id for person in chain.supervisors}

    def can_take(person: Person, last_resort: bool) -> bool:
        if not roster.is_active(person.staff_id) or not roster.usable(person):
            return False
        if last_resort or (alert.level is Level.CRISIS and alert.round > 0):
            return alert.level is Level.CRISIS or person.staff_id in supervisors
        return roster.on_duty(person.staff_id)

    return escalation.take_turn(chain, alert.round, alert.step, can_take)


async def advance(tx: Tx, alert: Alert, programme: Programme, roster: Roster) -> int:
    """Take the alert's next turn: tell whom it finds, set the next one; return how many were told."""
    turn = next_turn(alert, roster)
    told = await tell_turn(tx, alert, turn, roster, programme)
    if not told:
        note(tx, alert, "nobody", detail=f"round {turn.round + 1}")
    alert.round, alert.step = turn.next_round, turn.next_step
    alert.next_step_at = tx.now + turn.wait
    await tx.session.flush()
    return told


async def advance_due(tx: Tx) -> int:
    """Advance every open alert whose next step has come; return how many there were.

    One that can't be advanced does not hold up the others: it is tried again in a minute.
    """
    alerts = (
        await tx.session.scalars(
            select(Alert)
            .where(Alert.state == AlertState.OPEN, Alert.next_step_at <= tx.now)
            .order_by(Alert.next_step_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    ).all()
    rosters: dict[str, tuple[Programme, Roster]] = {}
    for alert in alerts:
        if alert.programme_id not in rosters:
            programme = await tx.session.get_one(Programme, alert.programme_id)
            rosters[alert.programme_id] = (programme, await load_roster(tx, programme))
        alert_id = alert.id
        try:
            async with tx.session.begin_nested():
                await advance(tx, alert, *rosters[alert.programme_id])
        except Exception as error:
            log.error("alert_failed", alert=alert_id, error=type(error).__name__)
            rosters.clear()  # what the savepoint took back is read again
            await _try_again_later(tx, alert_id)
    return len(alerts)


async def _try_again_later(tx: Tx, alert_id: str) -> None:
    await tx.session.execute(
        update(Alert)
        .where(Alert.id == alert_id)
        .values(next_step_at=tx.now + TRIED_AGAIN)
        .execution_options(synchronize_session=False)
    )


async def mend_times(tx: Tx) -> int:
    """Bring steps nearer that lie further ahead than their chain waits: the clock was set back."""
    mended = 0
    for alert in await tx.session.scalars(
        select(Alert).where(Alert.state == AlertState.OPEN, Alert.next_step_at > tx.now)
    ):
        latest = tx.now + max(escalation.from_data(alert.chain).longest_wait, TRIED_AGAIN)
        if alert.next_step_at is not None and alert.next_step_at > latest:
            alert.next_step_at = latest
            mended += 1
    await tx.session.flush()
    return mended


async def take_alert(tx: Tx, alert: Alert, staff: Staff) -> Taken:
    """Acknowledge: one conditional update decides who has it; everybody else who was told hears who.

    The winner's confirmation is the caller's answer to what they sent.
    """
    won = await tx.session.scalar(
        update(Alert)
        .where(Alert.id == alert.id, Alert.state == AlertState.OPEN)
        .values(
            state=AlertState.ACKNOWLEDGED, acknowledged_by=staff.id, acknowledged_at=tx.now, next_step_at=None
        )
        .returning(Alert.id)
        .execution_options(synchronize_session=False)
    )
    await tx.session.refresh(alert)
    if won is None:
        return Taken(alert=alert, won=False, holder=await name_of(tx, alert.acknowledged_by))
    note(tx, alert, "acknowledged", staff_id=staff.id)
    await cancel(tx, "taken", Message.alert_id == alert.id, Message.kind == Kind.NOTICE)
    holder = await name_of(tx, staff.id)
    await _tell_others(tx, alert, staff, holder)
    await _tell_participant(tx, alert, holder)
    return Taken(alert=alert, won=True, holder=holder)


async def notice_failed(tx: Tx, failed: Message, *, gone: bool) -> None:
    """React to a notice that did not arrive: the next way at once, or (if `gone`) the next step.

    One that will be tried again (not `gone`) goes by another way meanwhile; the chain keeps its time.
    """
    alert = await tx.session.get(Alert, failed.alert_id, with_for_update=True)
    if alert is None or alert.state is not AlertState.OPEN:
        return
    programme = await tx.session.get_one(Programme, alert.programme_id)
    roster = await load_roster(tx, programme)
    chain = escalation.from_data(alert.chain)
    if await fail_over(tx, alert, chain, failed, roster=roster, programme=programme) or not gone:
        return
    note(tx, alert, "unreachable", staff_id=failed.staff_id)
    turn = notice_key(alert, failed.alert_round or 0, failed.alert_step or 0)
    others = await tx.session.scalar(
        select(Message.id)
        .where(
            Message.dedupe_key.startswith(turn, autoescape=True),
            Message.id != failed.id,
            Message.state.not_in([MessageState.FAILED, MessageState.CANCELLED]),
        )
        .limit(1)
    )
    if others is None:
        alert.next_step_at = tx.now
        tx.wake.add("escalations")


async def hand_on_notices(tx: Tx, contact_id: str) -> None:
    """Take the open alerts that a contact was told of to somebody else: it can't be relied on any more."""
    notices = await tx.session.scalars(
        select(Message)
        .join(Alert, Alert.id == Message.alert_id)
        .where(Message.contact_id == contact_id, Message.kind == Kind.NOTICE, Alert.state == AlertState.OPEN)
        .order_by(Message.id)
    )
    for notice in {notice.alert_id: notice for notice in notices}.values():
        await notice_failed(tx, notice, gone=True)


async def _current(tx: Tx, subject_id: str) -> Alert | None:
    """Return the alert that new distress joins. One taken hours ago is over: distress now is a new one."""
    alert = await tx.session.scalar(
        select(Alert)
        .where(Alert.subject_id == subject_id, Alert.state != AlertState.CLOSED)
        .with_for_update()
    )
    if alert is None or alert.acknowledged_at is None or tx.now - alert.acknowledged_at < SAME_SITUATION:
        return alert
    alert.state, alert.closed_at, alert.outcome = AlertState.CLOSED, tx.now, "followed_by_another"
    note(tx, alert, "closed", detail=alert.outcome)
    await tx.session.flush()
    return None


async def _open(tx: Tx, who: Correspondent, message_id: str, level: Level, roster: Roster) -> Alert:
    alert = Alert(
        id=new_id(),
        programme_id=who.programme.id,
        ref=await _new_ref(tx, who.programme.id),
        subject_id=who.subject_id,
        participant_id=who.contact.participant_id,
        contact_id=who.contact.id,
        message_id=message_id,
        level=level,
        state=AlertState.OPEN,
        chain=escalation.to_data(draw_chain(roster, who.programme, who.participant, level)),
        round=0,
        step=0,
        count=1,
        next_step_at=tx.now,
        opened_at=tx.now,
    )
    tx.session.add(alert)
    await tx.session.flush()
    note(tx, alert, "opened")
    return alert


async def _new_ref(tx: Tx, programme_id: str) -> str:
    # Refs of alerts closed this week stay taken: a late "1 K7" must not take another one.
    recent = set(
        await tx.session.scalars(
            select(Alert.ref).where(
                Alert.programme_id == programme_id,
                (Alert.state != AlertState.CLOSED) | (Alert.closed_at > tx.now - timedelta(days=7)),
            )
        )
    )
    for digits in range(1, 6):
        size = len(LETTERS) * len(DIGITS) ** digits
        if len(recent) < size // 2:
            break
    while True:
        ref = random.choice(LETTERS) + "".join(random.choice(DIGITS) for _ in range(digits))
        if ref not in recent:
            return ref


async def _told(tx: Tx, alert: Alert) -> int:
    rows = await tx.session.scalars(
        select(Message.staff_id)
        .where(
            Message.alert_id == alert.id, Message.kind == Kind.NOTICE, Message.state != MessageState.FAILED
        )
        .distinct()
    )
    return len(rows.all())


async def told_contacts(tx: Tx, alert: Alert) -> list[tuple[str, Route]]:
    """Return (staff id, route) of everybody a notice of this alert has left for, one route each."""
    rows = await tx.session.execute(
        select(Message.staff_id, Message.contact_id, Message.channel)
        .where(
            Message.alert_id == alert.id,
            Message.kind == Kind.NOTICE,
            Message.state.in_(
                [MessageState.SENDING, MessageState.UNCERTAIN, MessageState.SENT, MessageState.DELIVERED]
            ),
        )
        .order_by(Message.id)
    )
    return list(
        {
            str(staff): (str(staff), Route(contact_id=contact, channel=channel))
            for staff, contact, channel in rows
        }.values()
    )


async def _tell_others(tx: Tx, alert: Alert, winner: Staff, holder: str) -> None:
    programme = await tx.session.get_one(Programme, alert.programme_id)
    text = say("taken_by_other", str(programme.languages[0]), name=holder, ref=alert.ref)
    for staff_id, route in await told_contacts(tx, alert):
        if staff_id != winner.id:
            to = await staff_contact(tx, route, staff_id)
            key = f"taken:{alert.id}:{alert.count}:{staff_id}"  # an alert that rose is taken again
            await enqueue(tx, [Draft(to=to, kind=Kind.STAFF, lane=Lane.REPLY, text=text, dedupe_key=key)])


async def _tell_participant(tx: Tx, alert: Alert, holder: str) -> None:
    contact = await tx.session.get_one(Contact, alert.contact_id)
    if contact.consent is ConsentState.OPTED_OUT:
        return
    programme = await tx.session.get_one(Programme, alert.programme_id)
    participant = await tx.session.get(Participant, alert.participant_id) if alert.participant_id else None
    language = participant.language if participant is not None else str(programme.languages[0])
    await tx.vault.load(tx.session, [contact.key_id])
    to = To(
        contact_id=contact.id,
        key_id=contact.key_id,
        channel=contact.channel,
        participant_id=contact.participant_id,
    )
    text = say("taken", language, name=holder)
    key = f"taken:{alert.id}:{alert.count}:participant"
    await enqueue(tx, [Draft(to=to, kind=Kind.REPLY, lane=Lane.ALERT, text=text, dedupe_key=key)])


async def _tell_holder(
    tx: Tx, alert: Alert, holder: str, programme: Programme, roster: Roster, *, raised: bool
) -> None:
    usable = roster.usable(Person(staff_id=holder, routes=roster.routes(holder)))
    if not usable:
        return
    # By the way they were told before, if it still works.
    told = dict(await told_contacts(tx, alert)).get(holder)
    route = told if told in usable else usable[0]
    minutes = int(tx.now.timestamp() // QUIET_JOIN.total_seconds())
    key = f"raised:{alert.id}:{alert.level}" if raised else f"more:{alert.id}:{minutes}"
    text = say("notice_raised" if raised else "notice_more", str(programme.languages[0]), ref=alert.ref)
    to = await staff_contact(tx, route, holder)
    await enqueue(tx, [Draft(to=to, kind=Kind.STAFF, lane=Lane.ALERT, text=text, dedupe_key=key)])


async def alert_by_ref(tx: Tx, programme_id: str, ref: str) -> Alert | None:
    """Return the latest alert with a reference, open ones before others."""
    found: Alert | None = await tx.session.scalar(
        select(Alert)
        .where(Alert.programme_id == programme_id, Alert.ref == ref)
        .order_by((Alert.state == AlertState.CLOSED), Alert.opened_at.desc())
        .limit(1)
    )
    return found


async def alerts_told_to(tx: Tx, staff_id: str) -> list[Alert]:
    """Return what a bare "1" of a staff member may mean, newest first.

    That is every alert they were told of which is still open, or was taken or closed within the hour.
    """
    told = select(Message.alert_id).where(Message.staff_id == staff_id, Message.kind == Kind.NOTICE)
    recent = tx.now - LATELY
    rows = await tx.session.scalars(
        select(Alert)
        .where(
            Alert.id.in_(told),
            (Alert.state == AlertState.OPEN)
            | ((Alert.state == AlertState.ACKNOWLEDGED) & (Alert.acknowledged_at > recent))
            | ((Alert.state == AlertState.CLOSED) & (Alert.closed_at > recent)),
        )
        .order_by(Alert.opened_at.desc())
        .limit(20)
    )
    return list(rows)
