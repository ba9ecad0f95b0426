"""The one way in: keep it once, triage it first, route it, all in one transaction.

On SQLite, events that arrive together share a commit: a disk can fsync only so often. If one of them fails,
all are undone and go again, each behind a savepoint of its own. A door answers 2xx only after the
commit that holds its event.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.actions.assessments import read_with_history
from bot.actions.consents import opt_out
from bot.actions.conversations import flag, kept_before, recent_parts, save_assessment, save_inbound
from bot.actions.people import Address, Correspondent, add_stranger, find_correspondent, find_correspondents
from bot.actions.specialists import tell_specialist
from bot.domain.consent import ConsentReading, ConsentState, ConsentWord, read_consent
from bot.domain.errors import HandrailError
from bot.domain.messages import ContactEvent, Inbound
from bot.domain.triage.assess import Assessment, Level, assess, assess_parts
from bot.store.database import Database, Tx, went_between
from handlers.conversation.hearing import Heard
from handlers.conversation.route import hear

log = structlog.get_logger()

TOGETHER = 32  # events that share a commit: more would keep the first ones waiting
WAITING = 2000  # events in memory before doors answer 503 and the provider tries again
LONGEST = 4096  # characters in which STOP is looked for: Telegram's longest text
TRIES = 3  # when two events about one person meet on PostgreSQL, one goes again


class BusyError(HandrailError):
    """Too much is arriving at once; the provider is asked to try again."""


class NotReadyError(HandrailError):
    """There is no programme yet; import one with `handrail import FILE`."""


class Outcome(StrEnum):
    """What became of something that arrived."""

    KEPT = "kept"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """The answer to a door: what became of the event, and a few words for a tapped button."""

    outcome: Outcome
    message_id: str | None = None
    level: Level | None = None
    toast: str | None = None


class Inbox:
    """Takes what doors bring, in order, and answers when it is safe."""

    def __init__(self, database: Database) -> None:
        """Take the database to write to."""
        self._database = database
        self._waiting: deque[tuple[Inbound, asyncio.Future[Receipt]]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def receive(self, inbound: Inbound) -> Receipt:
        """Keep an event and everything that follows from it; return after the commit.

        Raises BusyError when too much waits, NotReadyError without a programme, and what the database
        raises when it is gone; nothing was kept then, and the provider should try again.
        """
        if not self._database.sqlite:
            return await self._alone(inbound)
        if len(self._waiting) >= WAITING:
            raise BusyError
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((inbound, answer))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await answer

    async def _alone(self, inbound: Inbound) -> Receipt:
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                async with self._database.write() as tx:
                    (receipt,) = await take_in(tx, [inbound])
                    return receipt
            except DBAPIError as error:
                if last or not went_between(error):
                    raise
        raise AssertionError("unreachable")

    async def _work(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
            try:
                await self._together(batch)
            except Exception as error:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)

    async def _together(self, batch: list[tuple[Inbound, asyncio.Future[Receipt]]]) -> None:
        results: list[Receipt] | list[Receipt | Exception]
        try:
            async with self._database.write() as tx:
                results = await take_in(tx, [inbound for inbound, _ in batch])
        except OperationalError:
            raise  # locked, full or gone: it is none of their faults, and going again would only wait again
        except Exception:
            # One of them can't be taken in. Nothing was kept; now each goes by itself.
            results = await self._apart(batch)
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue  # the door went away; the event is kept all the same
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

    async def _apart(self, batch: list[tuple[Inbound, asyncio.Future[Receipt]]]) -> list[Receipt | Exception]:
        results: list[Receipt | Exception] = []
        async with self._database.write() as tx:
            for inbound, _ in batch:
                try:
                    async with tx.session.begin_nested():
                        results += await take_in(tx, [inbound])
                except Exception as error:
                    log.error("inbound_failed", error=type(error).__name__)
                    results.append(error)
        return results


async def take_in(tx: Tx, inbounds: Sequence[Inbound]) -> list[Receipt]:
    """Keep each event once, assess it, and do what follows from it, in their order.

    Who they are from and which of them are known is looked up for all together; each sees what those
    before it did. An error of any of them is raised, and then the whole transaction must go.
    """
    people = await find_correspondents(tx, {(i.channel, i.address) for i in inbounds})
    kept = await kept_before(tx, inbounds)
    fresh = {(i.channel, i.address) for i in inbounds if (i.channel, i.provider_id) not in kept}
    # Before the first of them writes anything: each later look writes what waits first.
    parts = {at: await recent_parts(tx, who) for at, who in people.items() if at in fresh}
    receipts = []
    for inbound in inbounds:
        at, delivery = (inbound.channel, inbound.address), (inbound.channel, inbound.provider_id)
        who = people.pop(at, None)
        if who is None:  # unknown, or what they said before may have changed who they are
            who = await find_correspondent(tx, at)
            parts[at] = await recent_parts(tx, who) if who is not None else []
        if inbound.event is not None:
            receipts.append(await _contact_changed(tx, who, inbound.event))
        elif delivery in kept:
            receipts.append(Receipt(outcome=Outcome.DUPLICATE))
        else:
            kept.add(delivery)
            receipts.append(await _take_in(tx, who or await _add_stranger(tx, at), inbound, parts[at]))
    return receipts


async def _take_in(tx: Tx, who: Correspondent, inbound: Inbound, parts: list[str]) -> Receipt:
    message_id = save_inbound(tx, who, inbound)
    if who.staff is None:
        assessment = await read_with_history(tx, who, _assess(inbound, parts, who))
        save_assessment(tx, who, message_id, assessment)
        if assessment.flagged:
            await _have_read(tx, who, message_id)
    else:
        assessment = assess("")
    heard = Heard(
        who=who,
        inbound=inbound,
        message_id=message_id,
        assessment=assessment,
        consent=_read_consent(inbound, pending=who.contact.consent is ConsentState.INVITED),
    )
    toast = await hear(tx, heard)
    await tx.session.flush()
    log.info("inbound", message=message_id, channel=inbound.channel, level=assessment.level)
    return Receipt(outcome=Outcome.KEPT, message_id=message_id, level=assessment.level, toast=toast)


async def _add_stranger(tx: Tx, at: Address) -> Correspondent:
    who = await add_stranger(tx, *at)
    if who is None:
        raise NotReadyError
    return who


def _assess(inbound: Inbound, parts: list[str], who: Correspondent) -> Assessment:
    """Assess the text on its own and joined to what came seconds before, whatever the order."""
    extra = who.own_words
    own = assess(inbound.text, who.language, extra=extra)
    if not parts or own.level is Level.CRISIS:
        return own
    joined = assess_parts([*parts, inbound.text], who.language, extra=extra)
    if joined.level.rank <= own.level.rank:
        return own
    # What the earlier parts said by themselves has been acted on already.
    before = assess_parts(parts, who.language, extra=extra)
    return joined if joined.level.rank > before.level.rank else own


def _read_consent(inbound: Inbound, *, pending: bool) -> ConsentReading:
    reading = read_consent(inbound.text[:LONGEST], pending=pending)
    if inbound.opt_out_type == "STOP" and reading.word is None:
        # A word of the account's own opt-out list: the provider blocks already.
        return ConsentReading(word=ConsentWord.STOP, exact=True, carrier=True, words=reading.words)
    return reading


async def _have_read(tx: Tx, who: Correspondent, message_id: str) -> None:
    """Have a person read what triage could not: a rule that broke must not hide a text."""
    await flag(tx, message_id, "triage")
    if who.participant is not None:
        await tell_specialist(tx, who.participant.id, "look_at", dedupe=f"triage:{message_id}", urgent=True)


async def _contact_changed(tx: Tx, who: Correspondent | None, event: ContactEvent) -> Receipt:
    if who is None:
        return Receipt(outcome=Outcome.IGNORED)
    if event is ContactEvent.BLOCKED:
        await opt_out(tx, who.contact, method="provider")
    else:
        who.contact.unreachable_at = None  # reachable again, but only their own START opts them in
    await tx.session.flush()
    return Receipt(outcome=Outcome.KEPT)
