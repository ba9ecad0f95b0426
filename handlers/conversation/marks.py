"""Staff judge triage: FALSE K7 for an alarm that was none, MISSED K7 for a text that was passed over."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.actions.acknowledgements import alert_by_ref, alerts_told_to
from bot.actions.conversations import message_answered
from bot.actions.marks import NotTriagedError, mark_false_alarm, mark_missed, missed_text
from bot.domain.marks import Asked, Mark, read_mark
from bot.domain.messages import Kind
from bot.domain.replies import say
from bot.store.alerts import Alert
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Staff
from handlers.conversation.hearing import Heard, answer_with

LOOKED_AT = "triage:"  # begins the key of "I can't read it, please look": the message's id follows
EXAMPLE = "K7"


async def hear(tx: Tx, heard: Heard, staff: Staff) -> bool:
    """Keep a mark and say so; return False for anything that is no mark.

    Without a ref it is about what the message it replies to was about, or, as a bare word, about the only
    alert they were told of. "Missed my bus" is none of these.
    """
    asked = read_mark(heard.text)
    if asked is None:
        return False
    replied = await message_answered(tx, heard.who, heard.inbound.reply_to)
    looked_at = _looked_at(replied)
    if asked.ref is None and looked_at is not None:
        await _keep(tx, heard, staff, asked, await tx.session.get(Message, looked_at))
        return True
    about = replied.alert_id if replied is not None else None
    if asked.ref is None and about is None and asked.reason is not None:
        return False
    alert = await _meant(tx, heard, staff, asked, about)
    if alert is not None:
        await _keep(tx, heard, staff, asked, await _text_of(tx, alert, asked.mark), ref=alert.ref)
    return True


async def _meant(tx: Tx, heard: Heard, staff: Staff, asked: Asked, about: str | None) -> Alert | None:
    """Return the alert a mark is for; say so when that can't be told."""
    if asked.ref is None:
        return await tx.session.get_one(Alert, about) if about else await _only_one(tx, heard, staff)
    alert = await alert_by_ref(tx, staff.programme_id, asked.ref)
    if alert is None:
        await _say(tx, heard, "mark_unknown", ref=asked.ref)
    return alert


async def _text_of(tx: Tx, alert: Alert, mark: Mark) -> Message | None:
    if mark is Mark.MISSED:
        return await missed_text(tx, alert)
    return await tx.session.get(Message, alert.message_id)


async def _only_one(tx: Tx, heard: Heard, staff: Staff) -> Alert | None:
    """Return the one alert a bare word can be about; ask which when it is not one."""
    told = await alerts_told_to(tx, staff.id)
    if len(told) == 1:
        return told[0]
    word = heard.text.strip().strip(".!").upper()
    await _say(tx, heard, "mark_which", word=word, ref=told[0].ref if told else EXAMPLE)
    return None


async def _keep(
    tx: Tx, heard: Heard, staff: Staff, asked: Asked, message: Message | None, *, ref: str = "-"
) -> None:
    keep = mark_false_alarm if asked.mark is Mark.FALSE_ALARM else mark_missed
    try:
        if message is None:
            raise NotTriagedError
        await keep(tx, message.id, staff, asked.reason)
    except NotTriagedError:
        await _say(tx, heard, "mark_nothing", ref=ref)
        return
    zone = ZoneInfo(staff.timezone or heard.who.programme.timezone)
    time = message.created_at.astimezone(zone).strftime("%H:%M")
    await _say(tx, heard, f"marked_{asked.mark}", ref=ref, time=time)


def _looked_at(replied: Message | None) -> str | None:
    key = (replied.dedupe_key or "") if replied is not None else ""
    return key.removeprefix(LOOKED_AT).partition(":")[0] if key.startswith(LOOKED_AT) else None


async def _say(tx: Tx, heard: Heard, key: str, **values: str) -> None:
    text = say(key, heard.who.language, **values)
    await answer_with(tx, heard, key, text, kind=Kind.STAFF)
