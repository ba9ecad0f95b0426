"""SQLite beside the loop: quick statements stay on it, slow ones leave it, and order is kept."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from bot.store import sqlite_driver
from bot.store.sqlite_driver import Connection


async def opened(path: Path) -> Connection:
    """Return a connection with one table in it."""
    connection = sqlite_driver.connect(str(path), isolation_level=None)
    await connection
    await connection.execute("CREATE TABLE t (x INTEGER)")
    await connection.create_function("thread", 0, threading.get_ident)
    return connection


async def thread_of(connection: Connection) -> int:
    """Return the thread in which a statement runs."""
    cursor = await connection.cursor()
    await cursor.execute("SELECT thread()")
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def test_statements_of_a_write_transaction_run_on_the_loop(tmp_path: Path) -> None:
    """Who holds the write lock waits for nobody, so its statements need no thread."""
    connection = await opened(tmp_path / "a.db")
    cursor = await connection.cursor()
    await cursor.execute("BEGIN IMMEDIATE")
    inside = await thread_of(connection)
    await connection.commit()
    outside = await thread_of(connection)
    await connection.close()
    assert inside == threading.get_ident()
    assert outside != inside


async def test_reads_never_run_on_the_loop(tmp_path: Path) -> None:
    """A query outside a write transaction may be long; the loop goes on meanwhile."""
    connection = await opened(tmp_path / "a.db")
    cursor = await connection.cursor()
    await cursor.execute("BEGIN")
    assert await thread_of(connection) != threading.get_ident()
    await connection.rollback()
    await connection.close()


async def test_after_a_cancellation_everything_queues_behind_the_thread(tmp_path: Path) -> None:
    """A cancelled wait for the lock is rolled back only when the thread has come back from it."""
    first, second = await opened(tmp_path / "a.db"), await sqlite_driver.connect(str(tmp_path / "a.db"))
    cursor = await first.cursor()
    await cursor.execute("BEGIN IMMEDIATE")
    waiting = await second.cursor()
    begin = asyncio.create_task(waiting.execute("BEGIN IMMEDIATE"))
    await asyncio.sleep(0)
    begin.cancel()
    with pytest.raises(asyncio.CancelledError):
        await begin
    undo = asyncio.create_task(second.rollback())
    await asyncio.sleep(0)
    assert not undo.done()
    await first.rollback()
    await undo
    await cursor.execute("BEGIN IMMEDIATE")
    await first.rollback()
    await first.close()
    await second.close()


async def test_a_closed_connection_says_so(tmp_path: Path) -> None:
    """SQLAlchemy tells a lost connection from a wrong statement by these words."""
    connection = await opened(tmp_path / "a.db")
    await connection.close()
    with pytest.raises(ValueError, match="Connection closed"):
        await connection._execute(len, "")
