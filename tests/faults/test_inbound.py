"""What arrives may be anything, in any order, from anybody; distress gets through."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from bot.domain.consent import ConsentState
from bot.domain.messages import Direction, Kind, Lane, Media
from bot.domain.triage.assess import Level
from bot.outbox.enqueue import Draft, To, enqueue
from bot.store.alerts import AlertState
from bot.store.database import Database
from bot.store.messages import AssessmentRow, Message
from bot.store.vault import KeyRing, Vault, new_ring_key
from handlers.inbox import Outcome
from tests.faults.house import ALEX, CRISIS, DANA, JO, LEE, MARISOL, SMS, STRANGER, House

IN = Message.direction == Direction.IN


async def test_fault_19_the_database_is_away(house: House) -> None:
    """Nothing is answered with a 2xx that is not kept; the second delivery is."""
    inbound = house.inbound(ALEX, CRISIS)
    good = house.database._session

    def gone() -> object:
        raise OSError("gone")

    house.database._session = gone  # type: ignore[method-assign,assignment]
    with pytest.raises(OSError, match="gone"):
        await house.app.inbox.receive(inbound)
    house.database._session = good  # type: ignore[method-assign]
    assert (await house.app.inbox.receive(inbound)).outcome is Outcome.KEPT


async def test_fault_20_the_disk_is_full(house: House) -> None:
    """A full disk is never a false 2xx; when there is room again, it goes on by itself."""
    if not house.database.sqlite:
        pytest.skip("PostgreSQL's disk can't be filled from a test")
    async with house.database.engine.connect() as connection:
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    kept = 0

    async def fill() -> None:
        nonlocal kept
        for _ in range(400):
            await house.hears(STRANGER, "x" * 3000)
            kept += 1

    with pytest.raises(OperationalError, match="full"):
        await fill()
    assert len(await house.messages(IN)) == kept
    async with house.database.engine.connect() as connection:
        await connection.execute(text("PRAGMA max_page_count = 1000000"))
    await house.says(ALEX, CRISIS)
    assert len(house.screen(DANA)) == 1


async def test_fault_24_a_one_for_what_is_closed(house: House) -> None:
    """A `1` after somebody else took it takes nothing."""
    await house.says(ALEX, CRISIS)
    await house.says(JO, "1")
    await house.says(DANA, "1")
    (alert,) = await house.alerts()
    jo = await house.contact(JO)
    assert alert.acknowledged_by == jo.staff_id
    assert "Jo has it" in house.screen(DANA)[-1]


async def test_fault_25_fifty_texts_in_a_minute(house: House) -> None:
    """One alert that counts them, few notices, and every text kept."""
    await asyncio.gather(*(house.hears(ALEX, f"{CRISIS} {n}") for n in range(50)))
    await house.app.settle()
    (alert,) = await house.alerts()
    assert alert.count == 50
    assert len(await house.messages(IN)) == 50
    assert len(house.screen(DANA)) == 1
    assert len(house.screen(ALEX)) == 1


async def test_fault_25_fifty_texts_of_somebody_unknown(house: House) -> None:
    """At once and from a phone nobody knew: one contact, one alert, nothing lost."""
    inbounds = [house.inbound(STRANGER, f"{CRISIS} {n}") for n in range(50)]
    for _ in range(3):  # what was refused is delivered again, as providers do
        await asyncio.gather(*map(house.app.inbox.receive, inbounds), return_exceptions=True)
    (alert,) = await house.alerts()
    assert alert.count == 50
    assert len(await house.messages(IN)) == 50


async def test_fault_26_others_during_the_storm(house: House) -> None:
    """Somebody else's first notice is not behind the fiftieth of the storm."""
    for n in range(50):
        await house.hears(ALEX, f"{CRISIS} {n}")
    await house.hears(MARISOL, CRISIS)
    await house.app.settle()
    assert len(house.screen(JO)) == 2


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
async def test_fault_27_three_parts_out_of_order(house: House, order: tuple[int, ...]) -> None:
    """What only the whole says is found, whatever comes first; one alert."""
    parts = ["everything hurts and I want to ki", "ll mys", "elf tonight"]
    for place in order:
        await house.hears(ALEX, parts[place])
        house.clock.forward(seconds=2)
    (alert,) = await house.alerts()
    assert alert.level is Level.CRISIS


