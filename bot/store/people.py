"""Tables of people: programmes, participants, staff, their contacts, keys and consent."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.consent import ConsentState
from bot.domain.messages import ChannelName
from bot.store.base import Base, LocalTime, Sealed, Word
from bot.store.ids import new_id


class PersonStatus(StrEnum):
    """Where somebody stands with the programme."""

    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"


class DataKey(Base):
    """One person's key, wrapped by the installation's key ring. Destroying `wrapped` erases the person."""

    __tablename__ = "data_keys"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    purpose: Mapped[str] = mapped_column(String(20))
    wrapped: Mapped[bytes | None]
    ring_key: Mapped[str] = mapped_column(String(20), index=True)
    created_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]


class Programme(Base):
    """An organisation's programme and its policy."""

    __tablename__ = "programmes"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    country: Mapped[str] = mapped_column(String(2))
    timezone: Mapped[str] = mapped_column(String(64))
    languages: Mapped[list[Any]]
    quiet_hours: Mapped[str | None] = mapped_column(String(16))
    help_contact: Mapped[str] = mapped_column(String(200))
    join_keyword: Mapped[str | None] = mapped_column(String(40))
    join_schedule: Mapped[str | None] = mapped_column(String(80))
    telegram_details: Mapped[bool]
    escalation: Mapped[dict[str, Any]]
    on_slip: Mapped[str | None] = mapped_column(String(20))  # None: the default
    courtesy: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    directory: Mapped[dict[str, Any] | None]  # what MEETING, RESOURCES and STORY answer
    holidays: Mapped[str | None] = mapped_column(Text)  # dates, a space between: 2026-12-25 2027-01-01
    own_words: Mapped[str | None] = mapped_column(Text)  # that triage looks for, as JSON
    rotas: Mapped[list[Any]] = mapped_column(default=list)
    policy: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what else the file settles, by key
    created_at: Mapped[datetime]


class Staff(Base):
    """A specialist, coordinator, supervisor or operator. `position` keeps the file's order."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("programme_id", "ref"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programmes.id"))
    ref: Mapped[str] = mapped_column(String(80))
    key_id: Mapped[str] = mapped_column(ForeignKey("data_keys.id"))
    name: Mapped[Sealed]
    email: Mapped[Sealed | None]
    roles: Mapped[list[Any]]
    duty: Mapped[list[Any]]
    timezone: Mapped[str | None] = mapped_column(String(64))
    backup_ref: Mapped[str | None] = mapped_column(String(80))
    status: Mapped[PersonStatus] = mapped_column(Word(PersonStatus))
    leave: Mapped[list[Any]] = mapped_column(default=list)  # [first day, last day], both included
    position: Mapped[int]
    created_at: Mapped[datetime]


class Participant(Base):
    """A person in recovery.

    Until `talking_until` a human talks with them and the bot steps back. What they were sent of late is
    kept here, so that asking costs nothing: `prompted_at`, and how many on the local day `prompted_on`.
    `greeted_silence_at` and `reviewed_silence_at` say what their present silence led to. `trend_due_at` is
    when they gave an answer that their trend has not been looked at with yet.
    """

    __tablename__ = "participants"
    __table_args__ = (
        UniqueConstraint("programme_id", "ref"),
        Index(
            "ix_participants_trend_due_at",
            "trend_due_at",
            sqlite_where=text("trend_due_at IS NOT NULL"),
            postgresql_where=text("trend_due_at IS NOT NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programmes.id"))
    ref: Mapped[str] = mapped_column(String(80))
    key_id: Mapped[str] = mapped_column(ForeignKey("data_keys.id"))
    name: Mapped[Sealed | None]
    language: Mapped[str] = mapped_column(String(5))
    timezone: Mapped[str | None] = mapped_column(String(64))
    specialist_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"), index=True)
    status: Mapped[PersonStatus] = mapped_column(Word(PersonStatus))
    paused_until: Mapped[datetime | None]
    talking_until: Mapped[datetime | None]
    prompted_at: Mapped[datetime | None]
    prompted_on: Mapped[date | None]
    prompts_that_day: Mapped[int] = mapped_column(default=0, server_default="0")
    greeted_silence_at: Mapped[datetime | None]
    reviewed_silence_at: Mapped[datetime | None]
    trend_due_at: Mapped[datetime | None]
    details: Mapped[Sealed | None]  # recovery date, pathway, milestones: JSON
    position: Mapped[int]
    created_at: Mapped[datetime]


class Session(Base):
    """A planned session with the specialist, at the participant's wall clock."""

    __tablename__ = "sessions"
    __table_args__ = (UniqueConstraint("participant_id", "local"), Index("ix_sessions_local", "local"))
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"))
    local: Mapped[datetime] = mapped_column(LocalTime)


class Contact(Base):
    """One address of a participant, of a staff member, or of somebody not yet known.

    `address_hash` finds it, `address` is sealed. `cause` says why it can't be reached (a provider's code).
    """

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("channel", "address_hash"),
        Index("ix_contacts_participant_id", "participant_id"),
        Index("ix_contacts_staff_id", "staff_id"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    programme_id: Mapped[str | None] = mapped_column(ForeignKey("programmes.id"))
    participant_id: Mapped[str | None] = mapped_column(ForeignKey("participants.id"))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    key_id: Mapped[str] = mapped_column(ForeignKey("data_keys.id"))
    channel: Mapped[ChannelName] = mapped_column(Word(ChannelName))
    address: Mapped[Sealed]
    address_hash: Mapped[str] = mapped_column(String(64))
    consent: Mapped[ConsentState] = mapped_column(Word(ConsentState))
    unreachable_at: Mapped[datetime | None]
    cause: Mapped[str | None] = mapped_column(String(40))
    greeted_at: Mapped[datetime | None]
    last_in_at: Mapped[datetime | None]
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class ConsentRecord(Base):
    """One step in a contact's consent: never changed, only added to."""

    __tablename__ = "consents"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"), index=True)
    state: Mapped[ConsentState] = mapped_column(Word(ConsentState))
    method: Mapped[str] = mapped_column(String(40))
    wording: Mapped[str | None] = mapped_column(String(80))
    given_on: Mapped[date | None]
    language: Mapped[str | None] = mapped_column(String(5))
    message_id: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime]


class Invite(Base):
    """A one-time deep link; only the token's hash is kept."""

    __tablename__ = "invites"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"))
    channel: Mapped[ChannelName] = mapped_column(Word(ChannelName))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
