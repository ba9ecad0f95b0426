"""Look at how somebody's answers go when they have given one, and follow up where they fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from bot.actions.context import trends_of
from bot.actions.histories import scores_of
from bot.actions.signs import end_episodes, follow_up
from bot.actions.silence import AT_ONCE, nobody_looks_after
from bot.domain.instruments import held_instrument, worse_abouts
from bot.domain.signs import Sign, Worse, has_turned, is_falling
from bot.store.database import Tx
from bot.store.people import Participant, PersonStatus

LOOK_BACK = timedelta(weeks=8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """What somebody answered about one thing, oldest first, on a scale `span` wide."""

    subject: str
    values: tuple[float, ...]
    worse: Worse
    span: float


async def trends_due(tx: Tx) -> Sequence[tuple[str, datetime]]:
    """Return who has answered since their trend was looked at, and when.

    Whoever is paused, talked with or the matter of an open alert is looked at afterwards.
    """
    rows = await tx.session.execute(
        select(Participant.id, Participant.trend_due_at)
        .where(
            Participant.trend_due_at.is_not(None),
            Participant.status == PersonStatus.ACTIVE,
            Participant.paused_until.is_(None) | (Participant.paused_until <= tx.now),
            *nobody_looks_after(tx),
        )
        .order_by(Participant.trend_due_at)
        .limit(AT_ONCE)
    )
    return [(participant_id, due) for participant_id, due in rows if due is not None]


async def look_at_trend(tx: Tx, participant_id: str, due: datetime) -> None:
    """Follow up on what falls, and end the episode of what has turned; an answer since is looked at anew."""
    mine = await tx.session.scalar(
        update(Participant)
        .where(Participant.id == participant_id, Participant.trend_due_at == due)
        .values(trend_due_at=None)
        .returning(Participant.id)
        .execution_options(synchronize_session=False)
    )
    if mine is None:
        return
    participant = await tx.session.get_one(Participant, participant_id)
    await tx.vault.load(tx.session, [participant.key_id])
    for course in await _courses(tx, participant):
        if is_falling(course.values, course.worse, course.span):
            await follow_up(tx, participant, Sign.FALLING, course.subject)
        elif has_turned(course.values, course.worse, course.span):
            await end_episodes(tx, participant_id, Sign.FALLING, course.subject)


async def _courses(tx: Tx, participant: Participant) -> list[Course]:
    return [*await _scales(tx, participant), *await _scores(tx, participant)]


async def _scales(tx: Tx, participant: Participant) -> list[Course]:
    known = worse_abouts()
    return [
        Course(
            subject=series.title,
            values=tuple(value for _, value in series.points),
            worse=known[series.title],
            span=series.high - series.low,
        )
        for series in await trends_of(tx, participant, LOOK_BACK)
        if series.title in known
    ]


async def _scores(tx: Tx, participant: Participant) -> list[Course]:
    """Return the parts of instruments whose bad end is known; a single question is a scale already."""
    values: dict[tuple[str, str], list[float]] = {}
    for scored in await scores_of(tx, participant, tx.now - LOOK_BACK):
        for part, value in scored.score.parts.items():
            values.setdefault((scored.score.instrument, part), []).append(value)
    courses = []
    for (name, part), found in values.items():
        instrument = held_instrument(name)
        if instrument is None or part not in instrument.worse or len(instrument.questions) == 1:
            continue
        courses.append(
            Course(
                subject=f"{name}:{part}",
                values=tuple(found),
                worse=instrument.worse[part],
                span=instrument.span(part),
            )
        )
    return courses
