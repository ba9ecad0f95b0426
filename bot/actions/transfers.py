"""Move people to another specialist: with their alerts, promises and preferences, and a word to everybody.

All in the caller's transaction. Whoever is with the new specialist already is left alone, so that doing it
twice does nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import select

from bot.actions.acknowledgements import remind_after, write_to
from bot.actions.closings import free_ref
from bot.actions.consents import active_contact
from bot.actions.handovers import give_handover
from bot.actions.imported import Imported
from bot.actions.notices import name_of, note, notice_now, tell_staff
from bot.actions.papers import reader_for
from bot.actions.staffing import Roster, load_roster
from bot.actions.talks import end_talk, talk_of, talks_of_staff
from bot.domain import escalation
from bot.domain.errors import HandrailError, NotFoundError
from bot.domain.escalation import Chain, Person
from bot.domain.messages import Kind, Lane
from bot.domain.replies import say
from bot.outbox.enqueue import Draft, To, cancel, enqueue
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.desk import Promise
from bot.store.messages import Message
from bot.store.people import Participant, PersonStatus, Programme, Staff

KEEPS = timedelta(days=3)  # how late somebody may still hear who looks after them now
NAMED = 6  # refs in one text
BEFORE = timedelta(milliseconds=1)  # the outbox goes by time: what moved is said before the handover


class NotTheirsError(HandrailError):
    """These people are not with that specialist; `handrail export` shows who is with whom."""


@dataclass(kw_only=True)
class Moved:
    """What a transfer moved, by ref; `told` are those who get a text about it."""

    people: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    promises: list[str] = field(default_factory=list)
    talks: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """From whom to whom."""

    old: Staff
    new: Staff
    programme: Programme
    roster: Roster

    @property
    def language(self) -> str:
        """Return the language of the staff."""
        return str(self.programme.languages[0])


async def find_staff(tx: Tx, ref: str) -> Staff:
    """Return the member of staff with this ref. Raises NotFoundError."""
    found: Staff | None = await tx.session.scalar(select(Staff).where(Staff.ref == ref))
    if found is None:
        raise NotFoundError(f"there is nobody called {ref} on staff; `handrail export` lists them")
    return found


async def transfer_caseload(tx: Tx, old: Staff, new: Staff, only: Collection[str] = ()) -> Moved:
    """Move a caseload, or `only` those of it, to another specialist; return what moved.

    Raises NotFoundError for somebody who left or a ref nobody has, NotTheirsError for people of others.
    """
    if new.status is not PersonStatus.ACTIVE or new.programme_id != old.programme_id:
        raise NotFoundError(f"{new.ref} does not work in this programme any more")
    people = await _meant(tx, old, new, only)
    for person in people:
        person.specialist_id = new.id
    await tx.session.flush()
    return await follow_transfer(tx, old, new, people)


async def follow_transfer(tx: Tx, old: Staff, new: Staff, people: Sequence[Participant]) -> Moved:
    """Do what follows for people who have `new` as their specialist now, instead of `old`."""
    moved = Moved()
    if not people:
        return moved
    programme = await tx.session.get_one(Programme, new.programme_id)
    move = Move(old=old, new=new, programme=programme, roster=await load_roster(tx, programme))
    for person in people:
        moved.people.append(person.ref)
        moved.alerts += await _alerts(tx, move, person)
        moved.promises += await _promises(tx, move, person)
        moved.talks += await _talk(tx, move, person)
        moved.told += await _tell_person(tx, move, person)
    await tx.session.flush()
    await _tell_both(tx, move, moved)
    return moved


async def follow_handed(tx: Tx, done: Imported) -> None:
    """Do what follows for those whose specialist an import changed, once for each two specialists."""
    pairs: dict[tuple[str, str], list[Participant]] = {}
    for one in done.handed:
        pairs.setdefault((one.old, one.new), []).append(one.participant)
    for (old, new), people in pairs.items():
        await follow_transfer(
            tx, await tx.session.get_one(Staff, old), await tx.session.get_one(Staff, new), people
        )


async def _meant(tx: Tx, old: Staff, new: Staff, only: Collection[str]) -> list[Participant]:
    """Return who moves; those who are with the new specialist already have moved."""
    if not only:
        mine = (Participant.specialist_id == old.id, Participant.status != PersonStatus.LEFT)
        found = await tx.session.scalars(select(Participant).where(*mine).order_by(Participant.position))
        return list(found)
    rows = await tx.session.scalars(
        select(Participant).where(
            Participant.programme_id == old.programme_id, Participant.ref.in_(list(only))
        )
    )
    named = {row.ref: row for row in rows}
    missing = [ref for ref in only if ref not in named]
    if missing:
        raise NotFoundError(f"there is no participant {', '.join(missing)}; `handrail export` lists them")
    others = [ref for ref, row in named.items() if row.specialist_id not in (old.id, new.id)]
    if others:
        raise NotTheirsError(
            f"not with {old.ref}: {', '.join(others)}; `handrail export` shows who is with whom"
        )
    return [row for row in named.values() if row.specialist_id == old.id]


async def _alerts(tx: Tx, move: Move, person: Participant) -> list[str]:
    """Put the new specialist in the old one's place, tell them at once, and ask whoever has it."""
    rows = await tx.session.scalars(
        select(Alert)
        .where(Alert.participant_id == person.id, Alert.state != AlertState.CLOSED)
        .with_for_update()
    )
    alerts = rows.all()
    for alert in alerts:
        chain = _in_place(escalation.from_data(alert.chain), move.old.id, move.new.id, move.roster)
        alert.chain = escalation.to_data(chain)
        note(tx, alert, "transferred", staff_id=move.new.id)
        if alert.state is AlertState.OPEN:
            await _tell_new(tx, move, alert, chain)
        elif alert.acknowledged_by == move.old.id:
            await _ask_old(tx, move, alert)
    await tx.session.flush()
    return [alert.ref for alert in alerts]


