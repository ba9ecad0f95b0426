"""Tables of what is said when: schedules with drafts and versions, enrolments, check-ins and answers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Sealed, Word
from bot.store.ids import new_id


class CheckinState(StrEnum):
    """What became of a question. Only `answered` is an answer; every other state is missing data."""

    OPEN = "open"
    ANSWERED = "answered"
    LET_GO = "let_go"
    EXPIRED = "expired"
    REPLACED = "replaced"
    UNDELIVERED = "undelivered"
    SKIPPED = "skipped"


class Change(StrEnum):
    """What somebody did to what a schedule says."""

    PUBLISH = "publish"
    UNDO = "undo"
    ARCHIVE = "archive"


class Schedule(Base):
    """A named set of prompts that a coordinator edits.

    `version_id` is what is in force since `switched_at`; archived, there is none.
    """

    __tablename__ = "schedules"
    __table_args__ = (UniqueConstraint("programme_id", "name"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programmes.id"))
    name: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    version_id: Mapped[str | None] = mapped_column(String(32))  # the published one
    switched_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    audience: Mapped[str | None] = mapped_column(Text)  # whom the file puts on it: JSON, as the file says it
    position: Mapped[int]
    created_at: Mapped[datetime]


class ScheduleVersion(Base):
    """One published state of a schedule. Never changed afterwards."""

    __tablename__ = "schedule_versions"
    __table_args__ = (UniqueConstraint("schedule_id", "number"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id"))
    number: Mapped[int]
    prompts: Mapped[list[Any]]
    published_at: Mapped[datetime]
    published_by: Mapped[str | None] = mapped_column(String(80))


class ScheduleDraft(Base):
    """What a coordinator is writing; one a schedule. `revision` grows with every save: none is lost."""

    __tablename__ = "schedule_drafts"
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id"), primary_key=True)
    prompts: Mapped[list[Any]]
    revision: Mapped[int]
    saved_by: Mapped[str | None] = mapped_column(String(80))
    saved_at: Mapped[datetime]


class Publication(Base):
    """One change of what a schedule says, in force from `at`; also the job that carries enrolments over.

    `version_id` is in force afterwards and `before_id` was before (None: nothing). `cursor` is the last
    enrolment carried over; killed half-way, the job goes on behind it.
    """

    __tablename__ = "publications"
    __table_args__ = (
        Index("ix_publications_schedule_id", "schedule_id", "at"),
        Index(
            "ix_publications_unfinished",
            "id",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id"))
    change: Mapped[Change] = mapped_column(Word(Change))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("schedule_versions.id"))
    before_id: Mapped[str | None] = mapped_column(ForeignKey("schedule_versions.id"))
    at: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(String(80))
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[str] = mapped_column(String(32), default="")
    finished_at: Mapped[datetime | None]


class Enrolment(Base):
    """A participant on a schedule since a date.

    Everything up to `planned_until` is decided, by the version `version_id` (None: nothing was decided
    yet); `next_due_at` is when the planner must look again (None: nothing more comes). The index on it is
    what an idle tick costs.
    `overrides` are the person's own settings as JSON (`bot.domain.overrides`): days and times only, nothing
    anybody said.
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        UniqueConstraint("participant_id", "schedule_id"),
        Index(
            "ix_enrolments_due",
            "next_due_at",
            sqlite_where=text("next_due_at IS NOT NULL"),
            postgresql_where=text("next_due_at IS NOT NULL"),
        ),
        Index("ix_enrolments_schedule_id", "schedule_id", "id"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"))
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id"))
    start: Mapped[date]
    planned_until: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    version_id: Mapped[str | None] = mapped_column(String(32))
    overrides: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class Checkin(Base):
    """A question open for a participant. `spec` is how it may be answered.

    The questions of one sequence share `run_id`, the id of its first; `question_key` is which it is (empty
    for a prompt's only question) and `version_id` where the rest stands. `nudge_at` is set while a nudge
    may come; there is one a run.
    """

    __tablename__ = "checkins"
    __table_args__ = (
        Index(
            "uq_checkins_open",
            "participant_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_checkins_participant_id", "participant_id", "prompt_key"),
        Index("ix_checkins_asked_at", "participant_id", "asked_at"),
        Index(
            "ix_checkins_expiry",
            "expires_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_checkins_nudge",
            "nudge_at",
            sqlite_where=text("nudge_at IS NOT NULL"),
            postgresql_where=text("nudge_at IS NOT NULL"),
        ),
        Index("ix_checkins_run", "run_id"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"))
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), unique=True)
    run_id: Mapped[str | None] = mapped_column(String(32))
    question_key: Mapped[str | None] = mapped_column(String(80))
    version_id: Mapped[str | None] = mapped_column(String(32))
    nudge_at: Mapped[datetime | None]
    nudged_at: Mapped[datetime | None]
    prompt_key: Mapped[str] = mapped_column(String(80))
    spec: Mapped[dict[str, Any]]
    state: Mapped[CheckinState] = mapped_column(Word(CheckinState))
    reasks: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AnswerRow(Base):
    """What somebody answered, kept with the message that said it."""

    __tablename__ = "answers"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    checkin_id: Mapped[str] = mapped_column(ForeignKey("checkins.id"), unique=True)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"), index=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"))
    value: Mapped[Sealed]
    at: Mapped[datetime]


class ScoreRow(Base):
    """What the answers of one run came to, by an instrument in one version of its words and rules."""

    __tablename__ = "scores"
    __table_args__ = (Index("ix_scores_participant_id", "participant_id", "instrument", "at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    run_id: Mapped[str] = mapped_column(String(32), unique=True)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"))
    instrument: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    value: Mapped[Sealed]  # parts by name: JSON
    at: Mapped[datetime]
