"""Words a participant can use at any time; a question of a plan is open only until the next of them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.actions.enrolments import next_prompt, pause_participant, resume_participant
from bot.actions.own_questions import let_go, own_question
from bot.domain.commands import Command, read_command, read_pause
from bot.domain.plans import is_done, is_skip, read_plan
from bot.store.database import Tx
from bot.store.people import Participant
from bot.store.plans import Topic
from handlers.conversation import asking, craving, plan, settings, slip
from handlers.conversation.hearing import Heard, answer
from handlers.conversation.settings import spoken_day

ASKED = {
    Command.TALK: asking.talk,
    Command.MYDATA: asking.mydata,
    Command.MOOD: asking.mood,
    Command.CRAVE: craving.hear,
    Command.SLIP: slip.hear,
}


async def hear(tx: Tx, heard: Heard) -> bool:
    """Do what the word asks; return False for a text that is no command (or not one yet)."""
    participant = heard.who.participant
    if participant is None:
        return False
    if await _answers_talk(tx, heard, participant) or await plan.hear(tx, heard, participant):
        return True
    command = read_command(heard.text)
    if command in ASKED:
        await ASKED[command](tx, heard, participant)
        return True
    zone = ZoneInfo(heard.who.zone)
    match command:
        case Command.PAUSE:
            until = read_pause(heard.text, tx.now, zone)
            if until is None:
                return False
            await pause_participant(tx, participant, until)
            await answer(tx, heard, "paused", day=spoken_day(until.astimezone(zone), heard.who.language))
        case Command.RESUME:
            await resume_participant(tx, participant)
            await answer(tx, heard, "resumed")
        case Command.WHEN:
            await _when(tx, heard, zone)
        case _:
            return await settings.hear(tx, heard, participant)
    return True


async def hear_beside(tx: Tx, heard: Heard) -> None:
    """Add to the reply to distress what keeps somebody going meanwhile: their plan, or care after a slip."""
    participant = heard.who.participant
    if participant is None:
        return
    match read_command(heard.text):
        case Command.CRAVE:
            await craving.hear(tx, heard, participant)
        case Command.SLIP:
            await slip.keep_safe(tx, heard)


async def _answers_talk(tx: Tx, heard: Heard, participant: Participant) -> bool:
    """Take a text as the answer to the open question of a plan or the day count.

    A word of its own goes first, and lets the question go.
    """
    talk = await own_question(tx, participant.id)
    if talk is None or heard.inbound.edited:
        return False
    building = talk.topic is Topic.PLAN
    if building and (is_skip(heard.text) or is_done(heard.text)):
        return await plan.hear_answer(tx, heard, participant, talk)
    own_word = read_command(heard.text) is not None or read_plan(heard.text) is not None
    if own_word or settings.asks_for_change(heard):
        await let_go(tx, participant.id)
        return False
    if heard.consent.exact or not heard.text.strip():
        return False  # they may mean STOP, and are asked
    if building:
        return await plan.hear_answer(tx, heard, participant, talk)
    return await slip.hear_answer(tx, heard, participant)


async def _when(tx: Tx, heard: Heard, zone: ZoneInfo) -> None:
    assert heard.who.participant is not None  # noqa: S101 - checked by hear
    at = await next_prompt(tx, heard.who.participant.id)
    if at is None:
        await answer(tx, heard, "when_nothing")
        return
    local = at.astimezone(zone)
    await answer(tx, heard, "when", day=spoken_day(local, heard.who.language), time=f"{local:%H:%M}")
