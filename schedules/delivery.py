"""Send what the outbox holds: claim, send with no session open, record in batches."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from bot.actions.deliveries import Batch, Ready, claim_batch
from bot.actions.results import blames_sender, record_look_up, record_results, uncertain
from bot.channels.base import Channel, Outgoing, SendError
from bot.domain.instants import Now
from bot.domain.messages import Lane
from bot.outbox.claim import EVERY_LANE, give_back, next_due
from bot.outbox.record import Outcome
from bot.store.database import Database, Tx
from bot.store.messages import Message
from bot.store.people import Contact
from schedules.stock import FRESH, Stock, Window

log = structlog.get_logger()

SLOTS = 32  # sends under way at once on one channel
SPARE = 8  # and so many more alerts: they wait for nobody's slot
STOCK = 64  # messages claimed ahead of the slots
REFILL = 48  # free places worth a claim, and outcomes worth a record: they share transactions
FLUSH = 0.05  # seconds an outcome may wait for company before it is recorded
LOOK = 1.0  # seconds between looks when nobody woke us
DRAIN = 3.5  # seconds that sends under way may take when we are told to end
NOTHING = Batch(ready=(), looked=0)
SENDS = Counter("handrail_sends_total", "Attempts to send, by channel and result.", ["channel", "result"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """A channel with its rate, in messages a second."""

    channel: Channel
    rate: float | None = None  # None: as fast as it goes (the simulator)


class Delivery:
    """Delivers one channel's messages. Several processes may run one each: claims keep them apart."""

    def __init__(self, database: Database, sender: Sender, *, now: Now, owner: str) -> None:
        """Take what to send by; `owner` names this process in its claims. Nothing runs yet."""
        self._database = database
        self._channel = sender.channel
        self._rate = sender.rate
        self._now = now
        self._owner = owner
        self._outcomes: list[Outcome] = []
        self._stock = Stock()
        self._window = Window(sender.rate)
        self._sent, self._failed = (SENDS.labels(self._channel.name, result) for result in ("sent", "failed"))
        self._unsent: list[str] = []  # taken out of the stock, to be given back
        self._under_way: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._more = False  # the last claim left something behind
        self._shut_until: datetime | None = None  # the sender may send nothing before, whoever rings
        self._bell = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look at the outbox now."""
        self._bell.set()

    async def run(self) -> None:
        """Deliver until `stop`; survives a database that goes away for a while."""
        pause = 0.0
        while not self._stopping:
            await self._wait(pause)
            try:
                pause = await self._round()
            except Exception as error:
                log.error("delivery_failed", channel=self._channel.name, error=type(error).__name__)
                pause = LOOK
        await self._finish()

    async def stop(self) -> None:
        """Claim nothing more; `run` ends when what is under way has been recorded."""
        self._stopping = True
        self._bell.set()

    async def deliver_due(self) -> int:
        """Send everything that may leave now and record it; return how many were sent (for time travel)."""
        total = 0
        while True:
            async with self._database.write() as tx:
                batch = await self._claim(tx, SLOTS)
            await asyncio.gather(*(self._send(ready) for ready in batch.ready))
            await self._record()
            total += len(batch.ready)
            if not batch.looked:
                return total

    async def look_up(self) -> int:
        """Ask the provider about uncertain sends whose time has come; return how many."""
        async with self._database.write() as tx:
            asked = [await question(tx, message) for message in await uncertain(tx, self._channel.name)]
        for outgoing in asked:
            try:
                answer = await self._channel.find(outgoing)
            except SendError as error:
                log.warning("look_up_failed", message=outgoing.message_id, code=error.code)
                continue  # the provider can't be asked now; it is asked again later
            async with self._database.write() as tx:
                await record_look_up(tx, outgoing.message_id, answer)
        return len(asked)

    async def _round(self) -> float:
        """Record what came back and claim what may leave, in one transaction; return seconds to wait."""
        self._unsent += self._stock.stale(self._now())
        lanes, limit = self._room()
        upcoming = self._reopens()
        if upcoming is not None:
            limit = 0
        if limit and not self._outcomes and not (self._more and lanes is EVERY_LANE):
            upcoming = await next_due(
                self._database, self._channel.name, lanes
            )  # looked at without the write lock
            if upcoming is None or upcoming > self._now():
                limit = 0
        batch = NOTHING
        if self._outcomes or self._unsent or limit:
            batch = await self._turn(lanes, limit)
        for ready in batch.ready:
            self._stock.put(ready)
        self._start()
        return self._pause(batch, limit, upcoming)

    def _reopens(self) -> datetime | None:
        """Return when the sender may send again, None if that may be now."""
        now, until = self._now(), self._shut_until
        # Further away than that, the clock was set back: the row knows what it means now.
        if until is None or not now < until <= now + timedelta(seconds=LOOK):
            return None
        return until

    def _room(self) -> tuple[Sequence[Lane], int]:
        """Return what may be claimed: anything when there is room for many, else alerts."""
        room = SLOTS + STOCK - len(self._under_way) - len(self._stock)
        if room >= REFILL:
            return EVERY_LANE, room
        return (Lane.ALERT,), max(0, SPARE - self._stock.alerts)

    async def _turn(self, lanes: Sequence[Lane], limit: int) -> Batch:
        outcomes, self._outcomes = self._outcomes, []
        unsent, self._unsent = self._unsent, []
        batch = NOTHING
        try:
            async with self._database.write() as tx:
                await record_results(tx, self._channel.name, outcomes)
                await give_back(tx, unsent, self._owner)
                if limit:
                    batch = await self._claim(tx, limit, lanes)
        except BaseException:
            self._outcomes = outcomes + self._outcomes
            self._unsent = unsent + self._unsent
            raise
        if limit:
            self._shut_until = batch.again_at if not batch.looked else None
        if lanes is EVERY_LANE:
            self._more = batch.looked >= limit > 0 and batch.again_at is None
        return batch

    def _pause(self, batch: Batch, limit: int, upcoming: datetime | None) -> float:
        """Return the seconds until something is to be done, if nobody rings before."""
        if batch.again_at is not None:
            upcoming = batch.again_at
        elif self._more and self._room()[0] is EVERY_LANE:
            return 0.0
        elif limit:
            upcoming = None  # nothing more, the sender is off, or another process has them: look again later
        if self._under_way or self._stock or batch.looked:
            return FLUSH
        return LOOK if upcoming is None else min(LOOK, max(0.002, (upcoming - self._now()).total_seconds()))

    def _start(self) -> None:
        """Fill the slots with messages whose moments have come."""
        while (ready := self._next(len(self._under_way))) is not None:
            task = asyncio.create_task(self._slot(ready))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _slot(self, ready: Ready | None) -> None:
        """Send one message after the other, while there are some."""
        while ready is not None:
            await self._send(ready)
            ready = self._next(len(self._under_way) - 1)

    def _next(self, busy: int) -> Ready | None:
        """Return a message to send now, or None; `busy` slots are taken."""
        while (at := self._stock.next_at) is not None:
            if busy >= SLOTS + (SPARE if self._stock.next_lane == Lane.ALERT else 0):
                return None  # whichever slot ends next takes it
            loop, now = asyncio.get_running_loop(), self._now()
            wait = max((at - now).total_seconds(), self._window.wait(loop.time()))
            if wait > 0:
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = loop.call_later(wait, self._start)
                return None
            ready = self._stock.pop()
            if ready.outgoing.claimed_at > now - FRESH:
                self._window.begin(loop.time())
                return ready
            self._unsent.append(ready.outgoing.message_id)
            self._bell.set()
        return None

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), seconds)
        self._bell.clear()

    async def _claim(self, tx: Tx, limit: int, lanes: Sequence[Lane] = EVERY_LANE) -> Batch:
        return await claim_batch(
            tx, self._channel.name, limit=limit, rate=self._rate, owner=self._owner, lanes=lanes
        )

    async def _send(self, ready: Ready) -> None:
        outgoing, sent, failed = ready.outgoing, None, None
        try:
            sent = await self._channel.send(outgoing)
        except SendError as error:
            failed = error
            log.warning("send_failed", message=outgoing.message_id, code=error.code, attempt=ready.attempts)
        except Exception as error:
            failed = SendError(code=type(error).__name__, uncertain=True)
            log.error("send_broke", message=outgoing.message_id, error=type(error).__name__)
        self._outcomes.append(
            Outcome(
                message_id=outgoing.message_id,
                attempts=ready.attempts,
                lane=ready.lane,
                sent=sent,
                error=failed,
            )
        )
        (self._sent if failed is None else self._failed).inc()
        if failed is not None and blames_sender(failed):
            self._unsent += self._stock.clear()  # the rest would fail as well, and may go another way
        last = len(self._under_way) <= 1 and not self._stock
        if failed is not None or last or len(self._outcomes) >= REFILL:
            self._bell.set()

    async def _record(self) -> None:
        if self._outcomes or self._unsent:
            await self._turn((), 0)

    async def _finish(self) -> None:
        self._unsent += self._stock.clear()
        await self._record()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=DRAIN)
        await self._record()


async def question(tx: Tx, message: Message) -> Outgoing:
    """Return the look-up of an uncertain message."""
    contact = await tx.session.get_one(Contact, message.contact_id)
    await tx.vault.load(tx.session, [contact.key_id])
    text = await tx.vault.reveal(tx.session, message.body or b"", "messages", "body", message.id)
    return Outgoing(
        message_id=message.id,
        address=tx.vault.open(contact.address, "contacts", "address", contact.id),
        text=text,
        claimed_at=message.not_before or message.created_at,
    )
