"""How fast a sender may go: a generic cell rate algorithm in one row, shared by all processes.

Sends are paced one interval apart instead of in bursts: providers count per second, and a burst that
straddles two of their seconds is a 429.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import bindparam, select

from bot.domain.instants import EPOCH
from bot.domain.messages import ChannelName
from bot.store.database import Tx
from bot.store.messages import Sender

AHEAD = timedelta(milliseconds=250)  # of tokens taken at once: an alert waits no longer behind them
MOMENT = timedelta(milliseconds=1)  # exactly `AHEAD` of a token there is none yet
HEADROOM = 0.965  # of the set rate: the network moves sends together, and providers count by the second

_OF_CHANNEL = select(Sender).where(Sender.channel == bindparam("channel")).with_for_update()


@dataclass(frozen=True, kw_only=True, slots=True)
class Slots:
    """When each of the granted sends may leave, and when to ask again if there were fewer than wanted."""

    times: tuple[datetime, ...]
    again_at: datetime | None = None
    off: bool = False


async def sender(tx: Tx, channel: ChannelName) -> Sender:
    """Return the channel's row, locked; made at first use, read once in a transaction."""
    known = tx.session.info.get(f"sender:{channel}")
    if isinstance(known, Sender):
        return known
    row = await tx.session.scalar(_OF_CHANNEL, {"channel": channel})
    if row is None:
        await tx.session.execute(
            tx.insert(Sender).values(channel=channel, busy_until=EPOCH, failures=0).on_conflict_do_nothing()
        )
        row = await tx.session.scalar(_OF_CHANNEL, {"channel": channel})
        assert row is not None  # noqa: S101 - written in this transaction
    tx.session.info[f"sender:{channel}"] = row
    return row


def take_slots(row: Sender, now: datetime, rate: float | None, wanted: int) -> Slots:
    """Take up to `wanted` tokens of `rate` a second (None: no limit). While a sender is down, one probe."""
    if row.off_at is not None:
        return Slots(times=(), off=True)
    if row.resting_until is not None and row.resting_until > now:
        return Slots(times=(), again_at=row.resting_until)
    wanted = min(wanted, 1) if row.failures else wanted
    granted = available(row, now, rate, wanted)
    if rate is None:
        return Slots(times=(now,) * granted)
    interval, start = _pace(row, now, rate)
    row.busy_until = start + granted * interval if granted else row.busy_until
    return Slots(
        times=tuple(start + i * interval for i in range(granted)),
        again_at=None if granted == wanted else next_token(row, now, rate),
    )


def available(row: Sender, now: datetime, rate: float | None, wanted: int) -> int:
    """Return how many of `wanted` tokens there are: there is no use in looking at more messages."""
    wanted = min(wanted, 1) if row.failures else wanted
    if rate is None:
        return wanted
    interval, start = _pace(row, now, rate)
    return min(wanted, max(0, ceil((now + AHEAD - start) / interval)))


def next_token(row: Sender, now: datetime, rate: float) -> datetime:
    """Return when there is another token, after some were taken."""
    interval, _ = _pace(row, now, rate)
    return max(row.busy_until - AHEAD + MOMENT, now + interval / 2)


def _pace(row: Sender, now: datetime, rate: float) -> tuple[timedelta, datetime]:
    """Return the time between two tokens, and when the next one may be used."""
    interval = timedelta(seconds=1 / (rate * HEADROOM))
    start = max(row.busy_until, now)
    if start > now + AHEAD + 2 * interval + timedelta(seconds=1):
        start = now  # the clock was set back: the stored time means nothing now
    return interval, start


def may_send(row: Sender, now: datetime, rate: float | None) -> Slots | None:
    """Return why nothing may leave now, or None if something may; takes nothing."""
    if row.off_at is not None:
        return Slots(times=(), off=True)
    if row.resting_until is not None and row.resting_until > now:
        return Slots(times=(), again_at=row.resting_until)
    if rate is not None and now + AHEAD <= row.busy_until <= now + AHEAD + timedelta(seconds=3 + 2 / rate):
        return Slots(times=(), again_at=row.busy_until - AHEAD + MOMENT)
    return None
