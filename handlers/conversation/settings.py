"""What somebody wants otherwise: fewer texts or all, a day left out, another time of day, milestones.

Each answer names the next text as it will come, found by the planner's own code.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.actions.checkins import open_checkin
from bot.actions.enrolments import next_prompt
from bot.actions.preferences import (
    celebrate_milestones,
    choose_time,
    end_milestones,
    fewer,
    move_to_zone,
    send_fewer,
    send_more,
    skip_day,
)
from bot.actions.specialists import tell_specialist
from bot.domain.commands import Command, read_command, read_skip
from bot.domain.hours import format_clock, parse_window
from bot.domain.moves import place_of, read_move
from bot.domain.replies import say
from bot.domain.wishes import choose, read_wish
from bot.store.database import Tx
from bot.store.people import Participant
from handlers.conversation.hearing import Heard, answer, answer_with, specialist_name


async def hear(tx: Tx, heard: Heard, participant: Participant) -> bool:
    """Change what somebody asks to have changed; return False for any other text."""
    command = read_command(heard.text)
    match command:
        case Command.LESS:
            key = "less_least"
            if await send_fewer(tx, participant):
                key = "less_again" if await fewer(tx, participant) > 1 else "less"
            await _told(tx, heard, key)
        case Command.MORE:
            key = "more_most"
            if await send_more(tx, participant):
                key = "more_again" if await fewer(tx, participant) else "more"
            await _told(tx, heard, key)
        case Command.SKIP:
            return await _skip(tx, heard, participant)
        case Command.USUAL_TIME:
            await choose_time(tx, participant, None)
            await _told(tx, heard, "time_usual")
        case Command.MILESTONES | Command.NO_MILESTONES:
            await _milestones(tx, heard, participant, command)
        case None:
            return await _another_time(tx, heard, participant) or await _moved(tx, heard, participant)
        case _:
            return False
    return True


def asks_for_change(heard: Heard) -> bool:
    """Tell whether a text asks in a sentence for another time of day, or to go by other clocks."""
    moved = read_move(heard.text, heard.who.programme.country)
    return bool(read_wish(heard.text)) or moved is not None


async def _skip(tx: Tx, heard: Heard, participant: Participant) -> bool:
    days = read_skip(heard.text)
    if days is None and await open_checkin(tx, participant.id) is not None:
        return False  # they skip the question
    zone = ZoneInfo(heard.who.zone)
    if days is not None:
        day = tx.now.astimezone(zone) + timedelta(days=days)
    else:
        at = await next_prompt(tx, participant.id)
        if at is None:
            await answer(tx, heard, "when_nothing")
            return True
        day = at.astimezone(zone)
    await skip_day(tx, participant, day.date())
    await _told(tx, heard, "skipped", day=spoken_day(day, heard.who.language))
    return True


async def _another_time(tx: Tx, heard: Heard, participant: Participant) -> bool:
    asked = read_wish(heard.text)
    if not asked:
        return False
    stored = heard.who.programme.quiet_hours
    window = parse_window(stored) if stored is not None else None
    possible = choose(asked, window)
    if not possible and window is not None:
        start, end = format_clock(window.start), format_clock(window.end)
        await _told(tx, heard, "time_quiet", start=start, end=end)
    elif len(possible) > 1:
        await answer(tx, heard, "time_which", hour=asked[0].hour)
    else:
        await choose_time(tx, participant, possible[0])
        await _told(tx, heard, "time_set", time=f"{possible[0]:%H:%M}")
    return True


async def _moved(tx: Tx, heard: Heard, participant: Participant) -> bool:
    zone = read_move(heard.text, heard.who.programme.country)
    if zone is None:
        return False
    if zone != heard.who.zone:
        await move_to_zone(tx, participant, zone, heard.who.programme.timezone)
        await tell_specialist(
            tx, participant.id, "told_move", dedupe=f"move:{participant.id}:{tx.now.date()}"
        )
    await _told(tx, heard, "moved", place=place_of(zone))
    return True


async def _milestones(tx: Tx, heard: Heard, participant: Participant, command: Command) -> None:
    if command is Command.NO_MILESTONES:
        await end_milestones(tx, participant)
        await _told(tx, heard, "milestones_off")
    elif await celebrate_milestones(tx, participant):
        await _told(tx, heard, "milestones_on")
    else:
        await tell_specialist(
            tx, participant.id, "wants_milestones", dedupe=f"undated:{participant.id}:{tx.now.date()}"
        )
        await answer(tx, heard, "milestones_undated", name=await specialist_name(tx, heard))


async def _told(tx: Tx, heard: Heard, key: str, **values: object) -> None:
    """Answer, and say truthfully what comes next."""
    assert heard.who.participant is not None  # noqa: S101 - checked by the caller
    language = heard.who.language
    at = await next_prompt(tx, heard.who.participant.id)
    if at is None:
        following = say("when_nothing", language)
    else:
        local = at.astimezone(ZoneInfo(heard.who.zone))
        following = say("next_at", language, day=spoken_day(local, language), time=f"{local:%H:%M}")
    await answer_with(tx, heard, key, say(key, language, next=following, **values))


def spoken_day(local: datetime, language: str) -> str:
    """Return a day as people say it: Thursday 26."""
    return f"{say('weekdays', language).split()[local.weekday()]} {local.day}"
