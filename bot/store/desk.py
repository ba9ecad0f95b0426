"""Tables of the desk: what was done for somebody, and what was promised."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.closing import Mode
from bot.domain.prompts import Support
from bot.store.base import Base, Sealed, Word
from bot.store.ids import new_id


class LinkKind(StrEnum):
    """What a link shows."""

    SITUATION = "situation"
    SUMMARY = "summary"  # of one person, before a session
    HANDOVER = "handover"  # of everybody of one member of staff


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


class Talk(Base):
    """A conversation that staff have with a participant through the bot, which keeps quiet meanwhile.

    It is over at `until`, which every word moves on, or when somebody says BACK.
    """

    __tablename__ = "talks"
    __table_args__ = (
        Index(
            "uq_talks_open",
            "participant_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_talks_until",
            "until",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"))
    alert_id: Mapped[str | None] = mapped_column(ForeignKey("alerts.id"))
    ref: Mapped[str] = mapped_column(String(80))  # what staff call it: the alert's ref, else the person's
    since: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class TalkMember(Base):
    """A member of staff in a talk, and the contact they talk by."""

    __tablename__ = "talk_members"
    talk_id: Mapped[str] = mapped_column(ForeignKey("talks.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True, index=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"))
    joined_at: Mapped[datetime]


class Link(Base):
    """A link that shows one thing to one member of staff, good once; only the token's hash is kept.

    `about_id` is the member of staff whose people a handover is about.
    """

    __tablename__ = "links"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    participant_id: Mapped[str | None] = mapped_column(ForeignKey("participants.id"))
    alert_id: Mapped[str | None] = mapped_column(ForeignKey("alerts.id"))
    kind: Mapped[LinkKind] = mapped_column(Word(LinkKind), server_default=LinkKind.SITUATION)
    about_id: Mapped[str | None] = mapped_column(String(32))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
