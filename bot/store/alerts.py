"""Tables of alerts: one situation that a human must take, and everything that happened in it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.triage.assess import Level
from bot.store.base import Base, Sealed, Word
from bot.store.ids import new_id


class AlertState(StrEnum):
    """Open until a person says "I have it"; taken until they close it; never finished by itself."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Alert(Base):
    """One situation. `subject_id` is the participant, or the contact of somebody not yet known.

    `chain` is the snapshot that runs, whatever is edited meanwhile. Until it is closed, `next_step_at` is
    always set: that is what the escalation tick looks for. `reminded_at` is when whoever has it was asked
    whether they still do.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            "uq_alerts_subject",
            "subject_id",
            unique=True,
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index(
            "ix_alerts_step",
            "next_step_at",
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index("ix_alerts_ref", "programme_id", "ref"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programmes.id"))
    ref: Mapped[str] = mapped_column(String(8))
    subject_id: Mapped[str] = mapped_column(String(32))
    participant_id: Mapped[str | None] = mapped_column(ForeignKey("participants.id"))
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"))
    message_id: Mapped[str] = mapped_column(String(32))  # the text that opened it
    level: Mapped[Level] = mapped_column(Word(Level))
    state: Mapped[AlertState] = mapped_column(Word(AlertState))
    chain: Mapped[dict[str, Any]]
    round: Mapped[int] = mapped_column(default=0)
    step: Mapped[int] = mapped_column(default=0)
    next_step_at: Mapped[datetime | None]
    count: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    acknowledged_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    acknowledged_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(32))
    outcome: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[Sealed | None]  # in the words of whoever closed it


class AlertEvent(Base):
    """One line of an alert's timeline: told, skipped, failed, acknowledged."""

    __tablename__ = "alert_events"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), index=True)
    what: Mapped[str] = mapped_column(String(30))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    detail: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime]
