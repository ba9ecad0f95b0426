"""The question that no schedule asked: one of a plan, or about the day count. Never beside a check-in's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, delete, select, update

from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.plans import OwnQuestion, Topic
from bot.store.schedules import Checkin, CheckinState

OPEN_FOR = timedelta(hours=2)  # later, what somebody writes answers nothing of this
OWN = table_of(OwnQuestion)

# Every text asks it, so it is put together once.
_OPEN = select(OWN.c.participant_id, OWN.c.topic, OWN.c.step).where(
    OWN.c.participant_id.in_(bindparam("participants", expanding=True)), OWN.c.expires_at > bindparam("now")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """The question that is open for somebody."""

    topic: Topic
    step: str


async def own_question(tx: Tx, participant_id: str) -> Open | None:
    """Return the question open for somebody, unless its time is over."""

    async def look(participants: Collection[str]) -> dict[str, Open]:
        connection = await tx.session.connection()
        rows = await connection.execute(_OPEN, {"participants": list(participants), "now": tx.now})
        return {participant_id: Open(topic=topic, step=step) for participant_id, topic, step in rows}

    return await tx.crowd.ask("own_question", participant_id, tx.crowd.participants, look)


async def ask(tx: Tx, participant_id: str, topic: Topic, step: str) -> None:
    """Open a question; an open check-in is replaced by it, as by a newer check-in."""
    await tx.session.execute(
        update(Checkin)
        .where(Checkin.participant_id == participant_id, Checkin.state == CheckinState.OPEN)
        .values(state=CheckinState.REPLACED)
    )
    values = {"topic": topic, "step": step, "expires_at": tx.now + OPEN_FOR}
    statement = tx.insert(OWN).values(participant_id=participant_id, **values)
    await tx.session.execute(statement.on_conflict_do_update(index_elements=["participant_id"], set_=values))
    tx.crowd.forget(participant_id)


async def let_go(tx: Tx, participant_id: str) -> None:
    """Close the question that is open for somebody, if there is one."""
    if await own_question(tx, participant_id) is not None:
        await let_all_go(tx, [participant_id])


async def let_all_go(tx: Tx, participant_ids: Collection[str]) -> None:
    """Close these people's questions: a check-in asks one of its own now."""
    await tx.session.execute(delete(OWN).where(OWN.c.participant_id.in_(participant_ids)))
    for participant_id in participant_ids:
        tx.crowd.forget(participant_id)
