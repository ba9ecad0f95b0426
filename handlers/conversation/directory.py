"""MEETING, RESOURCES and STORY: the programme's own lists, a page at a time, or that there is none."""

from __future__ import annotations

from datetime import timedelta

from bot.actions.conversations import times_said
from bot.actions.people import pathway_preferred, specialist_of
from bot.actions.specialists import tell_specialist
from bot.domain.commands import Command, read_command
from bot.domain.directory import Entry, Shelf, directory_from_data, pages
from bot.domain.replies import say
from bot.domain.stories import built_in_stories
from bot.store.database import Tx
from bot.store.people import Participant
from handlers.conversation.hearing import Heard, answer, specialist_name

SHELVES = {
    Command.MEETING: Shelf.MEETINGS,
    Command.RESOURCES: Shelf.RESOURCES,
    Command.STORY: Shelf.STORIES,
}
TURN = timedelta(days=1)  # after this a list is told from its first page again
LONG_AGO = timedelta(days=3650)


async def hear(tx: Tx, heard: Heard) -> bool:
    """Answer one of the three words; False for any other text."""
    participant, command = heard.who.participant, read_command(heard.text)
    if participant is None or command not in SHELVES:
        return False
    shelf = SHELVES[command]
    lists = directory_from_data(heard.who.programme.directory or {})
    entries = lists.on(shelf, await pathway_preferred(tx, participant))
    if shelf is Shelf.STORIES:
        await _story(tx, heard, entries)
    elif entries:
        await _page(tx, heard, shelf, entries)
    else:
        await _none(tx, heard, participant, command)
    return True


async def _page(tx: Tx, heard: Heard, shelf: Shelf, entries: list[Entry]) -> None:
    """Tell the next page of a list; the same word again turns it."""
    every = pages(entries, heard.who.language)
    told = await times_said(tx, heard.who, f"list_{shelf}:", TURN)
    more = say(f"more_{shelf}", heard.who.language) if len(every) > 1 else ""
    await answer(tx, heard, f"list_{shelf}", entries=every[told % len(every)], more=more)


async def _story(tx: Tx, heard: Heard, entries: list[Entry]) -> None:
    """Tell a story they have not had yet, for as long as there is one. Ours are made up, and say so."""
    language = heard.who.language
    told = await times_said(tx, heard.who, "story", LONG_AGO)
    own = [entry.said(language) for entry in entries]
    if told < len(own) or not built_in_stories(language):
        await answer(tx, heard, "story_own", text=own[told % len(own)])
        return
    ours = built_in_stories(language)
    place = (told - len(own)) % (len(own) + len(ours))
    if place < len(ours):
        await answer(tx, heard, "story_made_up", text=ours[place])
    else:
        await answer(tx, heard, "story_own", text=own[place - len(ours)])


async def _none(tx: Tx, heard: Heard, participant: Participant, command: Command) -> None:
    """Ask a person for what no list has; where nobody can be asked, say whom to call."""
    told = await tell_specialist(
        tx, participant.id, f"wants_{command}", dedupe=f"{command}:{participant.id}:{tx.now.date()}"
    )
    if not told:
        await answer(tx, heard, "no_list", contact=heard.who.programme.help_contact)
        return
    own = await specialist_of(tx, participant)
    name = await specialist_name(tx, heard) if own is not None else say("your_team", heard.who.language)
    await answer(tx, heard, "passed_on", name=name)
