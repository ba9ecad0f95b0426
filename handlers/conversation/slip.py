"""SLIP: thanks, safety first, who hears of it, and the person's own choice about their day count."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.actions.alerts import raise_alert
from bot.actions.own_questions import ask, let_go, own_question
from bot.actions.preferences import (
    celebrate_milestones,
    counts_days,
    hold_milestones,
    open_details,
    start_anew,
)
from bot.actions.requests import tell_quietly
from bot.domain.messages import Button, ChannelName
from bot.domain.plans import Counter, read_counter
from bot.domain.programme import OnSlip
from bot.domain.replies import say
from bot.domain.skills import has_nose_spray
from bot.domain.triage.assess import Level
from bot.store.database import Tx
from bot.store.people import Participant
from bot.store.plans import Topic
from handlers.conversation.hearing import Heard, answer, answer_with

COUNTER = "counter"  # the verb in a button's data: "counter:keep"


async def hear(tx: Tx, heard: Heard, participant: Participant) -> None:
    """Answer somebody who says they slipped: never with shame, and nothing about them is taken away."""
    language = heard.who.language
    await hold_milestones(tx, participant)
    await keep_safe(tx, heard)
    said = await _told(tx, heard, participant)
    details = await open_details(tx, participant)
    # Whoever lets it rest already is not asked again.
    asked = counts_days(details) and details.get("held_since") == tx.now.isoformat(timespec="seconds")
    if asked:
        await ask(tx, participant.id, Topic.COUNTER, COUNTER)
        said = f"{said} {say('slip_counter', language)}"
    await answer_with(tx, heard, "slip_told", said, buttons=_buttons(heard) if asked else ())


async def keep_safe(tx: Tx, heard: Heard) -> None:
    """Say what keeps somebody alive after a break, before anything else."""
    programme, language = heard.who.programme, heard.who.language
    spray = say("slip_spray", language) if has_nose_spray(programme.country) else ""
    text = say("slip", language, spray=spray, emergency=heard.lines.emergency)
    await answer_with(tx, heard, "slip", text, place=-1)


async def choose(tx: Tx, heard: Heard, participant: Participant, choice: Counter) -> None:
    """Do with the day count what the person chose."""
    await let_go(tx, participant.id)
    match choice:
        case Counter.KEEP:
            await celebrate_milestones(tx, participant)
            await answer(tx, heard, "counter_keep")
        case Counter.ANEW:
            today = tx.now.astimezone(ZoneInfo(heard.who.zone)).date()
            days = await start_anew(tx, participant, today)
            await answer(tx, heard, "counter_anew", count=days)
        case Counter.REST:
            await answer(tx, heard, "counter_rest")


async def hear_answer(tx: Tx, heard: Heard, participant: Participant) -> bool:
    """Take a text as what somebody chose; False for any other, and the question stands."""
    choice = read_counter(heard.text)
    if choice is None:
        return False
    await choose(tx, heard, participant, choice)
    return True


async def tapped(tx: Tx, heard: Heard, value: str) -> str | None:
    """Take a tapped button as the choice, while the question stands."""
    participant = heard.who.participant
    if participant is None or value not in list(Counter):
        return None
    talk = await own_question(tx, participant.id)
    if talk is None or talk.topic is not Topic.COUNTER:
        return None
    await choose(tx, heard, participant, Counter(value))
    return say("plan_toast", heard.who.language)


async def _told(tx: Tx, heard: Heard, participant: Participant) -> str:
    """Tell the team as the programme wants, and return what is true about it."""
    language = heard.who.language
    match OnSlip(heard.who.programme.on_slip or OnSlip.TELL):
        case OnSlip.URGENT:
            raised = await raise_alert(tx, heard.who, heard.message_id, Level.URGENT)
            return say("slip_urgent" if raised.told else "slip_alone", language)
        case OnSlip.NOTHING:
            return say("slip_alone", language)
        case OnSlip.TELL:
            day = tx.now.date()
            told = await tell_quietly(tx, participant, "told_slip", dedupe=f"slip:{participant.id}:{day}")
            if told is None:
                return say("slip_alone", language)
            return say("slip_told", language, name=told.name or say("your_team", language))


def _buttons(heard: Heard) -> tuple[Button, ...]:
    if heard.who.contact.channel is not ChannelName.TELEGRAM:
        return ()
    return tuple(
        Button(label=say(f"counter_{choice}_button", heard.who.language), data=f"{COUNTER}:{choice}")
        for choice in Counter
    )
