"""Calls to staff: what whoever picks up is told, and what a key does. Voicemail takes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from bot.actions.acknowledgements import take_alert, write_to
from bot.actions.notices import name_of
from bot.actions.results import message_of, record_status
from bot.actions.staffing import load_roster
from bot.domain.calls import Speech, say_aloud, spell, voice_of
from bot.domain.messages import ChannelName, Direction, Kind, MessageState, StatusEvent
from bot.domain.replies import say
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Participant, PersonStatus, Programme, Staff

TAKE = "1"  # the key
QUIET = timedelta(minutes=1)  # after a call began, when nothing was heard of it
FORGOTTEN = timedelta(hours=1)  # no call lasts that long
SILENT = 50


async def answer_call(tx: Tx, event: StatusEvent) -> Speech | None:
    """Return what to say to whoever picked up; None means hang up: nothing is said to a machine."""
    human = event.state is not MessageState.FAILED
    await record_call(tx, replace(event, state=MessageState.DELIVERED) if human else event)
    notice = await _notice(tx, event)
    if notice is None or not human:
        return None
    alert = await tx.session.get_one(Alert, notice.alert_id)
    language = await _language(tx, alert)
    if alert.state is not AlertState.OPEN:
        return await _settled(tx, alert, notice, language)
    text = await tx.vault.reveal(tx.session, notice.body or b"", "messages", "body", notice.id)
    return Speech(
        text=text,
        voice=voice_of(language),
        otherwise=say_aloud("not_taken", language, ref=spell(alert.ref)),
    )


async def press_key(tx: Tx, event: StatusEvent, key: str) -> Speech | None:
    """Take the alert for whoever pressed 1, and return what to say; any other key takes nothing."""
    notice = await _notice(tx, event)
    if notice is None:
        return None
    alert = await tx.session.get_one(Alert, notice.alert_id)
    staff = await tx.session.get_one(Staff, notice.staff_id)
    language = await _language(tx, alert)
    if alert.state is AlertState.CLOSED or alert.acknowledged_by is not None:
        return await _settled(tx, alert, notice, language)
    if key != TAKE or staff.status is not PersonStatus.ACTIVE:
        return _speech("not_taken", language, ref=spell(alert.ref))
    taken = await take_alert(tx, alert, staff)
    if not taken.won:
        return await _settled(tx, alert, notice, language)
    return await _taken(tx, alert, staff, language)


async def record_call(tx: Tx, event: StatusEvent) -> None:
    """Keep what became of a call; one that reached only a machine stays failed when it has ended."""
    message = await message_of(tx, event)
    if message is not None and message.state is MessageState.FAILED:
        event = replace(event, state=None)
    await record_status(tx, event)


async def silent_calls(tx: Tx) -> list[tuple[str, str]]:
    """Return (message id, Twilio's id) of the calls that nobody told us of for a minute after they began."""
    rows = await tx.session.execute(
        select(Message.id, Message.provider_id)
        .where(
            Message.channel == ChannelName.VOICE,
            Message.direction == Direction.OUT,
            Message.provider_id.is_not(None),
            Message.state == MessageState.SENT,
            Message.sent_at <= tx.now - QUIET,
            Message.sent_at > tx.now - FORGOTTEN,
        )
        .order_by(Message.id)
        .limit(SILENT)
    )
    return [(message_id, str(provider_id)) for message_id, provider_id in rows]


async def _notice(tx: Tx, event: StatusEvent) -> Message | None:
    message = await message_of(tx, event)
    if message is None or message.kind is not Kind.NOTICE or message.alert_id is None:
        return None
    return message


async def _settled(tx: Tx, alert: Alert, notice: Message, language: str) -> Speech:
    if alert.state is AlertState.CLOSED:
        return _speech("closed", language, ref=spell(alert.ref))
    if alert.acknowledged_by == notice.staff_id:
        return _speech("taken_already", language, ref=spell(alert.ref))
    return _speech("taken_by_other", language, name=await name_of(tx, alert.acknowledged_by))


async def _taken(tx: Tx, alert: Alert, staff: Staff, language: str) -> Speech:
    """Say that they have it. Who it is about goes by text, or aloud by ref where they have only a phone."""
    programme = await tx.session.get_one(Programme, alert.programme_id)
    roster = await load_roster(tx, programme)
    participant = await tx.session.get(Participant, alert.participant_id) if alert.participant_id else None
    person = participant.ref if participant is not None else "-"
    text = say("taken_by_you", language, ref=alert.ref, person=person)
    key = f"called:{alert.id}:{int(tx.now.timestamp())}"
    if await write_to(tx, alert, staff.id, roster, text=text, key=key):
        return _speech("taken_by_you", language, ref=spell(alert.ref))
    return _speech("taken_by_voice", language, ref=spell(alert.ref), person=spell(person))


def _speech(key: str, language: str, **values: str) -> Speech:
    return Speech(text=say_aloud(key, language, **values), voice=voice_of(language))


async def _language(tx: Tx, alert: Alert) -> str:
    programme = await tx.session.get_one(Programme, alert.programme_id)
    return str(programme.languages[0])
