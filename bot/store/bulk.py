"""One statement for many rows, their values ready for the database: nothing is done to each on the way.

SQLAlchemy looks at every value of every row, which costs more than the row. A `Bulk` is compiled once for
each kind of database; afterwards rows go to the driver as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect

from bot.store.compiled import Ready, compile_for
from bot.store.database import Tx

Row = tuple[Any, ...]  # what the columns hold: instants as microseconds, days and words as text


class Bulk:
    """A statement with named parameters, run for rows that hold them in the order of `names`."""

    def __init__(self, names: Sequence[str], statement: Callable[[Tx], Any]) -> None:
        """Take the names and what makes the statement; nothing is compiled before the first use."""
        self._names = tuple(names)
        self._statement = statement
        self._compiled: dict[str, Ready] = {}

    async def run(self, tx: Tx, rows: Sequence[Row]) -> None:
        """Run it for every row; without rows nothing happens."""
        if not rows:
            return
        connection = await tx.session.connection()
        found = self._compiled.get(connection.dialect.driver)
        if found is None:
            found = self._compiled[connection.dialect.driver] = self._compile(tx, connection.dialect)
        given = [found.arrange(row) for row in rows]
        await connection.exec_driver_sql(found.text, given if len(given) > 1 else given[0])

    def _compile(self, tx: Tx, dialect: Dialect) -> Ready:
        compiled = compile_for(self._statement(tx), self._names, dialect)
        if compiled.order is None:
            return Ready(text=compiled.text, arrange=lambda row: dict(zip(self._names, row, strict=True)))
        if compiled.order == self._names:
            return Ready(text=compiled.text, arrange=_as_it_is)
        places = [self._names.index(name) for name in compiled.order]
        return Ready(text=compiled.text, arrange=itemgetter(*places))


def _as_it_is(row: Row) -> Row:
    return row
