"""Count what each of the staff carries and whom nights have woken, and tell the supervisors on Mondays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from bot.actions.notices import name_of, tell_staff
from bot.actions.staffing import load_roster
from bot.domain.closing import Outcome
from bot.domain.load import WEEK, Load, NightAlert, Week, by_week, is_night, monday_of
from bot.domain.messages import Kind, MessageState
from bot.domain.programme import Role
from bot.domain.replies import say
from bot.domain.zones import to_local
from bot.store.alerts import Alert, AlertEvent, AlertState
from bot.store.database import Tx
from bot.store.desk import Promise, Talk, TalkMember
from bot.store.messages import Message
from bot.store.people import Participant, PersonStatus, Programme, Staff

RANG = (MessageState.SENDING, MessageState.UNCERTAIN, MessageState.SENT, MessageState.DELIVERED)
MORNING = 8  # o'clock on Monday, where the programme is; whoever is off duty then hears when they are on
NAMED = 3  # people in a text about nights


async def loads_of(tx: Tx, programme: Programme) -> list[Load]:
    """Return the load of every specialist, and of whoever else has something; the fullest hands first."""
    staff = (
        await tx.session.scalars(
            select(Staff)
            .where(Staff.programme_id == programme.id, Staff.status == PersonStatus.ACTIVE)
            .order_by(Staff.position)
        )
    ).all()
    own = select(Participant.specialist_id, func.count()).group_by(Participant.specialist_id)
    alert = Alert.programme_id == programme.id
    people = await _counts(tx, own.where(Participant.status != PersonStatus.LEFT))
    waiting = await _counts(
        tx,
        own.join(Alert, Alert.participant_id == Participant.id).where(alert, Alert.state == AlertState.OPEN),
    )
    taken = await _counts(
        tx,
        select(Alert.acknowledged_by, func.count())
        .where(alert, Alert.state == AlertState.ACKNOWLEDGED)
        .group_by(Alert.acknowledged_by),
    )
    talks = await _counts(
        tx,
        select(TalkMember.staff_id, func.count())
        .join(Talk, Talk.id == TalkMember.talk_id)
        .where(Talk.ended_at.is_(None), Talk.until > tx.now)
        .group_by(TalkMember.staff_id),
    )
    promises = await _counts(
        tx,
        select(Promise.staff_id, func.count()).where(Promise.done_at.is_(None)).group_by(Promise.staff_id),
    )
    found = [
        Load(
            staff_id=one.id,
            ref=one.ref,
            open=waiting.get(one.id, 0),
            taken=taken.get(one.id, 0),
            talks=talks.get(one.id, 0),
            promises=promises.get(one.id, 0),
            people=people.get(one.id, 0),
        )
        for one in staff
    ]
    carrying = {one.id for one in staff if Role.SPECIALIST in one.roles}
    shown = [load for load in found if load.staff_id in carrying or load.at_hand or load.people]
    return sorted(shown, key=lambda load: -load.at_hand)


async def nights_of(tx: Tx, programme: Programme, weeks: int) -> list[Week]:
    """Return the nights of the last whole weeks, and of this one so far last."""
    this = monday_of(tx.now, programme.timezone)
    mondays = [this - back * WEEK for back in range(weeks, -1, -1)]
    nights = await _night_alerts(tx, programme, tx.now - (weeks + 1) * WEEK - timedelta(days=1))
    return by_week(nights, mondays, programme.timezone)


async def staff_refs(tx: Tx, programme: Programme) -> dict[str, str]:
    """Return everybody's ref by id, of those who left, too."""
    rows = await tx.session.execute(select(Staff.id, Staff.ref).where(Staff.programme_id == programme.id))
    return dict(iter(rows))


async def tell_of_nights(tx: Tx) -> int:
    """Tell the supervisors on Monday whom last week's nights woke; nothing after quiet ones.

    It waits for their duty, and is said once a week. Return how many hear of it.
    """
    told = 0
    for programme in await tx.session.scalars(select(Programme)):
        local = to_local(tx.now, programme.timezone)
        if local.weekday() != 0 or local.hour < MORNING:
            continue
        last = (await nights_of(tx, programme, 1))[0]
        if not last.alerts:
            continue
        roster = await load_roster(tx, programme)
        text = await describe_nights(tx, last, str(programme.languages[0]))
        key = f"nights:{programme.id}:{last.monday}"
        told += await tell_staff(tx, roster, roster.with_role("supervisor"), text, dedupe=key)
    return told


async def describe_nights(tx: Tx, week: Week, language: str) -> str:
    """Return a week's nights as a text: staff by first name, participants not at all."""
    if not week.alerts:
        return say("nights_quiet", language)
    who = [f"{await name_of(tx, staff_id)} {count}" for staff_id, count in list(week.rung.items())[:NAMED]]
    if len(week.rung) > NAMED:
        who.append(f"+{len(week.rung) - NAMED}")
    minutes = "-" if week.minutes is None else f"{week.minutes:.0f}"
    return say(
        "nights", language, count=week.alerts, who=", ".join(who), minutes=minutes, wrong=week.false_alarms
    )


async def _night_alerts(tx: Tx, programme: Programme, since: datetime) -> list[NightAlert]:
    """Return the alerts since then that rang somebody in their own night."""
    alerts = (
        await tx.session.scalars(
            select(Alert).where(Alert.programme_id == programme.id, Alert.opened_at >= since)
        )
    ).all()
    mine = select(Alert.id).where(Alert.programme_id == programme.id, Alert.opened_at >= since)
    notices = await tx.session.execute(
        select(Message.alert_id, Message.staff_id, Message.sent_at, Message.created_at, Staff.timezone)
        .join(Staff, Staff.id == Message.staff_id)
        .where(Message.alert_id.in_(mine), Message.kind == Kind.NOTICE, Message.state.in_(RANG))
        .order_by(Message.id)
    )
    rung: dict[str, dict[str, None]] = {}
    for alert_id, staff_id, sent_at, created_at, zone in notices:
        if is_night(sent_at or created_at, zone or programme.timezone):
            rung.setdefault(str(alert_id), {})[str(staff_id)] = None
    taken = dict(
        (
            await tx.session.execute(
                select(AlertEvent.alert_id, func.min(AlertEvent.at))
                .where(AlertEvent.alert_id.in_(mine), AlertEvent.what == "acknowledged")
                .group_by(AlertEvent.alert_id)
            )
        ).all()
    )
    return [
        NightAlert(
            opened_at=alert.opened_at,
            rung=tuple(rung[alert.id]),
            taken_after=taken[alert.id] - alert.opened_at if alert.id in taken else None,
            false_alarm=alert.outcome == Outcome.FALSE_ALARM,
        )
        for alert in alerts
        if alert.id in rung
    ]


async def _counts(tx: Tx, asked: Any) -> dict[str, int]:
    rows: Sequence[Any] = (await tx.session.execute(asked)).all()
    return {str(key): int(count) for key, count in rows if key is not None}
