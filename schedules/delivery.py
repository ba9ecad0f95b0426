"""Send what the outbox holds: claim, send with no session open, record in batches."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime

import structlog
from prometheus_client import Counter

from bot.actions.deliveries import Batch, Ready, claim_batch
from bot.actions.results import record_look_up, record_results, uncertain
from bot.channels.base import Channel, Outgoing, SendError
from bot.domain.instants import Now
from bot.outbox.claim import next_due
from bot.outbox.record import Outcome
from bot.store.database import Database, Tx
from bot.store.messages import Message
from bot.store.people import Contact

log = structlog.get_logger()

SLOTS = 32  # sends under way at once on one channel
REFILL = 16  # free slots worth a claim: claims and records share transactions
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
        self._under_way: set[asyncio.Task[None]] = set()
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
            await asyncio.gather(*(self._send(ready, paced=False) for ready in batch.ready))
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
        free = SLOTS - len(self._under_way)
        upcoming = await self._upcoming() if free >= REFILL else None
        claiming = upcoming is not None and upcoming <= self._now()
        batch = NOTHING
        if self._outcomes or claiming:
            outcomes, self._outcomes = self._outcomes, []
            try:
                async with self._database.write() as tx:
                    await record_results(tx, self._channel.name, outcomes)
                    if claiming:
                        batch = await self._claim(tx, free)
            except BaseException:
                self._outcomes = outcomes + self._outcomes
                raise
        for ready in batch.ready:
            task = asyncio.create_task(self._send(ready, paced=True))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        if batch.again_at is not None:
            upcoming = batch.again_at
        elif claiming and batch.looked:
            return 0.0 if len(self._under_way) <= SLOTS - REFILL else FLUSH
        elif claiming:
            upcoming = None  # the sender is off, or another process has them: look again later
        if self._under_way:
            return FLUSH
        return LOOK if upcoming is None else min(LOOK, max(0.002, (upcoming - self._now()).total_seconds()))

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), seconds)
        self._bell.clear()

    async def _upcoming(self) -> datetime | None:
        async with self._database.read() as tx:
            return await next_due(tx, self._channel.name)

    async def _claim(self, tx: Tx, limit: int) -> Batch:
        return await claim_batch(tx, self._channel.name, limit=limit, rate=self._rate, owner=self._owner)

    async def _send(self, ready: Ready, *, paced: bool) -> None:
        if paced and (ahead := (ready.at - self._now()).total_seconds()) > 0:
            await asyncio.sleep(ahead)
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
        SENDS.labels(self._channel.name, "sent" if failed is None else "failed").inc()
        if failed is not None or len(self._outcomes) >= REFILL or len(self._under_way) <= 1:
            self._bell.set()

    async def _record(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        if outcomes:
            async with self._database.write() as tx:
                await record_results(tx, self._channel.name, outcomes)

    async def _finish(self) -> None:
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
