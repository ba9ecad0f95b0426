"""What helped somebody before: found in their own answers and their plan."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.actions.plans import entry_times, plan_of
from bot.domain import answers
from bot.domain.answers import Choice, FreeText
from bot.domain.checkins import Answer, from_data
from bot.domain.memories import CALM, OLDEST, REST, SAME, Memory, asks_what_helped, choose
from bot.domain.messages import Direction
from bot.domain.plans import Section
from bot.domain.triage.assess import Level
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.messages import AssessmentRow, Message
from bot.store.people import Contact, Participant
from bot.store.schedules import AnswerRow, Checkin

MEMORY = "memory"  # what the dedupe keys of these reminders begin with; the source follows
MOST = 50  # answers looked through, newest first


@dataclass(frozen=True, kw_only=True, slots=True)
class InWords:
    """One answer that is words; `helps` when that is what was asked, `graded` when triage saw something."""

    memory: Memory
    helps: bool
    graded: bool


async def answered_in_words(tx: Tx, participant: Participant, since: datetime) -> list[InWords]:
    """Return what somebody answered in words, or chose when asked what helps, oldest first."""
    await tx.vault.load(tx.session, [participant.key_id])
    rows = await tx.session.execute(
        select(AnswerRow, Checkin.spec, Message.id, Message.body, AssessmentRow.level, AssessmentRow.flagged)
        .join(Checkin, Checkin.id == AnswerRow.checkin_id)
        .join(Message, Message.id == Checkin.message_id)
        .outerjoin(AssessmentRow, AssessmentRow.message_id == AnswerRow.message_id)
        .where(AnswerRow.participant_id == participant.id, AnswerRow.at > since)
        .order_by(AnswerRow.at.desc())
        .limit(MOST)
    )
    found = []
    for row, data, message_id, body, level, flagged in rows:
        spec = answers.from_data(data)
        if body is None or not isinstance(spec, FreeText | Choice):
            continue
        helps = asks_what_helped(await tx.vault.reveal(tx.session, body, "messages", "body", message_id))
        if isinstance(spec, Choice) and not helps:
            continue
        value = from_data(json.loads(tx.vault.open(row.value, "answers", "value", row.id)))
        text = _words(spec, value, participant.language)
        graded = bool(flagged) or level not in (None, Level.NONE)
        if text:
            memory = Memory(source=row.id, at=row.at, text=text)
            found.append(InWords(memory=memory, helps=helps, graded=graded))
    return found[::-1]


async def said_to_help(tx: Tx, participant: Participant, since: datetime) -> list[Memory]:
    """Return what somebody answered when asked what helps, oldest first; nothing that triage graded."""
    said = await answered_in_words(tx, participant, since)
    return [one.memory for one in said if one.helps and not one.graded]


async def planned_to_help(tx: Tx, participant: Participant) -> list[Memory]:
    """Return what somebody's plan says that helps, each with when it was written down."""
    times = await entry_times(tx, participant)
    return [
        Memory(source=entry.id, at=times[entry.id], text=entry.text)
        for entry in await plan_of(tx, participant)
        if entry.section is Section.WHAT_HELPS
    ]


def _words(spec: FreeText | Choice, value: Answer, language: str) -> str:
    if isinstance(spec, FreeText):
        return value.text or ""
    labels = next((option.labels for option in spec.options if option.key == value.key), {})
    return labels.get(language) or next(iter(labels.values()), "")


async def worth_a_reminder(tx: Tx, participant: Participant, zone: str, *, planned: bool) -> Memory | None:
    """Return what helped before, if now is a time to say so; `planned`: their plan counts, too.

    Not while an alert is open or just over, and at most once in a while. Raises ErasedError.
    """
    contacts = select(Contact.id).where(Contact.participant_id == participant.id)
    keys = await tx.session.execute(
        select(Message.dedupe_key, Message.created_at).where(
            Message.contact_id.in_(contacts),
            Message.direction == Direction.OUT,
            Message.dedupe_key.startswith(f"{MEMORY}:", autoescape=True),
            Message.created_at > tx.now - SAME,
        )
    )
    told = [(str(key).split(":")[1], at) for key, at in keys]
    if any(at > tx.now - REST for _, at in told) or await _just_hard(tx, participant):
        return None
    memories = await said_to_help(tx, participant, tx.now - OLDEST)
    if planned:
        memories += await planned_to_help(tx, participant)
    return choose(memories, tx.now, zone, told={source for source, _ in told})


async def _just_hard(tx: Tx, participant: Participant) -> bool:
    found = await tx.session.scalar(
        select(Alert.id)
        .where(
            Alert.participant_id == participant.id,
            (Alert.state != AlertState.CLOSED)
            | (Alert.opened_at > tx.now - CALM)
            | (Alert.closed_at > tx.now - CALM),
        )
        .limit(1)
    )
    return found is not None
