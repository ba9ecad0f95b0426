"""Find people by their address, and address them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from bot.domain.consent import ConsentState
from bot.domain.messages import ChannelName
from bot.domain.own_words import stored_phrases
from bot.domain.pathways import Pathway
from bot.domain.triage.levels import Phrase
from bot.outbox.enqueue import To
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.people import Contact, DataKey, Participant, PersonStatus, Programme, Staff
from bot.store.together import Crowd

Address = tuple[ChannelName, str]  # with E.164 or a chat id

# Every text starts with this look-up, so it is put together once.
_AT_ADDRESSES = (
    select(Contact, Participant, Staff, DataKey.wrapped)
    .join(DataKey, DataKey.id == Contact.key_id)
    .outerjoin(Participant, Participant.id == Contact.participant_id)
    .outerjoin(Staff, Staff.id == Contact.staff_id)
    .where(
        Contact.channel.in_(bindparam("channels", expanding=True)),
        Contact.address_hash.in_(bindparam("hashes", expanding=True)),
    )
    # On PostgreSQL what comes from one address is taken in one after the other, as on SQLite everything is.
    .with_for_update(of=Contact, key_share=True)
)
_STAFF = select(Staff).where(Staff.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Correspondent:
    """Whoever is at an address: a participant, a staff member, or somebody not yet known."""

    contact: Contact
    programme: Programme
    participant: Participant | None = None
    staff: Staff | None = None

    @property
    def language(self) -> str:
        """Return the language to answer in."""
        if self.participant is not None:
            return self.participant.language
        return str(self.programme.languages[0])

    @property
    def own_words(self) -> tuple[Phrase, ...]:
        """Return the words of their programme's own that triage looks for."""
        return stored_phrases(self.programme.own_words)

    @property
    def zone(self) -> str:
        """Return the zone of the person's wall clock."""
        own = self.participant.timezone if self.participant is not None else None
        return own or self.programme.timezone

    @property
    def subject_id(self) -> str:
        """Return what an alert about them hangs on: the person, or the bare contact."""
        return self.participant.id if self.participant is not None else self.contact.id

    @property
    def to(self) -> To:
        """Return where an answer goes."""
        return To(
            contact_id=self.contact.id,
            key_id=self.contact.key_id,
            channel=self.contact.channel,
            participant_id=self.contact.participant_id,
            staff_id=self.staff.id if self.staff is not None else None,
        )


async def find_correspondents(tx: Tx, addresses: Collection[Address]) -> dict[Address, Correspondent]:
    """Return who is at these addresses, with their keys loaded; strangers are left out.

    They are the transaction's crowd from now on: what is asked about one is looked up for all.
    """
    found = await _at_addresses(tx, addresses)
    people = [who.participant for who in found.values() if who.participant is not None]
    tx.crowd = Crowd(
        contacts=frozenset(who.contact.id for who in found.values()),
        participants=frozenset(person.id for person in people),
        specialists=frozenset(person.specialist_id for person in people if person.specialist_id is not None),
    )
    return found


async def find_correspondent(tx: Tx, at: Address) -> Correspondent | None:
    """Return whoever is at an address now, with their key loaded; None for a stranger."""
    return (await _at_addresses(tx, [at])).get(at)


async def _at_addresses(tx: Tx, addresses: Collection[Address]) -> dict[Address, Correspondent]:
    hashes = {tx.vault.hash(*address): address for address in addresses}
    given = {"channels": list({channel for channel, _ in addresses}), "hashes": list(hashes)}
    found = {}
    # Once for all its people: there is much in a programme's row, and it would be read for each of them.
    programmes: dict[str | None, Programme] = {}
    for contact, participant, staff, wrapped in (await tx.session.execute(_AT_ADDRESSES, given)).all():
        if contact.programme_id not in programmes:
            programmes[contact.programme_id] = await tx.session.get_one(Programme, contact.programme_id)
        tx.vault.learn(contact.key_id, wrapped)
        # Whoever left the staff takes no alert and sees nothing of anybody.
        at_work = staff is not None and staff.status is PersonStatus.ACTIVE
        found[hashes[contact.address_hash]] = Correspondent(
            contact=contact,
            programme=programmes[contact.programme_id],
            participant=participant,
            staff=staff if at_work else None,
        )
    return found


async def add_stranger(tx: Tx, channel: ChannelName, address: str) -> Correspondent | None:
    """Write down an address nobody knows, under a key of its own; None when there is no programme yet."""
    programme = await tx.session.scalar(select(Programme).order_by(Programme.id).limit(1))
    if programme is None:
        return None
    key_id = await tx.vault.new_key(tx.session, "contact")
    contact = add_contact(tx, programme_id=programme.id, key_id=key_id, channel=channel, address=address)
    await tx.session.flush()
    return Correspondent(contact=contact, programme=programme)


def add_contact(
    tx: Tx,
    *,
    programme_id: str,
    key_id: str,
    channel: ChannelName,
    address: str,
    participant_id: str | None = None,
    staff_id: str | None = None,
    consent: ConsentState = ConsentState.NONE,
    position: int = 0,
) -> Contact:
    """Add a contact with its address sealed and hashed."""
    contact_id = new_id()
    contact = Contact(
        id=contact_id,
        programme_id=programme_id,
        participant_id=participant_id,
        staff_id=staff_id,
        key_id=key_id,
        channel=channel,
        address=tx.vault.seal(key_id, address, "contacts", "address", contact_id),
        address_hash=tx.vault.hash(channel, address),
        consent=consent,
        position=position,
        created_at=tx.now,
    )
    tx.session.add(contact)
    return contact


async def first_name(tx: Tx, person: Participant | Staff | None) -> str | None:
    """Return the first word of somebody's name."""
    if person is None or person.name is None:
        return None
    name = await tx.vault.reveal(tx.session, person.name, person.__tablename__, "name", person.id)
    return name.split()[0] if name.split() else None


async def specialist_of(tx: Tx, participant: Participant | None) -> Staff | None:
    """Return the participant's own specialist, if there is one at work here."""
    if participant is None or participant.specialist_id is None:
        return None

    async def look(ids: Collection[str]) -> dict[str, Staff]:
        return {staff.id: staff for staff in await tx.session.scalars(_STAFF, {"ids": list(ids)})}

    staff = await tx.crowd.ask("staff", participant.specialist_id, tx.crowd.specialists, look)
    return staff if staff is not None and staff.status is PersonStatus.ACTIVE else None


def pathway_in(details: str) -> Pathway | None:
    """Return the pathway that a participant's opened details name."""
    name = json.loads(details).get("pathway")
    return Pathway(name) if name is not None else None


async def pathway_preferred(tx: Tx, participant: Participant) -> Pathway | None:
    """Return the road to recovery a participant prefers, if they said."""
    if participant.details is None:
        return None
    return pathway_in(
        await tx.vault.reveal(tx.session, participant.details, "participants", "details", participant.id)
    )


async def own_participant(tx: Tx, staff: Staff, ref: str) -> Participant | None:
    """Return somebody of a staff member's own caseload by ref, in any case; for a supervisor anybody."""
    found: Participant | None = await tx.session.scalar(
        select(Participant)
        .where(Participant.programme_id == staff.programme_id, func.lower(Participant.ref) == ref.lower())
        .order_by((Participant.ref == ref).desc())
        .limit(1)
    )
    if found is None or (found.specialist_id != staff.id and "supervisor" not in staff.roles):
        return None
    return found
