"""Who of the staff can be told now: chains are drawn from the programme, routes from what works."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.consent import ConsentState
from bot.domain.escalation import Chain, Person, Route, Step
from bot.domain.hours import next_duty, on_duty, parse_shift
from bot.domain.messages import ChannelName
from bot.domain.programme import TargetKind
from bot.domain.rota import Absence, Absences, Leave, Rota, on_call
from bot.domain.rota_file import rota_from_data
from bot.domain.triage.assess import Level
from bot.store.database import Tx
from bot.store.messages import Sender
from bot.store.people import Contact, Participant, PersonStatus, Programme, Staff

PATIENCE = timedelta(seconds=5)  # a sender resting longer than this is passed by alerts


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """The staff of a programme as they are now, with their contacts in order.

    `on_call` are the ids of those whose turn it is in one of the rotas.
    """

    staff: dict[str, Staff]
    contacts: dict[str, list[Contact]]
    senders: dict[ChannelName, Sender]
    zone: str
    now: datetime
    rotas: tuple[Rota, ...] = ()
    on_call: tuple[str, ...] = ()

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
        contacts = self.contacts.get(person.staff_id, [])
        routes, theirs = person.routes, {c.id for c in contacts}
        if not any(route.contact_id in theirs for route in routes):
            # Their number was replaced since the routes were written down: the new one stands in.
            routes = self.routes(person.staff_id, dict.fromkeys(route.channel for route in routes))
        reachable = {c.id for c in contacts if _reachable(c)}
        usable = [r for r in routes if r.contact_id in reachable and self._sender_on(r.channel)]
        return tuple(sorted(usable, key=lambda r: self._resting(r.channel)))

    def has_contact(self, staff_id: str) -> bool:
        """Tell whether somebody has a contact that works, whatever the senders do at the moment."""
        return any(map(_reachable, self.contacts.get(staff_id, [])))

    def reads(self, staff_id: str | None, contact_id: str) -> bool:
        """Tell whether somebody works here and can be relied upon to read what came to a contact."""
        contacts = self.contacts.get(str(staff_id), [])
        mine = any(c.id == contact_id and _reachable(c) for c in contacts)
        return mine and self.is_active(str(staff_id))

    def on_duty(self, staff_id: str) -> bool:
        """Tell whether somebody is on duty now, in their own zone, or on call; leave ends both.

        No duty hours means always.
        """
        if self.is_away(staff_id):
            return False
        staff = self.staff[staff_id]
        return staff_id in self.on_call or on_duty(
            map(parse_shift, staff.duty), staff.timezone or self.zone, self.now
        )

    def is_away(self, staff_id: str) -> bool:
        """Tell whether somebody is on leave now."""
        return absence_of(self.staff[staff_id], self.zone).holds(self.now)

    def absences(self) -> Absences:
        """Return everybody's leave, by ref."""
        return {staff.ref: absence_of(staff, self.zone) for staff in self.staff.values()}

    def working_time(self, staff_id: str) -> datetime | None:
        """Return when somebody's next duty starts; None while they are on duty."""
        if self.on_duty(staff_id):
            return None
        staff = self.staff[staff_id]
        absence = absence_of(staff, self.zone)
        shifts, zone = list(map(parse_shift, staff.duty)), staff.timezone or self.zone
        found = next_duty(shifts, zone, self.now)
        while found is not None and absence.holds(found):
            found = next_duty(shifts, zone, min(edge for edge in absence.edges() if edge > found))
        return found

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
    roster = Roster(
        staff=by_id,
        contacts=contacts,
        senders=senders,
        zone=programme.timezone,
        now=tx.now,
        rotas=tuple(map(rota_from_data, programme.rotas)),
    )
    return replace(roster, on_call=tuple(_on_call(roster)))


def leave_of(staff: Staff) -> Iterator[Leave]:
    """Yield somebody's days away."""
    for first, last in staff.leave:
        yield Leave(first=date.fromisoformat(first), last=date.fromisoformat(last))


def absence_of(staff: Staff, zone: str) -> Absence:
    """Return somebody's leave on their own wall clock; `zone` is the programme's."""
    return Absence(zone=staff.timezone or zone, leave=tuple(leave_of(staff)))


def _reachable(contact: Contact) -> bool:
    return contact.consent is not ConsentState.OPTED_OUT and contact.unreachable_at is None


def _on_call(roster: Roster) -> Iterator[str]:
    absences = {s.ref: absence_of(s, roster.zone) for s in roster.staff.values() if s.leave}
    ids = {s.ref: s.id for s in roster.staff.values() if s.status is PersonStatus.ACTIVE}
    for rota in roster.rotas:
        # Whoever left since the rota was written is passed over like somebody on leave.
        staying = tuple(ref for ref in rota.people if ref in ids)
        ref = on_call(replace(rota, people=staying), roster.now, absences) if staying else None
        if ref in ids:
            yield ids[ref]


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
        by_rota = tuple(by) if TargetKind.ON_CALL in step["notify"] else ()
        steps.append(Step(people=people, wait=timedelta(seconds=step["wait"]), on_call_by=by_rota))
    supervisors = tuple(Person(staff_id=i, routes=roster.routes(i)) for i in roster.with_role("supervisor"))
    return Chain(steps=tuple(steps), supervisors=supervisors)


def with_on_call(chain: Chain, roster: Roster) -> Chain:
    """Return the chain with whoever is on call now beside those who were when it was drawn.

    An alert may outlast a handover; then both are asked, and duty decides.
    """
    steps = []
    for step in chain.steps:
        known = {person.staff_id for person in step.people}
        new = tuple(
            Person(staff_id=i, routes=roster.routes(i, step.on_call_by))
            for i in roster.on_call
            if step.on_call_by and i not in known
        )
        steps.append(replace(step, people=step.people + new))
    return replace(chain, steps=tuple(steps))


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
        case "on_call":
            return list(roster.on_call)
        case _:
            return [s.id for s in roster.staff.values() if s.ref == target]
