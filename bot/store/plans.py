"""Tables of what people ask for themselves: their plan, the question open about it, and their requests."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.plans import Section
from bot.store.base import Base, Sealed, Word
from bot.store.ids import new_id


class Topic(StrEnum):
    """What a question that no schedule asked is about."""

    PLAN = "plan"
    COUNTER = "counter"  # what becomes of the day count after a slip


class RequestKind(StrEnum):
    """What somebody asked the team for."""

    CALL = "call"
    DATA = "data"


class PlanEntry(Base):
    """One thing in somebody's plan, in their own words."""

    __tablename__ = "plan_entries"
    __table_args__ = (Index("ix_plan_entries_participant_id", "participant_id", "section"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"))
    section: Mapped[Section] = mapped_column(Word(Section))
    text: Mapped[Sealed]
    position: Mapped[int]
    added_at: Mapped[datetime]


class OwnQuestion(Base):
    """The one question of this kind that is open for somebody; `step` is which. Over at `expires_at`."""

    __tablename__ = "own_questions"
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"), primary_key=True)
    topic: Mapped[Topic] = mapped_column(Word(Topic))
    step: Mapped[str] = mapped_column(String(20))
    expires_at: Mapped[datetime]


class Request(Base):
    """Something asked of the team. Until `stands_until`, asking again tells nobody twice."""

    __tablename__ = "requests"
    __table_args__ = (Index("ix_requests_participant_id", "participant_id", "kind"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"))
    kind: Mapped[RequestKind] = mapped_column(Word(RequestKind))
    asked_at: Mapped[datetime]
    stands_until: Mapped[datetime]
