"""SUMMARY p1 and HANDOVER: what to read before meeting somebody, and before somebody else steps in."""

from __future__ import annotations

from bot.actions.acknowledgements import alert_by_ref
from bot.actions.handovers import give_handover
from bot.actions.notices import name_of
from bot.actions.papers import Reader, hand_link, hand_words, in_words, reader_for
from bot.actions.people import own_participant
from bot.actions.staffing import load_roster
from bot.actions.summaries import coming_session, summary_of
from bot.domain.closing import Order
from bot.domain.messages import Kind
from bot.store.database import Tx
from bot.store.desk import LinkKind
from bot.store.people import Participant, Staff
from handlers.conversation.hearing import Heard, answer


async def summary(tx: Tx, heard: Heard, staff: Staff, order: Order) -> None:
    """Show the summary of somebody of one's own caseload, by ref or by the ref of their alert.

    Without a ref it is whoever has the next session.
    """
    named = order.ref or (order.rest.split() or [""])[0]
    person = await _person(tx, staff, named)
    if person is None:
        if named:
            await answer(tx, heard, "summary_nobody", kind=Kind.STAFF, ref=named[:20])
        else:
            await answer(tx, heard, "summary_which", kind=Kind.STAFF, ref="p1")
        return
    programme = heard.who.programme
    reader = Reader(staff=staff, to=heard.who.to)
    key = f"summary:{heard.message_id}"
    if in_words(programme, reader.to):
        paper = await summary_of(tx, person, programme, staff)
        await hand_words(tx, reader, paper, [person], key)
    else:
        await hand_link(
            tx, reader, programme, kind=LinkKind.SUMMARY, say_key="summary_link", key=key, participant=person
        )


async def _person(tx: Tx, staff: Staff, named: str) -> Participant | None:
    if not named:
        return await coming_session(tx, staff)
    person = await own_participant(tx, staff, named)
    if person is not None:
        return person
    alert = await alert_by_ref(tx, staff.programme_id, named.upper())
    about = (
        await tx.session.get(Participant, alert.participant_id) if alert and alert.participant_id else None
    )
    # An alert's ref opens nobody else's caseload, but for whoever has that alert.
    if alert is None or about is None:
        return None
    mine = staff.id in (about.specialist_id, alert.acknowledged_by) or "supervisor" in staff.roles
    return about if mine else None


async def handover(tx: Tx, heard: Heard, staff: Staff, order: Order) -> None:
    """Show one's own handover, or (HANDOVER jo) give it to the colleague who steps in, and say so."""
    programme = heard.who.programme
    named = order.ref or (order.rest.split() or [""])[0]
    key = f"handover:{heard.message_id}"
    if not named:
        await give_handover(tx, Reader(staff=staff, to=heard.who.to), staff, programme, key)
        return
    roster = await load_roster(tx, programme)
    found = [one for one in roster.staff.values() if one.ref.lower() == named.lower()]
    reader = (
        await reader_for(tx, roster, found[0].id, from_when=roster.working_time(found[0].id))
        if found
        else None
    )
    if reader is None:
        await answer(tx, heard, "handover_nobody", kind=Kind.STAFF, who=named[:20])
        return
    await give_handover(tx, reader, staff, programme, key)
    if reader.staff.id != staff.id:
        name = await name_of(tx, reader.staff.id)
        said = "handover_given" if reader.from_when is None else "handover_later"
        await answer(tx, heard, said, kind=Kind.STAFF, name=name)
