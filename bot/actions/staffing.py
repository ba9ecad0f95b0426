"""Who of the staff can be told now: chains are drawn from the programme, routes from what works."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.consent import ConsentState
from bot.domain.escalation import Chain, Person, Route, Step
from bot.domain.hours import next_duty, on_duty, parse_shift
from bot.domain.messages import ChannelName
from bot.domain.triage.assess import Level
from bot.store.database import Tx
from bot.store.messages import Sender
from bot.store.people import Contact, Participant, PersonStatus, Programme, Staff

PATIENCE = timedelta(seconds=5)  # a sender resting longer than this is passed by alerts


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """The staff of a programme as they are now, with their contacts in order."""

    staff: dict[str, Staff]
    contacts: dict[str, list[Contact]]
    senders: dict[ChannelName, Sender]
    zone: str
    now: datetime

    def routes(self, staff_id: str, by: Iterable[ChannelName] | None = None) -> tuple[Route, ...]:
        """Return somebody's ways in the order of `by`, else in their own order."""
        contacts = self.contacts.get(staff_id, [])
        if by is not None:
            contacts = [c for name in by for c in contacts if c.channel == name]
        return tuple(Route(contact_id=c.id, channel=c.channel) for c in contacts)

    def usable(self, person: Person) -> tuple[Route, ...]:
        """Return the routes that can be tried now: the contact is reachable and the sender is on.

        Senders that rest come last, so that an alert goes round them.
        """
        reachable = {
            c.id
            for c in self.contacts.get(person.staff_id, [])
            if c.consent is not ConsentState.OPTED_OUT and c.unreachable_at is None
        }
        usable = [r for r in person.routes if r.contact_id in reachable and self._sender_on(r.channel)]
        return tuple(sorted(usable, key=lambda r: self._resting(r.channel)))

    def on_duty(self, staff_id: str) -> bool:
        """Tell whether somebody is on duty now, in their own zone; no duty hours means always."""
        staff = self.staff[staff_id]
        return on_duty(map(parse_shift, staff.duty), staff.timezone or self.zone, self.now)

    def working_time(self, staff_id: str) -> datetime | None:
        """Return when somebody's next duty starts; None while they are on duty."""
        if self.on_duty(staff_id):
            return None
        staff = self.staff[staff_id]
        return next_duty(map(parse_shift, staff.duty), staff.timezone or self.zone, self.now)

    def is_active(self, staff_id: str) -> bool:
        """Tell whether somebody still works here."""
        staff = self.staff.get(staff_id)
        return staff is not None and staff.status is PersonStatus.ACTIVE

    def with_role(self, role: str) -> list[str]:
        """Return the ids of the active staff with a role, in the file's order."""
        return [s.id for s in self.staff.values() if role in s.roles and self.is_active(s.id)]

    def works(self, channel: ChannelName) -> bool:
        """Tell whether a channel's sender is on and not resting for long."""
        return self._sender_on(channel) and not self._resting(channel)

    def _sender_on(self, channel: ChannelName) -> bool:
        sender = self.senders.get(channel)
        return sender is not None and sender.off_at is None

    def _resting(self, channel: ChannelName) -> bool:
        sender = self.senders[channel]
        return sender.resting_until is not None and sender.resting_until > self.now + PATIENCE


async def load_roster(tx: Tx, programme: Programme) -> Roster:
    """Read the programme's staff, contacts and senders."""
    staff = await tx.session.scalars(
        select(Staff).where(Staff.programme_id == programme.id).order_by(Staff.position)
    )
    by_id = {s.id: s for s in staff}
    contacts: dict[str, list[Contact]] = {}
    for contact in await tx.session.scalars(
        select(Contact).where(Contact.staff_id.in_(by_id)).order_by(Contact.position)
    ):
        contacts.setdefault(str(contact.staff_id), []).append(contact)
    senders = {s.channel: s for s in await tx.session.scalars(select(Sender))}
    return Roster(staff=by_id, contacts=contacts, senders=senders, zone=programme.timezone, now=tx.now)


def draw_chain(roster: Roster, programme: Programme, participant: Participant | None, level: Level) -> Chain:
    """Snapshot the programme's chain for one person: roles become people, channels become routes."""
    policy: list[dict[str, Any]] = programme.escalation.get(str(level), [])
    steps = []
    for step in policy:
        by = [ChannelName(name) for name in step["by"]]
        ids: dict[str, None] = {}
        for target in step["notify"]:
            ids |= dict.fromkeys(_targets(roster, participant, target))
        people = tuple(Person(staff_id=i, routes=roster.routes(i, by)) for i in ids)
        steps.append(Step(people=people, wait=timedelta(seconds=step["wait"])))
    supervisors = tuple(Person(staff_id=i, routes=roster.routes(i)) for i in roster.with_role("supervisor"))
    return Chain(steps=tuple(steps), supervisors=supervisors)


def _targets(roster: Roster, participant: Participant | None, target: str) -> list[str]:
    own = participant.specialist_id if participant is not None else None
    match target:
        case "assigned":
            return [own] if own in roster.staff else []
        case "backup":
            backup = roster.staff[own].backup_ref if own in roster.staff else None
            return [s.id for s in roster.staff.values() if s.ref == backup]
        case "supervisor":
            return roster.with_role("supervisor")
        case _:
            return [s.id for s in roster.staff.values() if s.ref == target]
