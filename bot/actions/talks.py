"""Staff and a participant talk through the bot: neither sees the other's number, and the bot keeps quiet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from bot.actions.consents import active_contact
from bot.actions.links import make_link
from bot.actions.notices import name_of, staff_contact
from bot.domain.consent import ConsentState
from bot.domain.escalation import Route
from bot.domain.messages import Button, ChannelName, Kind, Lane
from bot.domain.replies import say
from bot.outbox.enqueue import About, Draft, To, enqueue
from bot.store.alerts import Alert
from bot.store.database import Tx
from bot.store.desk import Talk, TalkMember
from bot.store.ids import new_id
from bot.store.people import Contact, Participant, PersonStatus, Programme, Staff

LASTS = timedelta(minutes=30)  # after the last word the bot comes back by itself
STALE = timedelta(hours=2)
BATCH = 100
BACK, QUICK = "back", "quick"  # verbs in buttons' data: "back:<talk id>", "quick:<talk id>:<number>"
QUICK_REPLIES = (1, 2, 3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What became of a staff member's words: `delivered` to the outbox, or the participant has stopped us."""

    talk: Talk
    opened: bool
    delivered: bool


async def talk_of(tx: Tx, participant: Participant) -> Talk | None:
    """Return the talk that is under way with somebody; asks nothing while there is none."""
    if participant.talking_until is None or participant.talking_until <= tx.now:
        return None
    found: Talk | None = await tx.session.scalar(
        select(Talk).where(Talk.participant_id == participant.id, Talk.ended_at.is_(None))
    )
    return found


async def talks_of_staff(tx: Tx, staff_id: str) -> Sequence[Talk]:
    """Return the talks somebody of the staff is in, newest first."""
    found = await tx.session.scalars(
        select(Talk)
        .join(TalkMember, TalkMember.talk_id == Talk.id)
        .where(TalkMember.staff_id == staff_id, Talk.ended_at.is_(None), Talk.until > tx.now)
        .order_by(Talk.since.desc())
    )
    return found.all()


async def say_to_participant(
    tx: Tx, participant: Participant, staff: Staff, contact: Contact, text: str, *, alert: Alert | None
) -> Said:
    """Send a staff member's words under their first name; the talk begins with them if there is none.

    `contact` is where the staff member writes from. Others in the talk see what was said, where they may.
    """
    to = await _reachable(tx, participant)
    talk = await talk_of(tx, participant)
    opened = talk is None
    if to is None:
        return Said(talk=talk or _new(tx, participant, alert), opened=False, delivered=False)
    if talk is None:
        await _end_stale(tx, participant)
        talk = _new(tx, participant, alert)
        tx.session.add(talk)
        await tx.session.flush()
    await _join(tx, talk, staff, contact)
    _go_on(tx, talk, participant)
    name = await name_of(tx, staff.id)
    key = f"talk:{talk.id}:{new_id()}"
    lines = [say("from_staff", participant.language, name=name, text=text)]
    draft = Draft(to=to, kind=Kind.REPLY, lane=Lane.REPLY, text=lines[0], dedupe_key=key)
    await enqueue(tx, [draft])
    await _copy(tx, talk, participant, who=name, text=text, but=staff.id, key=key)
    await tx.session.flush()
    return Said(talk=talk, opened=opened, delivered=True)


async def say_to_staff(tx: Tx, talk: Talk, participant: Participant, message_id: str, text: str) -> bool:
    """Pass a participant's words on to everybody in the talk.

    Return False when nobody in it is left who could read them: then the talk is over.
    """
    if not await _members(tx, talk):
        await end_talk(tx, talk)
        return False
    _go_on(tx, talk, participant)
    await _copy(tx, talk, participant, who=talk.ref, text=text, but=None, key=f"talk:{talk.id}:{message_id}")
    await tx.session.flush()
    return True


async def end_talk(tx: Tx, talk: Talk) -> None:
    """Let the bot come back, and tell both sides."""
    participant = await tx.session.get_one(Participant, talk.participant_id)
    programme = await tx.session.get_one(Programme, participant.programme_id)
    talk.ended_at, participant.talking_until = tx.now, None
    members = await _members(tx, talk)
    drafts = []
    to = await _reachable(tx, participant)
    if to is not None and members:
        name = await name_of(tx, members[0].staff_id)
        text = say("talk_over", participant.language, name=name)
        drafts.append(
            Draft(
                to=to, kind=Kind.REPLY, lane=Lane.REPLY, text=text,
                dedupe_key=f"over:{talk.id}", expires_at=tx.now + STALE,
            )
        )  # fmt: skip
    text = say("talk_over_staff", str(programme.languages[0]), ref=talk.ref)
    for member in members:
        staff_to = await _member_to(tx, member)
        key = f"over:{talk.id}:{member.staff_id}"
        drafts.append(Draft(to=staff_to, kind=Kind.STAFF, lane=Lane.REPLY, text=text, dedupe_key=key))
    await enqueue(tx, drafts)
    await tx.session.flush()


