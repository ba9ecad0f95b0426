"""Alerts: opened by distress, joined by more of it, raised when it gets worse."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from bot.actions.acknowledgements import tell_holder
from bot.actions.escalations import advance
from bot.actions.notices import note
from bot.actions.people import Correspondent
from bot.actions.staffing import Roster, draw_chain, load_roster
from bot.domain import escalation
from bot.domain.escalation import Person
from bot.domain.messages import Kind, MessageState
from bot.domain.triage.assess import Level
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message

# Letters and digits that are not mistaken for each other when read aloud or off a cracked screen.
LETTERS, DIGITS = "CFHJKLMRTVWXY", "2345679"
HOLDS = timedelta(hours=2)  # how long "I have it" answers for what they write next


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """What a distress text came to. `told` counts the people told so far; `news`: it opened or rose."""

    alert: Alert
    told: int
    news: bool


async def raise_alert(tx: Tx, who: Correspondent, message_id: str, level: Level) -> Raised:
    """Open an alert about somebody, or join the one that is there.

    A higher level starts the chain anew, also when somebody has it already. What is written long after
    somebody took the alert, or when they can't be told any more, is a new one.
    """
    roster = await load_roster(tx, who.programme)
    alert = await _current(tx, who.subject_id, roster)
    if alert is None:
        alert = await _open(tx, who, message_id, level, roster)
        told = await advance(tx, alert, who.programme, roster)
        return Raised(alert=alert, told=told, news=True)
    alert.count += 1
    alert.contact_id = who.contact.id
    rose = level.rank > alert.level.rank
    if rose:
        alert.level = level
    if rose or await tx.session.get(Message, alert.message_id) is None:
        alert.message_id = message_id  # words say more than the silence that opened it
    note(tx, alert, "raised" if rose else "joined")
    if rose:
        await _start_anew(tx, alert, who, roster)
    elif alert.state is AlertState.ACKNOWLEDGED:
        await tell_holder(tx, alert, str(alert.acknowledged_by), who.programme, roster, raised=False)
    await tx.session.flush()
    return Raised(alert=alert, told=await _told(tx, alert), news=rose)


async def _start_anew(tx: Tx, alert: Alert, who: Correspondent, roster: Roster) -> None:
    """Run the chain of the new level from its first step; whoever had the alert is told in any case."""
    holder = alert.acknowledged_by
    alert.state, alert.acknowledged_by, alert.acknowledged_at = AlertState.OPEN, None, None
    alert.chain = escalation.to_data(draw_chain(roster, who.programme, who.participant, alert.level))
    alert.round, alert.step, alert.reminded_at = 0, 0, None
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
        await tell_holder(tx, alert, holder, who.programme, roster, raised=True)


async def _current(tx: Tx, subject_id: str, roster: Roster) -> Alert | None:
    """Return the alert that new distress joins; one that nobody can be expected to hold any more is over."""
    alert: Alert | None = await tx.session.scalar(
        select(Alert)
        .where(Alert.subject_id == subject_id, Alert.state != AlertState.CLOSED)
        .with_for_update()
    )
    if alert is None or alert.state is AlertState.OPEN or _holds(alert, roster, tx):
        return alert
    alert.state, alert.closed_at, alert.outcome = AlertState.CLOSED, tx.now, "followed_by_another"
    note(tx, alert, "closed", detail=alert.outcome)
    await tx.session.flush()
    return None


def _holds(alert: Alert, roster: Roster, tx: Tx) -> bool:
    """Tell whether whoever took the alert can be expected to see what is written now."""
    holder = str(alert.acknowledged_by)
    if alert.acknowledged_at is None or tx.now - alert.acknowledged_at > HOLDS:
        return False
    person = Person(staff_id=holder, routes=roster.routes(holder))
    return roster.is_active(holder) and bool(roster.usable(person))


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
