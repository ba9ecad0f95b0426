"""Hand a caseload to a colleague who steps in: in words where that is allowed, else as a page to print."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, or_, select

from bot.actions.anchors import known_zone
from bot.actions.context import trends_of
from bot.actions.notices import name_of
from bot.actions.papers import Reader, hand_link, hand_words, in_words
from bot.actions.people import first_name
from bot.actions.summaries import alarms_of, next_session, promises_of
from bot.domain.consent import ConsentState
from bot.domain.errors import ErasedError
from bot.domain.handovers import LATELY, Charge, hand_over, weight
from bot.domain.papers import Paper
from bot.domain.situations import moment
from bot.domain.summaries import words
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.desk import LinkKind, Promise
from bot.store.people import Contact, Participant, PersonStatus, Programme, Staff

TRENDS = timedelta(days=14)


async def handover_of(
    tx: Tx, about: Staff, programme: Programme, reader: Staff
) -> tuple[Paper, list[Participant]]:
    """Return a handover of everybody of one member of staff's, and whom its articles are about, in order."""
    language, zone = str(programme.languages[0]), reader.timezone or programme.timezone
    people = await caseload(tx, about)
    charges = []
    for person in people:
        try:
            charges.append((await _charge(tx, person, programme), person))
        except ErasedError:
            continue  # there is nothing left to hand over
    charges.sort(key=lambda one: weight(one[0], tx.now))
    told = [(hand_over(charge, tx.now, language, zone), person) for charge, person in charges]
    found = [(article, person) for article, person in told if article is not None]
    calm = [person.ref for article, person in told if article is None]
    said = words(language)
    line = said["handover_about"].format(count=len(charges), at=moment(tx.now, zone, language))
    paper = Paper(
        title=said["handover"].format(name=await name_of(tx, about.id)),
        about=f"{line}. {said['calm'].format(people=', '.join(calm))}" if calm else line,
        articles=tuple(article for article, _ in found),
    )
    return paper, [person for _, person in found]


async def give_handover(tx: Tx, reader: Reader, about: Staff, programme: Programme, key: str) -> None:
    """Give somebody the handover of a member of staff's people (their own included)."""
    if in_words(programme, reader.to):
        paper, people = await handover_of(tx, about, programme, reader.staff)
        await hand_words(tx, reader, paper, people, key, header=True)
        return
    name = await name_of(tx, about.id)
    await hand_link(
        tx,
        reader,
        programme,
        kind=LinkKind.HANDOVER,
        say_key="handover_link",
        key=key,
        about=about,
        name=name,
    )


async def caseload(tx: Tx, staff: Staff) -> list[Participant]:
    """Return everybody who is somebody's to look after: their own people, and whom they owe something."""
    held = exists().where(
        Alert.participant_id == Participant.id,
        Alert.state != AlertState.CLOSED,
        Alert.acknowledged_by == staff.id,
    )
    owed = exists().where(
        Promise.participant_id == Participant.id, Promise.done_at.is_(None), Promise.staff_id == staff.id
    )
    found = await tx.session.scalars(
        select(Participant)
        .where(
            Participant.programme_id == staff.programme_id,
            Participant.status != PersonStatus.LEFT,
            or_(Participant.specialist_id == staff.id, held, owed),
        )
        .order_by(Participant.position, Participant.id)
    )
    return list(found)


async def _charge(tx: Tx, person: Participant, programme: Programme) -> Charge:
    await tx.vault.load(tx.session, [person.key_id])
    contacts = (await tx.session.scalars(select(Contact).where(Contact.participant_id == person.id))).all()
    states = {contact.consent for contact in contacts}
    zone = known_zone(person.timezone, programme.timezone)
    return Charge(
        person=person.ref,
        name=await first_name(tx, person) or person.ref,
        alerts=await alarms_of(tx, person, tx.now - LATELY),
        promises=await promises_of(tx, person, tx.now),
        session_at=await next_session(tx, person, zone),
        trends=await trends_of(tx, person, TRENDS),
        heard_at=max((c.last_in_at for c in contacts if c.last_in_at is not None), default=None),
        stopped=ConsentState.OPTED_OUT in states and ConsentState.ACTIVE not in states,
        paused_until=person.paused_until,
    )
