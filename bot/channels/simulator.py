"""Phones inside the process: the way out that needs no account, for the demo, journeys and time travel."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.channels.base import Channel, Found, LookUp, Outgoing, SendError, Sent
from bot.domain.messages import Button, ChannelName, Direction, MessageState, StatusEvent

HISTORY = 500  # bubbles a phone keeps; older ones scroll away
REMEMBERED = 10_000  # messages a look-up can still answer for

OnStatus = Callable[[StatusEvent], Awaitable[None]]


class Fault(StrEnum):
    """What can go wrong on purpose."""

    FAILED = "failed"  # refused for good
    UNDELIVERED = "undelivered"  # taken, then reported as not delivered
    BLOCKED = "blocked"  # the contact said stop
    UNREACHABLE = "unreachable"  # a dead address
    LIMITED = "limited"  # too fast: wait
    OFF = "off"  # the account is refused
    DOWN = "down"  # nobody answers the door
    TIMEOUT = "timeout"  # written, lost, no answer
    UNCERTAIN = "uncertain"  # written, taken, no answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Bubble:
    """One text on a phone's screen. `direction` is ours: OUT is what we sent, IN what its owner typed."""

    provider_id: str
    direction: Direction
    text: str
    at: datetime
    buttons: tuple[Button, ...] = ()
    sent: bool = True  # False: heard during a call, and no message


class Bell:
    """Counts changes and wakes whoever waits for the next."""

    def __init__(self) -> None:
        """Start silent."""
        self.count = 0
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Count one change and wake every waiter."""
        self.count += 1
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def after(self, count: int) -> int:
        """Wait until more than `count` changes have happened; return how many by now."""
        while self.count <= count:
            await self._rung.wait()
        return self.count


class Phone:
    """One simulated phone: its screen, and a bell that rings when the screen changes."""

    def __init__(self, address: str, number: Callable[[], str]) -> None:
        """Make a blank phone for `address`; `number` gives ids to what its owner types."""
        self.address = address
        self.bubbles: deque[Bubble] = deque(maxlen=HISTORY)
        self.bell = Bell()
        self._number = number

    @property
    def texts(self) -> list[str]:
        """Return what arrived on this phone, oldest first."""
        return [b.text for b in self.bubbles if b.direction is Direction.OUT]

    def show(self, bubble: Bubble) -> None:
        """Put a bubble on the screen."""
        self.bubbles.append(bubble)
        self.bell.ring()

    @property
    def last_heard(self) -> str | None:
        """Return the provider's id of the latest call to this phone."""
        return next(
            (b.provider_id for b in reversed(self.bubbles) if b.sent and b.direction is Direction.OUT), None
        )

    def hears(self, text: str, at: datetime) -> None:
        """Let what a call answers be heard; it is no message of its own."""
        self.show(Bubble(provider_id=self._number(), direction=Direction.OUT, text=text, at=at, sent=False))

    def types(self, text: str, at: datetime) -> Bubble:
        """Show what the owner wrote, and return it with the id its `Inbound` is to carry."""
        bubble = Bubble(provider_id=self._number(), direction=Direction.IN, text=text, at=at)
        self.show(bubble)
        return bubble


@dataclass(kw_only=True, slots=True)
class _Injected:
    fault: Fault
    times: int | None  # None: until healed
    retry_after: timedelta


