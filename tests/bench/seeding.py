"""Fill a database with people fast: the programme comes in by its file, the people by plain INSERTs.

Every row is one that an import would have made, so that indexes and pages are as large as in real use.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.actions.programmes import import_programme
from bot.domain.instants import Now, to_micros
from bot.domain.programme_reading import parse_programme
from bot.store.database import Database
from bot.store.ids import new_id
from bot.store.migrating import migrate
from bot.store.vault import FORMAT, KeyRing, Vault, new_ring_key
from tests.bench.figures import Step

FIXTURE = Path(__file__).parents[1] / "fixtures" / "programme.example.yaml"
MONDAY = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)  # 9:30 in New York: the daily question falls due
CHUNK = 20_000
TEXT = "An urge often passes in 20 minutes. Walk, water, call someone."
LAST_AREA = 999
COLUMNS = {
    "data_keys": "id purpose wrapped ring_key created_at",
    "participants": "id programme_id ref key_id name language specialist_id status position created_at",
    "contacts": "id programme_id participant_id key_id channel address address_hash consent position "
    "created_at",
    "enrolments": "id participant_id schedule_id start planned_until next_due_at created_at",
}

Rows = list[tuple[Any, ...]]
PUBLISHED = timedelta(days=2)  # before anybody falls due


@dataclass(frozen=True, kw_only=True, slots=True)
class Seeded:
    """A SQLite file full of people. `ring` is its key ring; `channel` is sms or telegram."""

    path: Path
    ring: str
    channel: str

    @property
    def url(self) -> str:
        """Return the address SQLAlchemy opens it by."""
        return f"sqlite+aiosqlite:///{self.path}"

    def database(self, now: Now) -> Database:
        """Return it unopened; the caller awaits `ready` and closes it."""
        return Database(self.url, vault=Vault(KeyRing.parse(self.ring)), now=now)

    def connect(self) -> sqlite3.Connection:
        """Open it for quick writing: what is lost in a power cut is seeded again."""
        connection = sqlite3.connect(self.path)
        for pragma in ("synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        return connection


def address(channel: str, number: int) -> str:
    """Return the nth made-up address: a chat id, or one of the 79,000 numbers 555-01xx that nobody has."""
    if channel == "telegram":
        return str(900_000_000 + number)
    area = 210 + number // 100
    assert area <= LAST_AREA, "there are no more numbers that nobody has"
    return f"+1{area}55501{number % 100:02d}"


async def seed(path: Path, people: int, *, step: Step, channel: str = "telegram") -> Seeded:
    """Make a database with the example programme and this many people on its schedule, nobody due."""
    seeded = Seeded(path=path, ring=new_ring_key(), channel=channel)
    await migrate(seeded.url)
    database = seeded.database(lambda: MONDAY - PUBLISHED)  # an ordinary day: nothing was published since
    await database.ready()
    file = FIXTURE.read_text(encoding="utf-8").replace('quiet_hours: "20:00-09:00"', "quiet_hours: none")
    async with database.write() as tx:
        await import_programme(tx, parse_programme(file))
    await database.close()
    connection = seeded.connect()
    try:
        # The example's own two people are not due either: only whom a benchmark makes due.
        connection.execute("UPDATE enrolments SET next_due_at = NULL")
        rows = _Rows(connection, seeded, database.vault.hash)
        for first in range(0, people, CHUNK):
            rows.write(range(first, min(people, first + CHUNK)))
            step(f"seeding {people:,} people: {min(people, first + CHUNK):,}")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    return seeded


def make_due(seeded: Seeded, people: int) -> None:
    """Let the daily question of this many people fall due, as if nobody had looked since yesterday."""
    connection = seeded.connect()
    connection.execute("DELETE FROM messages")
    connection.execute(
        "UPDATE enrolments SET planned_until = ?, next_due_at = ? WHERE id IN "
        "(SELECT id FROM enrolments WHERE next_due_at IS NOT NULL ORDER BY id LIMIT ?)",
        (to_micros(MONDAY - timedelta(hours=20)), to_micros(MONDAY), people),
    )
    connection.commit()
    connection.close()


def queue(seeded: Seeded, messages: int, *, now: datetime) -> None:
    """Queue routine texts, spread over everybody there is."""
    connection = seeded.connect()
    who = connection.execute(
        "SELECT c.id, c.participant_id, c.key_id, d.wrapped "
        "FROM contacts c JOIN data_keys d ON d.id = c.key_id "
        "WHERE c.participant_id IS NOT NULL AND c.channel = ? AND c.consent = 'active'",
        (seeded.channel,),
    ).fetchall()
    ring, rows = KeyRing.parse(seeded.ring), []
    keys = {key_id: AESGCM(ring.unwrap(key_id, wrapped)) for _, _, key_id, wrapped in who}
    at = to_micros(now)
    for number in range(messages):
        contact, person, key_id, _ = who[number % len(who)]
        row = new_id()
        body = _seal(keys[key_id], key_id, TEXT, "messages", "body", row)
        rows.append((row, "out", seeded.channel, contact, person, "reply", 2, "queued", body, at, 0, at))
    names = (
        "id direction channel contact_id participant_id kind lane state body not_before attempts created_at"
    )
    _insert(connection, "messages", names.split(), rows)
    connection.commit()
    connection.close()


class _Rows:
    """Writes people with their keys, contacts and enrolments."""

    def __init__(
        self, connection: sqlite3.Connection, seeded: Seeded, hashed: Callable[[str, str], str]
    ) -> None:
        self._connection = connection
        self._seeded = seeded
        self._hash = hashed
        self._ring = KeyRing.parse(seeded.ring)
        self._programme = connection.execute("SELECT id FROM programmes").fetchone()[0]
        self._schedule = connection.execute("SELECT id FROM schedules").fetchone()[0]
        self._specialist = connection.execute("SELECT id FROM staff ORDER BY position").fetchone()[0]

    def write(self, numbers: Iterable[int]) -> None:
        """Write the people with these numbers."""
        now, later = to_micros(MONDAY), to_micros(MONDAY + timedelta(days=1))
        keys, people, contacts, enrolments = [], [], [], []
        for number in numbers:
            key_id, person, contact, key = new_id(), new_id(), new_id(), os.urandom(32)
            cipher = AESGCM(key)
            keys.append((key_id, "person", self._ring.wrap(key_id, key), self._ring.newest, now))
            name = _seal(cipher, key_id, "Alex", "participants", "name", person)
            who = (person, self._programme, f"b{number}", key_id, name)
            people.append((*who, "en", self._specialist, "active", number, now))
            where = address(self._seeded.channel, number)
            sealed = _seal(cipher, key_id, where, "contacts", "address", contact)
            hashed = self._hash(self._seeded.channel, where)
            whose = (contact, self._programme, person, key_id, self._seeded.channel)
            contacts.append((*whose, sealed, hashed, "active", 0, now))
            # Times differ, as they do among people of many zones.
            enrolments.append(
                (new_id(), person, self._schedule, "2026-06-01", now, later + number * 1000, now)
            )
        for table, rows in (
            ("data_keys", keys),
            ("participants", people),
            ("contacts", contacts),
            ("enrolments", enrolments),
        ):
            _insert(self._connection, table, COLUMNS[table].split(), rows)


def _insert(connection: sqlite3.Connection, table: str, names: list[str], rows: Rows) -> None:
    marks = ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608 - our own names


def _seal(cipher: AESGCM, key_id: str, text: str, table: str, column: str, row: str) -> bytes:
    """Seal as `Vault.seal` does, without its cache of keys: a million would not fit."""
    nonce = os.urandom(12)
    place = f"{table}.{column}.{row}".encode()
    return FORMAT + bytes.fromhex(key_id) + nonce + cipher.encrypt(nonce, text.encode(), place)


def now() -> datetime:
    """Return the time, aware UTC."""
    return datetime.now(UTC)
