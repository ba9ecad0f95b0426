"""What is claimed ahead: the most urgent leaves first, nothing grows old, and nothing leaves in a burst."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.actions.deliveries import Ready
from bot.channels.base import Outgoing
from bot.domain.messages import Kind, Lane
from schedules.stock import FRESH, SECOND, Stock, Window

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def ready(name: str, lane: Lane = Lane.SCHEDULED, *, after: float = 0.0, claimed: float = 0.0) -> Ready:
    """Return a message claimed `claimed` seconds after noon, that may leave `after` seconds after it."""
    return Ready(
        outgoing=Outgoing(
            message_id=name, address="x", text="x", claimed_at=NOON + timedelta(seconds=claimed)
        ),
        at=NOON + timedelta(seconds=after),
        attempts=1,
        lane=lane,
        kind=Kind.REPLY,
    )


def test_an_alert_takes_the_next_moment() -> None:
    """It was claimed last and given the last moment; it leaves at the first, and nobody's moment is lost."""
    stock = Stock()
    for number in range(3):
        stock.put(ready(f"r{number}", after=number))
    stock.put(ready("alert", Lane.ALERT, after=3))
    assert stock.alerts == 1
    left: list[str] = []
    while stock:
        assert stock.next_at == NOON + timedelta(seconds=len(left))
        left.append(stock.pop().outgoing.message_id)
    assert left == ["alert", "r0", "r1", "r2"]


def test_what_waits_too_long_is_given_back() -> None:
    """Consent is looked at again before it leaves; what is fresh stays, and may leave at once."""
    stock = Stock()
    stock.put(ready("old"))
    stock.put(ready("new", claimed=1, after=5))
    assert stock.stale(NOON + FRESH - timedelta(microseconds=1)) == []
    assert stock.stale(NOON + FRESH) == ["old"]
    assert stock.next_at == NOON
    assert stock.clear() == ["new"]
    assert not stock
    assert stock.next_at is None


def test_after_a_stall_no_burst() -> None:
    """However late the loop comes, no second sees more than the rate."""
    window = Window(3.0)
    begun: list[float] = []
    now = 100.0
    while len(begun) < 9:
        if window.wait(now) == 0.0:
            window.begin(now)
            begun.append(now)
        else:
            now += window.wait(now)
    assert begun == pytest.approx([100.0 + second * SECOND for second in (0, 0, 0, 1, 1, 1, 2, 2, 2)])


def test_no_rate_no_wait() -> None:
    """Without a rate, or below one a second, moments alone decide."""
    for rate in (None, 0.2):
        window = Window(rate)
        window.begin(1.0)
        assert window.wait(1.0) == 0.0
