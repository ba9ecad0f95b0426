"""Plans in the database: sealed, gone with the person, and read back in order."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from bot.actions.plans import add_entry, plan_of, remove_entry
from bot.domain.errors import ErasedError
from bot.domain.plans import LONGEST_ENTRY, MOST_ENTRIES, Section
from bot.store.database import Database, Tx
from bot.store.people import DataKey, Participant
from bot.store.plans import PlanEntry
from tests.journeys.programmes import no_prompts
from tests.journeys.story import bring_in

OWN = "a walk by the zebrafish tank"


@pytest.fixture
async def home(database: Database) -> Database:
    """Return a database with the example programme in it."""
    await bring_in(database, no_prompts())
    return database


async def _add(database: Database, section: Section, text: str, ref: str = "p1") -> bool:
    async with database.write() as tx:
        return await add_entry(tx, await _person(tx, ref), section, text)


async def _person(tx: Tx, ref: str = "p1") -> Participant:
    found: Participant | None = await tx.session.scalar(select(Participant).where(Participant.ref == ref))
    assert found is not None
    return found


async def test_a_plan_is_sealed_and_read_back_by_section(home: Database) -> None:
    """In the order of the sections, whatever the order they came in; another's plan is another's."""
    await _add(home, Section.PEOPLE, "Bea")
    await _add(home, Section.REASONS, OWN)
    await _add(home, Section.REASONS, "x" * 900, ref="p2")
    async with home.read() as tx:
        assert [entry.text for entry in await plan_of(tx, await _person(tx))] == [OWN, "Bea"]
        (other,) = await plan_of(tx, await _person(tx, "p2"))
        assert len(other.text) == LONGEST_ENTRY
        for row in await tx.session.scalars(select(PlanEntry)):
            assert b"zebrafish" not in row.text


async def test_a_section_has_its_end(home: Database) -> None:
    """What could not be read back by text is not taken in; what was taken out makes room."""
    for n in range(MOST_ENTRIES):
        assert await _add(home, Section.WHAT_HELPS, f"thing {n}")
    assert not await _add(home, Section.WHAT_HELPS, "one more")
    assert await _add(home, Section.REASONS, "another part")
    async with home.write() as tx:
        gone = await remove_entry(tx, await _person(tx), 2)
        assert gone is not None
        assert gone.text == "thing 0"
        assert await remove_entry(tx, await _person(tx), 99) is None
        assert await remove_entry(tx, await _person(tx), 0) is None
    assert await _add(home, Section.WHAT_HELPS, "one more")


async def test_an_erased_persons_plan_is_unreadable(home: Database) -> None:
    """Destroying the key is the erasure: what is left in the table opens for nobody."""
    await _add(home, Section.REASONS, OWN)
    async with home.write() as tx:
        key_id = (await _person(tx)).key_id
        await tx.session.execute(update(DataKey).where(DataKey.id == key_id).values(wrapped=None))
        tx.vault.forget(key_id)
    async with home.read() as tx:
        with pytest.raises(ErasedError):
            await plan_of(tx, await _person(tx))
