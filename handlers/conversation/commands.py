"""Words a participant can use at any time: pause, resume, when, talk."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.actions.consents import tell_specialist
from bot.actions.enrolments import next_prompt, pause_participant, resume_participant
from bot.domain.commands import Command, read_command, read_pause
from bot.store.database import Tx
from handlers.conversation import settings
from handlers.conversation.hearing import Heard, answer, specialist_name
from handlers.conversation.settings import spoken_day


async def hear(tx: Tx, heard: Heard) -> bool:
    """Do what the word asks; return False for a text that is no command (or not one yet)."""
    participant = heard.who.participant
    if participant is None:
        return False
    zone = ZoneInfo(heard.who.zone)
    match read_command(heard.text):
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
        case Command.TALK:
            await tell_specialist(
                tx, participant.id, "wants_call", dedupe=f"talk:{heard.message_id}", urgent=False
            )
            name = await specialist_name(tx, heard)
            await answer(tx, heard, "talk", name=name, lines=heard.lines.lines)
        case _:
            return await settings.hear(tx, heard, participant)
    return True


async def _when(tx: Tx, heard: Heard, zone: ZoneInfo) -> None:
    assert heard.who.participant is not None  # noqa: S101 - checked by hear
    at = await next_prompt(tx, heard.who.participant.id)
    if at is None:
        await answer(tx, heard, "when_nothing")
        return
    local = at.astimezone(zone)
    await answer(tx, heard, "when", day=spoken_day(local, heard.who.language), time=f"{local:%H:%M}")
