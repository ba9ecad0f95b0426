"""TALK, MYDATA and MOOD: what somebody asks of the team and of us, answered with what is true."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.actions.checkins import ask_mood
from bot.actions.requests import ask_for_call, ask_for_data
from bot.domain.messages import ChannelName
from bot.domain.replies import say
from bot.store.database import Tx
from bot.store.people import Participant
from handlers.conversation.hearing import Heard, answer, answer_with
from handlers.conversation.settings import spoken_day

MOOD = "mood_now"


async def talk(tx: Tx, heard: Heard, participant: Participant) -> None:
    """Ask somebody to call, and say when they are back; never when they will call."""
    language, lines = heard.who.language, heard.lines.lines
    told = await ask_for_call(tx, participant)
    if told is None:
        await answer(tx, heard, "talk_nobody", contact=heard.who.programme.help_contact, lines=lines)
        return
    name = told.name or say("your_team", language)
    if told.back is None:
        await answer(tx, heard, "talk", name=name, lines=lines)
        return
    local = told.back.astimezone(ZoneInfo(heard.who.zone))
    day = spoken_day(local, language)
    await answer(tx, heard, "talk_back", name=name, day=day, time=f"{local:%H:%M}", lines=lines)


async def mydata(tx: Tx, heard: Heard, participant: Participant) -> None:
    """Say what is kept, and how to get a copy or have it erased; the coordinators hear of it."""
    language = heard.who.language
    key = "mydata_asked" if await ask_for_data(tx, participant) else "mydata_contact"
    await answer_with(tx, heard, "mydata", say("mydata", language), place=-1)
    await answer(tx, heard, key, contact=heard.who.programme.help_contact)


async def mood(tx: Tx, heard: Heard, participant: Participant) -> None:
    """Ask how they are now; the answer is a check-in's like any other."""
    language = heard.who.language
    await answer_with(tx, heard, MOOD, say(MOOD, language))
    buttons = heard.who.contact.channel is ChannelName.TELEGRAM
    await ask_mood(tx, participant, f"{MOOD}:{heard.message_id}", buttons=buttons)