def _in_place(chain: Chain, old: str, new: str, roster: Roster) -> Chain:
    """Return a chain with somebody in another's place, told by the same kinds of way.

    Where the old one was in no step (there was none, or they were passed by), the new one joins the first.
    """
    steps = []
    for step in chain.steps:
        people: dict[str, Person] = {}
        for person in step.people:
            by = dict.fromkeys(route.channel for route in person.routes)
            instead = Person(staff_id=new, routes=roster.routes(new, by) or roster.routes(new))
            told = instead if person.staff_id == old else person
            people.setdefault(told.staff_id, told)
        steps.append(replace(step, people=tuple(people.values())))
    if steps and not any(person.staff_id == new for step in steps for person in step.people):
        joined = Person(staff_id=new, routes=roster.routes(new))
        steps[0] = replace(steps[0], people=(joined, *steps[0].people))
    return replace(chain, steps=tuple(steps))


async def _tell_new(tx: Tx, move: Move, alert: Alert, chain: Chain) -> None:
    """Tell the new specialist of an alert that nobody has; off duty the chain finds whoever is there."""
    if not move.roster.on_duty(move.new.id):
        return
    for step, one in enumerate(chain.steps):
        for person in one.people:
            if person.staff_id == move.new.id:
                await notice_now(tx, alert, person, move.roster, move.programme, step=step)
                return


async def _ask_old(tx: Tx, move: Move, alert: Alert) -> None:
    """Ask the old specialist, who has it, whether they keep it; unanswered, the new one's turn comes."""
    name = await name_of(tx, move.new.id)
    text = say("transfer_still", move.language, ref=alert.ref, name=name)
    key = f"transfer:{alert.id}:{move.new.id}:{int(tx.now.timestamp())}"
    asked = move.roster.is_active(move.old.id) and await write_to(
        tx, alert, move.old.id, move.roster, text=text, key=key
    )
    due = tx.now + remind_after(move.programme) if asked else tx.now
    alert.next_step_at = min(due, alert.next_step_at) if alert.next_step_at is not None else due
    alert.reminded_at = tx.now
    note(tx, alert, "reminded", staff_id=move.old.id)
    tx.wake.add("escalations")


