"""Tables of the desk: what was done for somebody, and what was promised."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.closing import Mode
from bot.domain.prompts import Support
from bot.store.base import Base, Sealed, Word
from bot.store.ids import new_id


class ContactNote(Base):
    """A contact of staff with a participant, in the words of whoever had it. Never billed by itself."""

    __tablename__ = "contact_notes"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"), index=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    alert_id: Mapped[str | None] = mapped_column(ForeignKey("alerts.id"))
    text: Mapped[Sealed]
    mode: Mapped[Mode | None] = mapped_column(Word(Mode))
    support: Mapped[Support | None] = mapped_column(Word(Support))
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    units: Mapped[int]
    created_at: Mapped[datetime]


class Promise(Base):
    """Something promised to a participant, brought back to whoever promised it when it is due."""

    __tablename__ = "promises"
    __table_args__ = (
        Index(
            "ix_promises_due",
            "due_at",
            sqlite_where=text("done_at IS NULL AND reminded_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND reminded_at IS NULL"),
        ),
        Index("ix_promises_participant_id", "participant_id"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    ref: Mapped[str] = mapped_column(String(8))
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    note_id: Mapped[str | None] = mapped_column(ForeignKey("contact_notes.id"))
    text: Mapped[Sealed]
    due_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
