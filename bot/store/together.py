"""Many events in one transaction: asked together, written together. A statement costs far more than its rows.

`Crowd` looks up for everybody what is asked about one of them; `Later` holds rows back until others like
them have come. Neither shows: what waits is written before anything else is asked of the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.orm import Session, SessionTransaction

from bot.store.compiled import Ready, compile_for

T = TypeVar("T")
Look = Callable[[Collection[str]], Awaitable[Mapping[str, T]]]
Row = dict[str, Any]
LATER = "handrail_later"  # where a session keeps what waits


@dataclass(kw_only=True)
class Crowd:
    """Whom one transaction's events are about, and what was found out about them.

    An answer holds until `forget`: whoever writes what somebody may have asked says so.
    """

    contacts: frozenset[str] = frozenset()
    participants: frozenset[str] = frozenset()
    specialists: frozenset[str] = frozenset()
    _answers: dict[Hashable, dict[str, Any]] = field(default_factory=dict)

    async def ask(self, question: Hashable, about: str, among: Collection[str], look: Look[T]) -> T | None:
        """Return what `look` finds about an id; the first time it looks for all those it is one of."""
        answers = self._answers.setdefault(question, {})
        if about not in answers:
            asked = {about} if answers else {about, *among}
            found = await look(asked)
            answers.update((one, found.get(one)) for one in asked)
        answer: T | None = answers[about]
        return answer

    def forget(self, about: str) -> None:
        """Ask again about an id from now on."""
        for answers in self._answers.values():
            answers.pop(about, None)


class Later:
    """Rows that wait to be written, by the statement that writes them; statements in order of first use."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._waiting: dict[Any, list[Row]] = {}

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self._waiting)

    def add(self, statement: Any, rows: Sequence[Row]) -> None:
        """Hold rows of one and the same statement object (built once: it is told by its identity).

        All rows of a statement give values of the same names.
        """
        self._waiting.setdefault(statement, []).extend(rows)

    def drop(self) -> None:
        """Forget what waits: its event was undone."""
        self._waiting.clear()

    def write(self, connection: Connection) -> None:
        """Write what waits, each statement once for all its rows. Raises what the database raises."""
        waiting, self._waiting = self._waiting, {}
        for statement, rows in waiting.items():
            ready = _ready(statement, tuple(rows[0]), connection.dialect)
            given = [ready.arrange(row) for row in rows]
            connection.exec_driver_sql(ready.text, given if len(given) > 1 else given[0])


@lru_cache(maxsize=64)  # several statements, few databases
def _ready(statement: Any, names: tuple[str, ...], dialect: Dialect) -> Ready:
    """Put a statement together once: left to SQLAlchemy, each row would cost twice as much."""
    compiled = compile_for(statement, names, dialect)
    writers = [(name, compiled.types[name].bind_processor(dialect)) for name in compiled.order or names]

    def arrange(row: Row) -> tuple[Any, ...]:
        return tuple([row[name] if write is None else write(row[name]) for name, write in writers])

    if compiled.order is None:
        return Ready(text=compiled.text, arrange=lambda row: dict(zip(names, arrange(row), strict=True)))
    return Ready(text=compiled.text, arrange=arrange)


class WritingSession(Session):
    """A session whose connection writes what waits in its transaction."""


_of_connection: WeakKeyDictionary[Connection, Later] = WeakKeyDictionary()


def hold_back(engine: Engine) -> None:
    """Have an engine's connections write what waits before they do anything else."""
    event.listen(engine, "before_cursor_execute", _write_first)


@event.listens_for(WritingSession, "after_begin")
def _pass_on(session: Session, _transaction: Any, connection: Connection) -> None:
    _of_connection[connection] = session.info[LATER]


@event.listens_for(WritingSession, "after_transaction_create")
def _mark_the_place(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.connection()  # sets the savepoint now, not at the first statement: what waits is before it


@event.listens_for(WritingSession, "before_commit")
def _write_last(session: Session) -> None:
    # Of a savepoint as well, and before it is released: after an error then, PostgreSQL takes nothing more.
    later: Later = session.info[LATER]
    if later:
        later.write(session.connection())


def _write_first(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    later = _of_connection.get(connection)
    if not later:
        return
    if statement.startswith("ROLLBACK TO SAVEPOINT"):
        later.drop()  # rows from before the savepoint were written when it was made
    else:
        later.write(connection)
