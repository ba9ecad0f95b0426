"""Which intent a message is: distress before consent before everything else."""

from __future__ import annotations

from bot.actions.conversations import flag, said_lately
from bot.actions.own_questions import let_go
from bot.actions.preferences import hold_milestones
from bot.actions.prompts import ANSWER
from bot.actions.specialists import tell_specialist
from bot.domain.consent import ConsentState, ConsentWord
from bot.domain.triage.assess import Level
from bot.store.database import Tx
from handlers.conversation import (
    checkin,
    commands,
    consent,
    directory,
    distress,
    plan,
    relay,
    slip,
    specialist,
)
from handlers.conversation.hearing import STALE, Heard, answer, specialist_name

LINK = "/start "  # Telegram sends a deep link's token behind it


async def hear(tx: Tx, heard: Heard) -> str | None:
    """Do what follows from a message; return a few words for a tapped button, where there was one."""
    if heard.who.staff is not None:
        return await specialist.hear(tx, heard, heard.who.staff)
    if heard.inbound.button is not None:
        return await _tapped(tx, heard)
    stopping = heard.consent.word is ConsentWord.STOP
    # The bare word HELP is the carriers' question "who is this?"; with anything more it is read as it stands.
    in_danger = heard.assessment.level is not Level.NONE and heard.consent.word is not ConsentWord.HELP
    if heard.who.participant is not None and (in_danger or stopping):
        await let_go(tx, heard.who.participant.id)  # what they write next is no answer to it
    answered = False
    if in_danger:
        was_out = heard.who.contact.consent is ConsentState.OPTED_OUT
        answered = await distress.hear(tx, heard, opted_out_now=stopping and not was_out)
    if heard.who.participant is not None and heard.says_return_to_use:
        await hold_milestones(tx, heard.who.participant)
    if heard.text.startswith(LINK) and await consent.begin_by_link(tx, heard, heard.text.removeprefix(LINK)):
        return None
    if heard.consent.word is not None:
        await consent.HANDLERS[heard.consent.word](tx, heard)
    elif heard.who.contact.consent is ConsentState.OPTED_OUT:
        pass  # kept and read by triage; nothing more is sent to somebody who said stop
    elif await relay.heard_from(tx, heard):
        pass  # a human is talking with them; the bot keeps quiet
    elif in_danger:
        await checkin.hear(tx, heard, quietly=answered)
        if answered and heard.assessment.level is Level.URGENT:
            await commands.hear_beside(tx, heard)
    else:
        await _everyday(tx, heard)
    return None


async def _everyday(tx: Tx, heard: Heard) -> None:
    who = heard.who
    if who.participant is None:
        await consent.answer_stranger(tx, heard)
    elif who.contact.consent is not ConsentState.ACTIVE:
        await consent.pending(tx, heard)
    elif heard.inbound.media and not heard.text.strip():
        await _unreadable(tx, heard)
    elif not (
        await checkin.passed(tx, heard)
        or await commands.hear(tx, heard)
        or await directory.hear(tx, heard)
        or await checkin.hear(tx, heard)
    ):
        await _saved(tx, heard)
    if heard.inbound.media and heard.text.strip():
        await flag(tx, heard.message_id, "media")


async def _tapped(tx: Tx, heard: Heard) -> str | None:
    verb, _, rest = (heard.inbound.button or "").partition(":")
    message_id, _, value = rest.partition(":")
    if verb == plan.PLAN:
        return await plan.tapped(tx, heard, rest)
    if verb == slip.COUNTER:
        return await slip.tapped(tx, heard, rest)
    if verb == ANSWER and await checkin.tapped(tx, heard, message_id, value):
        return value[:20]
    return None


async def _unreadable(tx: Tx, heard: Heard) -> None:
    """Say that we can't read it, and have their specialist look."""
    assert heard.who.participant is not None  # noqa: S101 - checked by the caller
    await flag(tx, heard.message_id, "media")
    await tell_specialist(
        tx, heard.who.participant.id, "look_at", dedupe=f"look:{heard.who.participant.id}:{tx.now.date()}"
    )
    await answer(tx, heard, "media", name=await specialist_name(tx, heard))


async def _saved(tx: Tx, heard: Heard) -> None:
    """Say once in a while that it is kept and that this is no person; ask about a stop that may be one."""
    if heard.consent.exact:
        await answer(tx, heard, "unsure_stop")
        return
    if heard.inbound.edited or await said_lately(tx, heard.who, "saved:", STALE):
        return
    await answer(tx, heard, "saved", name=await specialist_name(tx, heard))
