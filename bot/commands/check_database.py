"""Checks of the database: reachable, up to date, opened by the keys we have."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.commands.checks import Check, fault, info, ok, warn
from bot.commands.failures import describe
from bot.domain.errors import KeyringError
from bot.settings import Settings
from bot.store.database import Database, Tx
from bot.store.messages import Sender
from bot.store.migrating import is_current
from bot.store.people import DataKey

NAME = "database"


async def check_reachable(settings: Settings) -> list[Check]:
    """Check that the database answers and has the tables of this version; nothing is written."""
    url = make_url(settings.database_url)
    if settings.database_url.startswith("sqlite") and not _is_there(url.database):
        return [info(NAME, "there is none yet", "`handrail import FILE` or `handrail run` makes it")]
    try:
        current = await is_current(settings.database_url)
    except (SQLAlchemyError, OSError) as error:
        return [fault(NAME, "it does not answer", describe(error))]
    if current:
        return [ok(NAME, f"{url.get_backend_name()} answers and is up to date")]
    if settings.database_url.startswith("sqlite"):
        return [info(NAME, "it is not at this version yet", "`handrail run` brings it there by itself")]
    return [fault(NAME, "it is not at the version of this program", "run `handrail migrate`")]


async def check_locks(database: Database) -> list[Check]:
    """Check that the ring opens every data key, and say which senders a provider has shut out."""
    async with database.read() as tx:
        return [*await _ring(tx), *await _senders(tx)]


async def _ring(tx: Tx) -> list[Check]:
    # One key of each kind is opened: a ring key that fits one fits all.
    rows = (
        await tx.session.execute(
            select(DataKey.ring_key, func.count(), func.min(DataKey.id))
            .where(DataKey.wrapped.is_not(None))
            .group_by(DataKey.ring_key)
        )
    ).all()
    old = 0
    for ring_key, count, key_id in rows:
        wrapped = await tx.session.scalar(select(DataKey.wrapped).where(DataKey.id == key_id))
        try:
            tx.vault.ring.unwrap(key_id, wrapped or b"")
        except KeyringError:
            return [
                fault(
                    "keys",
                    f"{count} data keys are locked with {ring_key}, which HANDRAIL_KEYS lacks or has wrong",
                    "put that key back, behind the newest",
                )
            ]
        old += count if ring_key != tx.vault.ring.newest else 0
    if old:
        return [warn("keys", f"{old} data keys are under an older ring key", "run `handrail keys rotate`")]
    return [ok("keys", "they open the data")]


async def _senders(tx: Tx) -> list[Check]:
    rows = await tx.session.scalars(select(Sender).where(Sender.off_at.is_not(None)))
    return [
        fault(
            f"{row.channel} sender",
            f"the provider refused our account ({row.cause}), so sending is off",
            "mend what the provider line says, then restart Handrail",
        )
        for row in rows
    ]


def _is_there(path: str | None) -> bool:
    return path in (None, "", ":memory:") or Path(str(path)).exists()