class Simulator(Channel):
    """Stand in for one provider.

    `on_status` is told of deliveries `report_after` seconds later; without it a sent text is final at
    once. `now` is the clock of the demo, which may travel.
    """

    def __init__(
        self,
        name: ChannelName,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_status: OnStatus | None = None,
        report_after: float = 0.0,
    ) -> None:
        """Start with no phones and nothing broken."""
        self.name = name
        self.bell = Bell()
        self._now = now
        self._on_status = on_status
        self._report_after = report_after
        self._phones: dict[str, Phone] = {}
        self._faults: dict[str | None, deque[_Injected]] = {}
        self._taken: OrderedDict[str, str] = OrderedDict()  # our message id -> provider id
        self._last = 0
        self._reports: set[asyncio.Task[None]] = set()

    def phone(self, address: str) -> Phone:
        """Return the phone at `address`, switching it on if it is new."""
        if address not in self._phones:
            self._phones[address] = Phone(address, self._number)
            self.bell.ring()
        return self._phones[address]

    @property
    def phones(self) -> tuple[Phone, ...]:
        """Return every phone that is switched on, first come first."""
        return tuple(self._phones.values())

    def fail(
        self,
        fault: Fault,
        *,
        times: int | None = 1,
        address: str | None = None,
        retry_after: timedelta = timedelta(seconds=5),
    ) -> None:
        """Let the next `times` sends go wrong (None: until `heal`), for one address or for all."""
        queue = self._faults.setdefault(address, deque())
        queue.append(_Injected(fault=fault, times=times, retry_after=retry_after))

    def heal(self, address: str | None = None) -> None:
        """Take back what was injected for `address`, or for the whole channel."""
        self._faults.pop(address, None)

    def broken(self, address: str | None = None) -> Fault | None:
        """Return what will go wrong with the next send to `address`, or with all of the channel (None)."""
        queue = self._faults.get(address)
        return queue[0].fault if queue else None

    async def reported(self) -> int:
        """Wait until every delivery under way was reported; return how many (for time travel)."""
        reports = list(self._reports)
        await asyncio.gather(*reports, return_exceptions=True)
        return len(reports)

    async def send(self, outgoing: Outgoing) -> Sent:
        """Put the text on its phone. Raises SendError as injected."""
        injected = self._next_fault(outgoing.address)
        fault = injected.fault if injected else None
        if injected and fault not in (Fault.UNDELIVERED, Fault.UNCERTAIN):
            raise _error(injected)
        sent = self._take(outgoing, arrives=fault is not Fault.UNDELIVERED)
        if injected and fault is Fault.UNCERTAIN:
            raise _error(injected)
        if self._on_status is None:
            return Sent(provider_id=sent, delivered=fault is None)
        self._report_later(self._on_status, outgoing.message_id, sent, arrived=fault is None)
        return Sent(provider_id=sent)

    async def find(self, outgoing: Outgoing) -> LookUp:
        """Tell whether the text was taken, however its sending ended."""
        provider_id = self._taken.get(outgoing.message_id)
        if provider_id is None:
            return LookUp(found=Found.ABSENT)
        return LookUp(found=Found.THERE, sent=Sent(provider_id=provider_id))

    async def check(self) -> str:
        """Say that this is a simulator. Raises SendError while DOWN or OFF is injected for all."""
        queue = self._faults.get(None)
        if queue and queue[0].fault in (Fault.DOWN, Fault.OFF):
            raise _error(queue[0])
        return f"simulated {self.name.value}: {len(self._phones)} phones in this process"

    async def close(self) -> None:
        """Forget reports still to come."""
        reports = list(self._reports)
        for report in reports:
            report.cancel()
        await asyncio.gather(*reports, return_exceptions=True)

    def _number(self) -> str:
        self._last += 1
        return f"sim-{self._last}"

    def _next_fault(self, address: str) -> _Injected | None:
        for key in (address, None):
            queue = self._faults.get(key)
            if not queue:
                continue
            first = queue[0]
            if first.times is not None:
                first.times -= 1
                if first.times <= 0:
                    queue.popleft()
            return first
        return None

    def _take(self, outgoing: Outgoing, *, arrives: bool) -> str:
        provider_id = self._number()
        self._taken[outgoing.message_id] = provider_id
        if len(self._taken) > REMEMBERED:
            self._taken.popitem(last=False)
        if arrives:
            bubble = Bubble(
                provider_id=provider_id,
                direction=Direction.OUT,
                text=outgoing.text,
                at=self._now(),
                buttons=outgoing.buttons,
            )
            self.phone(outgoing.address).show(bubble)
            self.bell.ring()
        return provider_id

    def _report_later(self, tell: OnStatus, message_id: str, provider_id: str, *, arrived: bool) -> None:
        async def report() -> None:
            await asyncio.sleep(self._report_after)
            await tell(
                StatusEvent(
                    channel=self.name,
                    provider_id=provider_id,
                    status="delivered" if arrived else "undelivered",
                    state=MessageState.DELIVERED if arrived else MessageState.FAILED,
                    at=self._now(),
                    message_id=message_id,
                    error_code=None if arrived else "30003",
                )
            )

        task = asyncio.create_task(report())
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)


def _error(injected: _Injected) -> SendError:
    fault = injected.fault
    return SendError(
        code=f"sim_{fault.value}",
        permanent=fault in (Fault.FAILED, Fault.BLOCKED, Fault.UNREACHABLE),
        opted_out=fault is Fault.BLOCKED,
        unreachable=fault is Fault.UNREACHABLE,
        uncertain=fault in (Fault.TIMEOUT, Fault.UNCERTAIN),
        channel_off=fault is Fault.OFF,
        retry_after=injected.retry_after if fault is Fault.LIMITED else None,
    )
