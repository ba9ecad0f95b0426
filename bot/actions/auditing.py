"""Look after the alerts from outside: what should be impossible is found, mended, or shouted about.

The escalation tick trusts its own columns. This does not: it asks of every alert that is not closed whether
it has a next step, whether that step ever comes, and whether anybody could hear of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select

from bot.actions.escalations import chain_now, notice_failed
from bot.actions.notices import note, tell_staff
from bot.actions.staffing import Roster, draw_chain, load_roster
from bot.domain import escalation
from bot.domain.messages import Kind, MessageState
from bot.domain.replies import say
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Participant, Programme

log = structlog.get_logger()

SOON = timedelta(minutes=1)  # a step this near is not brought nearer: it may be one that is tried again
STUCK = timedelta(minutes=2)  # a notice this long unsent, or a step this long due, is not on its way
SHOUTED = timedelta(hours=1)  # between two shouts about the same
BATCH = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """What was found: how much was mended, and the refs of alerts that nothing of ours can help."""

    mended: int
    helpless: tuple[str, ...]


async def audit_alerts(tx: Tx) -> Audit:
    """Mend what can be mended; tell staff and the caller of the rest."""
    mended, helpless = 0, []
    rosters: dict[str, tuple[Programme, Roster]] = {}
    for alert in await tx.session.scalars(
        select(Alert).where(Alert.state != AlertState.CLOSED).order_by(Alert.opened_at).limit(BATCH)
    ):
        if alert.programme_id not in rosters:
            programme = await tx.session.get_one(Programme, alert.programme_id)
            rosters[alert.programme_id] = (programme, await load_roster(tx, programme))
        programme, roster = rosters[alert.programme_id]
        mended += _has_a_step(tx, alert) or _is_held(tx, alert, roster)
        if alert.state is AlertState.OPEN and not _reaches(alert, roster):
            if await _draw_again(tx, alert, programme, roster):
                mended += 1
            else:
                helpless.append(alert.ref)
                await _shout(tx, alert, programme, roster)
    mended += await _free_stuck_notices(tx)
    await tx.session.flush()
    if mended or helpless:
        log.error("audit", mended=mended, helpless=len(helpless))
    return Audit(mended=mended, helpless=tuple(helpless))


def _has_a_step(tx: Tx, alert: Alert) -> bool:
    """Give an alert its next step if it has none or one that never came; return whether it had to."""
    if alert.next_step_at is not None and alert.next_step_at > tx.now - STUCK:
        return False
    alert.next_step_at = tx.now
    note(tx, alert, "audited", detail="no step was due")
    tx.wake.add("escalations")
    return True


def _is_held(tx: Tx, alert: Alert, roster: Roster) -> bool:
    """Start the chain again of an alert that somebody has who left; return whether it had to."""
    gone = alert.state is AlertState.ACKNOWLEDGED and not roster.is_active(str(alert.acknowledged_by))
    if not gone or (alert.next_step_at is not None and alert.next_step_at <= tx.now + SOON):
        return False
    alert.next_step_at = tx.now
    note(tx, alert, "audited", detail="its holder left")
    tx.wake.add("escalations")
    return True


def _reaches(alert: Alert, roster: Roster) -> bool:
    chain = chain_now(alert, roster)
    return any(roster.is_active(person.staff_id) and roster.usable(person) for person in chain.everybody)


async def _draw_again(tx: Tx, alert: Alert, programme: Programme, roster: Roster) -> bool:
    """Draw the chain from the programme as it is now: the snapshot's people may all have gone."""
    participant = await tx.session.get(Participant, alert.participant_id) if alert.participant_id else None
    drawn = draw_chain(roster, programme, participant, alert.level)
    if not any(roster.is_active(p.staff_id) and roster.usable(p) for p in drawn.everybody):
        return False
    alert.chain = escalation.to_data(drawn)
    # A round of its own, so that its notices are new ones.
    alert.round, alert.step, alert.next_step_at = alert.round + 1, 0, tx.now
    note(tx, alert, "audited", detail="drawn again")
    tx.wake.add("escalations")
    return True


async def _shout(tx: Tx, alert: Alert, programme: Programme, roster: Roster) -> None:
    """Tell anybody of the staff who can be told: an alert that its chain can't place is everybody's."""
    people = [staff_id for staff_id in roster.staff if roster.is_active(staff_id)]
    text = say("nobody_reachable", str(programme.languages[0]), ref=alert.ref)
    hour = int(tx.now.timestamp() // SHOUTED.total_seconds())
    await tell_staff(tx, roster, people, text, dedupe=f"helpless:{alert.id}:{hour}", urgent=True)


async def _free_stuck_notices(tx: Tx) -> int:
    """Send notices that should have left long ago by another way; return how many there were."""
    stuck = (
        await tx.session.scalars(
            select(Message)
            .join(Alert, Alert.id == Message.alert_id)
            .where(
                Alert.state == AlertState.OPEN,
                Message.kind == Kind.NOTICE,
                Message.state == MessageState.QUEUED,
                Message.created_at < tx.now - STUCK,
                Message.not_before < tx.now - STUCK,
            )
            .limit(BATCH)
        )
    ).all()
    moved = 0
    for notice in stuck:
        before = await _others(tx, notice)
        await notice_failed(tx, notice, gone=False)
        moved += await _others(tx, notice) > before
    return moved


async def _others(tx: Tx, notice: Message) -> int:
    rows = await tx.session.scalars(
        select(Message.id).where(Message.alert_id == notice.alert_id, Message.staff_id == notice.staff_id)
    )
    return len(rows.all())
