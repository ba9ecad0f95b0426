"""Rotation of the key ring, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot.actions.exporting import export_programme
from bot.actions.keys import count_old_keys, rewrap_keys
from bot.actions.programmes import import_programme
from bot.domain.errors import KeyringError
from bot.domain.programme_reading import parse_programme
from bot.store.database import Database
from bot.store.people import DataKey
from bot.store.vault import KeyRing, Vault, new_ring_key
from tests.unit.cli import EXAMPLE

NEW = KeyRing.parse(new_ring_key())


@pytest.fixture
async def filled(database: Database) -> Database:
    """Return a database with the example programme, under one ring key."""
    async with database.write() as tx:
        await import_programme(tx, parse_programme(EXAMPLE.read_text("utf-8")))
    return database


async def rotate(database: Database, *, limit: int) -> int:
    """Rotate in batches; return how many data keys it were."""
    total = 0
    while True:
        async with database.write() as tx:
            count = await rewrap_keys(tx, limit=limit)
        if not count:
            return total
        total += count


async def test_the_old_key_can_go_afterwards(filled: Database, ring: KeyRing) -> None:
    """After a rotation the newest key alone opens everything."""
    async with filled.read() as tx:
        before = await export_programme(tx)
    filled.vault = Vault(KeyRing(NEW.keys + ring.keys))
    assert await rotate(filled, limit=2) == 6  # five people and the look-up key
    filled.vault = Vault(NEW)
    await filled.ready()
    async with filled.read() as tx:
        assert await export_programme(tx) == before
        assert await count_old_keys(tx) == 0


async def test_an_interrupted_rotation_goes_on(filled: Database, ring: KeyRing) -> None:
    """What one batch did stays done; meanwhile both keys are needed and both work."""
    filled.vault = Vault(KeyRing(NEW.keys + ring.keys))
    async with filled.write() as tx:
        assert await rewrap_keys(tx, limit=4) == 4
    await filled.ready()
    async with filled.read() as tx:
        assert (await export_programme(tx)).name == "Riverside Recovery"
        assert await count_old_keys(tx) == 2
    assert await rotate(filled, limit=100) == 2


async def test_a_destroyed_key_stays_destroyed(filled: Database, ring: KeyRing) -> None:
    """Rotation does not touch the keys of people who were erased."""
    async with filled.write() as tx:
        await tx.session.execute(update(DataKey).where(DataKey.purpose == "participant").values(wrapped=None))
    filled.vault = Vault(KeyRing(NEW.keys + ring.keys))
    assert await rotate(filled, limit=100) == 4


async def test_a_ring_without_the_old_key_changes_nothing(filled: Database, ring: KeyRing) -> None:
    """Without the key that data was locked with, rotation stops and says so."""
    filled.vault = Vault(NEW)
    with pytest.raises(KeyringError):
        await rotate(filled, limit=100)
    filled.vault = Vault(ring)
    await filled.ready()
