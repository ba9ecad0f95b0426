"""Look whether there is anything to do, without a transaction of one's own: most looks find nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select

from bot.store.database import Database


async def look(database: Database, question: Select[Any], **given: Any) -> Row[Any]:
    """Return the one row that answers a question; on SQLite it never waits for the writer."""
    # A session would cost as much again as the question.
    async with database.engine.connect() as connection:
        await connection.execution_options(handrail_reads=True)
        found: Row[Any] = (await connection.execute(question, given)).one()
    return found
