"""Many events in one transaction: rows that wait are never missed, and what one asks is answered for all."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from bot.store.base import table_of
from bot.store.database import Database, Tx
from bot.store.messages import Mark
from bot.store.together import Crowd

INSERT = table_of(Mark).insert()


def _wait(tx: Tx, *names: str) -> None:
    tx.later(INSERT, *({"name": name, "value": "x", "at": tx.now} for name in names))


async def _marks(database: Database) -> list[str]:
    async with database.read() as tx:
        return sorted(await tx.session.scalars(select(Mark.name)))


async def test_rows_of_many_events_are_one_statement(database: Database) -> None:
    """What waits is written by the commit, each statement once."""
    ran: list[bool] = []

    def count(*given: Any) -> None:
        ran.append(given[-1])  # whether it ran for many rows

    async with database.write() as tx:
        for number in range(20):
            _wait(tx, f"m{number:02}")
        event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    event.remove(database.engine.sync_engine, "before_cursor_execute", count)
    assert ran.count(True) == 1
    assert len(await _marks(database)) == 20


async def test_whoever_asks_finds_what_waits(database: Database) -> None:
    """A row that waits is there for the next question of its transaction, by session or connection."""
    async with database.write() as tx:
        _wait(tx, "a")
        assert await tx.session.scalar(select(func.count(Mark.name))) == 1
        _wait(tx, "b")
        connection = await tx.session.connection()
        assert (await connection.execute(select(func.count(Mark.name)))).scalar_one() == 2
        _wait(tx, "c")
        tx.session.add(Mark(name="d", value="x", at=tx.now))
        await tx.session.flush()
        _wait(tx, "e")
        assert (await connection.exec_driver_sql("SELECT count(*) FROM marks")).scalar_one() == 5


async def test_a_savepoint_takes_back_what_waited_in_it(database: Database) -> None:
    """What waited before it stays, what waited in it goes, also when nothing was asked in between."""
    async with database.write() as tx:
        _wait(tx, "before")
        with pytest.raises(LookupError):  # noqa: PT012 - the savepoint is what is tested
            async with tx.session.begin_nested():
                _wait(tx, "undone")
                raise LookupError
        async with tx.session.begin_nested():
            _wait(tx, "kept")
        with pytest.raises(IntegrityError):
            async with tx.session.begin_nested():
                _wait(tx, "before")
        _wait(tx, "after")
    assert await _marks(database) == ["after", "before", "kept"]


async def test_a_row_that_fails_at_the_end_leaves_nothing(database: Database) -> None:
    """The commit fails with it, and nobody is woken."""
    woken: list[str] = []
    database.listen("delivery", lambda: woken.append("delivery"))
    with pytest.raises(IntegrityError):  # noqa: PT012 - the transaction is what is tested
        async with database.write() as tx:
            _wait(tx, "twice", "twice")
            tx.wake.add("delivery")
    assert await _marks(database) == []
    assert woken == []


async def test_what_waited_in_a_lost_transaction_is_lost(database: Database) -> None:
    """The connection goes on to others, who write nothing of it."""
    with pytest.raises(LookupError):  # noqa: PT012 - the transaction is what is tested
        async with database.write() as tx:
            await tx.session.scalar(select(func.count(Mark.name)))
            _wait(tx, "lost")
            raise LookupError
    async with database.engine.connect() as connection:
        assert (await connection.execute(select(func.count(Mark.name)))).scalar_one() == 0
        await connection.commit()
    async with database.write() as tx:
        _wait(tx, "next")
    assert await _marks(database) == ["next"]


async def test_one_asks_for_all() -> None:
    """The first question is looked up for everybody; after a change only for whom it is asked."""
    looks: list[set[str]] = []
    letters = {"a": 1, "b": 2}

    async def look(ids: Collection[str]) -> dict[str, int]:
        looks.append(set(ids))
        return {one: letters[one] for one in ids if one in letters}

    crowd = Crowd(contacts=frozenset("abc"))
    assert [await crowd.ask("letter", one, crowd.contacts, look) for one in "abc"] == [1, 2, None]
    letters["a"] = 9
    assert await crowd.ask("letter", "a", crowd.contacts, look) == 1
    crowd.forget("a")
    assert await crowd.ask("letter", "a", crowd.contacts, look) == 9
    assert await crowd.ask("letter", "stranger", crowd.contacts, look) is None
    assert looks == [{"a", "b", "c"}, {"a"}, {"stranger"}]
