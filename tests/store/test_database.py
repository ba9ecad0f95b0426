"""One way to open a transaction, on either database: whole or not at all, and nobody locked out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError

from bot.store.base import Instant, LocalTime, table_of
from bot.store.bulk import Bulk
from bot.store.database import Database
from bot.store.messages import Mark
from bot.store.people import DataKey
from bot.store.schedules import Enrolment
from bot.store.vault import KeyRing, Vault
from tests.conftest import HandClock

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


async def _mark(database: Database, name: str, at: datetime = NOON) -> None:
    async with database.write() as tx:
        tx.session.add(Mark(name=name, value="x", at=at))


async def _marks(database: Database) -> list[str]:
    async with database.read() as tx:
        return sorted(await tx.session.scalars(select(Mark.name)))


@pytest.mark.parametrize(
    "at",
    [
        NOON,
        NOON.astimezone(timezone(timedelta(hours=5, minutes=45))),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
)
async def test_instants_come_back_aware_and_the_same(database: Database, at: datetime) -> None:
    """An instant of any zone is the same instant afterwards, in UTC, to the microsecond."""
    await _mark(database, "here", at)
    async with database.read() as tx:
        kept = await tx.session.scalar(select(Mark.at))
    assert kept == at
    assert kept.tzinfo is UTC


async def test_a_naive_time_is_refused(database: Database) -> None:
    """A time without zone would mean another instant on another machine."""
    with pytest.raises(StatementError, match="must be aware"):
        await _mark(database, "naive", datetime(2026, 11, 23, 12, 0))  # noqa: DTZ001 - that is the point
    assert await _marks(database) == []


def test_a_wall_clock_has_no_zone() -> None:
    """A local time with a zone is refused, and instants sort as they follow each other."""
    with pytest.raises(ValueError, match="no zone"):
        LocalTime().process_bind_param(NOON, None)  # type: ignore[arg-type]
    early, late = (Instant().process_bind_param(NOON + timedelta(hours=h), None) for h in (0, 1))  # type: ignore[arg-type]
    assert early is not None
    assert late is not None
    assert early < late


async def test_many_rows_by_one_statement(database: Database) -> None:
    """Rows of ready values are written and changed, one or many, whatever order the statement wants."""
    table = table_of(Mark)
    insert = Bulk(("value", "at", "name"), lambda tx: tx.insert(table).on_conflict_do_nothing())
    renamed = update(table).where(table.c.name == bindparam("old")).values(value=bindparam("new"))
    rename = Bulk(("old", "new"), lambda _: renamed)
    async with database.write() as tx:
        await insert.run(tx, [])
        await insert.run(tx, [("x", 1, "a"), ("y", 2_000_000, "b"), ("z", 3, "a")])
        await insert.run(tx, [("x", 4, "c")])
        await rename.run(tx, [("a", "one"), ("c", "three"), ("nobody", "none")])
    async with database.read() as tx:
        kept = (await tx.session.execute(select(Mark.name, Mark.value, Mark.at).order_by(Mark.name))).all()
    assert [(name, value) for name, value, _ in kept] == [("a", "one"), ("b", "y"), ("c", "three")]
    assert kept[1].at == datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)


async def test_a_column_left_out_of_the_rows_is_noticed(database: Database) -> None:
    """A column that a model fills in by itself must not be forgotten where the model is passed by."""
    left_out = Bulk(("purpose",), lambda tx: tx.insert(table_of(DataKey)))
    with pytest.raises(AssertionError, match="id"):
        async with database.write() as tx:
            await left_out.run(tx, [("person",)])


async def test_what_hangs_on_nothing_is_refused(database: Database) -> None:
    """A row that points at nobody is not written."""
    with pytest.raises(IntegrityError):
        async with database.write() as tx:
            tx.session.add(
                Enrolment(
                    participant_id="nobody",
                    schedule_id="none",
                    start=NOON.date(),
                    planned_until=NOON,
                    next_due_at=None,
                    created_at=NOON,
                )
            )


async def test_an_exception_leaves_nothing_behind(database: Database) -> None:
    """What was written before the exception is gone, and nobody is woken for it."""
    woken: list[str] = []
    database.listen("delivery", lambda: woken.append("delivery"))
    with pytest.raises(LookupError):  # noqa: PT012 - the transaction is what is tested
        async with database.write() as tx:
            tx.session.add(Mark(name="half", value="x", at=NOON))
            await tx.session.flush()
            tx.wake.add("delivery")
            raise LookupError
    assert await _marks(database) == []
    assert woken == []


async def test_a_cancelled_writer_lets_the_next_one_in(database: Database) -> None:
    """A door that goes away half-way neither writes nor keeps the writer's place."""
    inside = asyncio.Event()

    async def hang() -> None:
        async with database.write() as tx:
            tx.session.add(Mark(name="half", value="x", at=NOON))
            await tx.session.flush()
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.wait_for(_mark(database, "next"), 5)
    assert await _marks(database) == ["next"]


