"""STOP, START, HELP and joining: what a contact agreed to, on the person's own words."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from bot.actions.consents import opt_in, opt_out
from bot.actions.conversations import said_lately
from bot.actions.enrolments import join_by_keyword, messages_a_week, use_invite
from bot.domain.consent import ConsentState, ConsentWord
from bot.domain.messages import Kind
from bot.store.database import Tx
from handlers.conversation.hearing import Heard, answer

REMIND_AFTER = timedelta(days=1)


async def stop(tx: Tx, heard: Heard) -> None:
    """Opt this contact out, and confirm it once, unless the provider has confirmed it already."""
    was_out = heard.who.contact.consent is ConsentState.OPTED_OUT
    method = "carrier_word" if heard.consent.carrier else "own_words"
    await opt_out(tx, heard.who.contact, method=method, message_id=heard.message_id)
    if not was_out and heard.inbound.opt_out_type is None:
        await answer(tx, heard, "stopped", kind=Kind.PARTING, programme=heard.who.programme.name)


async def start(tx: Tx, heard: Heard) -> None:
    """Take a contact in on its own word: the second half of the double opt-in, or a return."""
    who, before = heard.who, heard.who.contact.consent
    if who.participant is None:
        await answer_stranger(tx, heard)
        return
    if before is ConsentState.ACTIVE:
        await answer(tx, heard, "already_in")
        return
    await opt_in(tx, who, method="own_words", message_id=heard.message_id)
    await _welcome(tx, heard, back=before is ConsentState.OPTED_OUT)


async def help_(tx: Tx, heard: Heard) -> None:
    """Say who we are, how to reach a person, and how to stop."""
    if heard.inbound.opt_out_type is None:
        programme = heard.who.programme
        await answer(tx, heard, "help", programme=programme.name, contact=programme.help_contact)


async def begin_by_link(tx: Tx, heard: Heard, token: str) -> bool:
    """Take in a Telegram chat that came by a one-time link; False if the link is not good."""
    hashed = hashlib.sha256(token.encode()).hexdigest()
    who = await use_invite(tx, heard.who, hashed)
    if who is None:
        return False
    await opt_in(tx, who, method="deep_link", message_id=heard.message_id)
    await _welcome(tx, heard, back=False)
    return True


async def pending(tx: Tx, heard: Heard) -> None:
    """Remind somebody who has not agreed yet how to begin; once a day at most."""
    if not await said_lately(tx, heard.who, "pending:", REMIND_AFTER):
        programme = heard.who.programme
        await answer(tx, heard, "pending", kind=Kind.OPT_IN, contact=programme.help_contact)


async def answer_stranger(tx: Tx, heard: Heard) -> None:
    """Start somebody's enrolment on the join keyword; otherwise say once, politely, who this is."""
    who, programme = heard.who, heard.who.programme
    keyword = (programme.join_keyword or "").casefold()
    if keyword and heard.text.strip().strip(".!\"'").casefold() == keyword:
        joined = await join_by_keyword(tx, who)
        count = await messages_a_week(tx, joined)
        await answer(tx, heard, "invite", kind=Kind.OPT_IN, programme=programme.name, count=count)
    elif who.contact.greeted_at is None:
        who.contact.greeted_at = tx.now
        await answer(tx, heard, "unknown", programme=programme.name, contact=programme.help_contact)


async def _welcome(tx: Tx, heard: Heard, *, back: bool) -> None:
    programme = heard.who.programme
    if back:
        await answer(tx, heard, "back", kind=Kind.OPT_IN, programme=programme.name)
        return
    count = await messages_a_week(tx, heard.who)
    await answer(tx, heard, "welcome", kind=Kind.OPT_IN, programme=programme.name, count=count)


HANDLERS = {ConsentWord.STOP: stop, ConsentWord.START: start, ConsentWord.HELP: help_}
