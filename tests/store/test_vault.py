"""What is locked stays locked: to another place, without its key, after an erasure; and errors keep quiet."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from bot.domain.errors import ErasedError, KeyringError
from bot.store import vault as vaults
from bot.store.database import Database
from bot.store.people import DataKey
from bot.store.vault import LOOKUP_ID, KeyRing, Vault, key_of, new_ring_key
from tests.conftest import HandClock

PLACE = ("messages", "body", "row-1")


async def _key(database: Database, purpose: str = "participant") -> str:
    async with database.write() as tx:
        return await tx.vault.new_key(tx.session, purpose)


def _reopened(database: Database, ring: KeyRing, clock: HandClock) -> Database:
    return Database(database.url, vault=Vault(ring), now=clock)


@pytest.mark.parametrize("text", ["", "x", "¿Cómo estás? 🙂", "a\nb\tc" * 500])
async def test_what_was_sealed_opens(database: Database, text: str) -> None:
    """A text comes back as it went in, whatever its letters and length."""
    key = await _key(database)
    sealed = database.vault.seal(key, text, *PLACE)
    assert database.vault.open(sealed, *PLACE) == text
    assert key_of(sealed) == key


async def test_sealing_twice_looks_different(database: Database) -> None:
    """Two seals of one text share nothing an onlooker could compare."""
    key = await _key(database)
    first, second = (database.vault.seal(key, "the same words", *PLACE) for _ in range(2))
    assert first[17:] != second[17:]


@pytest.mark.parametrize(
    "place", [("answers", "body", "row-1"), ("messages", "media", "row-1"), ("messages", "body", "row-2")]
)
async def test_a_value_copied_elsewhere_does_not_open(
    database: Database, place: tuple[str, str, str]
) -> None:
    """Another table, column or row is another lock."""
    key = await _key(database)
    sealed = database.vault.seal(key, "only here", *PLACE)
    with pytest.raises(KeyringError, match="was not written here"):
        database.vault.open(sealed, *place)


@pytest.mark.parametrize("at", [20, 35, -1])
async def test_a_changed_byte_does_not_open(database: Database, at: int) -> None:
    """A damaged value is refused, not half read."""
    key = await _key(database)
    sealed = bytearray(database.vault.seal(key, "whole", *PLACE))
    sealed[at] ^= 1
    with pytest.raises(KeyringError):
        database.vault.open(bytes(sealed), *PLACE)


async def test_an_older_key_behind_the_newest_still_opens(
    database: Database, ring: KeyRing, clock: HandClock
) -> None:
    """After a rotation the old texts are read and new people are locked under the newest key."""
    key = await _key(database)
    sealed = database.vault.seal(key, "from before", *PLACE)
    rotated = KeyRing((*KeyRing.parse(new_ring_key()).keys, *ring.keys))
    later = _reopened(database, rotated, clock)
    await later.ready()
    async with later.write() as tx:
        assert await tx.vault.reveal(tx.session, sealed, *PLACE) == "from before"
        fresh = await tx.session.get_one(DataKey, await tx.vault.new_key(tx.session, "participant"))
        assert fresh.ring_key == rotated.newest
    await later.close()


async def test_addresses_are_found_after_a_rotation(
    database: Database, ring: KeyRing, clock: HandClock
) -> None:
    """The look-up hash hangs on a key that survives rotation; channels and installations differ."""
    before = database.vault.hash("sms", "+12025550101")
    later = _reopened(database, KeyRing((*KeyRing.parse(new_ring_key()).keys, *ring.keys)), clock)
    await later.ready()
    assert later.vault.hash("sms", "+12025550101") == before
    assert later.vault.hash("telegram", "+12025550101") != before
    await later.close()


async def test_a_ring_without_the_look_up_key_refuses_to_start(database: Database, clock: HandClock) -> None:
    """The sentence names the key that is missing and says what to do."""
    other = _reopened(database, KeyRing.parse(new_ring_key()), clock)
    with pytest.raises(KeyringError, match=r"HANDRAIL_KEYS lacks key k[0-9a-f]{8}; add it"):
        await other.ready()
    await other.close()


async def test_a_ring_that_lacks_one_persons_key_refuses_to_start(
    database: Database, ring: KeyRing, clock: HandClock
) -> None:
    """A rotation that is half done is found at the start, not by the first text of somebody in distress."""
    newer = KeyRing((*KeyRing.parse(new_ring_key()).keys, *ring.keys))
    during = _reopened(database, newer, clock)
    await during.ready()
    await _key(during)
    await during.close()
    back = _reopened(database, ring, clock)
    with pytest.raises(KeyringError, match=f"lacks key {newer.newest}"):
        await back.ready()
    await back.close()


async def test_a_wrong_key_under_the_right_name_is_told_apart(
    database: Database, ring: KeyRing, clock: HandClock
) -> None:
    """Whoever pastes another key under an old name is told so."""
    forged = KeyRing(((ring.newest, b"\x07" * 32),))
    other = _reopened(database, forged, clock)
    with pytest.raises(KeyringError, match="is not the one that was used"):
        await other.ready()
    await other.close()


async def test_an_erased_key_opens_nothing(database: Database, ring: KeyRing, clock: HandClock) -> None:
    """Destroying the wrapped key erases the person's texts, in this process and in the next."""
    key = await _key(database)
    sealed = database.vault.seal(key, "to be forgotten", *PLACE)
    async with database.write() as tx:
        await tx.session.execute(
            update(DataKey)
            .where(DataKey.id == key)
            .values(wrapped=None, destroyed_at=datetime(2026, 11, 23, tzinfo=UTC))
        )
        tx.vault.forget(key)
    async with database.read() as tx:
        with pytest.raises(ErasedError):
            await tx.vault.reveal(tx.session, sealed, *PLACE)
    later = _reopened(database, ring, clock)
    await later.ready()  # an erased person is no reason not to start
    async with later.read() as tx:
        with pytest.raises(ErasedError):
            await tx.vault.reveal(tx.session, sealed, *PLACE)
    await later.close()


