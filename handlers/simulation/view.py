"""What the page shows: the clock, everybody's phones, and the board of alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from bot.actions.escalations import next_turn
from bot.actions.staffing import Roster, load_roster
from bot.channels.simulator import Bubble, Simulator
from bot.domain.messages import ChannelName, Direction, Kind, MessageState
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.messages import AssessmentRow, Message
from handlers.simulation.people import Owner, owners, the_programme, wall_clock
from handlers.simulation.travel import next_instant
from handlers.simulation.words import reason, words

SHOWN = 80  # bubbles of a phone
TROUBLES = 20  # texts of a phone that are not on its screen
ALERTS = 8
TROUBLED = (
    MessageState.QUEUED,
    MessageState.UNCERTAIN,
    MessageState.FAILED,
    MessageState.EXPIRED,
    MessageState.CANCELLED,
)


async def read_state(
    tx: Tx, simulators: Mapping[ChannelName, Simulator], wanted: Collection[str] | None
) -> dict[str, Any]:
    """Return the whole page as JSON data; the screens of the `wanted` phones only (None: of all)."""
    programme = await the_programme(tx)
    everybody = await owners(tx, programme)
    upcoming = await next_instant(tx)
    counts = {owner.key: _arrived(simulators, owner) for owner in everybody}
    return {
        "programme": programme.name,
        "zone": programme.timezone,
        "now": wall_clock(programme.timezone, tx.now),
        "next": wall_clock(programme.timezone, upcoming) if upcoming is not None else None,
        "people": [owner.told(tx.now) | {"count": counts[owner.key]} for owner in everybody],
        "phones": {
            owner.key: await _phone(tx, simulators[owner.channel], owner)
            for owner in everybody
            if wanted is None or owner.key in wanted
        },
        "board": await _board(tx, await load_roster(tx, programme), everybody),
        "faults": [{"name": name, **fault} for name, fault in words()["faults"].items()],
    }


def _arrived(simulators: Mapping[ChannelName, Simulator], owner: Owner) -> int:
    phones = [p for p in simulators[owner.channel].phones if p.address == owner.address]
    return sum(len(phone.texts) for phone in phones)


async def _phone(tx: Tx, simulator: Simulator, owner: Owner) -> dict[str, Any]:
    bubbles = list(simulator.phone(owner.address).bubbles)[-SHOWN:]
    kept = await _messages_of(tx, owner, [bubble.provider_id for bubble in bubbles])
    lines = [(bubble.at, _line(owner, bubble, kept.get(bubble.provider_id))) for bubble in bubbles]
    lines += [(message.created_at, _trouble(owner, message)) for message in await _troubles(tx, owner)]
    fault, whole = simulator.broken(owner.address), simulator.broken()
    return {
        "lines": [line for _, line in sorted(lines, key=lambda pair: pair[0])],
        "fault": fault or whole,
        "whole_channel": fault is None and whole is not None,
    }


def _line(owner: Owner, bubble: Bubble, kept: tuple[str, str | None] | None) -> dict[str, Any]:
    message_id, level = kept or (None, None)
    return {
        "key": bubble.provider_id,
        "what": "mine" if bubble.direction is Direction.IN else "theirs",
        "message": message_id,
        "text": bubble.text,
        "level": level,
        "buttons": [{"label": b.label, "data": b.data} for b in bubble.buttons],
        **owner.clock(bubble.at),
    }


def _trouble(owner: Owner, message: Message) -> dict[str, Any]:
    return {
        "key": f"{message.id}-{message.state}",
        "what": "trouble",
        "message": message.id,
        "text": words()["troubles"][message.state].format(why=reason(message.reason)),
        "level": None,
        "buttons": [],
        **owner.clock(message.created_at),
    }


async def _messages_of(
    tx: Tx, owner: Owner, provider_ids: Sequence[str]
) -> dict[str, tuple[str, str | None]]:
    rows = await tx.session.execute(
        select(Message.provider_id, Message.id, AssessmentRow.level)
        .outerjoin(AssessmentRow, AssessmentRow.message_id == Message.id)
        .where(Message.channel == owner.channel, Message.provider_id.in_(provider_ids))
    )
    return {str(provider_id): (message_id, level) for provider_id, message_id, level in rows}


async def _troubles(tx: Tx, owner: Owner) -> list[Message]:
    """Return the latest texts for this phone that never showed on it, and say something by that."""
    if owner.contact_id is None:
        return []
    rows = await tx.session.scalars(
        select(Message)
        .where(
            Message.contact_id == owner.contact_id,
            Message.direction == Direction.OUT,
            Message.state.in_(TROUBLED),
            Message.reason.is_not(None),
            (Message.kind != Kind.NOTICE) | (Message.state != MessageState.CANCELLED),
        )
        .order_by(Message.id.desc())
        .limit(TROUBLES)
    )
    return list(rows)


async def _board(tx: Tx, roster: Roster, everybody: Sequence[Owner]) -> list[dict[str, Any]]:
    names = {owner.contact_id: owner for owner in everybody}
    staff = {
        staff_id: names[contacts[0].id].name
        for staff_id, contacts in roster.contacts.items()
        if contacts and contacts[0].id in names
    }
    alerts = await tx.session.scalars(
        select(Alert).order_by((Alert.state != AlertState.OPEN), Alert.opened_at.desc()).limit(ALERTS)
    )
    return [_alert(alert, roster, names[alert.contact_id], staff) for alert in alerts]


def _alert(alert: Alert, roster: Roster, about: Owner, staff: Mapping[str, str]) -> dict[str, Any]:
    following: list[str] = []
    if alert.state is AlertState.OPEN:
        following = [staff.get(p.staff_id, "") for p in next_turn(alert, roster).people]
    return {
        "ref": alert.ref,
        "level": alert.level,
        "state": alert.state,
        "person": about.name,
        "message": alert.message_id,
        "opened": about.clock(alert.opened_at)["time"],
        "round": alert.round + 1,
        "next_step_at": alert.next_step_at.isoformat() if alert.next_step_at is not None else None,
        "next": following,
        "holder": staff.get(alert.acknowledged_by or ""),
    }
