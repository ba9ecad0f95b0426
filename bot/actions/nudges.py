"""One gentle reminder of a question that is still open, and then silence."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, select

from bot.actions.checkins import nudge_key, spec_of
from bot.actions.consents import active_contact
from bot.actions.prompts import answer_buttons
from bot.domain.messages import ChannelName, Kind, Lane, MessageState
from bot.domain.replies import say
from bot.outbox.enqueue import Draft, To, enqueue
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Contact, Participant
from bot.store.schedules import Checkin, CheckinState

STANDS = timedelta(hours=2)  # a nudge that quiet hours hold back for longer is no help any more
_DUE = (
    select(Checkin)
    .where(
        Checkin.nudge_at.is_not(None),
        Checkin.nudge_at <= bindparam("now"),
        Checkin.state == CheckinState.OPEN,
    )
    .order_by(Checkin.nudge_at)
    .limit(bindparam("most"))
)


async def nudges_wait(tx: Tx) -> bool:
    """Tell whether any nudge is due; costs one look at a small index."""
    return await tx.session.scalar(_DUE, {"now": tx.now, "most": 1}) is not None


async def nudge_due(tx: Tx, *, limit: int) -> int:
    """Remind up to `limit` people of the question open to them, once a sequence; return how many were due.

    Only of what has reached them; consent, pauses, alerts and quiet hours are checked when it leaves.
    """
    due = (
        await tx.session.scalars(_DUE.with_for_update(skip_locked=True), {"now": tx.now, "most": limit})
    ).all()
    drafts = []
    for checkin in due:
        checkin.nudge_at = None
        asked = await tx.session.get_one(Message, checkin.message_id)
        contact = await active_contact(tx, checkin.participant_id)
        reached = asked.state in (MessageState.SENT, MessageState.DELIVERED) and asked.body is not None
        if contact is not None and reached and checkin.expires_at > tx.now:
            checkin.nudged_at = tx.now
            drafts.append(await _nudge(tx, checkin, asked, contact))
    await tx.session.flush()
    await enqueue(tx, drafts)
    return len(due)


async def _nudge(tx: Tx, checkin: Checkin, asked: Message, contact: Contact) -> Draft:
    person = await tx.session.get_one(Participant, checkin.participant_id)
    question = await tx.vault.reveal(tx.session, asked.body or b"", "messages", "body", asked.id)
    await tx.vault.load(tx.session, [contact.key_id])
    chat = contact.channel is ChannelName.TELEGRAM
    return Draft(
        to=To(
            contact_id=contact.id,
            key_id=contact.key_id,
            channel=contact.channel,
            participant_id=checkin.participant_id,
        ),
        kind=Kind.NUDGE,
        lane=Lane.SCHEDULED,
        text=say("nudge", person.language, question=question),
        buttons=answer_buttons(spec_of(checkin), asked.id, person.language) if chat else (),
        dedupe_key=nudge_key(checkin),
        expires_at=min(checkin.expires_at, tx.now + STANDS),
    )
