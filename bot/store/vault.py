"""Encryption at rest: a key per person, wrapped by the installation's key ring.

A sealed value is `1 | data key id (16 bytes) | nonce (12) | AES-256-GCM ciphertext and tag`. Table, column
and row id are bound to it, so that a value copied to another place does not open. Addresses are found by
HMAC-SHA-256 under a key of its own, which is stored wrapped like the others and so survives rotation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.errors import ErasedError, KeyringError
from bot.domain.instants import system_now
from bot.store.ids import new_id, random_bytes
from bot.store.people import DataKey

FORMAT = b"\x01"
CACHED_KEYS = 50_000  # about 20 MB; more people than one process talks to in an hour
LOOKUP_ID = "0" * 31 + "1"
NAME = re.compile(r"[A-Za-z0-9_.-]{1,20}")  # of a ring key: it fills 20 bytes before what it wrapped


def new_ring_key() -> str:
    """Return a fresh ring entry, `id:base64`; `handrail keys new` prints it."""
    return f"k{secrets.token_hex(4)}:{base64.urlsafe_b64encode(os.urandom(32)).decode()}"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The installation's keys, newest first. The newest wraps; all of them unwrap."""

    keys: tuple[tuple[str, bytes], ...]

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read `id:base64,id:base64`. Raises KeyringError naming what is wrong, never the key."""
        keys = []
        for number, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
            name, colon, encoded = entry.partition(":")
            try:
                key = base64.b64decode(encoded.encode(), altchars=b"-_", validate=True)
            except ValueError:
                key = b""
            if not colon or NAME.fullmatch(name) is None or len(key) != 32:
                raise KeyringError(f"HANDRAIL_KEYS: key {number} is damaged; `handrail keys new` makes one")
            keys.append((name, key))
        if not keys:
            raise KeyringError("HANDRAIL_KEYS is empty; `handrail keys new` makes a key")
        if len({name for name, _ in keys}) != len(keys):
            raise KeyringError("HANDRAIL_KEYS names one key twice; remove one of them")
        return cls(tuple(keys))

    def __repr__(self) -> str:
        """Name the keys; what they are never enters a log or a traceback."""
        return f"KeyRing({', '.join(name for name, _ in self.keys)})"

    @property
    def newest(self) -> str:
        """Return the id of the key that wraps from now on."""
        return self.keys[0][0]

    def wrap(self, key_id: str, key: bytes) -> bytes:
        """Wrap a data key under the newest ring key."""
        name, ring_key = self.keys[0]
        nonce = os.urandom(12)
        return name.encode().ljust(20, b" ") + nonce + AESGCM(ring_key).encrypt(nonce, key, key_id.encode())

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """Unwrap a data key. Raises KeyringError when the ring lacks its key."""
        name = wrapped[:20].decode().strip()
        for known, ring_key in self.keys:
            if known == name:
                try:
                    return AESGCM(ring_key).decrypt(wrapped[20:32], wrapped[32:], key_id.encode())
                except InvalidTag:
                    raise KeyringError(f"HANDRAIL_KEYS: key {name} is not the one that was used") from None
        raise KeyringError(_lacks(name))


class Vault:
    """Seals and opens values; keeps the unwrapped keys of people it met lately."""

    def __init__(self, ring: KeyRing) -> None:
        """Take the key ring; `ready` must be awaited before addresses can be looked up."""
        self.ring = ring
        self._keys: OrderedDict[str, AESGCM] = OrderedDict()
        self._lookup: bytes | None = None

    async def ready(self, session: AsyncSession) -> None:
        """Load the look-up key, making it at the first start. Raises KeyringError if any key is missing."""
        dialect = session.get_bind().dialect.name
        upsert = postgresql_insert if dialect == "postgresql" else sqlite_insert
        await session.execute(
            upsert(DataKey)
            .values(
                id=LOOKUP_ID,
                purpose="lookup",
                wrapped=self.ring.wrap(LOOKUP_ID, os.urandom(32)),
                ring_key=self.ring.newest,
                created_at=system_now(),
            )
            .on_conflict_do_nothing()
        )
        wrapped = await session.scalar(select(DataKey.wrapped).where(DataKey.id == LOOKUP_ID))
        if wrapped is None:
            raise KeyringError("the look-up key is gone from the database; restore it from a backup")
        self._lookup = self.ring.unwrap(LOOKUP_ID, wrapped)
        # Found now, not by the first text of somebody whose key nobody can unwrap.
        used = select(DataKey.ring_key).where(DataKey.wrapped.is_not(None)).distinct()
        known = {name for name, _ in self.ring.keys}
        for name in await session.scalars(used):
            if name not in known:
                raise KeyringError(_lacks(name))

    async def new_key(self, session: AsyncSession, purpose: str) -> str:
        """Make a data key for a person and write its row; return its id."""
        key_id, key = new_id(), os.urandom(32)
        await session.execute(
            insert(DataKey).values(
                id=key_id,
                purpose=purpose,
                wrapped=self.ring.wrap(key_id, key),
                ring_key=self.ring.newest,
                created_at=system_now(),
            )
        )
        self._remember(key_id, key)
        return key_id

    def learn(self, key_id: str, wrapped: bytes | None) -> None:
        """Take a key that was read along with its owner. Raises ErasedError, KeyringError."""
        if key_id in self._keys:
            self._keys.move_to_end(key_id)
        elif wrapped is None:
            raise ErasedError
        else:
            self._remember(key_id, self.ring.unwrap(key_id, wrapped))

    async def load(self, session: AsyncSession, key_ids: Iterable[str]) -> None:
        """Load the keys that are not known yet, in one query."""
        missing = {key_id for key_id in key_ids if key_id not in self._keys}
        if not missing:
            return
        for key_id, wrapped in await session.execute(
            select(DataKey.id, DataKey.wrapped).where(DataKey.id.in_(missing))
        ):
            self.learn(key_id, wrapped)

    def forget(self, key_id: str) -> None:
        """Drop a key from memory, after its owner was erased."""
        self._keys.pop(key_id, None)

    def seal(self, key_id: str, text: str, table: str, column: str, row: str) -> bytes:
        """Seal a text for one place. The key must be known (`learn`, `load`, `new_key`)."""
        nonce = random_bytes(12)
        place = f"{table}.{column}.{row}".encode()
        return (
            FORMAT + bytes.fromhex(key_id) + nonce + self._keys[key_id].encrypt(nonce, text.encode(), place)
        )

    def open(self, sealed: bytes, table: str, column: str, row: str) -> str:
        """Open a value whose key is known. Raises KeyringError if it was moved here from another place."""
        place = f"{table}.{column}.{row}".encode()
        try:
            return self._keys[sealed[1:17].hex()].decrypt(sealed[17:29], sealed[29:], place).decode()
        except InvalidTag:
            raise KeyringError(f"{table}.{column} of row {row} was not written here") from None

    async def reveal(self, session: AsyncSession, sealed: bytes, table: str, column: str, row: str) -> str:
        """Open a value, loading its key first if needed. Raises ErasedError after an erasure."""
        await self.load(session, [key_of(sealed)])
        return self.open(sealed, table, column, row)

    def hash(self, channel: str, address: str) -> str:
        """Return the keyed hash under which an address is found."""
        if self._lookup is None:
            raise KeyringError("the vault is not ready; call ready() first")
        return hmac.new(self._lookup, f"{channel}:{address}".encode(), hashlib.sha256).hexdigest()

    def _remember(self, key_id: str, key: bytes) -> None:
        self._keys[key_id] = AESGCM(key)
        while len(self._keys) > CACHED_KEYS:
            self._keys.popitem(last=False)


def _lacks(name: str) -> str:
    return f"HANDRAIL_KEYS lacks key {name}; add it behind the newest"


def key_of(sealed: bytes) -> str:
    """Return the id of the data key that sealed a value."""
    return sealed[1:17].hex()
