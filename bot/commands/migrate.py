"""`handrail migrate`: bring the database to the newest version."""

from __future__ import annotations

import asyncio

from bot.settings import load
from bot.store.migrating import migrate as bring_forward


def migrate() -> None:
    """Migrate and say from which version to which."""
    before, after = asyncio.run(bring_forward(load().database_url))
    if before == after:
        print(f"The database is at version {after} already.")
    else:
        print(f"The database went from {f'version {before}' if before else 'empty'} to version {after}.")
