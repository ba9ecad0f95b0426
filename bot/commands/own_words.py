"""A programme's own words for `handrail triage --programme`, from its file or from the database."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import select

from bot.commands.files import read_file
from bot.commands.importing import say_faults
from bot.commands.opening import opened
from bot.domain.errors import NotFoundError, ProgrammeFileError
from bot.domain.own_words import phrases_of, stored_phrases
from bot.domain.programme_reading import parse_programme
from bot.domain.triage.levels import Phrase
from bot.settings import Settings, load
from bot.store.people import Programme
from schedules.built_in import library


def own_words(programme: str) -> tuple[Phrase, ...]:
    """Return the own words of a programme file, or else of the programme called so. Raises NotFoundError."""
    path = Path(programme)
    if not path.is_file():
        return asyncio.run(_held(load(), programme))
    try:
        return phrases_of(parse_programme(read_file(path), library()).own_words)
    except ProgrammeFileError as error:
        say_faults(path, error)
        raise SystemExit(1) from None


async def _held(settings: Settings, name: str) -> tuple[Phrase, ...]:
    async with opened(settings) as database, database.read() as tx:
        row = (
            await tx.session.execute(select(Programme.own_words).where(Programme.name == name))
        ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no programme file and no programme called {name}")
    return stored_phrases(row.own_words)
