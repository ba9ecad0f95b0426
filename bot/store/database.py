"""The database: SQLite by default, PostgreSQL at scale; one way to open a transaction on either."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from bot.domain.instants import Now
from bot.store import sqlite_driver
from bot.store.together import LATER, Crowd, Later, Row, WritingSession, hold_back
from bot.store.vault import Vault

BUSY_SECONDS = 10.0  # how long another process (an import) may hold SQLite's write lock
COME_BETWEEN = ("40001", "40P01")  # PostgreSQL's codes: serialization failure, deadlock


@dataclass(kw_only=True)
class Tx:
    """One transaction: what actions work with. `now` stands still in it.

    `wake` collects who must look at the database after the commit ("delivery"). `crowd` answers for many
    events what each of them asks.
    """

    session: AsyncSession
    vault: Vault
    now: datetime
    sqlite: bool
    public_url: str | None = None
    wake: set[str] = field(default_factory=set)
    crowd: Crowd = field(default_factory=Crowd)

    def later(self, statement: Any, *rows: Row) -> None:
        """Write rows together with others of the same statement object, before anything else is asked.

        For inserts whose count nobody needs: an error comes with a later statement, at the latest the commit.
        """
        later: Later = self.session.info[LATER]
        later.add(statement, rows)

    def insert(self, table: Any) -> Any:
        """Return the dialect's INSERT, which knows ON CONFLICT on both databases."""
        return insert_on(table, sqlite=self.sqlite)


def insert_on(table: Any, *, sqlite: bool) -> Any:
    """Return a dialect's INSERT, for statements that are put together once."""
    return sqlite_insert(table) if sqlite else postgresql_insert(table)


class Database:
    """Opens transactions. On SQLite one writer at a time queues in memory instead of polling the file."""

    def __init__(self, url: str, *, vault: Vault, now: Now, pool: int = 10) -> None:
        """Take the SQLAlchemy address; nothing is opened yet. `public_url` is where our own links lead."""
        self.url = url
        self.vault = vault
        self.now = now
        self.public_url: str | None = None
        self.sqlite = url.startswith("sqlite")
        self.engine = make_engine(url, pool=pool)
        self._writer = asyncio.Lock()
        self._listeners: dict[str, list[Callable[[], None]]] = {}

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """Open a transaction that is committed at the end, or rolled back by an exception.

        Whoever holds it must not call a provider: it is the one writer on SQLite.
        """
        async with self._turn(), self._session() as session:
            tx = self._tx(session)
            async with session.begin():
                yield tx
        self._wake(tx.wake)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """Open a transaction that only reads; on SQLite it never waits for the writer."""
        async with self._session() as session:
            await session.connection(execution_options={"handrail_reads": True})
            yield self._tx(session)

    async def ready(self) -> None:
        """Check that the database answers, and load the look-up key. Raises KeyringError."""
        async with self.write() as tx:
            await self.vault.ready(tx.session)

    def listen(self, name: str, call: Callable[[], None]) -> None:
        """Call `call` after every commit that asked to wake `name`."""
        self._listeners.setdefault(name, []).append(call)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    def _tx(self, session: AsyncSession) -> Tx:
        return Tx(
            session=session,
            vault=self.vault,
            now=self.now(),
            sqlite=self.sqlite,
            public_url=self.public_url,
        )

    def _session(self) -> AsyncSession:
        return AsyncSession(
            self.engine,
            sync_session_class=WritingSession,
            expire_on_commit=False,
            autoflush=False,
            info={LATER: Later()},
        )

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self.sqlite:
            async with self._writer:
                yield
        else:
            yield

    def _wake(self, names: set[str]) -> None:
        for name in names:
            for call in self._listeners.get(name, ()):
                call()


def went_between(error: DBAPIError) -> bool:
    """Tell whether a transaction failed because another came between, so that it should simply go again."""
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) in COME_BETWEEN


def make_engine(url: str, *, pool: int = 10) -> AsyncEngine:
    """Return an engine with our pragmas and transaction modes."""
    if not url.startswith("sqlite"):
        engine = create_async_engine(url, pool_size=pool, max_overflow=pool, pool_pre_ping=True)
        hold_back(engine.sync_engine)
        return engine
    options = {"timeout": BUSY_SECONDS, "async_creator_fn": sqlite_driver.connect}
    engine = create_async_engine(url, connect_args=options)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    hold_back(engine.sync_engine)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin by itself; see _begin_sqlite
    cursor = connection.cursor()
    # FULL: what was answered with a 2xx survives a power cut. Group commits pay for the fsync.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a deferred one can fail half-way, after the reads.
    reads = connection.get_execution_options().get("handrail_reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
