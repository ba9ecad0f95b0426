"""PLAN: somebody's own reasons, warning signs, what helps and people; built, shown and changed by text."""

from __future__ import annotations

from bot.actions.own_questions import Open, ask, let_go, own_question
from bot.actions.plans import add_entry, plan_of, remove_entry
from bot.domain.commands import Command, read_command
from bot.domain.messages import Button, ChannelName
from bot.domain.plans import (
    LONGEST_ENTRY,
    PlanWish,
    Section,
    Wish,
    cut,
    is_done,
    is_skip,
    pages,
    plain,
    read_plan,
)
from bot.domain.replies import say
from bot.store.database import Tx
from bot.store.people import Participant
from bot.store.plans import Topic
from handlers.conversation.hearing import Heard, answer, answer_with

PLAN = "plan"  # the verb in a button's data: "plan:skip:reasons"
SHOWN = 60  # characters of an entry that an answer repeats
NEXT = "+"  # behind a step: the next sections are asked for too


async def hear(tx: Tx, heard: Heard, participant: Participant) -> bool:
    """Do what somebody asks of their plan; return False for any other text."""
    wish = read_plan(heard.text)
    if wish is None and read_command(heard.text) is Command.PLAN:
        wish = PlanWish(wish=Wish.SHOW)
    if wish is None:
        return False
    match wish.wish:
        case Wish.SHOW:
            await _show(tx, heard, participant)
        case Wish.ASK if wish.section is not None:
            await _ask(tx, heard, participant, wish.section, "plan_ask")
        case Wish.REMOVE if wish.number is not None:
            await _remove(tx, heard, participant, wish.number)
        case _ if wish.section is None or not wish.text:
            await answer(tx, heard, "plan_which")
        case _:
            await let_go(tx, participant.id)
            await _add(tx, heard, participant, wish.section, wish.text)
    return True


async def hear_answer(tx: Tx, heard: Heard, participant: Participant, talk: Open) -> bool:
    """Take a text as what somebody writes into their plan: their words, a pass, or enough for now."""
    section = Section(talk.step.removesuffix(NEXT))
    if is_done(heard.text):
        await _end(tx, heard, participant)
        return True
    if not is_skip(heard.text) and not await add_entry(tx, participant, section, heard.text):
        await let_go(tx, participant.id)
        await answer(tx, heard, "plan_full")
        return True
    await _go_on(tx, heard, participant, talk)
    return True


async def tapped(tx: Tx, heard: Heard, rest: str) -> str | None:
    """Take a tapped button: pass on a question, end, or be asked for a section."""
    what, _, step = rest.partition(":")
    participant = heard.who.participant
    if participant is None or step.removesuffix(NEXT) not in list(Section):
        return None
    if what == "ask":
        await _ask(tx, heard, participant, Section(step), "plan_ask")
        return say("plan_toast", heard.who.language)
    talk = await own_question(tx, participant.id)
    if talk is None or talk != Open(topic=Topic.PLAN, step=step):
        return None  # a button of a question that is over
    if what == "skip":
        await _go_on(tx, heard, participant, talk)
    else:
        await _end(tx, heard, participant)
    return say("plan_toast", heard.who.language)


async def _show(tx: Tx, heard: Heard, participant: Participant) -> None:
    language = heard.who.language
    entries = await plan_of(tx, participant)
    if not entries:
        await _ask(tx, heard, participant, next(iter(Section)), "plan_begin", also_next=True)
        return
    await let_go(tx, participant.id)
    texts = pages(entries, language, title=say("plan_title", language), hint=say("plan_hint", language))
    for number, text in enumerate(texts):
        last = number == len(texts) - 1
        await answer_with(
            tx,
            heard,
            f"plan_shown_{number}" if number else "plan_shown",
            _for_channel(heard, text),
            buttons=_add_buttons(heard) if last else (),
            place=0 if last else -1,
        )


async def _go_on(tx: Tx, heard: Heard, participant: Participant, talk: Open) -> None:
    """Ask for the next empty section where the plan is being built; else that is all."""
    sections = list(Section)
    section = Section(talk.step.removesuffix(NEXT))
    filled = {entry.section for entry in await plan_of(tx, participant)}
    left = [one for one in sections[sections.index(section) + 1 :] if one not in filled]
    if talk.step.endswith(NEXT) and left:
        await _ask(tx, heard, participant, left[0], "plan_next", also_next=True)
    else:
        await _end(tx, heard, participant)


async def _ask(
    tx: Tx, heard: Heard, participant: Participant, section: Section, key: str, *, also_next: bool = False
) -> None:
    language = heard.who.language
    step = f"{section}{NEXT if also_next else ''}"
    await ask(tx, participant.id, Topic.PLAN, step)
    question = say(f"plan_{section}", language)
    text = say(key, language, question=question)
    buttons: tuple[Button, ...] = ()
    if heard.who.contact.channel is ChannelName.TELEGRAM:
        offered = ("skip", "end") if also_next else ("end",)
        buttons = tuple(
            Button(label=say(f"plan_{what}_button", language), data=f"{PLAN}:{what}:{step}")
            for what in offered
        )
    await answer_with(tx, heard, key, text, buttons=buttons)


async def _add(tx: Tx, heard: Heard, participant: Participant, section: Section, text: str) -> None:
    if await add_entry(tx, participant, section, text):
        await answer_with(
            tx,
            heard,
            "plan_added",
            say("plan_added", heard.who.language, text=_for_channel(heard, cut(text, SHOWN))),
        )
    else:
        await answer(tx, heard, "plan_full")


async def _remove(tx: Tx, heard: Heard, participant: Participant, number: int) -> None:
    await let_go(tx, participant.id)
    gone = await remove_entry(tx, participant, number)
    if gone is None:
        await answer(tx, heard, "plan_unknown")
        return
    text = _for_channel(heard, cut(gone.text, SHOWN))
    await answer_with(tx, heard, "plan_removed", say("plan_removed", heard.who.language, text=text))


async def _end(tx: Tx, heard: Heard, participant: Participant) -> None:
    await let_go(tx, participant.id)
    await answer(tx, heard, "plan_kept" if await plan_of(tx, participant) else "plan_later")


def _add_buttons(heard: Heard) -> tuple[Button, ...]:
    if heard.who.contact.channel is not ChannelName.TELEGRAM:
        return ()
    language = heard.who.language
    return tuple(
        Button(label=say(f"plan_add_{section}", language), data=f"{PLAN}:ask:{section}")
        for section in Section
    )


def own_words(heard: Heard, text: str, most: int = LONGEST_ENTRY) -> str:
    """Return somebody's own words as their channel takes them, at most `most` characters."""
    return _for_channel(heard, cut(text, most))


def _for_channel(heard: Heard, text: str) -> str:
    if heard.who.contact.channel is not ChannelName.SMS:
        return text
    return "\n".join(plain(line) for line in text.split("\n"))
