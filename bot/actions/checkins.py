"""Check-ins: a question opens when it leaves, is answered, asked again once, or let go."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.actions.own_questions import let_all_go
from bot.actions.prompts import buttons_of
from bot.domain import answers
from bot.domain.checkins import Answer, from_data, to_data
from bot.outbox.claim import many
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Participant
from bot.store.schedules import AnswerRow, Checkin, CheckinState

OPEN_FOR = timedelta(hours=20)  # a question stands until about the next morning
MOOD = "mood"  # asked on demand under the same name as by a schedule: "same" and the trend go on
_OPEN_NOW = select(Checkin).where(
    Checkin.participant_id.in_(bindparam("participants", expanding=True)),
    Checkin.state == CheckinState.OPEN,
    Checkin.expires_at > bindparam("now"),
)


def new_checkin(
    participant_id: str, message_id: str, key: str, spec: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Return the row of a question that is asked at `now`."""
    return {
        "id": new_id(),
        "participant_id": participant_id,
        "message_id": message_id,
        "prompt_key": key,
        "spec": spec,
        "state": CheckinState.OPEN,
        "reasks": 0,
        "asked_at": now,
        "expires_at": now + OPEN_FOR,
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
        .values(state=CheckinState.REPLACED)
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
    row = new_checkin(participant.id, message_id, MOOD, answers.to_data(spec), tx.now)
    await open_checkins(tx, [row])
    if buttons:
        offered = [asdict(b) for b in buttons_of(spec, message_id, participant.language)]
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


async def previous_answer(tx: Tx, participant_id: str, prompt_key: str) -> Answer | None:
    """Return somebody's last answer to the same question, for "same"."""
    row = await tx.session.scalar(
        select(AnswerRow)
        .join(Checkin, Checkin.id == AnswerRow.checkin_id)
        .where(Checkin.participant_id == participant_id, Checkin.prompt_key == prompt_key)
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
    row.at = tx.now
    row.value = tx.vault.seal(participant.key_id, json.dumps(to_data(answer)), "answers", "value", row.id)
    checkin.state = CheckinState.ANSWERED
    await tx.session.flush()
    return corrects


async def close_overdue(tx: Tx) -> int:
    """Expire questions whose time is over; return how many. Missing data, never scored."""
    result: Any = await tx.session.execute(
        update(Checkin)
        .where(Checkin.state == CheckinState.OPEN, Checkin.expires_at <= tx.now)
        .values(state=CheckinState.EXPIRED)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)


async def close_undelivered(tx: Tx, message_ids: list[str]) -> None:
    """Mark questions that never arrived: undelivered is not unanswered."""
    await tx.session.execute(
        update(Checkin)
        .where(Checkin.message_id.in_(message_ids), Checkin.state == CheckinState.OPEN)
        .values(state=CheckinState.UNDELIVERED)
        .execution_options(synchronize_session=False)
    )


def spec_of(checkin: Checkin) -> answers.AnswerSpec:
    """Return how a question may be answered."""
    return answers.from_data(checkin.spec)
