"""A person's own plan: written down, taken out, read back. Each entry is sealed under the person's key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from bot.domain.messages import Direction, storable
from bot.domain.plans import MOST_ENTRIES, Entry, Section, tidy
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Contact, Participant
from bot.store.plans import PlanEntry


async def plan_of(tx: Tx, participant: Participant) -> list[Entry]:
    """Return somebody's plan, section by section, oldest first. Raises ErasedError after an erasure."""
    rows = await tx.session.scalars(
        select(PlanEntry)
        .where(PlanEntry.participant_id == participant.id)
        .order_by(PlanEntry.position, PlanEntry.id)
    )
    entries = []
    for row in rows:
        text = await tx.vault.reveal(tx.session, row.text, "plan_entries", "text", row.id)
        entries.append(Entry(id=row.id, section=row.section, text=text))
    order = list(Section)
    return sorted(entries, key=lambda entry: order.index(entry.section))


async def entry_times(tx: Tx, participant: Participant) -> dict[str, datetime]:
    """Return when each entry of somebody's plan was written down, by its id."""
    rows = await tx.session.scalars(select(PlanEntry).where(PlanEntry.participant_id == participant.id))
    return {row.id: row.added_at for row in rows}


async def add_entry(tx: Tx, participant: Participant, section: Section, text: str) -> bool:
    """Write an entry at the end of its section; return False when that is full."""
    entries = await plan_of(tx, participant)
    if sum(entry.section is section for entry in entries) >= MOST_ENTRIES:
        return False
    last = select(func.max(PlanEntry.position)).where(PlanEntry.participant_id == participant.id)
    entry_id = new_id()
    await tx.vault.load(tx.session, [participant.key_id])
    kept = tidy(storable(text))
    tx.session.add(
        PlanEntry(
            id=entry_id,
            participant_id=participant.id,
            section=section,
            text=tx.vault.seal(participant.key_id, kept, "plan_entries", "text", entry_id),
            position=(await tx.session.scalar(last) or 0) + 1,
            added_at=tx.now,
        )
    )
    await tx.session.flush()
    return True


async def remove_entry(tx: Tx, participant: Participant, number: int) -> Entry | None:
    """Take out the entry with this number as the plan is shown, from 1; None when there is none."""
    entries = await plan_of(tx, participant)
    if not 1 <= number <= len(entries):
        return None
    entry = entries[number - 1]
    await tx.session.execute(delete(PlanEntry).where(PlanEntry.id == entry.id))
    return entry


async def times_told(tx: Tx, contact: Contact, dedupe_prefix: str) -> int:
    """Return how many messages with such a dedupe key a contact was ever sent."""
    found = await tx.session.scalar(
        select(func.count())
        .select_from(Message)
        .where(
            Message.contact_id == contact.id,
            Message.direction == Direction.OUT,
            Message.dedupe_key.startswith(dedupe_prefix, autoescape=True),
        )
    )
    return found or 0
