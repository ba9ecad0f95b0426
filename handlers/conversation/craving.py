"""CRAVE: somebody's own plan in their own words, else one thing that helps; and always the offer to talk."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.actions.plans import plan_of, times_told
from bot.domain.plans import Section
from bot.domain.replies import say
from bot.domain.skills import rotated, skills
from bot.store.database import Tx
from bot.store.people import Participant
from handlers.conversation import memory
from handlers.conversation.hearing import Heard, answer_with
from handlers.conversation.plan import own_words

CRAVE = "crave"  # what the dedupe keys of these answers begin with
SHOWN = 45  # characters of each: both fit one SMS
KEYS = {  # which parts of a plan there are: how they are said
    (True, True): "crave_both",
    (True, False): "crave_helps",
    (False, True): "crave_reason",
}


async def hear(tx: Tx, heard: Heard, participant: Participant) -> None:
    """Give back one thing that helps and one reason, another each time; ours where there are none.

    Once in a while it is what they themselves said that helped, and when.

    It raises nothing by itself: triage has read the message before.
    """
    if await memory.offer(tx, heard, participant, "memory_crave", planned=False):
        return
    language = heard.who.language
    told = await times_told(tx, heard.who.contact, CRAVE)
    day = tx.now.astimezone(ZoneInfo(heard.who.zone)).date()

    def one(of: list[str]) -> str:
        return own_words(heard, rotated(of, participant.id, day, told), SHOWN) if of else ""

    entries = await plan_of(tx, participant)
    said = {section: one([e.text for e in entries if e.section is section]) for section in Section}
    helps, reason, person = said[Section.WHAT_HELPS], said[Section.REASONS], said[Section.PEOPLE]
    if helps or reason:
        key = KEYS[bool(helps), bool(reason)]
        text = say(key, language, help=helps, reason=reason)
    elif person:
        key, text = "crave_person", say("crave_person", language, person=person)
    else:
        key = "crave_skill"
        text = say(key, language, skill=rotated(skills(language), participant.id, day, told))
    await answer_with(tx, heard, key, text)
