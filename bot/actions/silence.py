"""Silence: whoever has not written for long gets one gentle word; if that stays unanswered, a human looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, literal, select, update

from bot.actions.consents import active_contact
from bot.actions.signs import follow_ups_of, under_way
from bot.actions.specialists import tell_specialist
from bot.domain.consent import ConsentState
from bot.domain.courtesy import courtesy_from_data
from bot.domain.instants import EPOCH
from bot.domain.messages import Kind, Lane, MessageState
from bot.domain.replies import say
from bot.domain.signs import FEWEST, Loudness, Sign
from bot.outbox.enqueue import Draft, To, enqueue
from bot.store.alerts import Alert, AlertState
from bot.store.base import Instant
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Contact, Participant, PersonStatus, Programme
from bot.store.schedules import Checkin, CheckinState
from bot.store.signs import Episode

AT_ONCE = 100  # people in one transaction; the others' turn comes at the next look
AGAIN = timedelta(hours=1)  # sooner nothing is said twice: it is another process that says it
KEEPS = timedelta(hours=24)  # how late the gentle word may still be said

# When somebody last wrote, on any channel; whoever never did, since they agreed to be written to.
_HEARD = (
    select(func.max(func.coalesce(Contact.last_in_at, Contact.created_at)))
    .where(Contact.participant_id == Participant.id, Contact.consent == ConsentState.ACTIVE)
    .correlate(Participant)
    .scalar_subquery()
)
_MISSED = (CheckinState.EXPIRED, CheckinState.REPLACED)
_OVER = (*_MISSED, CheckinState.ANSWERED, CheckinState.LET_GO, CheckinState.SKIPPED)
_EPISODES = select(Episode.id).where(
    Episode.participant_id == Participant.id, Episode.sign == Sign.MISSED, Episode.ended_at.is_(None)
)
_BEING_LOOKED_AFTER = _EPISODES.correlate(Participant).exists() | (
    Participant.reviewed_silence_at.is_not(None) & (Participant.reviewed_silence_at > _HEARD)
)
_LAST_EPISODE = func.coalesce(
    select(func.max(Episode.ended_at))
    .where(Episode.participant_id == Participant.id, Episode.sign == Sign.MISSED)
    .correlate(Participant)
    .scalar_subquery(),
    literal(EPOCH, Instant()),
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


async def long_unanswered(tx: Tx, programme: Programme) -> Sequence[str]:
    """Return who missed check-ins for long and was not followed up on since they last wrote.

    Nobody whom a human has already, or who is not to be asked now: an open alert, a talk, a pause.
    """
    follow_ups = follow_ups_of(programme)
    if follow_ups.missed is Loudness.NONE:
        return []
    in_a_row = _asked(_MISSED, Checkin.asked_at > _HEARD) >= follow_ups.in_a_row
    if follow_ups.share is None:
        long = in_a_row
    else:
        # Begun anew after each episode: its check-ins have been spoken of.
        fresh = (Checkin.asked_at > tx.now - follow_ups.within, Checkin.asked_at > _LAST_EPISODE)
        asked = _asked(_OVER, *fresh)
        share = (asked >= FEWEST) & (_asked(_MISSED, *fresh) * 100 >= asked * follow_ups.share)
        long = in_a_row | share
    return await _people(
        tx, programme, _HEARD.is_not(None), ~_BEING_LOOKED_AFTER, *nobody_looks_after(tx), long
    )


async def heard_again(tx: Tx) -> Sequence[str]:
    """Return the episodes of those who have written since they began."""
    found = await tx.session.scalars(
        select(Episode.id)
        .join(Participant, Participant.id == Episode.participant_id)
        .where(Episode.sign == Sign.MISSED, Episode.ended_at.is_(None), Episode.since < _HEARD)
        .limit(AT_ONCE)
    )
    return found.all()


async def end_silences(tx: Tx, episodes: Sequence[str]) -> None:
    """End episodes: what is missed from now on is news again."""
    await tx.session.execute(
        update(Episode)
        .where(Episode.id.in_(episodes))
        .values(ended_at=tx.now)
        .execution_options(synchronize_session=False)
    )


async def greet(tx: Tx, participant_id: str) -> None:
    """Say one gentle word; it waits for everything that a prompt waits for."""
    person = await _first_to(tx, participant_id, Participant.greeted_silence_at)
    contact = await active_contact(tx, participant_id)
    if person is None or contact is None:
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
    """Tell the specialist that somebody stays silent: a human looks, the bot asks no more.

    Whoever was told of the check-ins they missed knows of this silence already.
    """
    person = await _first_to(tx, participant_id, Participant.reviewed_silence_at)
    if person is not None and not await under_way(tx, participant_id, Sign.MISSED):
        await tell_specialist(
            tx, participant_id, "still_silent", dedupe=f"silent:{participant_id}:{tx.now.date()}"
        )


async def _first_to(tx: Tx, participant_id: str, column: Any) -> Participant | None:
    """Note that something is done for somebody now; None when another process has just done it."""
    noted = await tx.session.scalar(
        update(Participant)
        .where(Participant.id == participant_id, column.is_(None) | (column <= tx.now - AGAIN))
        .values({column.key: tx.now})
        .returning(Participant.id)
        .execution_options(synchronize_session=False)
    )
    return await tx.session.get_one(Participant, participant_id) if noted is not None else None


def _asked(states: Any, *where: Any) -> Any:
    """Count the check-ins that reached somebody and came to `states`; the questions of one count once."""
    return (
        select(func.count())
        .select_from(Checkin)
        .join(Message, Message.id == Checkin.message_id)
        .where(
            Checkin.participant_id == Participant.id,
            func.coalesce(Checkin.run_id, Checkin.id) == Checkin.id,
            Checkin.state.in_(states),
            Message.kind == Kind.PROMPT,
            Message.state.in_([MessageState.SENT, MessageState.DELIVERED]),
            *where,
        )
        .correlate(Participant)
        .scalar_subquery()
    )


def nobody_looks_after(tx: Tx) -> tuple[Any, ...]:
    """Return what holds of a participant with no open alert and in no talk."""
    alert = select(Alert.id).where(Alert.subject_id == Participant.id, Alert.state != AlertState.CLOSED)
    return (
        ~alert.correlate(Participant).exists(),
        Participant.talking_until.is_(None) | (Participant.talking_until <= tx.now),
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