async def end_quiet_talks(tx: Tx) -> int:
    """End the talks in which nobody has said anything for a while; return how many there were."""
    over = await tx.session.scalars(
        select(Talk)
        .where(Talk.ended_at.is_(None), Talk.until <= tx.now)
        .order_by(Talk.until)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    count = 0
    for talk in over.all():
        await end_talk(tx, talk)
        count += 1
    return count


def _new(tx: Tx, participant: Participant, alert: Alert | None) -> Talk:
    return Talk(
        id=new_id(),
        participant_id=participant.id,
        alert_id=alert.id if alert is not None else None,
        ref=alert.ref if alert is not None else participant.ref,
        since=tx.now,
        until=tx.now + LASTS,
    )


async def _end_stale(tx: Tx, participant: Participant) -> None:
    """End a talk whose time is over but which nobody has ended yet."""
    old: Talk | None = await tx.session.scalar(
        select(Talk).where(Talk.participant_id == participant.id, Talk.ended_at.is_(None))
    )
    if old is not None:
        old.ended_at = tx.now
        await tx.session.flush()


def _go_on(tx: Tx, talk: Talk, participant: Participant) -> None:
    talk.until = participant.talking_until = tx.now + LASTS


async def _join(tx: Tx, talk: Talk, staff: Staff, contact: Contact) -> None:
    member = await tx.session.get(TalkMember, (talk.id, staff.id))
    if member is None:
        tx.session.add(
            TalkMember(talk_id=talk.id, staff_id=staff.id, contact_id=contact.id, joined_at=tx.now)
        )
    else:
        member.contact_id = contact.id  # they are answered where they write from
    await tx.session.flush()


async def _members(tx: Tx, talk: Talk) -> list[TalkMember]:
    """Return who of a talk still works here, and has the contact they talk by."""
    found = await tx.session.scalars(
        select(TalkMember)
        .join(Staff, Staff.id == TalkMember.staff_id)
        .join(Contact, Contact.id == TalkMember.contact_id)
        .where(
            TalkMember.talk_id == talk.id,
            Staff.status == PersonStatus.ACTIVE,
            Contact.staff_id == TalkMember.staff_id,
            Contact.consent != ConsentState.OPTED_OUT,
        )
        .order_by(TalkMember.joined_at)
    )
    return list(found)


async def _copy(
    tx: Tx, talk: Talk, participant: Participant, *, who: str, text: str, but: str | None, key: str
) -> None:
    """Show what was said to the staff in the talk: the words where they are allowed, else a link."""
    programme = await tx.session.get_one(Programme, participant.programme_id)
    language = str(programme.languages[0])
    drafts = []
    for member in await _members(tx, talk):
        if member.staff_id == but:
            continue
        to = await _member_to(tx, member)
        buttons: tuple[Button, ...] = ()
        if to.channel is ChannelName.TELEGRAM and programme.telegram_details:
            shown = say("from_participant", language, ref=who, text=text)
            # Sealed under the participant's key: erasing them takes their words here with it.
            await tx.vault.load(tx.session, [participant.key_id])
            to = To(
                contact_id=to.contact_id, key_id=participant.key_id, channel=to.channel, staff_id=to.staff_id
            )
            buttons = _buttons(talk, language)
        else:
            link = await make_link(tx, member.staff_id, participant_id=participant.id, alert_id=talk.alert_id)
            key_word = "they_wrote" if link is None else "they_wrote_link"
            shown = say(key_word, language, ref=talk.ref, link=link)
        drafts.append(
            Draft(
                to=to, kind=Kind.STAFF, lane=Lane.REPLY, text=shown, buttons=buttons,
                dedupe_key=f"{key}:{member.staff_id}", about=About(alert_id=talk.alert_id),
            )
        )  # fmt: skip
    await enqueue(tx, drafts)


def _buttons(talk: Talk, language: str) -> tuple[Button, ...]:
    quick = [
        Button(label=say(f"quick_{number}", language), data=f"{QUICK}:{talk.id}:{number}")
        for number in QUICK_REPLIES
    ]
    return (*quick, Button(label=say("back_button", language), data=f"{BACK}:{talk.id}"))


async def _member_to(tx: Tx, member: TalkMember) -> To:
    contact = await tx.session.get_one(Contact, member.contact_id)
    return await staff_contact(tx, Route(contact_id=contact.id, channel=contact.channel), member.staff_id)


async def _reachable(tx: Tx, participant: Participant) -> To | None:
    """Return where the participant wrote from last if we may answer there, else the contact prompts go to."""
    contact = await tx.session.scalar(
        select(Contact)
        .where(
            Contact.participant_id == participant.id,
            Contact.consent == ConsentState.ACTIVE,
            Contact.unreachable_at.is_(None),
            Contact.last_in_at.is_not(None),
        )
        .order_by(Contact.last_in_at.desc())
        .limit(1)
    ) or await active_contact(tx, participant.id)
    if contact is None:
        return None
    await tx.vault.load(tx.session, [contact.key_id])
    return To(
        contact_id=contact.id,
        key_id=contact.key_id,
        channel=contact.channel,
        participant_id=participant.id,
    )
