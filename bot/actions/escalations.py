"""Escalation: an open alert goes along its chain until a person says "I have it"."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select, update

from bot.actions.acknowledgements import remind_after, remind_holder
from bot.actions.notices import fail_over, note, notice_key, tell_turn
from bot.actions.staffing import Roster, load_roster, with_on_call
from bot.domain import escalation
from bot.domain.escalation import Person
from bot.domain.messages import Kind, MessageState
from bot.domain.triage.assess import Level
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Programme

log = structlog.get_logger()

BATCH = 50
TRIED_AGAIN = timedelta(minutes=1)


def next_turn(alert: Alert, roster: Roster) -> escalation.Turn:
    """Return whose turn it is, as things stand now; changes nothing."""
    chain = chain_now(alert, roster)
    supervisors = {person.staff_id for person in chain.supervisors}
    # Leave shields from everything, unless everybody who could be told is away.
    here = any(
        roster.is_active(person.staff_id) and roster.usable(person) and not roster.is_away(person.staff_id)
        for person in chain.everybody
    )
    # An urgent alert wakes supervisors; whoever else is off duty only where there is no supervisor to wake.
    led = any(roster.is_active(person.staff_id) and roster.usable(person) for person in chain.supervisors)

    def can_take(person: Person, last_resort: bool) -> bool:
        if not roster.is_active(person.staff_id) or not roster.usable(person):
            return False
        if here and roster.is_away(person.staff_id):
            return False
        if last_resort or (alert.level is Level.CRISIS and alert.round > 0):
            return alert.level is Level.CRISIS or not led or person.staff_id in supervisors
        return roster.on_duty(person.staff_id)

    return escalation.take_turn(chain, alert.round, alert.step, can_take)


def chain_now(alert: Alert, roster: Roster) -> escalation.Chain:
    """Return the alert's snapshot, with whoever is on call by now."""
    return with_on_call(escalation.from_data(alert.chain), roster)


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


async def ask_holder(tx: Tx, alert: Alert, programme: Programme, roster: Roster) -> None:
    """Ask whoever has an alert whether they still do; when that stays unanswered, start the chain again.

    Who can't be asked, or left, has nothing: then the chain starts at once.
    """
    holder = alert.acknowledged_by
    if alert.reminded_at is None and await remind_holder(tx, alert, programme, roster):
        alert.reminded_at, alert.next_step_at = tx.now, tx.now + remind_after(programme)
        note(tx, alert, "reminded", staff_id=holder)
        await tx.session.flush()
        return
    note(tx, alert, "reopened", staff_id=holder)
    alert.state, alert.acknowledged_by, alert.acknowledged_at = AlertState.OPEN, None, None
    # A new round, so that its notices are new ones and the supervisors hear of it.
    alert.round, alert.step, alert.reminded_at = alert.round + 1, 0, None
    await advance(tx, alert, programme, roster)


async def call_cover(tx: Tx, alert: Alert, staff_id: str, programme: Programme, roster: Roster) -> bool:
    """Hand an alert on at once: somebody who was told, or who has it, can't take it. The next step is now.

    Return False when it is not theirs to hand on: somebody else has it, or it is closed.
    """
    if alert.state is AlertState.CLOSED or alert.acknowledged_by not in (None, staff_id):
        return False
    note(tx, alert, "handed_on", staff_id=staff_id)
    alert.state, alert.acknowledged_by, alert.acknowledged_at = AlertState.OPEN, None, None
    alert.reminded_at = None
    await advance(tx, alert, programme, roster)
    return True


async def advance_due(tx: Tx) -> int:
    """Advance every alert whose next step has come; return how many there were.

    One that can't be advanced does not hold up the others: it is tried again in a minute.
    """
    alerts = (
        await tx.session.scalars(
            select(Alert)
            .where(Alert.state != AlertState.CLOSED, Alert.next_step_at <= tx.now)
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
        move = advance if alert.state is AlertState.OPEN else ask_holder
        try:
            async with tx.session.begin_nested():
                await move(tx, alert, *rosters[alert.programme_id])
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
        select(Alert).where(Alert.state != AlertState.CLOSED, Alert.next_step_at > tx.now)
    ):
        latest = tx.now + await _longest_wait(tx, alert)
        if alert.next_step_at is not None and alert.next_step_at > latest:
            alert.next_step_at = latest
            mended += 1
    await tx.session.flush()
    return mended


async def _longest_wait(tx: Tx, alert: Alert) -> timedelta:
    if alert.state is AlertState.OPEN:
        return max(escalation.from_data(alert.chain).longest_wait, TRIED_AGAIN)
    return remind_after(await tx.session.get_one(Programme, alert.programme_id))


async def notice_failed(tx: Tx, failed: Message, *, gone: bool) -> None:
    """React to a notice that did not arrive: the next way at once, or (if `gone`) the next step.

    One that will be tried again (not `gone`) goes by another way meanwhile; the chain keeps its time.
    """
    alert = await tx.session.get(Alert, failed.alert_id, with_for_update=True)
    if alert is None or alert.state is not AlertState.OPEN:
        return
    programme = await tx.session.get_one(Programme, alert.programme_id)
    roster = await load_roster(tx, programme)
    chain = chain_now(alert, roster)
    if await fail_over(tx, alert, chain, failed, roster=roster, programme=programme) or not gone:
        return
    note(tx, alert, "unreachable", staff_id=failed.staff_id)
    turn = notice_key(alert, failed.alert_round or 0, failed.alert_step or 0)
    others = await tx.session.execute(
        select(Message.staff_id, Message.contact_id).where(
            Message.dedupe_key.startswith(turn, autoescape=True),
            Message.id != failed.id,
            Message.state.not_in([MessageState.FAILED, MessageState.CANCELLED]),
        )
    )
    if not any(roster.reads(staff_id, contact_id) for staff_id, contact_id in others):
        alert.next_step_at = tx.now
        tx.wake.add("escalations")


async def hand_on_notices(tx: Tx, contact_id: str, staff_id: str) -> None:
    """Take what a contact of somebody's was told of to others: it can't be relied on any more.

    Whoever left, or has no contact left, has nothing in hand either: its chain starts again at once.
    """
    notices = await tx.session.scalars(
        select(Message)
        .join(Alert, Alert.id == Message.alert_id)
        .where(Message.contact_id == contact_id, Message.kind == Kind.NOTICE, Alert.state == AlertState.OPEN)
        .order_by(Message.id)
    )
    for notice in {notice.alert_id: notice for notice in notices}.values():
        await notice_failed(tx, notice, gone=True)
    for alert in await tx.session.scalars(
        select(Alert)
        .where(Alert.state == AlertState.ACKNOWLEDGED, Alert.acknowledged_by == staff_id)
        .with_for_update()
    ):
        roster = await load_roster(tx, await tx.session.get_one(Programme, alert.programme_id))
        if not (roster.is_active(staff_id) and roster.has_contact(staff_id)):
            alert.next_step_at = tx.now
            tx.wake.add("escalations")
    await tx.session.flush()
