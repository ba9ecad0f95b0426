"""How somebody has been: answers, scores, and why there are none. Silence is never a number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from sqlalchemy import select

from bot.actions.checkins import spec_of
from bot.actions.versions import load_versions
from bot.domain.checkins import Answer, Silence, from_data, silence_of
from bot.domain.errors import NotFoundError
from bot.domain.instruments import Score
from bot.domain.messages import Direction, Kind
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Contact, Participant
from bot.store.schedules import AnswerRow, Checkin, ScoreRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One question somebody was or should have been asked at `at` (aware UTC): an answer, or why not.

    `about` is what it measures, such as "mood"; `question` is empty for a prompt's only question.
    """

    at: datetime
    prompt: str
    question: str
    about: str | None
    answer: Answer | None = None
    silence: Silence | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """One score with the instant it was complete."""

    at: datetime
    score: Score


async def find_participant(tx: Tx, ref: str) -> Participant:
    """Return the participant with this ref. Raises NotFoundError."""
    found: Participant | None = await tx.session.scalar(select(Participant).where(Participant.ref == ref))
    if found is None:
        raise NotFoundError(f"there is no participant {ref}; `handrail export` lists them")
    return found


async def points_of(tx: Tx, participant: Participant, since: datetime) -> list[Point]:
    """Return every question since an instant, in order, each with its answer or the kind of silence."""
    await tx.vault.load(tx.session, [participant.key_id])
    asked = await _asked(tx, participant, since)
    never = await _never_asked(tx, participant, since)
    return sorted([*asked, *never], key=attrgetter("at"))


async def scores_of(tx: Tx, participant: Participant, since: datetime) -> list[Scored]:
    """Return the complete scales since an instant, oldest first."""
    await tx.vault.load(tx.session, [participant.key_id])
    rows = await tx.session.scalars(
        select(ScoreRow)
        .where(ScoreRow.participant_id == participant.id, ScoreRow.at >= since)
        .order_by(ScoreRow.at)
    )
    found = []
    for row in rows:
        data = json.loads(tx.vault.open(row.value, "scores", "value", row.id))
        score = Score(
            instrument=row.instrument,
            version=row.version,
            parts=data["parts"],
            reached=tuple(data["reached"]),
        )
        found.append(Scored(at=row.at, score=score))
    return found


async def _asked(tx: Tx, participant: Participant, since: datetime) -> list[Point]:
    rows = await tx.session.execute(
        select(Checkin, AnswerRow.id, AnswerRow.value, Message.state, Message.reason)
        .join(Message, Message.id == Checkin.message_id)
        .outerjoin(AnswerRow, AnswerRow.checkin_id == Checkin.id)
        .where(Checkin.participant_id == participant.id, Checkin.asked_at >= since)
    )
    return [
        Point(
            at=checkin.asked_at,
            prompt=checkin.prompt_key,
            question=checkin.question_key or "",
            about=spec_of(checkin).about,
            answer=from_data(json.loads(tx.vault.open(value, "answers", "value", row_id))) if value else None,
            silence=None if value else silence_of(state, reason, checkin.state),
        )
        for checkin, row_id, value, state, reason in rows.all()
    ]


async def _never_asked(tx: Tx, participant: Participant, since: datetime) -> list[Point]:
    """Return the questions whose prompt never left: those have no check-in at all."""
    contacts = select(Contact.id).where(Contact.participant_id == participant.id)
    rows = (
        await tx.session.execute(
            select(Message)
            .outerjoin(Checkin, Checkin.message_id == Message.id)
            .where(
                Message.contact_id.in_(contacts),
                Message.participant_id == participant.id,
                Message.direction == Direction.OUT,
                Message.kind == Kind.PROMPT,
                Message.created_at >= since,
                Checkin.id.is_(None),
            )
        )
    ).scalars()
    messages = list(rows)
    versions = await load_versions(tx, {message.version_id for message in messages})
    points = []
    for message in messages:
        version = versions.get(message.version_id or "")
        prompt = version.prompts.get(message.prompt_key or "") if version is not None else None
        for question in prompt.asked()[:1] if prompt is not None else ():
            points.append(
                Point(
                    at=message.not_before or message.created_at,
                    prompt=message.prompt_key or "",
                    question=question.key,
                    about=question.answer.about,
                    silence=silence_of(message.state, message.reason, None),
                )
            )
    return points
