"""How long the event loop answers nobody while something else works."""

from __future__ import annotations

import asyncio
import contextlib
import time
from types import TracebackType

BEAT = 0.001


class Heartbeat:
    """Beats every millisecond; `worst` is the longest that a beat came late, in seconds."""

    def __init__(self) -> None:
        """Make one that is at rest; `async with` sets it going."""
        self.worst = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Heartbeat:
        """Start beating."""
        self._task = asyncio.create_task(self._beat())
        await asyncio.sleep(BEAT * 3)
        self.worst = 0.0
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, after a beat that sees a stall at the very end."""
        await asyncio.sleep(BEAT * 3)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _beat(self) -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(BEAT)
            now = time.perf_counter()
            self.worst = max(self.worst, now - before - BEAT)
            before = now
