"""Answers to check-ins: read leniently, asked again once, then let go."""

from __future__ import annotations

from datetime import timedelta

from bot.actions.assessments import question_of
from bot.actions.checkins import (
    checkin_of,
    close_checkin,
    open_checkin,
    previous_answer,
    record_answer,
    spec_of,
)
from bot.actions.people import specialist_of
from bot.actions.prompts import options
from bot.actions.sequences import Followed, ask_next, finish, follow_answer, keep_score, prompt_of
from bot.domain.answers import AnswerSpec, Choice, FreeText, Scale, YesNo
from bot.domain.answerwords import SKIP
from bot.domain.checkins import Answer, Move, next_move, read_answer
from bot.domain.messages import Kind, Lane
from bot.domain.phrases import bare
from bot.domain.questions import Hears
from bot.domain.replies import say
from bot.store.database import Tx
from bot.store.schedules import Checkin, CheckinState
from handlers.conversation import distress, memory
from handlers.conversation.hearing import Heard, answer, specialist_name

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
    previous = await previous_answer(tx, participant.id, checkin.prompt_key, checkin.question_key)
    spec = spec_of(checkin)
    reading = read_answer(spec, heard.text, language=participant.language, previous=previous)
    move = next_move(reading, checkin.reasks)
    if quietly and (move is not Move.ANSWERED or isinstance(spec, FreeText)):
        return False
    if move is Move.ANSWERED and reading.value is not None:
        await _keep(tx, heard, checkin, spec, reading.value, quietly=quietly)
        return True
    if move is Move.PASS:
        await _pass(tx, heard, checkin)
        return True
    if move is Move.REASK:
        checkin.reasks += 1
        await _ask_again(tx, heard, spec)
        return True
    if checkin.reasks:
        await close_checkin(tx, checkin, CheckinState.LET_GO)
    return False


async def passed(tx: Tx, heard: Heard) -> bool:
    """Take SKIP as about the question that is open, where one is; else it is about the next text."""
    participant = heard.who.participant
    if participant is None or bare(heard.text) not in SKIP:
        return False
    checkin = await open_checkin(tx, participant.id)
    if checkin is None:
        return False
    await _pass(tx, heard, checkin)
    return True


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
    """Keep an answer, and do what follows; `quietly` asks and tells no more: an alert has called a human."""
    assert heard.who.participant is not None  # noqa: S101 - only participants are asked
    corrected = await record_answer(tx, checkin, heard.who.participant, value, heard.message_id)
    prompt = await prompt_of(tx, checkin)
    if quietly or await distress.answered(tx, heard, spec, value, await question_of(tx, checkin)):
        if prompt is not None:
            await keep_score(tx, heard.who, checkin, prompt)
        return
    followed = Followed()
    if prompt is not None:
        followed = await follow_answer(tx, heard.who, checkin, prompt, value, message_id=heard.message_id)
        if await _alarmed(tx, heard, followed):
            await keep_score(tx, heard.who, checkin, prompt)
            return
        if not corrected and await ask_next(tx, heard.who, checkin, prompt, value):
            return
        over = await finish(tx, heard.who, checkin, prompt, heard.message_id)
        if await _alarmed(tx, heard, over):
            return
        followed = over if over.told else followed
    if corrected:
        await answer(tx, heard, "thanks_changed")
    elif followed.told:
        await answer(tx, heard, "thanks_told", name=await _told(tx, heard, followed))
    elif prompt is not None and len(prompt.asked()) > 1:
        await answer(tx, heard, "thanks")
    else:
        await _thank(tx, heard, spec, value)


async def _pass(tx: Tx, heard: Heard, checkin: Checkin) -> None:
    """Leave a question they would rather not answer, and go on to the next one."""
    await close_checkin(tx, checkin, CheckinState.SKIPPED)
    prompt = await prompt_of(tx, checkin)
    if prompt is not None:
        if await ask_next(tx, heard.who, checkin, prompt, None):
            return
        over = await finish(tx, heard.who, checkin, prompt, heard.message_id)
        if await _alarmed(tx, heard, over):
            return
    await answer(tx, heard, "passed_over")


async def _alarmed(tx: Tx, heard: Heard, followed: Followed) -> bool:
    """Tell the person, truthfully, of the alert that their answer raised; False when it raised none."""
    if followed.raised is None:
        return False
    key = "urgent" if followed.raised.told else "urgent_unreached"
    lines = heard.lines
    await answer(tx, heard, key, kind=Kind.CRISIS, lane=Lane.ALERT, lines=lines.lines)
    return True


async def _told(tx: Tx, heard: Heard, followed: Followed) -> str:
    """Name whoever hears of an answer: the specialist only where it is they."""
    own = await specialist_of(tx, heard.who.participant)
    if Hears.SPECIALIST in followed.told and own is not None:
        return await specialist_name(tx, heard)
    return say("your_team", heard.who.language)


async def _thank(tx: Tx, heard: Heard, spec: AnswerSpec, value: Answer) -> None:
    match spec:
        case Scale() if spec.about == "mood" and value.number is not None:
            share = (value.number - spec.low) / max(1, spec.high - spec.low)
            if share <= LOW and await _remembered(tx, heard):
                return
            await answer(
                tx, heard, "thanks_low" if share <= LOW else "thanks_high" if share >= HIGH else "thanks"
            )
        case Scale() if spec.about == "craving" and value.number is not None:
            share = (value.number - spec.low) / max(1, spec.high - spec.low)
            if share < HIGH or not await _remembered(tx, heard):
                await answer(tx, heard, "thanks")
        case Choice():
            label = next(label for key, label in options(spec, heard.who.language) if key == value.key)
            await answer(tx, heard, "thanks_choice", label=label)
        case FreeText():
            await answer(tx, heard, "thanks_text")
        case _:
            await answer(tx, heard, "thanks")


async def _remembered(tx: Tx, heard: Heard) -> bool:
    """Offer, on a hard day, what they said helped before; False where there is nothing, or no time for it."""
    participant = heard.who.participant
    return participant is not None and await memory.offer(tx, heard, participant, "memory_low", planned=True)


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
