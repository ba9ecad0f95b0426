"""Marks: a specialist says that triage raised a false alarm, or missed something."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from bot.domain.errors import ErasedError, NotFoundError
from bot.domain.marks import Mark
from bot.domain.messages import Direction, storable
from bot.domain.triage.levels import Level
from bot.store.alerts import Alert
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import AssessmentRow, Message, TriageMark
from bot.store.people import Contact, Staff

BEFORE = timedelta(hours=24)  # how long before an alert a text may have been missed


class NotTriagedError(NotFoundError):
    """Triage has not read this message, so there is nothing to mark."""


async def mark_false_alarm(tx: Tx, message_id: str, staff: Staff, reason: str | None = None) -> TriageMark:
    """Keep that a text needed nobody. A later mark of the same person on it replaces theirs.

    Raises NotTriagedError for what triage has not read, and for another programme's messages.
    """
    return await _mark(tx, message_id, staff, Mark.FALSE_ALARM, reason)


async def mark_missed(tx: Tx, message_id: str, staff: Staff, reason: str | None = None) -> TriageMark:
    """Keep that a text needed somebody sooner than triage said. As `mark_false_alarm` otherwise."""
    return await _mark(tx, message_id, staff, Mark.MISSED, reason)


async def missed_text(tx: Tx, alert: Alert) -> Message | None:
    """Return the text that "missed" most likely means for an alert.

    That is the last one before it, within a day, that triage passed over; else the first one after it; else
    the alert's own, if it was not at crisis yet.
    """
    opened = await tx.session.get(Message, alert.message_id)
    if opened is None:
        return None  # silence opened it: no text was passed over
    whose = Message.participant_id == alert.participant_id
    if alert.participant_id is None:
        whose = Message.contact_id == alert.contact_id
    passed_over = (
        select(Message)
        .join(AssessmentRow, AssessmentRow.message_id == Message.id)
        .where(whose, Message.direction == Direction.IN, AssessmentRow.level == Level.NONE)
        .limit(1)
    )
    before = passed_over.where(Message.created_at > opened.created_at - BEFORE, Message.id < opened.id)
    after = passed_over.where(Message.id > opened.id)
    found: Message | None = await tx.session.scalar(before.order_by(Message.id.desc()))
    if found is None:
        found = await tx.session.scalar(after.order_by(Message.id))
    return found or (opened if alert.level is not Level.CRISIS else None)


async def _mark(tx: Tx, message_id: str, staff: Staff, mark: Mark, reason: str | None) -> TriageMark:
    found = (
        await tx.session.execute(
            select(AssessmentRow, Contact)
            .join(Message, Message.id == AssessmentRow.message_id)
            .join(Contact, Contact.id == Message.contact_id)
            .where(AssessmentRow.message_id == message_id)
        )
    ).one_or_none()
    if found is None or found.Contact.programme_id != staff.programme_id:
        raise NotTriagedError
    row = await tx.session.scalar(
        select(TriageMark).where(TriageMark.message_id == message_id, TriageMark.staff_id == staff.id)
    )
    if row is None:
        row = TriageMark(id=new_id(), message_id=message_id, staff_id=staff.id)
        tx.session.add(row)
    assessed: AssessmentRow = found.AssessmentRow
    row.mark, row.level, row.rules, row.at = mark, assessed.level, assessed.rules, tx.now
    row.reason = await _sealed(tx, found.Contact.key_id, reason, row.id) if reason else None
    await tx.session.flush()
    return row


async def _sealed(tx: Tx, key_id: str, reason: str, row_id: str) -> bytes | None:
    try:
        await tx.vault.load(tx.session, [key_id])
    except ErasedError:
        return None  # nothing more is kept of somebody who was erased; the mark itself names nobody
    return tx.vault.seal(key_id, storable(reason), "triage_marks", "reason", row_id)
