"""What a specialist should know before they call: why it fired, how it has been, what was promised."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.actions.assessments import told_of
from bot.actions.escalations import next_turn
from bot.actions.notices import name_of
from bot.actions.people import first_name
from bot.actions.plans import plan_of
from bot.actions.signs import sign_behind
from bot.actions.staffing import load_roster
from bot.domain import answers
from bot.domain.answers import Scale
from bot.domain.charts import Series
from bot.domain.checkins import from_data
from bot.domain.messages import Direction, Kind, MessageState
from bot.domain.plans import Entry
from bot.domain.signs import Sign
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.desk import Promise
from bot.store.messages import Message
from bot.store.people import Participant, Programme
from bot.store.schedules import AnswerRow, Checkin

LOOK_BACK = timedelta(days=28)
LAST_WORDS = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One message of the conversation. `who` is a first name; "" is the bot."""

    at: datetime
    who: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """Everything about one person that a specialist may see; nothing here may go by SMS or voice."""

    person: str
    name: str
    since: datetime  # what the trends cover
    until: datetime
    ref: str | None = None
    level: str | None = None
    why: str = ""
    sign: Sign | None = None  # what was noticed, where nothing was written
    said: str = ""
    words: str = ""  # the gravest of what was said
    said_at: datetime | None = None
    crisis_reply: MessageState | None = None
    next_backup: tuple[str, ...] = ()
    trends: tuple[Series, ...] = ()
    plan: tuple[Entry, ...] = ()
    promises: tuple[tuple[datetime, str], ...] = ()
    lines: tuple[Line, ...] = field(default_factory=tuple)


async def load_situation(tx: Tx, participant: Participant, alert: Alert | None) -> Situation:
    """Gather what there is about somebody, and about the alert if there is one."""
    await tx.vault.load(tx.session, [participant.key_id])
    name = await first_name(tx, participant) or participant.ref
    trends = await trends_of(tx, participant)
    promises = await _promises(tx, participant)
    lines = await _lines(tx, participant, name)
    plan = tuple(await plan_of(tx, participant))
    if alert is None:
        return Situation(
            person=participant.ref,
            name=name,
            since=tx.now - LOOK_BACK,
            until=tx.now,
            trends=trends,
            plan=plan,
            promises=promises,
            lines=lines,
        )
    message = await tx.session.get(Message, alert.message_id)
    told = await told_of(tx, alert.message_id)
    return Situation(
        person=participant.ref,
        name=name,
        since=tx.now - LOOK_BACK,
        until=tx.now,
        ref=alert.ref,
        level=str(alert.level),
        why=told.why,
        sign=await sign_behind(tx, alert),
        said=await _text(tx, message) if message is not None else "",
        words=told.words,
        said_at=message.created_at if message is not None else None,
        crisis_reply=await _crisis_reply(tx, alert),
        next_backup=await _next_backup(tx, alert),
        trends=trends,
        plan=plan,
        promises=promises,
        lines=lines,
    )


async def trends_of(tx: Tx, participant: Participant, days: timedelta = LOOK_BACK) -> tuple[Series, ...]:
    """Return what somebody answered on scales lately, one series for each thing asked about."""
    rows = await tx.session.execute(
        select(AnswerRow, Checkin.spec)
        .join(Checkin, Checkin.id == AnswerRow.checkin_id)
        .where(AnswerRow.participant_id == participant.id, AnswerRow.at > tx.now - days)
        .order_by(AnswerRow.at)
    )
    found: dict[tuple[str, float, float], list[tuple[datetime, float]]] = {}
    for row, data in rows:
        spec = answers.from_data(data)
        value = from_data(json.loads(tx.vault.open(row.value, "answers", "value", row.id)))
        if isinstance(spec, Scale) and value.number is not None:
            found.setdefault((str(spec.about or ""), spec.low, spec.high), []).append((row.at, value.number))
    return tuple(
        Series(title=title, low=low, high=high, points=points) for (title, low, high), points in found.items()
    )


async def _text(tx: Tx, message: Message) -> str:
    if message.body is None:
        return ""
    return await tx.vault.reveal(tx.session, message.body, "messages", "body", message.id)


async def _crisis_reply(tx: Tx, alert: Alert) -> MessageState | None:
    """Return what became of the reply to the text that opened the alert: did the crisis lines arrive?"""
    state: MessageState | None = await tx.session.scalar(
        select(Message.state)
        .where(Message.contact_id == alert.contact_id, Message.kind == Kind.CRISIS)
        .order_by(Message.created_at.desc())
        .limit(1)
    )
    return state


async def _next_backup(tx: Tx, alert: Alert) -> tuple[str, ...]:
    if alert.state is AlertState.CLOSED:
        return ()
    programme = await tx.session.get_one(Programme, alert.programme_id)
    turn = next_turn(alert, await load_roster(tx, programme))
    return tuple([await name_of(tx, person.staff_id) for person in turn.people])


async def _promises(tx: Tx, participant: Participant) -> tuple[tuple[datetime, str], ...]:
    rows = await tx.session.scalars(
        select(Promise)
        .where(Promise.participant_id == participant.id, Promise.done_at.is_(None))
        .order_by(Promise.due_at)
        .limit(5)
    )
    return tuple((row.due_at, tx.vault.open(row.text, "promises", "text", row.id)) for row in rows)


async def _lines(tx: Tx, participant: Participant, name: str) -> tuple[Line, ...]:
    rows: Sequence[Message] = (
        await tx.session.scalars(
            select(Message)
            .where(Message.participant_id == participant.id, Message.body.is_not(None))
            .order_by(Message.created_at.desc(), Message.id.desc())
            .limit(LAST_WORDS)
        )
    ).all()
    return tuple(
        [
            Line(
                at=row.created_at,
                who=name if row.direction is Direction.IN else "",
                text=await _text(tx, row),
            )
            for row in reversed(rows)
        ]
    )