async def test_waking_comes_after_the_commit(database: Database) -> None:
    """Whoever is woken finds what they were woken for."""
    found: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
    tasks = []

    def woken() -> None:
        async def look() -> None:
            found.set_result(await _marks(database))

        tasks.append(asyncio.create_task(look()))

    database.listen("delivery", woken)
    async with database.write() as tx:
        tx.session.add(Mark(name="news", value="x", at=NOON))
        tx.wake |= {"delivery", "nobody listens"}
        await tx.session.flush()
        assert not tasks
    assert await asyncio.wait_for(found, 5) == ["news"]


async def test_many_writers_queue(database: Database) -> None:
    """A hundred at once are written one by one or together; none is told that the database is locked."""
    async with asyncio.timeout(30):
        await asyncio.gather(*(_mark(database, f"m{n:03}") for n in range(100)))
    assert len(await _marks(database)) == 100


async def test_reading_does_not_wait_for_the_writer(database: Database) -> None:
    """While one writes, others read what was committed before."""
    await _mark(database, "before")
    async with database.write() as tx:
        tx.session.add(Mark(name="during", value="x", at=NOON))
        await tx.session.flush()
        async with asyncio.timeout(2):
            assert await _marks(database) == ["before"]
    assert await _marks(database) == ["before", "during"]


async def test_time_stands_still_in_a_transaction(database: Database, clock: HandClock) -> None:
    """What is decided together is decided at one time."""
    async with database.write() as tx:
        before = tx.now
        clock.forward(hours=1)
        assert tx.now == before
    async with database.read() as tx:
        assert tx.now == before + timedelta(hours=1)


only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@only_sqlite
async def test_sqlite_is_set_up_to_survive(database: Database) -> None:
    """Write-ahead log, every commit on the disk, foreign keys held."""
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    async with database.read() as tx:
        for pragma, value in wanted.items():
            assert await tx.session.scalar(text(f"PRAGMA {pragma}")) == value


@only_sqlite
async def test_another_process_queues_for_the_lock(
    database: Database, ring: KeyRing, clock: HandClock
) -> None:
    """A second process waits for the write lock at BEGIN; it never fails half-way through."""
    other = Database(database.url, vault=Vault(ring), now=clock)
    inside, done = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with database.write() as tx:
            await tx.session.scalars(select(Mark.name))
            inside.set()
            await asyncio.wait_for(done.wait(), 5)
            tx.session.add(Mark(name="first", value="x", at=NOON))

    async def second() -> None:
        await inside.wait()
        async with other.write() as tx:
            seen = list(await tx.session.scalars(select(Mark.name)))
            tx.session.add(Mark(name=f"second after {len(seen)}", value="x", at=NOON))

    async with asyncio.timeout(10):
        tasks = [asyncio.create_task(first()), asyncio.create_task(second())]
        await inside.wait()
        for _ in range(50):
            await asyncio.sleep(0)
        assert not tasks[1].done()
        done.set()
        await asyncio.gather(*tasks)
    assert await _marks(database) == ["first", "second after 1"]
    await other.close()
