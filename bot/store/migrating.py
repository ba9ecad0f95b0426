"""Bring a database to the newest version, step by step, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.store.database import make_engine


def steps() -> ScriptDirectory:
    """Return the migration steps, first to newest."""
    return ScriptDirectory.from_config(_config())


async def migrate(url: str, *, to: str = "head") -> tuple[str | None, str | None]:
    """Bring the database at `url` to a version; return the versions before and after."""
    engine = make_engine(url, pool=1)
    try:
        async with engine.begin() as connection:
            before = await connection.run_sync(_version)
            await connection.run_sync(_upgrade, to)
            return before, await connection.run_sync(_version)
    finally:
        await engine.dispose()


async def is_current(url: str) -> bool:
    """Tell whether the database has the newest version."""
    engine = make_engine(url, pool=1)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_version) == steps().get_current_head()
    finally:
        await engine.dispose()


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection, to: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
