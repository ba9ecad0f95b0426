"""Triage's verdicts, read with what was said and asked before."""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, update

from bot.actions.conversations import ASSESSMENTS, MESSAGES
from bot.actions.people import Correspondent
from bot.domain.messages import Direction
from bot.domain.triage.history import APART, WITHIN, with_history
from bot.domain.triage.levels import Assessment, Level
from bot.store.database import Tx
from bot.store.messages import AssessmentRow, Message
from bot.store.schedules import Checkin

_URGENT_BETWEEN = (
    select(func.count())
    .select_from(MESSAGES.join(ASSESSMENTS, ASSESSMENTS.c.message_id == MESSAGES.c.id))
    .where(
        MESSAGES.c.contact_id == bindparam("contact"),
        MESSAGES.c.direction == Direction.IN,
        MESSAGES.c.created_at > bindparam("since"),
        MESSAGES.c.created_at <= bindparam("until"),
        ASSESSMENTS.c.level != Level.NONE,
    )
)


class Told(NamedTuple):
    """Why a message was taken for distress, and the gravest of the words that made it so."""

    why: str = ""
    words: str = ""


async def told_of(tx: Tx, message_id: str) -> Told:
    """Return what triage told of a message; nothing where it found nothing, or the words are gone."""
    row = await tx.session.get(AssessmentRow, message_id)
    if row is None or row.detail is None:
        return Told()
    told = json.loads(await tx.vault.reveal(tx.session, row.detail, "assessments", "detail", message_id))
    return Told(told["why"], told["signals"][0][2] if told["signals"] else "")


async def read_with_history(tx: Tx, who: Correspondent, assessment: Assessment) -> Assessment:
    """Raise an urgent verdict that is not the first of the day; what came just before counts with it."""
    if assessment.level is not Level.URGENT:
        return assessment
    between = {"since": tx.now - WITHIN, "until": tx.now - APART}
    earlier = await tx.session.scalar(_URGENT_BETWEEN, {"contact": who.contact.id} | between)
    return with_history(assessment, earlier=earlier or 0)


async def question_of(tx: Tx, checkin: Checkin) -> str:
    """Return the question as it was asked, or nothing when it can't be read any more."""
    body = await tx.session.scalar(select(Message.body).where(Message.id == checkin.message_id))
    if body is None:
        return ""
    return await tx.vault.reveal(tx.session, body, "messages", "body", checkin.message_id)


async def keep_answer_verdict(tx: Tx, who: Correspondent, message_id: str, assessment: Assessment) -> None:
    """Put the verdict on an answer in the place of the verdict on its words alone."""
    told = {
        "why": assessment.why,
        "signals": [[s.concept, str(s.level), s.words] for s in assessment.signals],
    }
    detail = tx.vault.seal(who.contact.key_id, json.dumps(told), "assessments", "detail", message_id)
    await tx.session.execute(
        update(ASSESSMENTS)
        .where(ASSESSMENTS.c.message_id == message_id)
        .values(level=assessment.level, detail=detail, rules=assessment.rules)
    )
