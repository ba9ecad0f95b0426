"""What staff write back: "I have it" above all, by button, by `1`, by `1 K7`."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.actions.acknowledgements import Taken, alert_by_ref, alerts_told_to, keep_holding, take_alert
from bot.actions.consents import opt_in, opt_out
from bot.actions.conversations import message_answered, said_lately
from bot.actions.notices import COVER, TAKE, VIEW, name_of
from bot.actions.talks import BACK, QUICK
from bot.domain.closing import DeskWord, read_order
from bot.domain.consent import ConsentState, ConsentWord
from bot.domain.messages import Button, Kind, Lane
from bot.domain.replies import say
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.people import Participant, Staff
from handlers.conversation import desk, marks, relay
from handlers.conversation.hearing import Heard, answer, answer_with

# "1", "1 K7", "1k7", "ack K7", "K7", "Ref K7", "1." - nothing longer.
_YES = "1|ack|take|tomo|mio|mine|ok|okay|yes|si|on it|got it|i have it|lo tengo|voy"
TAKES = re.compile(rf"^\W*(?P<one>{_YES})?\W*(?:ref\W*)?(?P<ref>[a-z]\d{{1,5}})?\W*$", re.IGNORECASE)
JUST_NOW = timedelta(minutes=2)
HELP_AFTER = timedelta(minutes=30)


async def hear(tx: Tx, heard: Heard, staff: Staff) -> str | None:
    """Do what a staff member asks; return a few words for a tapped button, where there was one."""
    if heard.inbound.button is not None:
        return await _tapped(tx, heard, staff)
    if heard.consent.word is not None and heard.consent.exact:
        await _consent(tx, heard, heard.consent.word)
        return None
    if await marks.hear(tx, heard, staff):
        return None
    order = read_order(heard.text)
    if order is not None and order.word is DeskWord.BACK:
        await relay.back(tx, heard, staff, order.ref)
        return None
    if order is not None:
        await desk.hear(tx, heard, staff, order)
        return None
    match = TAKES.match(heard.text.strip()[:40])
    if match is None or not (match["one"] or match["ref"]):
        if await relay.hear(tx, heard, staff):
            return None
        if not await said_lately(tx, heard.who, "staff_help:", HELP_AFTER):
            await answer(tx, heard, "staff_help", kind=Kind.STAFF)
        return None
    answered = await message_answered(tx, heard.who, heard.inbound.reply_to)
    if match["ref"]:
        await _take_ref(tx, heard, staff, match["ref"].upper())
    elif answered is not None and answered.alert_id is not None:
        await _take(tx, heard, staff, await tx.session.get_one(Alert, answered.alert_id))
    else:
        await _take_only(tx, heard, staff)
    return None


async def _tapped(tx: Tx, heard: Heard, staff: Staff) -> str | None:
    verb, _, alert_id = (heard.inbound.button or "").partition(":")
    if verb in {desk.CLOSE, desk.END, COVER, VIEW}:
        return await desk.tapped(tx, heard, staff, verb, alert_id)
    if verb in {BACK, QUICK}:
        return await relay.tapped(tx, heard, staff, verb, alert_id)
    alert = await tx.session.get(Alert, alert_id) if verb == TAKE else None
    if alert is None or alert.programme_id != staff.programme_id:
        return None
    taken = await _take(tx, heard, staff, alert)
    return f"Ref {alert.ref}: {taken.holder}"


async def _take_ref(tx: Tx, heard: Heard, staff: Staff, ref: str) -> None:
    alert = await alert_by_ref(tx, staff.programme_id, ref)
    if alert is None:
        await _say(tx, heard, "take_unknown", ref=ref)
    else:
        await _take(tx, heard, staff, alert)


async def _take_only(tx: Tx, heard: Heard, staff: Staff) -> None:
    """Take the one alert that a bare "1" can mean; ask when it could mean another."""
    told = await alerts_told_to(tx, staff.id)
    meant = [alert for alert in told if not _own_and_settled(alert, staff, tx)]
    waiting = [alert for alert in meant if alert.state is AlertState.OPEN]
    if len(meant) == 1:
        await _take(tx, heard, staff, meant[0])
    elif len(waiting) == 1:
        await _say(tx, heard, "take_also", ref=waiting[0].ref)
    elif waiting:
        await _say(
            tx, heard, "take_which", refs=", ".join(alert.ref for alert in waiting), ref=waiting[0].ref
        )
    elif meant:
        await _take(tx, heard, staff, meant[0])
    elif told:
        await _take(tx, heard, staff, told[0])
    else:
        await _say(tx, heard, "take_nothing")


def _own_and_settled(alert: Alert, staff: Staff, tx: Tx) -> bool:
    return (
        alert.acknowledged_by == staff.id
        and alert.acknowledged_at is not None
        and tx.now - alert.acknowledged_at > JUST_NOW
    )


async def _take(tx: Tx, heard: Heard, staff: Staff, alert: Alert) -> Taken:
    mine = alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_by == staff.id
    if alert.state is AlertState.CLOSED:
        await _say(tx, heard, "take_closed", ref=alert.ref)
        return Taken(alert=alert, won=False, holder=await name_of(tx, alert.acknowledged_by))
    taken = await take_alert(tx, alert, staff)
    if taken.won:
        await _confirm(tx, heard, alert)
    elif mine:
        keep_holding(tx, alert, heard.who.programme)
        await _say(tx, heard, "taken_already", ref=alert.ref)
    else:
        await _say(tx, heard, "taken_by_other", ref=alert.ref, name=taken.holder)
    return taken


async def _confirm(tx: Tx, heard: Heard, alert: Alert) -> None:
    language = heard.who.language
    text = say("taken_by_you", language, ref=alert.ref, person=await _person(tx, alert))
    buttons = (
        Button(label=say("close_button", language), data=f"{desk.CLOSE}:{alert.id}"),
        Button(label=say("cover_button", language), data=f"{COVER}:{alert.id}"),
        Button(label=say("view_button", language), data=f"{VIEW}:{alert.id}"),
    )
    await answer_with(
        tx, heard, "taken_by_you", text, kind=Kind.STAFF, lane=Lane.ALERT, buttons=buttons, alert_id=alert.id
    )


async def _person(tx: Tx, alert: Alert) -> str:
    participant = await tx.session.get(Participant, alert.participant_id) if alert.participant_id else None
    return participant.ref if participant is not None else "-"


async def _say(tx: Tx, heard: Heard, key: str, **values: object) -> None:
    text = say(key, heard.who.language, **values)
    await answer_with(tx, heard, key, text, kind=Kind.STAFF, lane=Lane.ALERT)


async def _consent(tx: Tx, heard: Heard, word: ConsentWord) -> None:
    contact, programme = heard.who.contact, heard.who.programme
    match word:
        case ConsentWord.STOP:
            was_out = contact.consent is ConsentState.OPTED_OUT
            await opt_out(tx, contact, method="own_words", message_id=heard.message_id)
            if not was_out and heard.inbound.opt_out_type is None:
                await answer(tx, heard, "stopped", kind=Kind.PARTING, programme=programme.name)
        case ConsentWord.START:
            await opt_in(tx, heard.who, method="own_words", message_id=heard.message_id)
            await answer(tx, heard, "back", kind=Kind.STAFF, programme=programme.name)
        case ConsentWord.HELP:
            await answer(tx, heard, "staff_help", kind=Kind.STAFF)
