"""Messages claimed a moment ahead of the sends, so that claims and records share large transactions.

The moments at which something may leave and the messages that may are kept apart: whatever was claimed
first, the most urgent message takes the next moment.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from heapq import heappop, heappush

from bot.actions.deliveries import Ready
from bot.domain.messages import Lane

FRESH = timedelta(seconds=2)  # what was checked longer ago is checked again before it leaves

SECOND = 1.01  # a provider's second, and what two messages' ways to it may differ by


class Window:
    """Lets no more than a rate's worth begin in any one second, whatever held us up before.

    Moments lie evenly apart; a busy machine that comes to them late would send those it missed all at once,
    and providers count by the second. Times are the loop's, in seconds.
    """

    def __init__(self, rate: float | None) -> None:
        """Take the rate, in messages a second; below one, moments alone are far enough apart."""
        self._begun: deque[float] | None = deque(maxlen=int(rate)) if rate is not None and rate >= 1 else None

    def begin(self, now: float) -> None:
        """Note that one begins."""
        if self._begun is not None:
            self._begun.append(now)

    def wait(self, now: float) -> float:
        """Return the seconds until another may begin."""
        if self._begun is None or len(self._begun) < (self._begun.maxlen or 0):
            return 0.0
        return max(0.0, self._begun[0] + SECOND - now)


class Stock:
    """Messages of one channel that are ours and not under way yet, alerts first."""

    def __init__(self) -> None:
        """Start empty."""
        self._messages: list[tuple[int, int, Ready]] = []  # a heap: lane, then the order they came in
        self._moments: list[datetime] = []  # a heap
        self._came = 0

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._messages)

    @property
    def alerts(self) -> int:
        """Return how many of them are alerts."""
        return sum(1 for lane, _, _ in self._messages if lane == Lane.ALERT)

    @property
    def next_at(self) -> datetime | None:
        """Return when the next one may leave."""
        return self._moments[0] if self._moments else None

    @property
    def next_lane(self) -> Lane | None:
        """Return the lane of the next one to leave."""
        return self._messages[0][2].lane if self._messages else None

    def put(self, ready: Ready) -> None:
        """Take a message in."""
        self._came += 1
        heappush(self._messages, (int(ready.lane), self._came, ready))
        heappush(self._moments, ready.at)

    def pop(self) -> Ready:
        """Hand out the most urgent message. Raises IndexError when there is none."""
        heappop(self._moments)
        return heappop(self._messages)[2]

    def stale(self, now: datetime) -> list[str]:
        """Return the ids of those that waited too long, and forget them: they are to be given back."""
        old = [kept for kept in self._messages if kept[2].outgoing.claimed_at <= now - FRESH]
        return self._drop(old) if old else []

    def clear(self) -> list[str]:
        """Return the ids of all, and forget them: they are to be given back."""
        return self._drop(list(self._messages))

    def _drop(self, dropped: list[tuple[int, int, Ready]]) -> list[str]:
        gone = {came for _, came, _ in dropped}
        self._messages = sorted(kept for kept in self._messages if kept[1] not in gone)
        # The earliest moments stay: they are the ones that have come.
        self._moments = sorted(self._moments)[: len(self._messages)]
        return [ready.outgoing.message_id for _, _, ready in dropped]