async def test_a_lost_look_up_key_is_said(database: Database, ring: KeyRing, clock: HandClock) -> None:
    """Without it nobody's address can be found: restore it, do not go on."""
    async with database.write() as tx:
        await tx.session.execute(update(DataKey).where(DataKey.id == LOOKUP_ID).values(wrapped=None))
    other = _reopened(database, ring, clock)
    with pytest.raises(KeyringError, match="restore it from a backup"):
        await other.ready()
    await other.close()


def test_a_vault_that_is_not_ready_finds_nobody() -> None:
    """An address is never hashed under a key that is not there yet."""
    with pytest.raises(KeyringError, match="not ready"):
        Vault(KeyRing.parse(new_ring_key())).hash("sms", "+12025550101")


SECRET = base64.urlsafe_b64encode(b"a secret that must not be shown!").decode()


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f":{SECRET}",
        f"k1:{SECRET[:-4]}",
        f"k1:{SECRET}=,k2:{SECRET[:20]}",
        f"a-name-that-is-much-too-long:{SECRET}",
        f"k1:{SECRET},k1:{SECRET}",
        f"k1:{SECRET}é",
        "",
        " , ",
    ],
)
def test_a_damaged_ring_is_refused_without_showing_it(text: str) -> None:
    """The error names the place and the mend; no piece of a key is in it."""
    with pytest.raises(KeyringError) as caught:
        KeyRing.parse(text)
    shown = f"{caught.value}{caught.value.__cause__!r}"
    assert "HANDRAIL_KEYS" in shown
    assert not any(SECRET[n : n + 6] in shown for n in range(len(SECRET) - 6))


def test_a_ring_shows_no_key_when_it_is_printed() -> None:
    """A ring that ends up in a log or a traceback keeps its secrets."""
    ring = KeyRing.parse(f"k1:{SECRET}")
    assert "secret" not in repr(ring)
    assert "k1" in repr(ring)


async def test_memory_holds_so_many_people_and_no_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of those not met lately leave memory and are read again when needed."""
    monkeypatch.setattr(vaults, "CACHED_KEYS", 3)
    first = await _key(database)
    sealed = database.vault.seal(first, "still there", *PLACE)
    for _ in range(5):
        await _key(database)
    assert len(database.vault._keys) == 3
    async with database.read() as tx:
        assert await tx.vault.reveal(tx.session, sealed, *PLACE) == "still there"
    assert len(database.vault._keys) == 3
