"""Why the bot answered: triage's verdict on one text, and everything that followed from it."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from bot.actions.notices import name_of
from bot.domain.errors import NotFoundError
from bot.domain.messages import Direction, Kind
from bot.domain.triage.levels import Level
from bot.store.alerts import Alert, AlertEvent
from bot.store.database import Tx
from bot.store.messages import AssessmentRow, Message
from bot.store.schedules import Enrolment, Schedule
from handlers.simulation.people import Owner, owners, the_programme
from handlers.simulation.words import intent, reason, words


class NoMessageError(NotFoundError):
    """There is no message by that name; it may have gone with the world before."""


async def explain(tx: Tx, message_id: str) -> dict[str, Any]:
    """Return the reasons of one message as JSON data. Raises NoMessageError."""
    message = await tx.session.get(Message, message_id)
    if message is None:
        raise NoMessageError
    programme = await the_programme(tx)
    people = {owner.contact_id: owner for owner in await owners(tx, programme)}
    inbound = message if message.direction is Direction.IN else await _cause(tx, message)
    followed = await _followed(tx, inbound) if inbound is not None else []
    about = inbound or message
    return {
        "message": message.id,
        "direction": message.direction,
        "from": people[about.contact_id].name,
        "text": await _text(tx, about),
        **people[about.contact_id].clock(about.created_at),
        "why": await _reasons(tx, message, followed),
        "triage": await _triage(tx, inbound),
        "followed": [await _sent(tx, sent, people) for sent in followed],
        "alert": await _alert(tx, about, people[about.contact_id]),
    }


async def _cause(tx: Tx, sent: Message) -> Message | None:
    """Return the text that a message of ours came from: both were written in one transaction."""
    found: Message | None = await tx.session.scalar(
        select(Message)
        .where(Message.direction == Direction.IN, Message.created_at == sent.created_at)
        .order_by((Message.contact_id != sent.contact_id), Message.id)
        .limit(1)
    )
    return found


async def _followed(tx: Tx, inbound: Message) -> list[Message]:
    rows = await tx.session.scalars(
        select(Message)
        .where(Message.direction == Direction.OUT, Message.created_at == inbound.created_at)
        .order_by(Message.lane, Message.id)
    )
    return list(rows)


async def _reasons(tx: Tx, message: Message, followed: list[Message]) -> list[str]:
    if message.direction is Direction.IN:
        own = [intent(sent.dedupe_key) for sent in followed if sent.contact_id == message.contact_id]
        return [line for line in dict.fromkeys(own) if line] or [words()["intents"]["quiet"]]
    causes: dict[str, str] = words()["causes"]
    if message.kind is Kind.PROMPT:
        return [causes["prompt"].format(**await _prompt(tx, message))]
    if message.kind is Kind.NOTICE:
        alert = await tx.session.get_one(Alert, message.alert_id)
        step, round_ = (message.alert_step or 0) + 1, (message.alert_round or 0) + 1
        return [causes["notice"].format(ref=alert.ref, step=step, round=round_)]
    return [intent(message.dedupe_key) or causes["staff" if message.staff_id else "reply"]]


async def _prompt(tx: Tx, message: Message) -> dict[str, str]:
    title = await tx.session.scalar(
        select(Schedule.title)
        .join(Enrolment, Enrolment.schedule_id == Schedule.id)
        .where(Enrolment.id == message.enrolment_id)
    )
    local = message.local_time
    return {
        "prompt": message.prompt_key or "",
        "schedule": title or "",
        "local": f"{local:%A %H:%M}" if local is not None else "",
    }


async def _triage(tx: Tx, inbound: Message | None) -> dict[str, Any] | None:
    row = await tx.session.get(AssessmentRow, inbound.id) if inbound is not None else None
    if row is None:
        return None  # what staff write is not read for distress
    detail: dict[str, Any] = {"why": "", "signals": []}
    if row.detail is not None:
        detail = json.loads(
            await tx.vault.reveal(tx.session, row.detail, "assessments", "detail", row.message_id)
        )
    return {
        "level": row.level,
        "meaning": words()["levels"][row.level],
        "why": detail["why"],
        "signals": [
            {"words": said, "concept": concept.replace("_", " "), "level": level}
            for concept, level, said in detail["signals"]
            if level != Level.NONE
        ],
        "rules": row.rules,
    }


async def _sent(tx: Tx, sent: Message, people: dict[str | None, Owner]) -> dict[str, Any]:
    owner = people[sent.contact_id]
    return {
        "to": owner.name,
        "channel": sent.channel,
        "kind": sent.kind,
        "text": await _text(tx, sent),
        "state": sent.state,
        "reason": reason(sent.reason) if sent.reason is not None else None,
    }


async def _text(tx: Tx, message: Message) -> str:
    if message.body is None:
        return ""
    return await tx.vault.reveal(tx.session, message.body, "messages", "body", message.id)


async def _alert(tx: Tx, message: Message, owner: Owner) -> dict[str, Any] | None:
    alert = await tx.session.get(Alert, message.alert_id) if message.alert_id is not None else None
    if alert is None:
        # The situation this text opened or belonged to: the last one about them that had begun by then.
        alert = await tx.session.scalar(
            select(Alert)
            .join(AlertEvent, AlertEvent.alert_id == Alert.id)
            .where(AlertEvent.at == message.created_at)
            .limit(1)
        )
    if alert is None:
        return None
    events = await tx.session.scalars(
        select(AlertEvent).where(AlertEvent.alert_id == alert.id).order_by(AlertEvent.at, AlertEvent.id)
    )
    return {
        "ref": alert.ref,
        "level": alert.level,
        "state": alert.state,
        "timeline": [
            {"says": await _event(tx, event), **owner.clock(event.at)} for event in events.all()[-40:]
        ],
    }


async def _event(tx: Tx, event: AlertEvent) -> str:
    sentences: dict[str, str] = words()["events"]
    name = await name_of(tx, event.staff_id) if event.staff_id is not None else ""
    sentence = sentences.get(event.what, event.what.replace("_", " "))
    detail = words()["channels"].get(event.detail, event.detail or "")
    return sentence.format(name=name, detail=detail)
