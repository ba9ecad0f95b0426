"""What staff write at the desk: CLOSE, NOTE, DONE, PROMISES, VIEW, SUMMARY, HANDOVER."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.actions.acknowledgements import alert_by_ref
from bot.actions.closings import close_alert, keep_promise, notable_alert, open_promises, write_note
from bot.actions.conversations import message_answered
from bot.actions.escalations import call_cover
from bot.actions.notices import COVER, VIEW, name_of
from bot.actions.people import own_participant
from bot.actions.staffing import load_roster
from bot.domain.closing import Closing, DeskWord, Order, Outcome, read_closing, read_note
from bot.domain.messages import Button, Kind, Lane
from bot.domain.replies import say
from bot.store.alerts import Alert
from bot.store.database import Tx
from bot.store.people import Participant, Staff
from handlers.conversation import load, papers
from handlers.conversation.hearing import Heard, answer_with
from handlers.conversation.situation import show_situation

# Verbs in buttons' data: "close:<alert id>", "end:<alert id>:<outcome>", "cover:<alert id>".
CLOSE, END = "close", "end"


async def hear(tx: Tx, heard: Heard, staff: Staff, order: Order) -> None:
    """Do what a staff member's command says. BACK is the relay's."""
    match order.word:
        case DeskWord.CLOSE:
            alert = await _meant(tx, heard, staff, order)
            if alert is not None:
                await _close(tx, heard, staff, alert, read_closing(order.rest))
        case DeskWord.VIEW:
            await _view(tx, heard, staff, order)
        case DeskWord.COVER:
            alert = await _meant(tx, heard, staff, order)
            if alert is not None:
                await _call_cover(tx, heard, staff, alert)
        case DeskWord.NOTE:
            await _note(tx, heard, staff, order)
        case DeskWord.DONE:
            await _done(tx, heard, staff, order)
        case DeskWord.LOAD:
            await load.hear(tx, heard, staff)
        case DeskWord.PROMISES:
            await _promises(tx, heard, staff)
        case DeskWord.SUMMARY:
            await papers.summary(tx, heard, staff, order)
        case DeskWord.HANDOVER:
            await papers.handover(tx, heard, staff, order)
        case DeskWord.BACK:
            raise AssertionError("BACK ends a talk")


async def tapped(tx: Tx, heard: Heard, staff: Staff, verb: str, rest: str) -> str | None:
    """Hand on by button, or close: first the question how it ended, then the answer."""
    alert_id, _, outcome = rest.partition(":")
    alert = await tx.session.get(Alert, alert_id)
    if alert is None or alert.programme_id != staff.programme_id:
        return None
    if verb == VIEW:
        participant = await tx.session.get(Participant, alert.participant_id or "")
        await show_situation(tx, heard, staff, participant, alert)
        return f"Ref {alert.ref}"
    if verb == COVER:
        await _call_cover(tx, heard, staff, alert)
        return f"Ref {alert.ref}"
    closing = Closing(outcome=Outcome(outcome) if verb == END else None, reason="")
    await _close(tx, heard, staff, alert, closing)
    return f"Ref {alert.ref}"


async def _meant(tx: Tx, heard: Heard, staff: Staff, order: Order) -> Alert | None:
    """Return the one alert a command can mean; otherwise ask which."""
    if order.ref is not None:
        alert = await alert_by_ref(tx, staff.programme_id, order.ref)
        if alert is None:
            await tell(tx, heard, "take_unknown", ref=order.ref)
        return alert
    answered = await message_answered(tx, heard.who, heard.inbound.reply_to)
    if answered is not None and answered.alert_id is not None:
        return await tx.session.get_one(Alert, answered.alert_id)
    found = await notable_alert(tx, staff, None)
    if len(found) == 1:
        return found[0]
    if found:
        word = str(order.word).upper()
        await tell(tx, heard, "desk_which", refs=", ".join(a.ref for a in found), word=word, ref=found[0].ref)
    else:
        await tell(tx, heard, "desk_nothing")
    return None


async def _close(tx: Tx, heard: Heard, staff: Staff, alert: Alert, closing: Closing) -> None:
    language = heard.who.language
    if closing.outcome is None:
        buttons = tuple(
            Button(label=say(f"outcome_{outcome}", language), data=f"{END}:{alert.id}:{outcome}")
            for outcome in Outcome
        )
        text = say("close_how", language, ref=alert.ref)
        await answer_with(tx, heard, "close_how", text, kind=Kind.STAFF, buttons=buttons, alert_id=alert.id)
        return
    if closing.outcome is Outcome.FALSE_ALARM and not closing.reason:
        await tell(tx, heard, "close_why", alert=alert, ref=alert.ref)
        return
    closed = await close_alert(tx, alert, staff, closing.outcome, closing.reason)
    if closed.won:
        outcome = say(f"outcome_{closing.outcome}", language)
        await tell(tx, heard, "closed_by_you", alert=alert, ref=alert.ref, outcome=outcome.lower())
    elif alert.closed_at is not None:
        await tell(tx, heard, "take_closed", ref=alert.ref)
    else:
        await tell(tx, heard, "close_not_yours", ref=alert.ref, name=closed.holder)


async def _view(tx: Tx, heard: Heard, staff: Staff, order: Order) -> None:
    """Show an alert's situation, or (VIEW p1) that of somebody of one's own caseload."""
    person = await _person(tx, staff, order)
    if person is not None:
        await show_situation(tx, heard, staff, person, None)
        return
    alert = await _meant(tx, heard, staff, order)
    if alert is not None:
        person = await tx.session.get(Participant, alert.participant_id or "")
        await show_situation(tx, heard, staff, person, alert)


async def _person(tx: Tx, staff: Staff, order: Order) -> Participant | None:
    """Return the person of one's caseload that a command names in place of an alert."""
    if order.ref is not None and await alert_by_ref(tx, staff.programme_id, order.ref) is not None:
        return None
    named = order.ref or (order.rest.split() or [""])[0]
    return await own_participant(tx, staff, named) if named else None


