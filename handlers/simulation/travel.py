"""A clock that can be set forward, and the next instant at which anything happens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from bot.domain.instants import Now, system_now
from bot.domain.messages import MessageState
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.messages import Message, Sender
from bot.store.schedules import Checkin, CheckinState, Enrolment


class TravellingClock:
    """The system's clock with an offset: it runs on in real time, and `move_to` sets it forward."""

    def __init__(self, start: datetime, *, system: Now = system_now) -> None:
        """Begin at `start` (aware UTC)."""
        self._system = system
        self._offset = start - system()

    def now(self) -> datetime:
        """Return the simulated instant, aware UTC."""
        return self._system() + self._offset

    def move_to(self, instant: datetime) -> None:
        """Set the clock forward to `instant`; it is never set back."""
        self._offset = max(self._offset, instant - self._system())


async def next_instant(tx: Tx) -> datetime | None:
    """Return the earliest instant after now at which something falls due; None if nothing ever does.

    What is due by now has been dealt with when the app is settled; what is still there waits for
    something else in this list.
    """
    moments = (
        select(func.min(Enrolment.next_due_at)).where(Enrolment.next_due_at > tx.now),
        select(func.min(Message.not_before)).where(
            Message.state == MessageState.QUEUED, Message.not_before > tx.now
        ),
        select(func.min(Message.lease_until)).where(
            Message.state.in_([MessageState.SENDING, MessageState.UNCERTAIN]), Message.lease_until > tx.now
        ),
        select(func.min(Sender.resting_until)).where(Sender.resting_until > tx.now),
        select(func.min(Alert.next_step_at)).where(
            Alert.state == AlertState.OPEN, Alert.next_step_at > tx.now
        ),
        select(func.min(Checkin.expires_at)).where(
            Checkin.state == CheckinState.OPEN, Checkin.expires_at > tx.now
        ),
    )
    found = [await tx.session.scalar(statement) for statement in moments]
    return min((instant for instant in found if instant is not None), default=None)


async def attempts_made(tx: Tx) -> int:
    """Return how many sends were tried so far, failed ones included."""
    return int(await tx.session.scalar(select(func.coalesce(func.sum(Message.attempts), 0))) or 0)
