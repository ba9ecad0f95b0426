"""Fixtures for stories."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bot.store.database import Database
from tests.conftest import HandClock
from tests.journeys.programmes import example
from tests.journeys.story import Story, tell

Open = Callable[..., Awaitable[Story]]


@pytest.fixture
async def open_story(database: Database, clock: HandClock) -> AsyncIterator[Open]:
    """Return a function that begins a story with a programme file; its end is checked by itself."""
    async with AsyncExitStack() as stack:

        async def begin(file: dict[str, Any] | None = None, **options: Any) -> Story:
            return await stack.enter_async_context(tell(database, clock, file or example(), **options))

        yield begin


@pytest.fixture
async def story(open_story: Open) -> Story:
    """Begin a story with the example programme: a Monday, 10:00 in New York, 9:00 in Chicago."""
    return await open_story()
