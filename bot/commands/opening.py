"""Open the database for one command, brought up to date first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.commands.logs import log_errors
from bot.domain.errors import HandrailError
from bot.settings import Settings
from bot.store.database import Database
from bot.store.migrating import is_current, migrate
from bot.store.opening import make_database


class NotCurrentError(HandrailError):
    """The database is not at the version of this program; run `handrail migrate`."""


async def bring_up(url: str) -> None:
    """Migrate SQLite, where nobody else can; refuse a PostgreSQL database that is not current.

    Raises NotCurrentError: several processes share PostgreSQL, so migrating it is a decision of its own.
    """
    if url.startswith("sqlite"):
        await migrate(url)
    elif not await is_current(url):
        raise NotCurrentError


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """Open the database, current and with its keys checked. Raises SettingError, KeyringError."""
    log_errors()
    database = make_database(settings)  # before anything is touched: without keys nothing happens
    try:
        await bring_up(settings.database_url)
        await database.ready()
        yield database
    finally:
        await database.close()
