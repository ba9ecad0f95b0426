"""Links that show one person's situation to one member of staff, once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import exists, update

from bot.store.database import Tx
from bot.store.desk import Link
from bot.store.people import PersonStatus, Staff

LASTS = timedelta(hours=1)
PATH = "/s"


async def make_link(
    tx: Tx, staff_id: str, *, participant_id: str | None, alert_id: str | None = None
) -> str | None:
    """Return an address that is good once, for an hour; None when we have no public address."""
    if tx.public_url is None:
        return None
    token = secrets.token_urlsafe(16)
    tx.session.add(
        Link(
            token_hash=_hash(token),
            staff_id=staff_id,
            participant_id=participant_id,
            alert_id=alert_id,
            expires_at=tx.now + LASTS,
        )
    )
    await tx.session.flush()
    return f"{tx.public_url}{PATH}/{token}"


async def use_link(tx: Tx, token: str) -> Link | None:
    """Return what a link leads to and use it up; None when used, too old, unknown, or its reader left."""
    used = await tx.session.scalar(
        update(Link)
        .where(
            Link.token_hash == _hash(token),
            Link.used_at.is_(None),
            Link.expires_at > tx.now,
            exists().where(Staff.id == Link.staff_id, Staff.status == PersonStatus.ACTIVE),
        )
        .values(used_at=tx.now)
        .returning(Link.token_hash)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        return None
    return await tx.session.get_one(Link, used, populate_existing=True)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