@pytest.mark.parametrize(
    "said",
    [
        f"{CRISIS}\x00",
        f"{CRISIS} \ud800",
        f"\u202e{CRISIS}",
        "I want to k\u200bill my\u200bself",
        "I want to ki\u0301ll mysel\u0308f",
        "z\u0335" * 2000 + f" {CRISIS}",
        CRISIS + " " + "a" * 900_000,
    ],
)
async def test_fault_28_strange_letters(house: House, said: str) -> None:
    """It is kept, triaged and answered."""
    receipt = await house.hears(ALEX, said)
    assert receipt.level is Level.CRISIS
    assert len(await house.messages(IN)) == 1


async def test_fault_30_a_number_reassigned(house: House) -> None:
    """The old number is nobody's now; the new one begins where the file says."""
    await house.bring_in(("+13125550201", "+13125550202"))
    await house.says(ALEX, "7")
    old = await house.contact(ALEX)
    assert old.participant_id is None
    assert old.consent is ConsentState.NONE


@pytest.mark.parametrize("said", ["stop texting me, I want to die", CRISIS])
@pytest.mark.parametrize("state", ["opted out", "paused", "asked", "unknown"])
async def test_fault_31_distress_whatever_else_is_so(house: House, said: str, state: str) -> None:
    """Opted out, paused, in the middle of a question, unknown: staff are told."""
    who = STRANGER if state == "unknown" else ALEX
    if state == "opted out":
        await house.says(ALEX, "STOP")
    elif state == "paused":
        await house.says(ALEX, "PAUSE")
    elif state == "asked":
        await house.forward(minutes=35)
    before = len(house.screen(who))
    await house.says(who, said)
    (alert,) = await house.alerts()
    assert alert.state is AlertState.OPEN
    told = [*house.screen(DANA), *house.screen(JO), *house.screen(LEE)]
    assert any(alert.ref in one for one in told)
    if state == "opted out":
        assert len(house.screen(who)) == before


async def test_fault_33_a_key_is_missing(house: House) -> None:
    """The next start is refused with the reason; what runs goes on, and an alert goes out."""
    other = Database(house.url, vault=Vault(KeyRing.parse(new_ring_key())), now=house.clock)
    with pytest.raises(Exception, match="HANDRAIL_KEYS lacks key"):
        await other.ready()
    await other.close()
    await house.says(ALEX, CRISIS)
    assert len(house.screen(DANA)) == 1


async def test_fault_36_triage_breaks(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain word scan stands in, and the message is flagged for human eyes."""

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("bot.domain.triage.assess._assess", broken)
    receipt = await house.says(ALEX, CRISIS)
    assert receipt.level is Level.CRISIS
    (message,) = await house.messages(IN)
    assert message.flag == "triage"
    assert any("needs you now" in one for one in house.screen(DANA))
    async with house.database.read() as tx:
        assert await tx.session.scalar(select(AssessmentRow.flagged))


async def test_fault_37_behind_a_long_queue(house: House) -> None:
    """With thousands waiting, the alert is in the first claim."""
    contact = await house.contact(ALEX)
    to = To(contact_id=contact.id, key_id=contact.key_id, channel=SMS, participant_id=contact.participant_id)
    async with house.database.write() as tx:
        await tx.vault.load(tx.session, [contact.key_id])
        drafts = [
            Draft(to=to, kind=Kind.REPLY, lane=Lane.SCHEDULED, text=f"scheduled {n}") for n in range(3000)
        ]
        await enqueue(tx, drafts)
    await house.hears(STRANGER, CRISIS)
    async with house.database.write() as tx:
        from bot.actions.deliveries import claim_batch

        batch = await claim_batch(tx, SMS, limit=4, rate=None, owner="test")
    assert batch.ready[0].lane is Lane.ALERT


async def test_one_event_that_breaks_takes_no_other_with_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many that arrive together, the one that fails is refused and the rest are kept whole."""
    from handlers.conversation import route

    inner = route.hear

    async def hear(tx, heard):  # type: ignore[no-untyped-def]
        toast = await inner(tx, heard)
        if heard.text == "break":
            raise RuntimeError
        return toast

    monkeypatch.setattr("handlers.inbox.hear", hear)
    said = ["hello there", "break", CRISIS, "break", "7"]
    results = await asyncio.gather(*(house.hears(ALEX, one) for one in said), return_exceptions=True)
    assert [isinstance(one, RuntimeError) for one in results] == [False, True, False, True, False]
    assert len(await house.messages(IN)) == 3
    assert len(await house.alerts()) == 1
    await house.app.settle()
    assert len(house.screen(DANA)) == 1


async def test_a_picture_is_seen_by_somebody(house: House) -> None:
    """What we can't read is flagged, and their specialist is asked to look."""
    await house.says(ALEX, "", media=(Media.PHOTO,))
    (message,) = await house.messages(IN)
    assert message.flag == "media"
    assert any("can't read" in one for one in house.screen(DANA))
