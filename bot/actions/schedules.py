"""Schedules: publish what a coordinator wrote; what is planned follows, nothing is filled in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update

from bot.actions.planning import look_again
from bot.domain.messages import Kind, MessageState
from bot.domain.prompts import Prompt, prompts_to_data
from bot.outbox.enqueue import cancel
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.schedules import Enrolment, Schedule, ScheduleVersion


async def publish(tx: Tx, schedule: Schedule, prompts: Sequence[Prompt]) -> bool:
    """Publish prompts as the schedule's new version; return False if they are what is published already.

    Prompts still queued take the new text; those that are gone are cancelled. What was sent stays sent.
    """
    data = prompts_to_data(prompts)
    current = None
    if schedule.version_id is not None:
        current = await tx.session.get_one(ScheduleVersion, schedule.version_id)
        if current.prompts == data:
            return False
    enrolments = (
        await tx.session.scalars(select(Enrolment.id).where(Enrolment.schedule_id == schedule.id))
    ).all()
    await look_again(tx, enrolments)
    number = await tx.session.scalar(
        select(func.max(ScheduleVersion.number)).where(ScheduleVersion.schedule_id == schedule.id)
    )
    version = ScheduleVersion(
        id=new_id(), schedule_id=schedule.id, number=(number or 0) + 1, prompts=data, published_at=tx.now
    )
    tx.session.add(version)
    schedule.version_id = version.id
    await tx.session.flush()
    if current is not None:
        await _carry_over(tx, current.id, version.id, [prompt.key for prompt in prompts])
    return True


async def _carry_over(tx: Tx, old: str, new: str, keys: Sequence[str]) -> None:
    queued = (Message.version_id == old, Message.kind == Kind.PROMPT)
    await cancel(tx, "removed", *queued, Message.prompt_key.not_in(keys))
    await tx.session.execute(
        update(Message)
        .where(*queued, Message.state == MessageState.QUEUED)
        .values(version_id=new)
        .execution_options(synchronize_session=False)
    )
