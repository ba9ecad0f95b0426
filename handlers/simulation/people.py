"""Who has a phone on the stage: everybody of the programme, and whoever wrote to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.domain.messages import ChannelName
from bot.store.database import Tx
from bot.store.people import Contact, Participant, Programme, Staff
from handlers.simulation.words import shortcuts

NEW_PHONE = "+13125550199"  # nobody's: for trying what a stranger is told


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Whose phone it is. `side` is "participant" or "staff"; a stranger's is a participant's."""

    contact_id: str | None
    channel: ChannelName
    address: str
    name: str
    side: str
    role: str
    language: str
    zone: str
    consent: str

    @property
    def key(self) -> str:
        """Return the name by which the page knows the phone."""
        return f"{self.channel}:{self.address}"

    def clock(self, instant: datetime) -> dict[str, str]:
        """Return an instant as this person's wall clock shows it."""
        return wall_clock(self.zone, instant)

    def told(self, instant: datetime) -> dict[str, Any]:
        """Return what the page shows about this person."""
        who = "staff" if self.side == "staff" else "participant" if self.role == "participant" else "stranger"
        if self.channel is ChannelName.VOICE:
            who = "call"
        return {
            "key": self.key,
            "channel": self.channel,
            "address": self.address,
            "name": self.name,
            "side": self.side,
            "role": self.role,
            "language": self.language,
            "zone": self.zone.rpartition("/")[2].replace("_", " "),
            "consent": self.consent,
            "shortcuts": shortcuts(who, self.language),
            **self.clock(instant),
        }


def wall_clock(zone: str, instant: datetime) -> dict[str, str]:
    """Return an instant as `at` (ISO 8601, UTC), and as the `day` and `time` of a zone's wall clock."""
    local = instant.astimezone(ZoneInfo(zone))
    return {"at": instant.isoformat(), "day": f"{local:%A} {local.day} {local:%B}", "time": f"{local:%H:%M}"}


async def the_programme(tx: Tx) -> Programme:
    """Return the one programme of the demo."""
    found: Programme = (await tx.session.scalars(select(Programme).order_by(Programme.id).limit(1))).one()
    return found


async def owners(tx: Tx, programme: Programme) -> list[Owner]:
    """Return everybody's phones, the programme's own people first, in its order."""
    rows = (
        await tx.session.execute(
            select(Contact, Participant, Staff)
            .outerjoin(Participant, Participant.id == Contact.participant_id)
            .outerjoin(Staff, Staff.id == Contact.staff_id)
            .order_by(Staff.position, Participant.position, Contact.position, Contact.id)
        )
    ).all()
    found = [await _owner(tx, programme, *row) for row in rows]
    if all(owner.address != NEW_PHONE for owner in found):
        found.append(_new_phone(programme))
    return found


async def _owner(
    tx: Tx, programme: Programme, contact: Contact, person: Participant | None, staff: Staff | None
) -> Owner:
    await tx.vault.load(tx.session, [contact.key_id])
    somebody = staff or person
    name = "Somebody new"
    if somebody is not None and somebody.name is not None:
        name = await tx.vault.reveal(tx.session, somebody.name, somebody.__tablename__, "name", somebody.id)
    return Owner(
        contact_id=contact.id,
        channel=contact.channel,
        address=tx.vault.open(contact.address, "contacts", "address", contact.id),
        name=name,
        side="staff" if staff is not None else "participant",
        role=str(staff.roles[0]) if staff is not None else "participant" if person is not None else "unknown",
        language=person.language if person is not None else str(programme.languages[0]),
        zone=(somebody.timezone if somebody is not None else None) or programme.timezone,
        consent=contact.consent,
    )


def _new_phone(programme: Programme) -> Owner:
    return Owner(
        contact_id=None,
        channel=ChannelName.SMS,
        address=NEW_PHONE,
        name="Somebody new",
        side="participant",
        role="unknown",
        language=str(programme.languages[0]),
        zone=programme.timezone,
        consent="none",
    )
