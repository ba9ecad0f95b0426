"""What has been marked: read back for figures, and for developing the rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from bot.domain.errors import ErasedError
from bot.domain.marks import Judged, Mark
from bot.domain.triage.levels import Level
from bot.store.alerts import Alert
from bot.store.database import Tx
from bot.store.messages import AssessmentRow, Message, TriageMark
from bot.store.people import Participant


@dataclass(frozen=True, kw_only=True, slots=True)
class Marked:
    """One marked text. `level` and `rules` are triage's own, then; words are given only where asked for.

    `text`, `words` and `reason` are None when not asked for, or when the person was erased.
    """

    message_id: str
    day: str  # UTC, "2026-11-23"
    mark: Mark
    level: Level
    rules: str
    lang: str
    concepts: tuple[str, ...]
    text: str | None = None
    words: tuple[str, ...] | None = None
    reason: str | None = None

    @property
    def label(self) -> Level:
        """Return the level that a person found right, as far as the mark tells: one above, or none."""
        if self.mark is Mark.FALSE_ALARM:
            return Level.NONE
        return Level.URGENT if self.level is Level.NONE else Level.CRISIS


async def judged(tx: Tx) -> list[Judged]:
    """Return every text that opened an alert or raised it last, and every marked one, with its last mark."""
    marks = await _latest_marks(tx)
    opened = select(Alert.message_id)
    rows = await tx.session.execute(
        select(AssessmentRow, Message.created_at)
        .join(Message, Message.id == AssessmentRow.message_id)
        .where(
            or_(
                AssessmentRow.message_id.in_(opened) & (AssessmentRow.level != Level.NONE),
                AssessmentRow.message_id.in_(select(TriageMark.message_id)),
            )
        )
        .order_by(AssessmentRow.message_id)
    )
    found = []
    for assessed, at in rows:
        mark = marks.get(assessed.message_id)
        wrong = mark is not None and mark.mark is Mark.FALSE_ALARM
        signals = await _signals(tx, assessed) if wrong else ()
        found.append(
            Judged(at=at, level=assessed.level, mark=mark.mark if mark else None, signals=tuple(signals))
        )
    return found


async def marked(tx: Tx, *, with_texts: bool) -> list[Marked]:
    """Return every marked text with its latest mark, oldest first; what was written only if asked for."""
    marks = await _latest_marks(tx)
    rows = await tx.session.execute(
        select(AssessmentRow, Message, Participant.language)
        .join(Message, Message.id == AssessmentRow.message_id)
        .outerjoin(Participant, Participant.id == Message.participant_id)
        .where(Message.id.in_(select(TriageMark.message_id)))
        .order_by(Message.id)
    )
    return [await _marked(tx, row, marks[row.Message.id], with_texts=with_texts) for row in rows]


async def _marked(tx: Tx, row: Any, mark: TriageMark, *, with_texts: bool) -> Marked:
    assessed, message = row.AssessmentRow, row.Message
    signals = await _signals(tx, assessed)
    kept: dict[str, Any] = {}
    if with_texts:
        kept = {
            "text": await _open(tx, message.body, "messages", "body", message.id),
            "words": tuple(words for _, words in signals),
            "reason": await _open(tx, mark.reason, "triage_marks", "reason", mark.id),
        }
    return Marked(
        message_id=message.id,
        day=message.created_at.date().isoformat(),
        mark=mark.mark,
        level=mark.level,
        rules=mark.rules,
        lang=row.language or "en",
        concepts=tuple(dict.fromkeys(concept for concept, _ in signals)),
        **kept,
    )


async def _latest_marks(tx: Tx) -> dict[str, TriageMark]:
    rows = await tx.session.scalars(select(TriageMark).order_by(TriageMark.at, TriageMark.id))
    return {row.message_id: row for row in rows}


async def _signals(tx: Tx, assessed: AssessmentRow) -> Sequence[tuple[str, str]]:
    detail = await _open(tx, assessed.detail, "assessments", "detail", assessed.message_id)
    return (
        [(str(concept), str(words)) for concept, _, words in json.loads(detail)["signals"]] if detail else []
    )


async def _open(tx: Tx, sealed: bytes | None, table: str, column: str, row: str) -> str | None:
    if sealed is None:
        return None
    try:
        return await tx.vault.reveal(tx.session, sealed, table, column, row)
    except ErasedError:
        return None  # it is gone with the person, and the count stays
