"""The desk in any order: whatever people do, leave or break, an alert finds a human, and words one person.

HANDRAIL_LONG=1 looks longer.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from bot.channels.simulator import Fault
from bot.domain.consent import ConsentState
from bot.domain.messages import Direction, Kind, MessageState
from bot.store.alerts import Alert, AlertEvent, AlertState
from bot.store.database import Tx
from bot.store.desk import Talk, TalkMember
from bot.store.messages import Message
from bot.store.migrating import migrate
from bot.store.people import ConsentRecord, Contact, Participant
from bot.store.vault import KeyRing, new_ring_key
from tests.conftest import HandClock
from tests.databases import Postgres
from tests.faults.house import (
    ALEX,
    CRISIS,
    DANA,
    DANA_SMS,
    JO,
    LEE,
    MARISOL,
    SMS,
    STRANGER,
    TELEGRAM,
    URGENT,
    Address,
    House,
    open_house,
)

LONG = bool(os.environ.get("HANDRAIL_LONG"))
START = datetime(2026, 11, 23, 15, 10, tzinfo=UTC)
PEOPLE = {"p1": ALEX, "p2": MARISOL}
WRITERS = [ALEX, MARISOL, STRANGER]
STAFF = [DANA, DANA_SMS, JO, LEE]
LATEST = timedelta(hours=1, minutes=1)  # the longest wait there is here: for whoever has one and says nothing
AGAIN = timedelta(minutes=11)  # the longest wait of a step is ten
GONE_OUT = (MessageState.SENDING, MessageState.UNCERTAIN, MessageState.SENT, MessageState.DELIVERED)
ORDERS = (
    *(
        "1",
        "1 {ref}",
        "ACK {ref}",
        "COVER {ref}",
        "COVER",
        "CLOSE {ref} safe",
        "CLOSE 3",
        "BACK",
        "VIEW {ref}",
    ),
    "CLOSE {ref} false alarm a test",
    "NOTE {ref} call 20m. Next: ride on Friday",
)
ROTA = "rota: [{name: nights, people: [jo, lee], starts: '2026-11-16 09:00'}]"
# What a coordinator may change in the file, while alerts are open.
EDITS = {
    "dana left": ("    name: Dana Reyes\n", "    name: Dana Reyes\n    status: left\n"),
    "jo left": ("    name: Jo Park\n", "    name: Jo Park\n    status: left\n"),
    "lee left": ("    name: Lee Brandt\n", "    name: Lee Brandt\n    status: left\n"),
    "jo's number": (JO[1], "+12025550109"),
    "dana away": ("    backup: jo\n", "    backup: jo\n    leave: ['2026-11-23 to 2026-11-30']\n"),
    "waits": ("wait: 3m", "wait: 7m"),
    "chain": ("notify: [assigned, backup], by: [telegram, sms]", "notify: on_call, by: [sms]"),
    "rota": ("escalation:\n", f"{ROTA}\nescalation:\n"),
    "details": ("telegram_details: false", "telegram_details: true"),
    "others": ("    specialist: jo\n", "    specialist: dana\n"),
}  # fmt: skip
AUDITED = AlertEvent.detail == "no step was due"
TOKEN = re.compile(r"\b[sw]\d+w\b")
T = TypeVar("T")


class Desk(RuleBasedStateMachine):
    """Two participants, a stranger and three of the staff with four phones."""

    url: Callable[[], str]  # of a database with the example programme in it
    ring = KeyRing.parse(new_ring_key())

    def __init__(self) -> None:
        """Start a loop of its own."""
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.edits: frozenset[str] = frozenset()
        self.numbers = itertools.count(1)
        self.for_whom: dict[str, set[Address]] = {}  # a token of staff -> who alone may read it
        self.by_whom: dict[str, Address] = {}  # a token of a participant -> who wrote it
        self.out: dict[str, int] = {}  # contact that said stop -> messages that had gone out to it then
        self.watched = 0  # bubbles on Dana's screen while she had left

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run one step of the world to its end."""
        return self.loop.run_until_complete(work)

    @initialize(
        hours=st.sampled_from([0, 12]), edits=st.frozensets(st.sampled_from(sorted(EDITS)), max_size=4)
    )
    def opened(self, hours: int, edits: frozenset[str]) -> None:
        """Start on a fresh copy of the database, by day or by night, with some of the staff gone."""
        clock = HandClock(START + timedelta(hours=hours))
        self.house, self.edits = House(url=self.url(), ring=self.ring, clock=clock), edits
        self.run(self.house.app.prepare())
        self._bring_in()

    # What people in recovery do.

    @rule(who=st.sampled_from(WRITERS), said=st.sampled_from([URGENT, CRISIS]))
    def distress(self, who: Address, said: str) -> None:
        """Somebody is in distress, or still is."""
        token = f"s{next(self.numbers)}w"
        self.by_whom[token] = who
        self.run(self.house.says(who, f"{said} {token}"))

    @rule(who=st.sampled_from(WRITERS))
    def plain_words(self, who: Address) -> None:
        """Somebody writes something, perhaps in a talk."""
        token = f"s{next(self.numbers)}w"
        self.by_whom[token] = who
        self.run(self.house.says(who, f"went for a walk {token}"))

    @rule(
        who=st.sampled_from([*WRITERS, *STAFF]),
        said=st.sampled_from(["STOP", "START", "stop texting me, I want to die"]),
    )
    def consent(self, who: Address, said: str) -> None:
        """Somebody stops us, or comes back; staff too."""
        if who in STAFF and len(said) > len("START"):
            said = "STOP"
        self.run(self._consent(who, said))

    async def _consent(self, who: Address, said: str) -> None:
        await self.house.hears(who, said)
        contact = await self.house.contact(who)
        if contact.consent is ConsentState.OPTED_OUT and contact.id not in self.out:
            self.out[contact.id] = await self._gone_out(contact.id)
        await self.house.app.settle()

    # What staff do.

    @rule(
        who=st.sampled_from(STAFF),
        which=st.integers(0, 99),
        said=st.sampled_from(ORDERS),
    )
    def staff_write(self, who: Address, which: int, said: str) -> None:
        """Somebody of the staff takes, hands on, closes, writes a note, looks, ends a talk."""
        alerts = self.run(self.house.alerts())
        ref = alerts[-1 - which % min(3, len(alerts))].ref if alerts else "K7"
        self.run(self.house.says(who, said.format(ref=ref)))

    @rule(
        who=st.sampled_from([ALEX, MARISOL]),
        by=st.sampled_from(STAFF),
        said=st.sampled_from([URGENT, CRISIS]),
    )
    def taken_at_once(self, who: Address, by: Address, said: str) -> None:
        """Somebody is in distress, and somebody has it: what most often happens."""
        self.distress(who, said)
        alert = self.run(self.house.alerts())[-1]
        self.run(self.house.says(by, f"1 {alert.ref}"))

    @rule(who=st.sampled_from([DANA]), which=st.integers(0, 99), verb=st.sampled_from(["take", "cover"]))
    def staff_tap(self, who: Address, which: int, verb: str) -> None:
        """Somebody taps a button, perhaps an old one."""
        alerts = self.run(self.house.alerts())
        if alerts:
            alert = alerts[-1 - which % len(alerts)]
            self.run(self.house.says(who, "", button=f"{verb}:{alert.id}"))

    @rule(
        who=st.sampled_from(STAFF),
        which=st.integers(0, 99),
        how=st.sampled_from(["ref", "to", "plain", "reply"]),
    )
    def relay(self, who: Address, which: int, how: str) -> None:
        """Somebody of the staff writes to somebody through us."""
        self.run(self._relay(who, which, how))

    async def _relay(self, who: Address, which: int, how: str) -> None:
        token = f"w{next(self.numbers)}w"
        alerts = await self.house.alerts()
        words, reply_to = f"I am with you {token}", None
        if how == "ref" and alerts:
            alert = alerts[-1 - which % len(alerts)]
            words, allowed = f"{alert.ref} {words}", await self._subject(alert)
        elif how == "to":
            ref = sorted(PEOPLE)[which % 2]
            words, allowed = f"TO {ref} {words}", {PEOPLE[ref]}
        elif how == "reply" and (sent := await self._sent_to(who)):
            message = sent[which % len(sent)]
            reply_to, allowed = message.provider_id, await self._answered(message, who)
        else:
            talks = await self._talks(who)
            allowed = talks if len(talks) == 1 else set()
        self.for_whom[token] = allowed
        await self.house.says(who, words, reply_to=reply_to)

    # Where words and stops most easily go wrong: rare by chance, so they are told whole.

    @rule(who=st.sampled_from([ALEX, MARISOL]), by=st.sampled_from(STAFF))
    def stopped_and_then_taken(self, who: Address, by: Address) -> None:
        """Somebody in distress stops us; whoever takes it tries to write to them all the same."""
        self.distress(who, URGENT)
        self.consent(who, "STOP")
        alert = self.run(self.house.alerts())[-1]
        self.run(self.house.says(by, f"1 {alert.ref}"))
        self.who_stopped_us_is_left_alone()
        self.run(self._relay(by, [PEOPLE[ref] for ref in sorted(PEOPLE)].index(who), "to"))

    @rule(first=st.integers(0, 1), how=st.sampled_from(["plain", "reply"]))
    def two_talks(self, first: int, how: str) -> None:
        """Lee talks with two people, hears from both, and writes on without saying to whom."""
        for which in (first, 1 - first):
            who = PEOPLE[sorted(PEOPLE)[which]]
            self.consent(who, "START")
            self.run(self._relay(LEE, which, "to"))
            self.plain_words(who)
        self.run(self._relay(LEE, first, how))

    # What the world does.

    @rule(minutes=st.sampled_from([0, 1, 3, 10, 31, 61, 125]))
    def time_passes(self, minutes: int) -> None:
        """The clock goes on."""
        self.run(self.house.forward(minutes=minutes, seconds=3))

    @rule(minutes=st.sampled_from([-125, -10, 125]))
    def the_clock_is_set(self, minutes: int) -> None:
        """The clock jumps."""
        self.run(self.house.forward(minutes=minutes))

    @rule(edit=st.sampled_from(sorted(EDITS)))
    def the_file_is_edited(self, edit: str) -> None:
        """The coordinator changes one thing in the programme, or takes it back."""
        self.edits ^= {edit}
        self._bring_in()

    def _bring_in(self) -> None:
        self.run(self.house.bring_in(*(EDITS[name] for name in sorted(self.edits))))
        self.run(self.house.app.settle())

    @rule(
        channel=st.sampled_from([SMS, TELEGRAM]),
        fault=st.sampled_from([fault for fault in Fault if fault is not Fault.OFF]),
        times=st.integers(1, 3),
    )
    def sending_fails(self, channel: Any, fault: Fault, times: int) -> None:
        """The next sends of a channel go wrong in some way."""
        self.house.phones[channel].fail(fault, times=times)

    # What never happens.

    @invariant()
    def an_alert_goes_on(self) -> None:
        """One that is not closed has a step ahead, near enough; one person, one alert, one holder."""
        if not hasattr(self, "house"):
            return
        alerts = self.run(self.house.alerts())
        going = Counter(a.subject_id for a in alerts if a.state is not AlertState.CLOSED)
        assert all(count == 1 for count in going.values()), "two alerts about one person"
        for alert in alerts:
            if alert.state is AlertState.CLOSED:
                continue
            assert alert.next_step_at is not None, "an alert without a next step"
            now = self.house.clock()
            assert now < alert.next_step_at <= now + LATEST, "a step that never comes"
            held = alert.state is AlertState.ACKNOWLEDGED
            assert held == (alert.acknowledged_by is not None) == (alert.acknowledged_at is not None)

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        """What the auditor would mend never was: a step that was not set is its business only after a bug."""
        if not hasattr(self, "house"):
            return

        async def mended() -> int:
            async with self.house.database.read() as tx:
                return len((await tx.session.scalars(select(AlertEvent.id).where(AUDITED))).all())

        assert self.run(mended()) == 0, "the auditor had to set a step"

    @invariant()
    def an_open_alert_is_known(self) -> None:
        """Somebody is told of it, again and again, or the audit says that nobody can be."""
        if hasattr(self, "house"):
            self.run(self._known())

    async def _known(self) -> None:
        helpless = self.house.app.auditor.found.helpless
        for alert in await self.house.alerts():
            if alert.state is not AlertState.OPEN or alert.ref in helpless:
                continue
            notices = await self.house.messages(
                Message.alert_id == alert.id,
                Message.kind == Kind.NOTICE,
            )
            leaving = [m for m in notices if m.state in GONE_OUT or m.state is MessageState.QUEUED]
            assert leaving, "an open alert that nobody was told of"
            lately = max(notice.created_at for notice in notices)
            assert lately >= self.house.clock() - AGAIN, "an open alert that nobody is told of any more"

    @invariant()
    def who_stopped_us_is_left_alone(self) -> None:
        """Nothing goes to a contact that said stop but one confirmation."""
        if hasattr(self, "house"):
            self.run(self._left_alone())

    async def _left_alone(self) -> None:
        async with self.house.database.read() as tx:
            contacts = (
                await tx.session.scalars(select(Contact).where(Contact.consent == ConsentState.OPTED_OUT))
            ).all()
            stops = await _count(tx, ConsentRecord.contact_id, ConsentRecord.state == ConsentState.OPTED_OUT)
            confirmed = await _count(tx, Message.contact_id, Message.dedupe_key.like("stopped:%"))
        for contact_id in set(self.out) - {contact.id for contact in contacts}:
            del self.out[contact_id]
        for contact in contacts:
            gone_out = await self._gone_out(contact.id)
            self.out[contact.id] = min(self.out.get(contact.id, gone_out), gone_out)
            assert gone_out == self.out[contact.id], "somebody who said stop was written to"
        for contact_id, count in confirmed.items():
            assert count <= stops.get(contact_id, 0), "a stop was confirmed twice"

    @invariant()
    def words_reach_whom_they_are_for(self) -> None:
        """What staff write reaches one person; what that one writes no other, and no lock screen."""
        if not hasattr(self, "house"):
            return
        seen = {who: self._tokens(who) for who in [*WRITERS, *STAFF, (SMS, "+12025550109")]}
        for who in WRITERS:
            for token in seen[who]:
                assert token in self.for_whom, "one person was shown what another wrote"
                assert who in self.for_whom[token], "words of staff went to somebody else"
        for who in STAFF:
            own = seen[who] & set(self.by_whom)
            assert not own or who[0] is TELEGRAM, "what somebody wrote went out by SMS"
        left = "dana left" in self.edits
        shown = len(TOKEN.findall(" ".join(self.house.screen(DANA))))
        assert not left or not self.watched or shown + 1 == self.watched, "whoever left was shown words"
        self.watched = shown + 1 if left else 0

    def teardown(self) -> None:
        """Close everything."""
        if hasattr(self, "house"):
            self.run(self.house.database.close())
        self.loop.close()

    def _tokens(self, who: Address) -> set[str]:
        return set(TOKEN.findall(" ".join(self.house.screen(who))))

    async def _gone_out(self, contact_id: str) -> int:
        where = (Message.contact_id == contact_id, Message.direction == Direction.OUT)
        return len(
            await self.house.messages(*where, Message.kind != Kind.PARTING, Message.state.in_(GONE_OUT))
        )

    async def _subject(self, alert: Alert) -> set[Address]:
        # The ref may be used again: the one that is open is meant, and otherwise the latest.
        same = [a for a in await self.house.alerts() if a.ref == alert.ref]
        meant = max(same, key=lambda a: (a.state is not AlertState.CLOSED, a.opened_at))
        return await self._address(meant.participant_id)

    async def _address(self, participant_id: str | None) -> set[Address]:
        async with self.house.database.read() as tx:
            person = await tx.session.get(Participant, participant_id) if participant_id else None
            return {PEOPLE[person.ref]} if person is not None else set()

    async def _sent_to(self, who: Address) -> list[Message]:
        phone = self.house.phones[who[0]].phone(who[1])
        ids = {bubble.provider_id for bubble in phone.bubbles}
        return [m for m in await self.house.messages(Message.provider_id.in_(ids)) if m.provider_id]

    async def _answered(self, message: Message, who: Address) -> set[Address]:
        """Return for whom a reply to a message is: whoever that message is about, or nobody."""
        kind, talk_id, *_ = f"{message.dedupe_key}::".split(":")
        if kind == "talk" and talk_id in await self._talks_by_id(who):
            return (await self._talks_by_id(who))[talk_id]
        if message.alert_id is None:
            return set()
        (alert,) = [a for a in await self.house.alerts() if a.id == message.alert_id]
        return await self._address(alert.participant_id)

    async def _talks(self, who: Address) -> set[Address]:
        return set().union(*(await self._talks_by_id(who)).values())

    async def _talks_by_id(self, who: Address) -> dict[str, set[Address]]:
        staff_id = (await self.house.contact(who)).staff_id
        async with self.house.database.read() as tx:
            found = await tx.session.execute(
                select(Talk.id, Talk.participant_id)
                .join(TalkMember, TalkMember.talk_id == Talk.id)
                .where(TalkMember.staff_id == staff_id, Talk.ended_at.is_(None))
            )
            pairs = found.all()
        return {talk_id: await self._address(participant_id) for talk_id, participant_id in pairs}


