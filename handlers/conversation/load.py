"""LOAD: what each of the staff carries, for supervisors. First names of staff and counts; no participants."""

from __future__ import annotations

from bot.actions.loads import describe_nights, loads_of, nights_of
from bot.actions.notices import name_of
from bot.domain.load import Load
from bot.domain.messages import ChannelName, Kind
from bot.domain.programme import Role
from bot.domain.replies import say
from bot.store.database import Tx
from bot.store.people import Staff
from handlers.conversation.hearing import Heard, answer_with

SHOWN = {ChannelName.SMS: 8, ChannelName.TELEGRAM: 40}  # people; a text must stay a text


async def hear(tx: Tx, heard: Heard, staff: Staff) -> None:
    """Answer a supervisor; tell anybody else what they can ask for."""
    language = heard.who.language
    if Role.SUPERVISOR not in staff.roles:
        await answer_with(tx, heard, "load", say("load_supervisors", language), kind=Kind.STAFF)
        return
    loads = await loads_of(tx, heard.who.programme)
    most = SHOWN.get(heard.inbound.channel, 8)
    shown = ", ".join([await _line(tx, load) for load in loads[:most]])
    if len(loads) > most:
        shown = say("load_more", language, loads=shown, count=len(loads) - most)
    text = say("load_now", language, loads=shown or "-")
    await answer_with(tx, heard, "load", text, kind=Kind.STAFF, place=-1)
    last = (await nights_of(tx, heard.who.programme, 1))[0]
    await answer_with(tx, heard, "nights", await describe_nights(tx, last, language), kind=Kind.STAFF)


async def _line(tx: Tx, load: Load) -> str:
    name = await name_of(tx, load.staff_id)
    return f"{name} {load.open} {load.taken} {load.talks} {load.promises} {load.people}"
