"""Texts whose receipt never came: the provider is asked, twice at most. No alert waits for it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, Select, select

from bot.domain.messages import Direction, Lane
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.messages import UNCONFIRMED, Message, ReceiptLook

FIRST = {True: timedelta(minutes=1), False: timedelta(minutes=5)}  # after it was sent; True: of an alert
AGAIN = {True: timedelta(minutes=3), False: timedelta(minutes=30)}  # after the provider was asked
MOST_LOOKS = 2
FORGOTTEN = timedelta(hours=12)  # Twilio's own queue holds ten; nobody is asked about older ones
AT_ONCE = 50


async def receipts_wait(tx: Tx) -> bool:
    """Tell whether there is any text to ask about; costs one look at a small index."""
    return (await tx.session.execute(_missing(tx).limit(1))).first() is not None


async def missing_receipts(tx: Tx) -> list[tuple[str, str]]:
    """Return (message id, Twilio's id) of texts to ask about now, alerts first, and count it as asked."""
    rows = (
        await tx.session.execute(_missing(tx).with_for_update(skip_locked=True, of=Message).limit(AT_ONCE))
    ).all()
    looks = table_of(ReceiptLook)
    for message_id, _, times in rows:
        asked = tx.insert(looks).values(message_id=message_id, times=1, at=tx.now)
        await tx.session.execute(
            asked.on_conflict_do_update(
                index_elements=[looks.c.message_id], set_={"times": (times or 0) + 1, "at": tx.now}
            )
        )
    return [(message_id, str(provider_id)) for message_id, provider_id, _ in rows]


def _missing(tx: Tx) -> Select[str, str | None, int]:
    return (
        select(Message.id, Message.provider_id, ReceiptLook.times)
        .outerjoin(ReceiptLook, ReceiptLook.message_id == Message.id)
        .where(
            UNCONFIRMED,
            Message.direction == Direction.OUT,
            Message.provider_id.is_not(None),
            Message.sent_at > tx.now - FORGOTTEN,
            _due(tx, of_alert=True) | _due(tx, of_alert=False),
        )
        .order_by(Message.lane, Message.sent_at)
    )


def _due(tx: Tx, *, of_alert: bool) -> ColumnElement[bool]:
    lane = Message.lane == Lane.ALERT if of_alert else Message.lane != Lane.ALERT
    first = ReceiptLook.times.is_(None) & (Message.sent_at <= tx.now - FIRST[of_alert])
    again = (ReceiptLook.times < MOST_LOOKS) & (ReceiptLook.at <= tx.now - AGAIN[of_alert])
    return lane & (first | again)
