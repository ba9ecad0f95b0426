"""Silence: one gentle word to whoever has not written for long, and then a human looks."""

from __future__ import annotations

from sqlalchemy import select

from bot.actions.silence import ask_for_review, fallen_silent, greet, still_silent
from bot.store.database import Database
from bot.store.people import Programme

SECONDS = 900.0  # between two looks


async def mind_silence(database: Database) -> int:
    """Ask those who have fallen silent, and tell the specialists of those who stay so; return how many."""
    # Looked for without the write lock: this reads everybody there is.
    async with database.read() as tx:
        programmes = (await tx.session.scalars(select(Programme))).all()
        silent = [who for programme in programmes for who in await fallen_silent(tx, programme)]
        still = [who for programme in programmes for who in await still_silent(tx, programme)]
    if silent or still:
        async with database.write() as tx:
            for who in silent:
                await greet(tx, who)
            for who in still:
                await ask_for_review(tx, who)
    return len(silent) + len(still)
