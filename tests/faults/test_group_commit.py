"""Texts that arrive together share a commit: cheap, and each sees what those before it did."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from bot.domain.consent import ConsentState
from bot.domain.messages import ChannelName, Direction, Inbound
from bot.domain.triage.assess import Level
from bot.store.messages import Message
from handlers.inbox import Inbox, Outcome
from tests.bench.seeding import address, now, seed
from tests.faults.house import ALEX, CRISIS, DANA, MARISOL, STRANGER, House

IN, OUT = Message.direction == Direction.IN, Message.direction == Direction.OUT
FEW = 20  # statements for a batch; one text by itself takes ten

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


async def test_thirty_two_texts_cost_about_as_many_statements_as_one(tmp_path: Path) -> None:
    """What each of them asks and writes is asked and written for all."""
    seeded = await seed(tmp_path / "a.db", 32, step=lambda _: None, channel="sms")
    database = seeded.database(now)
    await database.ready()
    inbox, ran = Inbox(database), []

    def count(*given: Any) -> None:
        ran.append(given[2])

    event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    texts = [
        Inbound(
            channel=ChannelName.SMS,
            provider_id=f"SM{number}",
            address=address("sms", number),
            text="good thanks",
            received_at=now(),
        )
        for number in range(32)
    ]
    receipts = await asyncio.gather(*map(inbox.receive, texts))
    again = await asyncio.gather(*map(inbox.receive, texts))
    await database.close()
    assert {receipt.outcome for receipt in receipts} == {Outcome.KEPT}
    assert {receipt.outcome for receipt in again} == {Outcome.DUPLICATE}
    assert len(ran) <= FEW


@sqlite
async def test_a_stop_silences_what_comes_with_it(house: House) -> None:
    """Nothing but the confirmation goes to somebody whose STOP was in the same commit."""
    await asyncio.gather(house.hears(ALEX, "STOP"), house.hears(ALEX, "good thanks"))
    await house.app.settle()
    assert (await house.contact(ALEX)).consent is ConsentState.OPTED_OUT
    (said,) = house.screen(ALEX)
    assert "no more texts" in said


@sqlite
async def test_joining_and_agreeing_in_one_commit(house: House) -> None:
    """The second text of somebody known by number alone finds the participant that the first one made."""
    await house.hears(STRANGER, "hello")
    await asyncio.gather(house.hears(STRANGER, "RIVER"), house.hears(STRANGER, "START"))
    contact = await house.contact(STRANGER)
    assert contact.participant_id is not None
    assert contact.consent is ConsentState.ACTIVE


@sqlite
async def test_one_delivery_twice_in_one_commit(house: House) -> None:
    """One row, and both are answered."""
    inbound = house.inbound(ALEX, CRISIS)
    receipts = await asyncio.gather(*(house.app.inbox.receive(inbound) for _ in range(3)))
    outcomes = [receipt.outcome for receipt in receipts]
    assert outcomes == [Outcome.KEPT, Outcome.DUPLICATE, Outcome.DUPLICATE]
    (alert,) = await house.alerts()
    assert alert.count == 1


@sqlite
async def test_parts_in_one_commit_are_read_together(house: House) -> None:
    """What only the whole says is found, with others' texts in between."""
    receipts = await asyncio.gather(
        house.hears(ALEX, "it is late here and I want to ki"),
        house.hears(MARISOL, "todo bien"),
        house.hears(ALEX, "ll myself"),
    )
    assert [receipt.level for receipt in receipts] == [Level.NONE, Level.NONE, Level.CRISIS]


@sqlite
async def test_everyday_texts_in_one_commit_are_acknowledged_once(house: House) -> None:
    """ "We keep this" is said once in a while, also when the texts come at once."""
    await asyncio.gather(*(house.hears(ALEX, f"good thanks {n}") for n in range(5)))
    assert len(await house.messages(OUT)) == 1


@sqlite
async def test_an_answer_and_what_follows_it(house: House) -> None:
    """The first text answers the question; the second, in the same commit, finds none open."""
    await house.forward(minutes=35)
    before = len(house.screen(ALEX))
    await asyncio.gather(house.hears(ALEX, "7"), house.hears(ALEX, "see you at group later"))
    await house.app.settle()
    assert len(house.screen(ALEX)) == before + 2


async def _deadlocked(house: House) -> bool:
    """Hear a text across somebody else's locks; tell whether it was the text that the database broke off.

    On a slow machine their wait may be looked at before ours.
    """
    contact = await house.contact(ALEX)
    async with house.database.engine.connect() as other, house.database.engine.connect() as looker:
        await other.execute(text("SELECT 1 FROM alerts FOR UPDATE"))
        hearing = asyncio.create_task(house.hears(ALEX, CRISIS))
        waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        async with asyncio.timeout(20):
            while not (await looker.execute(waits)).scalar_one():
                await looker.rollback()
        # We wait for the alert they hold, and they for the contact we hold.
        theirs = text("SELECT 1 FROM contacts WHERE id = :id FOR UPDATE")
        try:
            await other.execute(theirs, {"id": contact.id})
        except DBAPIError:
            ours = False
        else:
            ours = True
        await other.rollback()
    assert (await hearing).outcome is Outcome.KEPT
    return ours


@postgresql
async def test_a_deadlock_is_tried_again(house: House) -> None:
    """When the database breaks a deadlock at our expense, the text goes again instead of being refused."""
    await house.hears(ALEX, CRISIS)
    heard = 2
    while not await _deadlocked(house):
        heard += 1
        assert heard < 10, "it was always their wait that the database broke off"
    (alert,) = await house.alerts()
    assert alert.count == heard
    await house.app.settle()
    assert len(house.screen(DANA)) == 1
