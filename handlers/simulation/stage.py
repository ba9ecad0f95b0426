"""The stage of the demo: a world behind simulated phones, and the hands that move it.

What is typed here goes the way of every real text: inbox, outbox, planner, delivery. One thing happens
at a time, so that a skip of a day leaves nothing out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.actions.calling import press_key
from bot.channels.simulator import Bell, Fault, Simulator
from bot.domain.errors import HandrailError
from bot.domain.instants import Now
from bot.domain.messages import ChannelName, Inbound, Media, StatusEvent
from bot.store.database import Database
from handlers.inbox import Inbox, Receipt
from handlers.simulation.travel import TravellingClock, attempts_made, next_instant

log = structlog.get_logger()

TICK = 1.0  # seconds between looks while nobody touches anything
STOPS = 1000  # of one skip at most; what falls due closer together is done together
FARTHEST = timedelta(days=14)
WHOLE_CHANNEL = frozenset({Fault.DOWN, Fault.OFF, Fault.LIMITED})  # faults of a provider, not of a phone


class TravelError(HandrailError):
    """Nothing will be sent in the next two weeks."""


class NoCallError(HandrailError):
    """Nobody has called this phone yet."""


@dataclass(frozen=True, kw_only=True)
class World:
    """One throw-away installation: everything that "start over" replaces.

    `settle` does all that is due now; `mend` is what an operator's restart does for refused senders.
    """

    database: Database
    inbox: Inbox
    simulators: Mapping[ChannelName, Simulator]
    settle: Callable[[], Awaitable[int]]
    mend: Callable[[], Awaitable[None]]
    close: Callable[[], Awaitable[None]]


Build = Callable[[Now], Awaitable[World]]


class Stage:
    """The phones, the clock, and one world at a time. `bell` rings when the page should look again."""

    def __init__(self, build: Build, opening: Callable[[], datetime]) -> None:
        """Take how a world is built and at which instant it opens; nothing is built yet."""
        self.bell = Bell()
        self.closed = False
        self._build = build
        self._opening = opening
        self._busy = asyncio.Lock()
        self._taps = 0
        self._world: World | None = None
        self.clock = TravellingClock(opening())

    @property
    def world(self) -> World:
        """Return the world that is on."""
        assert self._world is not None, "the stage is not open"  # noqa: S101 - a wiring fault, not input
        return self._world

    async def open(self) -> None:
        """Build the first world."""
        async with self._busy:
            await self._renew()

    async def close(self) -> None:
        """End the world and every stream that watches it."""
        self.closed = True
        self.bell.ring()
        async with self._busy:
            await self._end()

    async def reset(self) -> None:
        """Throw the world away and build a fresh one at the opening time."""
        async with self._busy:
            await self._end()
            await self._renew()
        self.bell.ring()

    @asynccontextmanager
    async def still(self) -> AsyncIterator[World]:
        """Hold everything while something is read or done."""
        async with self._busy:
            yield self.world

    async def says(
        self, channel: ChannelName, address: str, text: str, media: tuple[Media, ...] = ()
    ) -> Receipt:
        """Let the owner of a phone write something."""
        async with self.still() as world:
            now = self.clock.now()
            shown = text or " ".join(f"({kind})" for kind in media)
            bubble = world.simulators[channel].phone(address).types(shown, now)
            return await self._receive(
                Inbound(
                    channel=channel,
                    provider_id=bubble.provider_id,
                    address=address,
                    text=text,
                    received_at=now,
                    media=media,
                )
            )

    async def presses(self, address: str, key: str) -> None:
        """Let whoever was called press a key; what the call answers is heard, and the call ends."""
        async with self.still() as world:
            phone = world.simulators[ChannelName.VOICE].phone(address)
            if (rung := phone.last_heard) is None:
                raise NoCallError
            phone.types(key, self.clock.now())
            async with world.database.write() as tx:
                event = StatusEvent(
                    channel=ChannelName.VOICE,
                    provider_id=rung,
                    status="in-progress",
                    state=None,
                    at=self.clock.now(),
                )
                speech = await press_key(tx, event, key)
            if speech is not None:
                phone.hears(speech.text, self.clock.now())
            await self._settle()
        self.bell.ring()

    async def taps(self, channel: ChannelName, address: str, data: str, reply_to: str | None) -> Receipt:
        """Let the owner of a phone tap a button of one of our messages."""
        async with self.still():
            self._taps += 1
            return await self._receive(
                Inbound(
                    channel=channel,
                    provider_id=f"tap-{self._taps}",
                    address=address,
                    text="",
                    received_at=self.clock.now(),
                    button=data,
                    reply_to=reply_to,
                )
            )

    async def forward(self, by: timedelta) -> None:
        """Let time pass, stopping at every instant at which something falls due."""
        async with self.still():
            await self._travel(self.clock.now() + by, stride=by / STOPS)
        self.bell.ring()

    async def forward_to_next(self) -> None:
        """Let time pass until the next text is sent (or tried). Raises TravelError if there is none."""
        async with self.still() as world:
            before = await self._attempts(world)
            until = self.clock.now() + FARTHEST
            arrived = await self._travel(until, stride=timedelta(seconds=1), unless=before)
        self.bell.ring()
        if not arrived:
            raise TravelError

    async def fail(
        self, channel: ChannelName, address: str | None, fault: Fault | None, times: int | None
    ) -> None:
        """Let a phone's sends (None: the whole channel's) go wrong `times`, or until `fault` is None."""
        async with self.still() as world:
            simulator = world.simulators[channel]
            simulator.heal(address)
            if fault is not None:
                simulator.fail(fault, times=times, address=address)
            elif address is None:
                await world.mend()
            await self._settle()
        self.bell.ring()

    async def run(self) -> None:
        """Let the world go on in real time until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            try:
                async with self._busy:
                    done = await self._settle()
            except Exception as error:
                log.error("demo_tick_failed", error=type(error).__name__)
                continue
            if done:
                self.bell.ring()

    async def _receive(self, inbound: Inbound) -> Receipt:
        try:
            receipt = await self.world.inbox.receive(inbound)
            await self._settle()
        finally:
            self.bell.ring()
        return receipt

    async def _settle(self) -> int:
        """Do what is due, delivery reports and what follows from them included; return how much it was."""
        total = 0
        while True:
            done = await self.world.settle()
            for simulator in self.world.simulators.values():
                done += await simulator.reported()
            if not done:
                return total
            total += done

    async def _travel(self, until: datetime, *, stride: timedelta, unless: int | None = None) -> bool:
        """Go from one due instant to the next; stop early once more than `unless` sends were tried."""
        while True:
            await self._settle()
            if unless is not None and await self._attempts(self.world) > unless:
                return True
            async with self.world.database.read() as tx:
                due = await next_instant(tx)
            if due is None or due >= until:
                if unless is None:
                    self.clock.move_to(until)
                    await self._settle()
                return False
            self.clock.move_to(min(until, max(due, self.clock.now() + stride)))

    async def _attempts(self, world: World) -> int:
        async with world.database.read() as tx:
            return await attempts_made(tx)

    async def _renew(self) -> None:
        self.clock = TravellingClock(self._opening())
        self._world = await self._build(self.clock.now)
        await self._settle()

    async def _end(self) -> None:
        if self._world is not None:
            world, self._world = self._world, None
            await world.close()
