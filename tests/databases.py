"""Databases for tests: the steps run once for each kind, and every test gets a copy of what they made."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.store.migrating import migrate

EMPTY, NEWEST = "template0", "newest"
TOGETHER = 25  # databases of 9 MB that are dropped at once
STATEMENTS = 2_000  # compiled ones that are kept
# A crash of the machine loses nothing anybody wants: what the tests kill is Handrail, not PostgreSQL.
HASTE = ("fsync", "full_page_writes", "synchronous_commit")


class SqliteFiles:
    """Hands out copies of one migrated file."""

    def __init__(self, folder: Path) -> None:
        """Keep the file to copy in `folder`."""
        self._file = folder / "newest.db"

    def copy(self, to: Path) -> str:
        """Put a migrated database at a path, and return its address."""
        if not self._file.exists():
            _migrated(sqlite(self._file))
        shutil.copyfile(self._file, to)
        return sqlite(to)


class Postgres:
    """A real PostgreSQL from its wheel, in a folder of its own."""

    def __init__(self, server: Any) -> None:
        """Wrap a running server, and let it be quick rather than safe."""
        self._uri: str = server.get_uri()
        self._spent: list[str] = []
        self._admin = psycopg.connect(self._uri, autocommit=True)
        for setting in HASTE:
            self._run(f"ALTER SYSTEM SET {setting} = off")
        self._run("SELECT pg_reload_conf()")

    def create(self) -> str:
        """Make an empty database, and return its address."""
        return self._copy(EMPTY)

    def copy(self, of: str | None = None) -> str:
        """Make a copy of the database at an address, or else of a migrated one; return its address."""
        return self._copy(self._newest if of is None else _name(of))

    def spent(self, url: str) -> None:
        """Throw a database away some time: a thousand of them fill a disk.

        Some together, because the first one that is made after a drop takes five times as long.
        """
        self._spent.append(_name(url))
        if len(self._spent) == TOGETHER:
            while self._spent:
                self._run(f"DROP DATABASE IF EXISTS {self._spent.pop()} WITH (FORCE)")

    def close(self) -> None:
        """Leave the server."""
        self._admin.close()

    @cached_property
    def _newest(self) -> str:
        self._run(f"CREATE DATABASE {NEWEST}")
        _migrated(self._url(NEWEST))
        return NEWEST

    def _copy(self, template: str) -> str:
        name = f"t{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url(name)

    def _run(self, statement: str) -> None:
        self._admin.execute(statement.encode())

    def _url(self, name: str) -> str:
        head, question, query = self._uri.partition("?")
        url = f"{head.rpartition('/')[0]}/{name}{question}{query}"
        return url.replace("postgresql://", "postgresql+asyncpg://", 1)


def sharing() -> Callable[..., AsyncEngine]:
    """Return a `create_async_engine` whose engines share what SQLAlchemy compiled, by kind of database.

    Every test has engines of its own; to compile the same sixty statements again costs each a tenth of a
    second.
    """
    first: dict[str, Engine] = {}

    def create(url: str, **options: Any) -> AsyncEngine:
        engine = create_async_engine(url, query_cache_size=STATEMENTS, **options)
        mine = engine.sync_engine
        other = first.setdefault(mine.dialect.name, mine)
        mine.dialect, mine._compiled_cache = other.dialect, other._compiled_cache
        return engine

    return create


@contextmanager
def running_postgres(wheel: Any) -> Iterator[Postgres]:
    """Start a server of the wheel's, and stop it at the end."""
    # Not under pytest's own folder: run as root, the server has a user of its own, and every pytest that
    # starts shuts that folder to others again.
    folder = Path(tempfile.mkdtemp(prefix="handrail-postgres-"))
    server = wheel.get_server(folder, cleanup_mode="delete")
    running = Postgres(server)
    try:
        yield running
    finally:
        running.close()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def sqlite(path: Path) -> str:
    """Return the address of a file."""
    return f"sqlite+aiosqlite:///{path}"


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _migrated(url: str) -> None:
    # In a thread of its own: the test that comes first may have a loop running already.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, migrate(url)).result()