async def _promises(tx: Tx, move: Move, person: Participant) -> list[str]:
    """Hand on what was promised; what came due is brought back to the new specialist."""
    rows = await tx.session.scalars(
        select(Promise).where(
            Promise.participant_id == person.id, Promise.staff_id == move.old.id, Promise.done_at.is_(None)
        )
    )
    promises = rows.all()
    for promise in promises:
        promise.ref = await free_ref(tx, move.new, wanted=promise.ref)
        promise.staff_id, promise.reminded_at = move.new.id, None
        await tx.session.flush()
    return [promise.ref for promise in promises]


async def _talk(tx: Tx, move: Move, person: Participant) -> list[str]:
    """End the talk that the old specialist is in, with a word to both sides."""
    talk = await talk_of(tx, person)
    if talk is None or talk.id not in {one.id for one in await talks_of_staff(tx, move.old.id)}:
        return []
    await end_talk(tx, talk)
    return [person.ref]


async def _tell_person(tx: Tx, move: Move, person: Participant) -> list[str]:
    """Tell the participant once who looks after them now: by an agreed contact, not in quiet hours."""
    await cancel(tx, "transferred", Message.participant_id == person.id, Message.kind == Kind.NEWS)
    contact = await active_contact(tx, person.id)
    if contact is None or person.status is PersonStatus.LEFT:
        return []
    await tx.vault.load(tx.session, [contact.key_id])
    names = {"name": await name_of(tx, move.new.id), "old": await name_of(tx, move.old.id)}
    paused = person.paused_until
    begins = paused if paused is not None and paused > tx.now else tx.now
    draft = Draft(
        to=To(
            contact_id=contact.id, key_id=contact.key_id, channel=contact.channel, participant_id=person.id
        ),
        kind=Kind.NEWS,
        lane=Lane.SCHEDULED,
        text=say("transferred", person.language, **names),
        dedupe_key=f"transferred:{person.id}:{move.new.id}:{int(tx.now.timestamp() * 1000)}",
        not_before=begins,
        expires_at=begins + KEEPS,
    )
    await enqueue(tx, [draft])
    return [person.ref]


async def _tell_both(tx: Tx, move: Move, moved: Moved) -> None:
    """Give the new specialist the handover, and tell the old one what moved, each in their working time."""
    told = f"{move.old.id}:{move.new.id}:{int(tx.now.timestamp() * 1000)}"
    gone = await _what_moved(tx, move, moved, "transfer_gone", move.new)
    await tell_staff(tx, move.roster, [move.old.id], gone, dedupe=f"transfer_gone:{told}")
    starts = move.roster.working_time(move.new.id)
    reader = await reader_for(tx, move.roster, move.new.id, from_when=starts)
    if reader is None:
        return
    draft = Draft(
        to=reader.to,
        kind=Kind.STAFF,
        lane=Lane.REPLY,
        text=await _what_moved(tx, move, moved, "transfer_yours", move.old),
        dedupe_key=f"transfer_yours:{told}",
        not_before=(starts or tx.now) - BEFORE,
    )
    await enqueue(tx, [draft])
    await give_handover(tx, reader, move.new, move.programme, f"transfer:{told}")


async def _what_moved(tx: Tx, move: Move, moved: Moved, key: str, other: Staff) -> str:
    """Say what moved by refs and counts, which may go by any channel."""
    return say(
        key,
        move.language,
        people=", ".join(moved.people[:NAMED]) + ("..." if len(moved.people) > NAMED else ""),
        name=await name_of(tx, other.id),
        count=len(moved.people),
        alerts=len(moved.alerts),
        promises=len(moved.promises),
    )
