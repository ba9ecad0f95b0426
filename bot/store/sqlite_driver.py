"""SQLite beside the event loop: what may wait goes to a thread, what cannot wait is done at once.

Handing one statement to a thread and back costs several times the statement. Whoever holds SQLite's write
lock can't be kept waiting by anybody, and touches a few rows by index, so its statements run where they are;
taking the lock, committing (an fsync), many rows at once, and everything read outside a write transaction go
to the thread, so that a long query never holds the loop up.
"""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from typing import Any

import aiosqlite

# What takes no time on a connection whose thread is at rest, in a transaction or not.
_LIGHT = {"cursor", "close", "rollback"}
_IN_WRITE = {"execute", "fetchall", "fetchone"}


class Connection(aiosqlite.Connection):
    """An aiosqlite connection that spares the thread where it can."""

    _writing = False  # between BEGIN IMMEDIATE and its end
    _asked = 0  # calls handed to the thread; written by the loop only
    _answered = 0  # and finished by it; written by the thread only

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        """Run one call of the driver. Raises what it raises, and ValueError when closed."""
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")
        name, statement = fn.__name__, args[0] if args else None
        # After a cancellation the thread may still be at it; then everything keeps its order behind it.
        at_once = self._asked == self._answered and self._at_once(fn, name, statement)
        if name in {"commit", "rollback"}:
            self._writing = False
        if at_once:
            return fn(*args, **kwargs)
        result = await self._in_thread(partial(fn, *args, **kwargs))
        if statement == "BEGIN IMMEDIATE":
            self._writing = True
        return result

    def _at_once(self, fn: Any, name: str, statement: Any) -> bool:
        if fn == self._connection.close or (name == "rollback" and self._writing):  # type: ignore[union-attr]  # open
            return False
        return name in _LIGHT or statement == "BEGIN" or (self._writing and name in _IN_WRITE)

    async def _in_thread(self, call: Any) -> Any:
        def counted() -> Any:
            try:
                return call()
            finally:
                self._answered += 1

        future = asyncio.get_running_loop().create_future()
        self._asked += 1
        self._tx.put_nowait((future, counted))
        return await future


def connect(path: str, **options: Any) -> Connection:
    """Return a connection to be awaited; `options` are sqlite3's."""
    # Two threads use it, one after the other.
    connection = Connection(partial(sqlite3.connect, path, **(options | {"check_same_thread": False})), 64)
    connection._thread.daemon = True
    return connection
