"""How a command finds its database: SQLite is brought up, PostgreSQL is not touched."""

from __future__ import annotations

import pytest

from bot.commands.opening import NotCurrentError, bring_up
from bot.store.migrating import is_current, migrate


async def test_a_command_migrates_only_what_is_its_own(empty_url: str) -> None:
    """Other processes may be using PostgreSQL: there the command refuses and names `handrail migrate`."""
    if empty_url.startswith("sqlite"):
        await bring_up(empty_url)
    else:
        with pytest.raises(NotCurrentError, match="run `handrail migrate`"):
            await bring_up(empty_url)
        assert not await is_current(empty_url)
        await migrate(empty_url)
    await bring_up(empty_url)
    assert await is_current(empty_url)
