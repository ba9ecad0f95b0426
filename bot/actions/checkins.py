"""Check-ins: a question opens when it leaves, is answered, asked again once, or let go."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from bot.actions.own_questions import let_all_go
from bot.actions.prompts import answer_buttons
from bot.domain import answers
from bot.domain.checkins import Answer, from_data, to_data
from bot.domain.prompts import OPEN_FOR, Prompt
from bot.domain.questions import Question
from bot.outbox.claim import many
from bot.outbox.enqueue import cancel
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Participant
from bot.store.schedules import AnswerRow, Checkin, CheckinState

MOOD = "mood"  # asked on demand under the same name as by a schedule: "same" and the trend go on
_OPEN_NOW = select(Checkin).where(
    Checkin.participant_id.in_(bindparam("participants", expanding=True)),
    Checkin.state == CheckinState.OPEN,
    Checkin.expires_at > bindparam("now"),
)


def new_checkin(
    participant_id: str,
    message_id: str,
    prompt: Prompt,
    question: Question,
    now: datetime,
    *,
    version_id: str | None,
    after: Checkin | None = None,
) -> dict[str, Any]:
    """Return the row of a question that is asked at `now`; `after` is the one before it in its sequence."""
    checkin_id = new_id()
    nudged_at = after.nudged_at if after is not None else None
    return {
        "id": checkin_id,
        "participant_id": participant_id,
        "message_id": message_id,
        "run_id": run_of(after) if after is not None else checkin_id,
        "prompt_key": prompt.key,
        "question_key": question.key,
        "version_id": version_id,
        "spec": answers.to_data(question.answer),
        "state": CheckinState.OPEN,
        "reasks": 0,
        "asked_at": now,
        "expires_at": now + prompt.open_for,
        "nudge_at": now + prompt.nudge if prompt.nudge is not None and nudged_at is None else None,
        "nudged_at": nudged_at,
    }


async def open_checkins(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """Open questions, at most one a participant: an older open one is replaced, one of a plan let go."""
    if not rows:
        return
    await let_all_go(tx, [row["participant_id"] for row in rows])
    await tx.session.execute(
        update(Checkin)
        .where(
            Checkin.participant_id.in_([row["participant_id"] for row in rows]),
            Checkin.state == CheckinState.OPEN,
        )
        .values(state=CheckinState.REPLACED, nudge_at=None)
        .execution_options(synchronize_session=False)
    )
    await many(tx, tx.insert(table_of(Checkin)).on_conflict_do_nothing(), rows)
    for row in rows:
        tx.crowd.forget(row["participant_id"])


async def ask_mood(tx: Tx, participant: Participant, dedupe_key: str, *, buttons: bool) -> None:
    """Open the question that a message of ours asks on demand: how somebody is, from 0 to 10."""
    message_id = await tx.session.scalar(select(Message.id).where(Message.dedupe_key == dedupe_key))
    if message_id is None:
        return
    spec = answers.Scale(low=0, high=10, about=MOOD)
    checkin_id = new_id()
    row = {
        "id": checkin_id,
        "participant_id": participant.id,
        "message_id": message_id,
        "run_id": checkin_id,
        "prompt_key": MOOD,
        "question_key": "",
        "version_id": None,
        "spec": answers.to_data(spec),
        "state": CheckinState.OPEN,
        "reasks": 0,
        "asked_at": tx.now,
        "expires_at": tx.now + OPEN_FOR,
        "nudge_at": None,
        "nudged_at": None,
    }
    await open_checkins(tx, [row])
    if buttons:
        offered = [asdict(b) for b in answer_buttons(spec, message_id, participant.language)]
        await tx.session.execute(update(Message).where(Message.id == message_id).values(buttons=offered))


async def open_checkin(tx: Tx, participant_id: str) -> Checkin | None:
    """Return the question that is open for somebody, unless its time is over."""

    async def look(participants: Collection[str]) -> dict[str, Checkin]:
        given = {"participants": list(participants), "now": tx.now}
        return {found.participant_id: found for found in await tx.session.scalars(_OPEN_NOW, given)}

    found = await tx.crowd.ask("open_checkin", participant_id, tx.crowd.participants, look)
    return found if found is not None and found.state is CheckinState.OPEN else None


async def checkin_of(tx: Tx, participant_id: str, message_id: str) -> Checkin | None:
    """Return the question that one of our messages asked, for a tapped button."""
    found: Checkin | None = await tx.session.scalar(
        select(Checkin).where(Checkin.message_id == message_id, Checkin.participant_id == participant_id)
    )
    return found


async def previous_answer(
    tx: Tx, participant_id: str, prompt_key: str, question_key: str | None = None
) -> Answer | None:
    """Return somebody's last answer to the same question, for "same"."""
    question = func.coalesce(Checkin.question_key, "") == (question_key or "")
    row = await tx.session.scalar(
        select(AnswerRow)
        .join(Checkin, Checkin.id == AnswerRow.checkin_id)
        .where(Checkin.participant_id == participant_id, Checkin.prompt_key == prompt_key, question)
        .order_by(AnswerRow.at.desc())
        .limit(1)
    )
    if row is None:
        return None
    return from_data(json.loads(await tx.vault.reveal(tx.session, row.value, "answers", "value", row.id)))


async def record_answer(
    tx: Tx, checkin: Checkin, participant: Participant, answer: Answer, message_id: str
) -> bool:
    """Keep an answer with the message that said it; return True if it corrects an earlier one."""
    await tx.vault.load(tx.session, [participant.key_id])
    row = await tx.session.scalar(select(AnswerRow).where(AnswerRow.checkin_id == checkin.id))
    corrects = row is not None
    if row is None:
        row = AnswerRow(id=new_id(), checkin_id=checkin.id, participant_id=participant.id, at=tx.now)
        tx.session.add(row)
    row.message_id = message_id
    row.at = participant.trend_due_at = tx.now
    row.value = tx.vault.seal(participant.key_id, json.dumps(to_data(answer)), "answers", "value", row.id)
    await close_checkin(tx, checkin, CheckinState.ANSWERED)
    return corrects


async def close_checkin(tx: Tx, checkin: Checkin, state: CheckinState) -> None:
    """End a question; a nudge about it that has not left stays here."""
    checkin.state, checkin.nudge_at = state, None
    await tx.session.flush()
    if checkin.nudged_at is not None:
        await cancel(tx, "answered", Message.dedupe_key == nudge_key(checkin))


def run_of(checkin: Checkin) -> str:
    """Return the id that the questions of one sequence share."""
    return checkin.run_id or checkin.id


def nudge_key(checkin: Checkin) -> str:
    """Return what makes a nudge the only one."""
    return f"nudge:{run_of(checkin)}"


async def close_overdue(tx: Tx) -> int:
    """Expire questions whose time is over; return how many. Missing data, never scored."""
    result: Any = await tx.session.execute(
        update(Checkin)
        .where(Checkin.state == CheckinState.OPEN, Checkin.expires_at <= tx.now)
        .values(state=CheckinState.EXPIRED, nudge_at=None)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)


async def close_undelivered(tx: Tx, message_ids: list[str]) -> None:
    """Mark questions that never arrived: undelivered is not unanswered."""
    await tx.session.execute(
        update(Checkin)
        .where(Checkin.message_id.in_(message_ids), Checkin.state == CheckinState.OPEN)
        .values(state=CheckinState.UNDELIVERED, nudge_at=None)
        .execution_options(synchronize_session=False)
    )


def spec_of(checkin: Checkin) -> answers.AnswerSpec:
    """Return how a question may be answered."""
    return answers.from_data(checkin.spec)
