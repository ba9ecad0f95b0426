"""Answers to check-ins: read leniently, asked again once, then let go."""

from __future__ import annotations

from datetime import timedelta

from bot.actions.assessments import question_of
from bot.actions.checkins import (
    checkin_of,
    open_checkin,
    previous_answer,
    record_answer,
    spec_of,
)
from bot.actions.prompts import options
from bot.domain.answers import AnswerSpec, Choice, FreeText, Scale, YesNo
from bot.domain.checkins import Answer, Move, next_move, read_answer
from bot.domain.replies import say
from bot.store.database import Tx
from bot.store.schedules import Checkin, CheckinState
from handlers.conversation import distress
from handlers.conversation.hearing import Heard, answer

LOW, HIGH = 0.3, 0.7  # of a scale about mood: below is a hard day, above a good one


async def hear(tx: Tx, heard: Heard, *, quietly: bool = False) -> bool:
    """Read a text as the answer to the open question; return True if it was one, or was asked again.

    `quietly`: something more important was answered already; the answer is kept without a word.
    """
    participant = heard.who.participant
    if participant is None:
        return False
    checkin = await open_checkin(tx, participant.id)
    if checkin is None:
        return False
    previous = await previous_answer(tx, participant.id, checkin.prompt_key)
    spec = spec_of(checkin)
    reading = read_answer(spec, heard.text, language=participant.language, previous=previous)
    move = next_move(reading, checkin.reasks)
    if quietly and (move is not Move.ANSWERED or isinstance(spec, FreeText)):
        return False
    if move is Move.ANSWERED and reading.value is not None:
        await _keep(tx, heard, checkin, spec, reading.value, quietly=quietly)
        return True
    if move is Move.REASK:
        checkin.reasks += 1
        await _ask_again(tx, heard, spec)
        return True
    if checkin.reasks:
        checkin.state = CheckinState.LET_GO
    return False


async def tapped(tx: Tx, heard: Heard, message_id: str, value: str) -> bool:
    """Take a tapped button as the answer to the question of that message; a later tap corrects it."""
    participant = heard.who.participant
    if participant is None:
        return False
    checkin = await checkin_of(tx, participant.id, message_id)
    if checkin is None or not _still_counts(checkin, tx):
        return False
    spec = spec_of(checkin)
    reading = read_answer(spec, value, language=participant.language, previous=None)
    if reading.value is None:
        return False
    await _keep(tx, heard, checkin, spec, reading.value)
    return True


def _still_counts(checkin: Checkin, tx: Tx) -> bool:
    if checkin.state is CheckinState.OPEN:
        return checkin.expires_at > tx.now
    recent = tx.now - checkin.asked_at < timedelta(days=1)
    return recent and checkin.state is not CheckinState.UNDELIVERED


async def _keep(
    tx: Tx, heard: Heard, checkin: Checkin, spec: AnswerSpec, value: Answer, *, quietly: bool = False
) -> None:
    assert heard.who.participant is not None  # noqa: S101 - only participants are asked
    corrected = await record_answer(tx, checkin, heard.who.participant, value, heard.message_id)
    if quietly or await distress.answered(tx, heard, spec, value, await question_of(tx, checkin)):
        return
    if corrected:
        await answer(tx, heard, "thanks_changed")
        return
    match spec:
        case Scale() if spec.about == "mood" and value.number is not None:
            share = (value.number - spec.low) / max(1, spec.high - spec.low)
            await answer(
                tx, heard, "thanks_low" if share <= LOW else "thanks_high" if share >= HIGH else "thanks"
            )
        case Choice():
            label = next(label for key, label in options(spec, heard.who.language) if key == value.key)
            await answer(tx, heard, "thanks_choice", label=label)
        case FreeText():
            await answer(tx, heard, "thanks_text")
        case _:
            await answer(tx, heard, "thanks")


async def _ask_again(tx: Tx, heard: Heard, spec: AnswerSpec) -> None:
    match spec:
        case Scale():
            await answer(tx, heard, "reask_scale", low=spec.low, high=spec.high)
        case YesNo():
            await answer(tx, heard, "reask_yes_no")
        case Choice():
            language = heard.who.language
            offered = [say("option", language, key=k, label=label) for k, label in options(spec, language)]
            await answer(tx, heard, "reask_choice", options=", ".join(offered))
        case FreeText():
            pass  # whatever is written answers it
