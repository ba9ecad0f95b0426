"""How fast a sender may go: a generic cell rate algorithm in one row, shared by all processes.

Sends are paced one interval apart instead of in bursts: providers count per second, and a burst that
straddles two of their seconds is a 429.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import select

from bot.domain.instants import EPOCH
from bot.domain.messages import ChannelName
from bot.store.database import Tx
from bot.store.messages import Sender

AHEAD = 0.25  # seconds of tokens taken at once: an alert waits no longer than this behind them
HEADROOM = 0.985  # of the set rate: network jitter moves sends together


@dataclass(frozen=True, kw_only=True, slots=True)
class Slots:
    """When each of the granted sends may leave, and when to ask again if there were fewer than wanted."""

    times: tuple[datetime, ...]
    again_at: datetime | None = None
    off: bool = False


async def sender(tx: Tx, channel: ChannelName) -> Sender:
    """Return the channel's row, locked; made at first use."""
    statement = select(Sender).where(Sender.channel == channel).with_for_update()
    row = await tx.session.scalar(statement)
    if row is None:
        await tx.session.execute(
            tx.insert(Sender).values(channel=channel, busy_until=EPOCH, failures=0).on_conflict_do_nothing()
        )
        row = await tx.session.scalar(statement)
        assert row is not None  # noqa: S101 - written in this transaction
    return row


async def take_slots(tx: Tx, row: Sender, rate: float, wanted: int) -> Slots:
    """Take up to `wanted` tokens of `rate` a second. While a sender is down, one probe at a time."""
    if row.off_at is not None:
        return Slots(times=(), off=True)
    if row.resting_until is not None and row.resting_until > tx.now:
        return Slots(times=(), again_at=row.resting_until)
    interval = timedelta(seconds=1 / (rate * HEADROOM))
    start = max(row.busy_until, tx.now)
    if start - tx.now > timedelta(seconds=max(AHEAD, 1 / rate)):
        start = tx.now  # the clock was set back: the stored time means nothing now
    room = max(0, ceil((tx.now + timedelta(seconds=AHEAD) - start) / interval))
    granted = min(wanted, room, 1 if row.failures else wanted)
    if granted:
        row.busy_until = start + granted * interval
        await tx.session.flush([row])
    return Slots(
        times=tuple(start + i * interval for i in range(granted)),
        again_at=None
        if granted == wanted
        else max(row.busy_until - timedelta(seconds=AHEAD), tx.now + interval / 2),
    )
