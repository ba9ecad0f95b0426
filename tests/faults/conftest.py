"""A house on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store.vault import KeyRing
from tests.conftest import HandClock
from tests.faults.house import House, open_house


@pytest.fixture
async def house(database_url: str, ring: KeyRing, clock: HandClock) -> AsyncIterator[House]:
    """Return a house with the example programme in it, on the hand-moved clock."""
    opened = await open_house(database_url, ring, clock)
    yield opened
    await opened.database.close()
