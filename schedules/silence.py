"""Silence and falling answers: one gentle word, one follow-up, and then a human looks."""

from __future__ import annotations

from sqlalchemy import select

from bot.actions.signs import follow_up
from bot.actions.silence import (
    ask_for_review,
    end_silences,
    fallen_silent,
    greet,
    heard_again,
    long_unanswered,
    still_silent,
)
from bot.actions.trends import look_at_trend, trends_due
from bot.domain.signs import Sign
from bot.store.database import Database
from bot.store.people import Participant, Programme

SECONDS = 900.0  # between two looks


async def mind_silence(database: Database) -> int:
    """Ask those who have fallen silent and tell the specialists of those who stay so; return how many."""
    # Looked for without the write lock: this reads everybody there is.
    async with database.read() as tx:
        programmes = (await tx.session.scalars(select(Programme))).all()
        silent = [who for programme in programmes for who in await fallen_silent(tx, programme)]
        missed = [who for programme in programmes for who in await long_unanswered(tx, programme)]
        still = [who for programme in programmes for who in await still_silent(tx, programme)]
        answered = await trends_due(tx)
        spoke = await heard_again(tx)
    if silent or missed or still or answered or spoke:
        async with database.write() as tx:
            await end_silences(tx, spoke)
            # In one order everywhere: two processes may look at the same people.
            for who in sorted(missed):
                await follow_up(tx, await tx.session.get_one(Participant, who), Sign.MISSED)
            for who in silent:
                await greet(tx, who)
            for who in still:
                await ask_for_review(tx, who)
            for who, due in answered:
                await look_at_trend(tx, who, due)
    return len(silent) + len(missed) + len(still) + len(answered) + len(spoke)
