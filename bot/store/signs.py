"""Table of episodes: one stretch in which a sign held, and the one follow-up it got."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.signs import Loudness, Sign
from bot.store.base import Base, Word
from bot.store.ids import new_id


class Episode(Base):
    """A sign that held from `since` on; there is one open a person and subject, and it was told once.

    `subject` is what it is about: a contact, what an answer measures, or nothing.
    """

    __tablename__ = "episodes"
    __table_args__ = (
        Index(
            "uq_episodes_open",
            "participant_id",
            "sign",
            "subject",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_episodes_participant_id", "participant_id", "sign"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participants.id"))
    sign: Mapped[Sign] = mapped_column(Word(Sign))
    subject: Mapped[str] = mapped_column(String(80))
    loudness: Mapped[Loudness] = mapped_column(Word(Loudness))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
