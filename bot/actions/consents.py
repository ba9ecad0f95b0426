"""Consent, per contact: asked, given, taken back. Every step is kept."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from bot.actions.escalations import hand_on_notices
from bot.actions.notices import tell_staff
from bot.actions.people import Correspondent
from bot.actions.signs import end_episodes, follow_contact
from bot.actions.staffing import load_roster
from bot.domain.consent import ConsentState
from bot.domain.messages import Kind
from bot.domain.replies import say
from bot.domain.signs import Sign
from bot.outbox.enqueue import cancel
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import ConsentRecord, Contact, Programme


def set_consent(
    tx: Tx,
    contact: Contact,
    state: ConsentState,
    *,
    method: str,
    language: str | None = None,
    wording: str | None = None,
    given_on: date | None = None,
    message_id: str | None = None,
) -> None:
    """Write down one step of a contact's consent: how it came about, in which words, by which message."""
    contact.consent = state
    tx.session.add(
        ConsentRecord(
            contact_id=contact.id,
            state=state,
            method=method,
            wording=wording,
            given_on=given_on,
            language=language,
            message_id=message_id,
            at=tx.now,
        )
    )


async def opt_out(tx: Tx, contact: Contact, *, method: str, message_id: str | None = None) -> None:
    """Take a contact out at once: nothing queued for it leaves, and whoever cares for them hears of it.

    A staff member who opts out is covered by others; a thin cover is told to the supervisors.
    """
    if contact.consent is ConsentState.OPTED_OUT:
        return
    set_consent(tx, contact, ConsentState.OPTED_OUT, method=method, message_id=message_id)
    await tx.session.flush()
    if contact.staff_id is not None:
        await hand_on_notices(tx, contact.id, contact.staff_id)
    await cancel(tx, "opted_out", Message.contact_id == contact.id, Message.kind != Kind.PARTING)
    if contact.staff_id is not None:
        await warn_of_cover(tx, contact)
    elif contact.participant_id is not None:
        await follow_contact(tx, contact, Sign.OPTED_OUT)


async def opt_in(tx: Tx, who: Correspondent, *, method: str, message_id: str | None = None) -> None:
    """Take a contact in (again), on the person's own word."""
    who.contact.unreachable_at = None
    who.contact.cause = None
    await end_episodes(tx, who.contact.participant_id, Sign.OPTED_OUT, who.contact.id)
    set_consent(
        tx, who.contact, ConsentState.ACTIVE, method=method, language=who.language, message_id=message_id
    )


async def warn_of_cover(tx: Tx, contact: Contact) -> None:
    """Tell the supervisors that somebody of the staff can't get alerts by this contact any more."""
    programme = await tx.session.get_one(Programme, contact.programme_id)
    roster = await load_roster(tx, programme)
    people = [staff_id for staff_id in roster.with_role("supervisor") if staff_id != contact.staff_id]
    text = say("coverage", str(programme.languages[0]), channel=contact.channel)
    await tell_staff(tx, roster, people, text, dedupe=f"cover:{contact.id}:{tx.now.date()}", urgent=True)


async def active_contact(tx: Tx, participant_id: str) -> Contact | None:
    """Return the contact that prompts go to: the first that agreed and can be reached."""
    found: Contact | None = await tx.session.scalar(
        select(Contact)
        .where(
            Contact.participant_id == participant_id,
            Contact.consent == ConsentState.ACTIVE,
            Contact.unreachable_at.is_(None),
        )
        .order_by(Contact.position)
        .limit(1)
    )
    return found
