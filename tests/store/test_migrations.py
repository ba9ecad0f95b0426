"""The tables are what the steps make, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from bot.store.database import make_engine
from bot.store.migrating import is_current, migrate, steps
from bot.store.tables import metadata


async def test_every_step_from_empty_to_newest(empty_url: str) -> None:
    """Each step goes up from the one before it, and the last is the newest."""
    for step in reversed(list(steps().walk_revisions())):
        _, reached = await migrate(empty_url, to=step.revision)
        assert reached == step.revision
    assert await is_current(empty_url)


async def test_the_steps_make_the_tables_of_the_code(empty_url: str) -> None:
    """Nothing differs between what the steps made and what the code declares."""
    await migrate(empty_url)
    engine = make_engine(empty_url)
    async with engine.connect() as connection:
        differences = await connection.run_sync(_differences)
    await engine.dispose()
    assert differences == []


async def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    """A second run finds everything done."""
    first = await migrate(empty_url)
    assert first[0] is None
    assert await migrate(empty_url) == (first[1], first[1])


async def test_an_empty_database_is_not_current(empty_url: str) -> None:
    """Whoever asks before migrating is told so."""
    assert not await is_current(empty_url)


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))
