"""Follow up on signs: one follow-up an episode, at the level the programme sets."""

from __future__ import annotations

from sqlalchemy import select, update

from bot.actions.alerts import raise_alert
from bot.actions.people import Correspondent
from bot.actions.specialists import tell_specialist
from bot.domain.consent import ConsentState
from bot.domain.messages import ChannelName
from bot.domain.signs import FollowUps, Loudness, Sign, follow_ups_from_data
from bot.domain.triage.assess import Level
from bot.store.alerts import Alert, AlertState
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.people import Contact, Participant, Programme
from bot.store.signs import Episode

# What the specialist is told, by sign.
_WORDS = {
    Sign.MISSED: "sign_missed",
    Sign.FALLING: "sign_falling",
    Sign.UNDELIVERABLE: "unreachable",
    Sign.OPTED_OUT: "left_us",
}


def follow_ups_of(programme: Programme) -> FollowUps:
    """Return what a programme makes of each sign."""
    return follow_ups_from_data(programme.policy.get("follow_up", {}))


async def follow_up(
    tx: Tx, participant: Participant, sign: Sign, subject: str = "", *, channel: ChannelName | None = None
) -> bool:
    """Tell the specialist of a sign, or raise an alert; return whether it was news.

    An episode that is under way is told already, by this process or another. An alert that is open has
    its human: then urgent is said, not raised.
    """
    programme = await tx.session.get_one(Programme, participant.programme_id)
    loudness = follow_ups_of(programme).loudness(sign)
    if loudness is Loudness.NONE:
        return False
    episode_id = await _begin(tx, participant.id, sign, subject, loudness)
    if episode_id is None:
        return False
    if loudness is Loudness.URGENT and not await _has_alert(tx, participant):
        contact = await _any_contact(tx, participant)
        if contact is not None:
            who = Correspondent(contact=contact, programme=programme, participant=participant)
            await raise_alert(tx, who, episode_id, Level.URGENT)
            return True
    await tell_specialist(tx, participant.id, _WORDS[sign], dedupe=f"sign:{episode_id}", channel=channel)
    return True


async def follow_contact(tx: Tx, contact: Contact, sign: Sign) -> bool:
    """Follow up on what has just become of a participant's contact; it is an episode of its own."""
    if contact.participant_id is None:
        return False
    await end_episodes(tx, contact.participant_id, sign, contact.id)
    participant = await tx.session.get_one(Participant, contact.participant_id)
    return await follow_up(tx, participant, sign, contact.id, channel=contact.channel)


async def end_episodes(tx: Tx, participant_id: str | None, sign: Sign, subject: str = "") -> None:
    """End the episode of a sign if there is one: the next is news again."""
    await tx.session.execute(
        update(Episode)
        .where(
            Episode.participant_id == participant_id,
            Episode.sign == sign,
            Episode.subject == subject,
            Episode.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
        .execution_options(synchronize_session=False)
    )


async def under_way(tx: Tx, participant_id: str, sign: Sign) -> bool:
    """Tell whether an episode of a sign is under way."""
    found = await tx.session.scalar(
        select(Episode.id)
        .where(Episode.participant_id == participant_id, Episode.sign == sign, Episode.ended_at.is_(None))
        .limit(1)
    )
    return found is not None


async def sign_behind(tx: Tx, alert: Alert) -> Sign | None:
    """Return what opened an alert, if it was a sign and nobody has written since."""
    episode = await tx.session.get(Episode, alert.message_id)
    return episode.sign if episode is not None else None


async def _begin(tx: Tx, participant_id: str, sign: Sign, subject: str, loudness: Loudness) -> str | None:
    """Open an episode; None while there is one. The database decides between two processes."""
    begun: str | None = await tx.session.scalar(
        tx.insert(table_of(Episode))
        .values(
            id=new_id(),
            participant_id=participant_id,
            sign=sign,
            subject=subject,
            loudness=loudness,
            since=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(table_of(Episode).c.id)
    )
    return begun


async def _has_alert(tx: Tx, participant: Participant) -> bool:
    found = await tx.session.scalar(
        select(Alert.id).where(Alert.subject_id == participant.id, Alert.state != AlertState.CLOSED).limit(1)
    )
    return found is not None


async def _any_contact(tx: Tx, participant: Participant) -> Contact | None:
    """Return a contact that an alert can hang on: one that works, if there is any."""
    found: Contact | None = await tx.session.scalar(
        select(Contact)
        .where(Contact.participant_id == participant.id)
        .order_by(
            Contact.consent != ConsentState.ACTIVE, Contact.unreachable_at.is_not(None), Contact.position
        )
        .limit(1)
    )
    return found
