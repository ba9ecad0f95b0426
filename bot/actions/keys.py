"""The key ring: take the data over to its newest key, so that an older one may go."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, func, select, update

from bot.outbox.claim import many
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.people import DataKey


async def count_old_keys(tx: Tx) -> int:
    """Return how many data keys are not under the ring's newest key."""
    count = select(func.count()).select_from(DataKey).where(*_old(tx))
    return await tx.session.scalar(count) or 0


async def rewrap_keys(tx: Tx, *, limit: int) -> int:
    """Wrap up to `limit` data keys anew under the newest ring key; return how many it were.

    Texts are not touched, and what was done before an interruption stays done. Raises KeyringError.
    """
    statement = select(DataKey.id, DataKey.wrapped).where(*_old(tx)).limit(limit)
    rows = (await tx.session.execute(statement.with_for_update())).all()
    if not rows:
        return 0
    ring, table = tx.vault.ring, table_of(DataKey)
    fresh = [
        {"b_id": key_id, "b_wrapped": ring.wrap(key_id, ring.unwrap(key_id, wrapped))}
        for key_id, wrapped in rows
        if wrapped is not None
    ]
    # An erasure in between wins: a destroyed key must not come back.
    place = (table.c.id == bindparam("b_id"), table.c.wrapped.is_not(None))
    await many(
        tx, update(table).where(*place).values(wrapped=bindparam("b_wrapped"), ring_key=ring.newest), fresh
    )
    return len(rows)


def _old(tx: Tx) -> tuple[ColumnElement[bool], ...]:
    return DataKey.ring_key != tx.vault.ring.newest, DataKey.wrapped.is_not(None)
