"""Anything may happen, in any order, with a crash between any two commits; some things never do.

Every distress text is acknowledged by a person or still scheduled to reach one; no routine text is sent
twice; nothing said is lost; at most one open alert a person, and at most one holder.
HANDRAIL_LONG=1 looks longer.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from bot.actions.results import record_status
from bot.channels.simulator import Fault
from bot.domain.messages import Direction, Inbound, Lane, MessageState, StatusEvent
from bot.domain.triage.assess import Level
from bot.store.alerts import Alert, AlertState
from bot.store.database import Database, Tx
from bot.store.messages import AssessmentRow, Message
from bot.store.migrating import migrate
from bot.store.vault import KeyRing, new_ring_key
from tests.conftest import HandClock
from tests.faults.house import (
    ALEX,
    CRISIS,
    DANA,
    JO,
    LEE,
    MARISOL,
    SMS,
    STRANGER,
    TELEGRAM,
    URGENT,
    House,
    open_house,
)

LONG = bool(os.environ.get("HANDRAIL_LONG"))
TEXTS = {
    "none": "slept okay, went for a walk",
    "urgent": URGENT,
    "crisis": CRISIS,
    "stop": "STOP",
    "stop_crisis": "stop texting me, I want to die",
    "start": "START",
    "answer": "7",
}
T = TypeVar("T")


class Crashed(BaseException):
    """The process ended at a commit."""


class Fragile(Database):
    """A database whose process dies at a chosen commit: just before it, or just after."""

    left: int | None = None
    after = True

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """Open a transaction, and die at its end if its turn has come."""
        mine = self.left is not None and self.left == 0
        if self.left is not None:
            self.left -= 1
        async with super().write() as tx:
            yield tx
            if mine and not self.after:
                raise Crashed
        if mine:
            raise Crashed


class Anything(RuleBasedStateMachine):
    """Two participants, a stranger and three of the staff, on phones that fail and a server that dies."""

    loop: asyncio.AbstractEventLoop
    house: House
    empty: Path  # a database with the example programme in it, made once
    ring = KeyRing.parse(new_ring_key())

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="handrail-machine-"))
        self.said: dict[str, str] = {}  # provider id -> text, of what was answered with a 2xx
        self.inbounds: list[Inbound] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run one step of the world to its end."""
        return self.loop.run_until_complete(work)

    @initialize()
    def opened(self) -> None:
        """Start on a fresh copy of the database."""
        shutil.copy(_template(self.loop), self.folder / "handrail.db")
        clock = HandClock(datetime(2026, 11, 23, 15, 10, tzinfo=UTC))
        self.house = House(
            url=f"sqlite+aiosqlite:///{self.folder / 'handrail.db'}", ring=self.ring, clock=clock
        )
        self._fragile()
        self.run(self.house.app.prepare())

    def _fragile(self) -> None:
        self.house.database.__class__ = Fragile

    async def _survive(self, work: Coroutine[Any, Any, Any]) -> bool:
        """Do something; if the process dies in it, start again. Return whether it was done."""
        try:
            await work
        except Crashed:
            await self.house.database.close()
            self.house.build()
            self._fragile()
            await self.house.app.prepare()
            return False
        return True

    async def _take_in(self, inbound: Inbound) -> None:
        # As on PostgreSQL, without the queue: its task would die unseen.
        receipt = await self.house.app.inbox._alone(inbound)
        if receipt.message_id is not None:
            self.said[inbound.provider_id] = inbound.text

    @rule(
        who=st.sampled_from([ALEX, MARISOL, STRANGER]),
        what=st.sampled_from(sorted(TEXTS)),
        settle=st.booleans(),
    )
    def somebody_writes(self, who: Any, what: str, settle: bool) -> None:
        """A text arrives."""
        self.inbounds.append(self.house.inbound(who, TEXTS[what], provider_id=f"in-{len(self.inbounds)}"))
        self.run(self._take_in(self.inbounds[-1]))
        if settle:
            self.run(self._survive(self.house.app.settle()))

    @precondition(lambda self: self.inbounds)
    @rule(which=st.integers(0, 1000))
    def delivered_again(self, which: int) -> None:
        """The provider delivers something a second time."""
        self.run(self._take_in(self.inbounds[which % len(self.inbounds)]))

    @rule(minutes=st.sampled_from([0, 1, 3, 10, 30, 120, 300]))
    def time_passes(self, minutes: int) -> None:
        """The clock goes on, and what is due is done."""
        self.house.clock.forward(minutes=minutes, seconds=3)
        self.run(self._survive(self.house.app.settle()))

    @rule(
        channel=st.sampled_from([SMS, TELEGRAM]),
        fault=st.sampled_from([f for f in Fault if f is not Fault.OFF]),
        times=st.integers(1, 3),
    )
    def sending_fails(self, channel: Any, fault: Fault, times: int) -> None:
        """The next sends of a channel go wrong in some way."""
        self.house.phones[channel].fail(fault, times=times)

    @rule(which=st.integers(0, 1000), state=st.sampled_from(["sent", "delivered", "failed"]))
    def a_receipt_comes(self, which: int, state: str) -> None:
        """A status arrives for something that was sent, perhaps long ago."""

        async def tell() -> None:
            sent = await self.house.messages(
                Message.provider_id.is_not(None), Message.direction == Direction.OUT
            )
            if sent:
                message = sent[which % len(sent)]
                event = StatusEvent(
                    channel=message.channel,
                    provider_id=str(message.provider_id),
                    status=state,
                    state=MessageState(state),
                    at=self.house.clock(),
                    message_id=message.id,
                )
                async with self.house.database.write() as tx:
                    await record_status(tx, event)

        self.run(tell())
        self.run(self._survive(self.house.app.settle()))

    @rule(who=st.sampled_from([DANA, JO, LEE]), text=st.sampled_from(["1", "ref", "STOP", "START"]))
    def staff_write(self, who: Any, text: str) -> None:
        """Somebody of the staff says "I have it", or stop, or start."""

        async def write() -> None:
            alerts = await self.house.alerts()
            said = f"1 {alerts[-1].ref}" if text == "ref" and alerts else text
            self.inbounds.append(self.house.inbound(who, said, provider_id=f"in-{len(self.inbounds)}"))
            await self._take_in(self.inbounds[-1])

        self.run(write())

    @rule(
        at=st.integers(0, 8), after=st.booleans(), what=st.sampled_from(["text", "tick"]), who=st.booleans()
    )
    def the_server_dies(self, at: int, after: bool, what: str, who: bool) -> None:
        """The process ends at the n-th commit of what it does next, before or after it; then starts again."""
        database = self.house.database
        assert isinstance(database, Fragile)
        database.left, database.after = at, after
        if what == "text":
            inbound = self.house.inbound(
                ALEX if who else MARISOL, CRISIS, provider_id=f"in-{len(self.inbounds)}"
            )
            self.inbounds.append(inbound)
            if not self.run(self._survive(self._take_in(inbound))):
                self.run(self._take_in(inbound))  # never answered: the provider tries again
                self.said[inbound.provider_id] = inbound.text
        else:
            self.house.clock.forward(minutes=3)
        self.run(self._survive(self.house.app.settle()))
        if isinstance(self.house.database, Fragile):
            self.house.database.left = None

    @invariant()
    def nothing_is_lost(self) -> None:
        """What was answered with a 2xx is there, once, with its words."""
        if not hasattr(self, "house"):
            return

        async def kept() -> dict[str, str]:
            async with self.house.database.read() as tx:
                rows = (
                    await tx.session.scalars(select(Message).where(Message.direction == Direction.IN))
                ).all()
                return {
                    str(m.provider_id): await tx.vault.reveal(
                        tx.session, m.body or b"", "messages", "body", m.id
                    )
                    for m in rows
                }

        assert self.run(kept()) == self.said

    @invariant()
    def one_alert_and_one_holder(self) -> None:
        """Nobody has two alerts that are not closed; a holder is named exactly when it is taken."""
        if not hasattr(self, "house"):
            return
        alerts = self.run(self.house.alerts())
        going = Counter(a.subject_id for a in alerts if a.state is not AlertState.CLOSED)
        assert all(count == 1 for count in going.values())
        for alert in alerts:
            if alert.state is AlertState.OPEN:
                assert alert.acknowledged_by is None
            else:
                assert alert.acknowledged_by is not None

    @invariant()
    def every_cry_reaches_somebody(self) -> None:
        """A distress text hangs on an open alert whose next turn is set, or on one that a person took."""
        if not hasattr(self, "house"):
            return

        async def look() -> None:
            async with self.house.database.read() as tx:
                cries = (
                    await tx.session.execute(
                        select(Message, AssessmentRow.level)
                        .join(AssessmentRow, AssessmentRow.message_id == Message.id)
                        .where(AssessmentRow.level != Level.NONE)
                    )
                ).all()
                alerts = (await tx.session.scalars(select(Alert))).all()
                for said, level in cries:
                    subject = said.participant_id or said.contact_id
                    mine = [a for a in alerts if a.subject_id == subject]
                    assert mine, "nobody was ever told"
                    latest = max(mine, key=lambda a: a.id)
                    assert latest.level.rank >= level.rank or latest.opened_at > said.created_at
                    if latest.state is AlertState.OPEN:
                        assert latest.next_step_at is not None
                        assert latest.next_step_at <= self.house.clock() + timedelta(minutes=10)
                    else:
                        assert latest.acknowledged_by is not None
                        assert latest.acknowledged_at is not None
                        assert said.created_at - latest.acknowledged_at <= timedelta(hours=2)

        self.run(look())

    @invariant()
    def no_routine_text_comes_twice(self) -> None:
        """No text of the reply and scheduled lanes is on a phone more often than it was written."""
        if not hasattr(self, "house"):
            return

        async def attempts() -> None:
            shown = Counter(
                (phone.address, bubble.text)
                for simulator in self.house.phones.values()
                for phone in simulator.phones
                for bubble in phone.bubbles
            )
            written: Counter[tuple[str, str]] = Counter()
            urgent: set[tuple[str, str]] = set()  # of the alerts' lane: there one too many may come
            async with self.house.database.read() as tx:
                from bot.store.people import Contact

                rows = await tx.session.execute(
                    select(Message, Contact)
                    .join(Contact, Contact.id == Message.contact_id)
                    .where(Message.direction == Direction.OUT, Message.body.is_not(None))
                )
                for message, contact in rows.all():
                    text = await tx.vault.reveal(
                        tx.session, message.body or b"", "messages", "body", message.id
                    )
                    address = await tx.vault.reveal(
                        tx.session, contact.address, "contacts", "address", contact.id
                    )
                    written[address, text] += 1
                    if message.lane == Lane.ALERT:
                        urgent.add((address, text))
            for key, count in written.items():
                assert key in urgent or shown[key] <= count, "a routine text was sent twice"

        self.run(attempts())

    def teardown(self) -> None:
        """Close everything."""
        if hasattr(self, "house"):
            self.run(self.house.database.close())
        self.loop.close()
        shutil.rmtree(self.folder)


def _template(loop: asyncio.AbstractEventLoop) -> Path:
    """Return a database with the example programme in it, made once a run and copied for every example."""
    if not hasattr(Anything, "empty"):
        Anything.empty = Path(tempfile.mkdtemp(prefix="handrail-machine-")) / "handrail.db"

        async def make() -> None:
            url = f"sqlite+aiosqlite:///{Anything.empty}"
            await migrate(url)
            house = await open_house(url, Anything.ring, HandClock(datetime(2026, 11, 23, 15, 0, tzinfo=UTC)))
            await house.database.close()

        loop.run_until_complete(make())
    return Anything.empty


Anything.TestCase.settings = settings(
    max_examples=400 if LONG else 20,
    stateful_step_count=50 if LONG else 20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestAnything = Anything.TestCase