async def _count(tx: Tx, column: Any, *where: Any) -> dict[str, int]:
    rows = await tx.session.execute(select(column, func.count()).where(*where).group_by(column))
    return {str(key): int(count) for key, count in rows}


def _look(url: Callable[[], str], examples: int, steps: int) -> None:
    class Here(Desk):
        pass

    Here.url = staticmethod(url)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples * (20 if LONG else 1),
            stateful_step_count=steps * (2 if LONG else 1),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _filled(url: str) -> None:
    async def fill() -> None:
        await migrate(url)
        await (await open_house(url, Desk.ring, HandClock(START))).database.close()

    asyncio.run(fill())


@pytest.mark.timeout(900)  # on a busy machine; alone it takes half a minute
def test_the_desk_on_sqlite() -> None:
    """Any order of everything, on a copy of one file for every example."""
    folder = Path(tempfile.mkdtemp(prefix="handrail-desk-"))
    _filled(f"sqlite+aiosqlite:///{folder / 'empty.db'}")
    numbers: Iterator[int] = itertools.count()

    def url() -> str:
        path = folder / f"{next(numbers)}.db"
        shutil.copy(folder / "empty.db", path)
        return f"sqlite+aiosqlite:///{path}"

    try:
        _look(url, examples=8, steps=12)
    finally:
        shutil.rmtree(folder)


@pytest.mark.timeout(900)
def test_the_desk_on_postgresql(postgres: Postgres) -> None:
    """The same, less of it, on a copy of one database for every example."""
    filled = postgres.create()
    _filled(filled)
    _look(lambda: postgres.copy(filled), examples=2, steps=8)
