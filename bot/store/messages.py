"""Tables of what is said: messages (the outbound ones are the outbox), assessments, provider events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.marks import Mark as Verdict
from bot.domain.messages import ChannelName, Direction, Kind, MessageState
from bot.domain.triage.assess import Level
from bot.store.base import Base, LocalTime, Sealed, Word
from bot.store.ids import new_id

# SQLite takes a partial index only for a query that repeats its condition word for word.
CLAIMED = text("state IN ('sending', 'uncertain')")
UNCONFIRMED = text("messages.state = 'sent' AND messages.channel = 'sms'")


class Message(Base):
    """Anything said, in or out.

    A prompt is also the occurrence: (enrolment, prompt, local time) is its dedupe key, and its body is
    rendered when it is claimed, so that a corrected text reaches what was already planned.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index(
            "uq_messages_inbound",
            "channel",
            "provider_id",
            unique=True,
            sqlite_where=text("direction = 'in'"),
            postgresql_where=text("direction = 'in'"),
        ),
        Index("uq_messages_dedupe_key", "dedupe_key", unique=True),
        Index(
            "ix_messages_provider",
            "channel",
            "provider_id",
            sqlite_where=text("direction = 'out' AND provider_id IS NOT NULL"),
            postgresql_where=text("direction = 'out' AND provider_id IS NOT NULL"),
        ),
        Index(
            "ix_messages_queue",
            "channel",
            "lane",
            "not_before",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_messages_claimed",
            "lease_until",
            sqlite_where=CLAIMED,
            postgresql_where=CLAIMED,
        ),
        Index(
            "ix_messages_unconfirmed",
            "sent_at",
            sqlite_where=text("state = 'sent' AND channel = 'sms'"),
            postgresql_where=text("state = 'sent' AND channel = 'sms'"),
        ),
        Index("ix_messages_contact", "contact_id", "id"),
        Index(
            "ix_messages_alert",
            "alert_id",
            sqlite_where=text("alert_id IS NOT NULL"),
            postgresql_where=text("alert_id IS NOT NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    direction: Mapped[Direction] = mapped_column(Word(Direction))
    channel: Mapped[ChannelName] = mapped_column(Word(ChannelName))
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"))
    participant_id: Mapped[str | None] = mapped_column(ForeignKey("participants.id"))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    lane: Mapped[int]
    state: Mapped[MessageState] = mapped_column(Word(MessageState))
    body: Mapped[Sealed | None]
    buttons: Mapped[list[Any] | None]
    picture: Mapped[Sealed | None]  # a PNG to show with the text, as base64
    media: Mapped[list[Any] | None]
    flag: Mapped[str | None] = mapped_column(String(20))
    dedupe_key: Mapped[str | None] = mapped_column(String(160))
    provider_id: Mapped[str | None] = mapped_column(String(80))
    reply_to: Mapped[str | None] = mapped_column(String(80))
    not_before: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    alert_id: Mapped[str | None] = mapped_column(ForeignKey("alerts.id"))
    alert_round: Mapped[int | None]
    alert_step: Mapped[int | None]
    enrolment_id: Mapped[str | None] = mapped_column(ForeignKey("enrolments.id"))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("schedule_versions.id"))
    prompt_key: Mapped[str | None] = mapped_column(String(80))
    local_time: Mapped[datetime | None] = mapped_column(LocalTime)
    reason: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class AssessmentRow(Base):
    """Triage's verdict on an inbound message, with the rules that gave it."""

    __tablename__ = "assessments"
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    level: Mapped[Level] = mapped_column(Word(Level))
    detail: Mapped[Sealed | None]  # signals and explanation: JSON
    rules: Mapped[str] = mapped_column(String(40))
    flagged: Mapped[bool]
    at: Mapped[datetime]


class TriageMark(Base):
    """What somebody on staff says of triage's verdict on a message, with the level and rules of then."""

    __tablename__ = "triage_marks"
    __table_args__ = (UniqueConstraint("message_id", "staff_id"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    mark: Mapped[Verdict] = mapped_column(Word(Verdict))
    level: Mapped[Level] = mapped_column(Word(Level))
    rules: Mapped[str] = mapped_column(String(40))
    reason: Mapped[Sealed | None]  # in the staff member's words, under the key of whoever wrote the message
    at: Mapped[datetime]


class ProviderEvent(Base):
    """What a provider said became of a message, as it said it."""

    __tablename__ = "provider_events"
    __table_args__ = (UniqueConstraint("channel", "provider_id", "status"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"), index=True)
    channel: Mapped[ChannelName] = mapped_column(Word(ChannelName))
    provider_id: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(40))
    error_code: Mapped[str | None] = mapped_column(String(40))
    raw: Mapped[Sealed | None]
    at: Mapped[datetime]


class ReceiptLook(Base):
    """How often, and when last, the provider was asked about a text whose receipt did not come."""

    __tablename__ = "receipt_looks"
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    times: Mapped[int]
    at: Mapped[datetime]


class Sender(Base):
    """One sending account: its rate (GCRA) and whether it is resting or off, shared by all processes.

    `busy_until` is the theoretical arrival time of the next token. `off_at` is set when the provider
    refuses the account itself; an operator must act, and everything else goes on.
    """

    __tablename__ = "senders"
    channel: Mapped[ChannelName] = mapped_column(Word(ChannelName), primary_key=True)
    busy_until: Mapped[datetime]
    resting_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    off_at: Mapped[datetime | None]
    cause: Mapped[str | None] = mapped_column(String(40))


class Mark(Base):
    """A named place we got to: a polling offset, the last tick."""

    __tablename__ = "marks"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