async def _call_cover(tx: Tx, heard: Heard, staff: Staff, alert: Alert) -> None:
    roster = await load_roster(tx, heard.who.programme)
    if await call_cover(tx, alert, staff.id, heard.who.programme, roster):
        await tell(tx, heard, "cover_called", alert=alert, ref=alert.ref)
    elif alert.closed_at is not None:
        await tell(tx, heard, "take_closed", ref=alert.ref)
    else:
        name = await name_of(tx, alert.acknowledged_by)
        await tell(tx, heard, "taken_by_other", ref=alert.ref, name=name)


async def _note(tx: Tx, heard: Heard, staff: Staff, order: Order) -> None:
    """Write down a contact about an alert, or (NOTE p1 ...) with somebody of one's own caseload."""
    alert, person, rest = None, await _person(tx, staff, order), order.rest
    if person is None:
        alert = await _meant(tx, heard, staff, order)
        if alert is None:
            return
        person = await tx.session.get(Participant, alert.participant_id or "")
    elif order.ref is None:
        rest = rest.partition(" ")[2].strip()
    if person is None or not rest:
        ref = alert.ref if alert is not None else person.ref if person is not None else ""
        await tell(tx, heard, "note_nobody" if rest else "note_how", ref=ref)
        return
    zone = staff.timezone or heard.who.programme.timezone
    said = read_note(rest, heard.inbound.received_at, zone)
    note, promise = await write_note(tx, person, staff, said, alert=alert)
    if promise is None:
        await tell(tx, heard, "noted", alert=alert, person=person.ref, units=note.units)
    else:
        day = _day(heard, promise.due_at.astimezone(ZoneInfo(zone)).weekday())
        await tell(
            tx, heard, "noted_promise", alert=alert, person=person.ref, units=note.units,
            ref=promise.ref, day=day,
        )  # fmt: skip


async def _done(tx: Tx, heard: Heard, staff: Staff, order: Order) -> None:
    promises = await open_promises(tx, staff)
    ref = order.ref or (promises[0].ref if len(promises) == 1 else "")
    kept = await keep_promise(tx, staff, ref) if ref else None
    if kept is not None:
        await tell(tx, heard, "promise_kept", ref=kept.ref)
    else:
        await _promises(tx, heard, staff)


async def _promises(tx: Tx, heard: Heard, staff: Staff) -> None:
    promises = await open_promises(tx, staff)
    if not promises:
        await tell(tx, heard, "promises_none")
        return
    lines = []
    zone = ZoneInfo(staff.timezone or heard.who.programme.timezone)
    for promise in promises[:5]:
        participant = await tx.session.get_one(Participant, promise.participant_id)
        day = _day(heard, promise.due_at.astimezone(zone).weekday())
        lines.append(f"{promise.ref} {participant.ref} {day}")
    await tell(tx, heard, "promises", promises=", ".join(lines), ref=promises[0].ref)


def _day(heard: Heard, weekday: int) -> str:
    return say("weekdays", heard.who.language).split()[weekday]


async def tell(tx: Tx, heard: Heard, key: str, *, alert: Alert | None = None, **values: object) -> None:
    """Answer a staff member in their language."""
    text = say(key, heard.who.language, **values)
    alert_id = alert.id if alert is not None else None
    await answer_with(tx, heard, key, text, kind=Kind.STAFF, lane=Lane.REPLY, alert_id=alert_id)
