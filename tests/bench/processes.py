"""Other processes: providers, apps and load have cores of their own, as they have in real use."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

STARTED = 60.0  # seconds a process may take to come up
_context = multiprocessing.get_context("spawn")


class Remote:
    """A process that answers questions: `ask("count")` runs what it has under that name."""

    def __init__(self, pipe: Connection) -> None:
        """Take our end of the pipe."""
        self._pipe = pipe

    async def ask(self, *question: Any) -> Any:
        """Ask, and wait for the answer without holding the loop up."""
        return await asyncio.to_thread(self._ask, question)

    def _ask(self, question: tuple[Any, ...]) -> Any:
        self._pipe.send(question)
        return self._pipe.recv()


@asynccontextmanager
async def process(target: Callable[..., None], *given: Any) -> AsyncIterator[Remote]:
    """Run `target(pipe, *given)` in a fresh process until the block ends."""
    ours, theirs = _context.Pipe()
    child = _context.Process(target=target, args=(theirs, *given), daemon=True)
    child.start()
    theirs.close()
    try:
        yield Remote(ours)
    finally:
        with contextlib.suppress(OSError):
            ours.send(None)  # enough: whoever serves a pipe ends with this
        await asyncio.to_thread(child.join, 8)
        if child.is_alive():
            child.kill()
        ours.close()


async def serve_pipe(pipe: Connection, answers: dict[str, Callable[..., Any]]) -> None:
    """Answer questions by name until None comes; answers may be coroutines."""
    while True:
        question = await asyncio.to_thread(_next, pipe)
        if question is None:
            return
        name, *given = question
        answer = answers[name](*given)
        pipe.send(await answer if asyncio.iscoroutine(answer) else answer)


def _next(pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except EOFError:
        return None  # whoever started us is gone
