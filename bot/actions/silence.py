"""Silence: whoever has not written for long gets one gentle word; if that stays unanswered, a human looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from bot.actions.consents import active_contact, tell_specialist
from bot.domain.consent import ConsentState
from bot.domain.courtesy import courtesy_from_data
from bot.domain.messages import Kind, Lane
from bot.domain.replies import say
from bot.outbox.enqueue import Draft, To, enqueue
from bot.store.database import Tx
from bot.store.people import Contact, Participant, PersonStatus, Programme

AT_ONCE = 100  # people in one transaction; the others' turn comes at the next look
KEEPS = timedelta(hours=24)  # how late the gentle word may still be said

# When somebody last wrote, on any channel; whoever never did, since they agreed to be written to.
_HEARD = (
    select(func.max(func.coalesce(Contact.last_in_at, Contact.created_at)))
    .where(Contact.participant_id == Participant.id, Contact.consent == ConsentState.ACTIVE)
    .correlate(Participant)
    .scalar_subquery()
)


async def fallen_silent(tx: Tx, programme: Programme) -> Sequence[str]:
    """Return who has been texted but not heard for too long, and was not asked gently since."""
    silence = courtesy_from_data(programme.courtesy).silence
    if silence is None:
        return []
    asked = Participant.greeted_silence_at
    return await _people(
        tx,
        programme,
        tx.now - silence > _HEARD,
        Participant.prompted_at > _HEARD,
        asked.is_(None) | (asked <= _HEARD),
    )


async def still_silent(tx: Tx, programme: Programme) -> Sequence[str]:
    """Return who left the gentle word unanswered for too long, and nobody was told yet."""
    review = courtesy_from_data(programme.courtesy).review
    if review is None:
        return []
    asked, told = Participant.greeted_silence_at, Participant.reviewed_silence_at
    return await _people(
        tx, programme, asked <= tx.now - review, asked > _HEARD, told.is_(None) | (told < asked)
    )


async def greet(tx: Tx, participant_id: str) -> None:
    """Say one gentle word; it waits for everything that a prompt waits for."""
    person = await tx.session.get_one(Participant, participant_id)
    contact = await active_contact(tx, participant_id)
    person.greeted_silence_at = tx.now
    if contact is None:
        return
    await tx.vault.load(tx.session, [contact.key_id])
    to = To(
        contact_id=contact.id, key_id=contact.key_id, channel=contact.channel, participant_id=participant_id
    )
    draft = Draft(
        to=to,
        kind=Kind.GREETING,
        lane=Lane.SCHEDULED,
        text=say("gentle_word", person.language),
        dedupe_key=f"gentle_word:{participant_id}:{tx.now.isoformat()}",
        expires_at=tx.now + KEEPS,
    )
    await enqueue(tx, [draft])
    await tx.session.flush()


async def ask_for_review(tx: Tx, participant_id: str) -> None:
    """Tell the specialist that somebody stays silent: a human looks, the bot asks no more."""
    await tx.session.execute(
        update(Participant).where(Participant.id == participant_id).values(reviewed_silence_at=tx.now)
    )
    await tell_specialist(
        tx, participant_id, "still_silent", dedupe=f"silent:{participant_id}:{tx.now.date()}"
    )


async def _people(tx: Tx, programme: Programme, *where: Any) -> Sequence[str]:
    found = await tx.session.scalars(
        select(Participant.id)
        .where(
            Participant.programme_id == programme.id,
            Participant.status == PersonStatus.ACTIVE,
            Participant.paused_until.is_(None) | (Participant.paused_until <= tx.now),
            Participant.prompted_at.is_not(None),
            *where,
        )
        .order_by(Participant.id)
        .limit(AT_ONCE)
    )
    return found.all()
