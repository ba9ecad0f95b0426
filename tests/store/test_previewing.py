"""The preview tells the truth: what it foresees is what the planner and delivery do, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from bot.actions.previewing import Foreseen, preview
from bot.actions.programmes import import_programme
from bot.app import App, Parts
from bot.channels.simulator import Simulator
from bot.domain.messages import ChannelName
from bot.domain.programme_reading import parse_programme
from bot.settings import Settings
from bot.store.database import Database
from bot.store.messages import Message
from bot.store.people import Participant, PersonStatus
from schedules.delivery import Sender
from tests.conftest import HandClock
from tests.faults.house import ALEX
from tests.unit.cli import EXAMPLE


@pytest.fixture
async def filled(database: Database) -> Database:
    """Return a database with the example programme."""
    async with database.write() as tx:
        await import_programme(tx, parse_programme(EXAMPLE.read_text("utf-8")))
    return database


async def foreseen(database: Database, count: int) -> tuple[Foreseen, ...]:
    """Return what p1 gets next."""
    async with database.read() as tx:
        return (await preview(tx, "first-weeks", "p1", count=count)).sends


async def change(database: Database, **values: object) -> None:
    """Change p1's row."""
    async with database.write() as tx:
        await tx.session.execute(update(Participant).where(Participant.ref == "p1").values(**values))


async def test_what_is_foreseen_is_what_is_sent(filled: Database, clock: HandClock) -> None:
    """Each foreseen text leaves at its instant, word for word, not a minute before, and nothing else does."""
    await as_foreseen(filled, clock, await foreseen(filled, 8))


async def test_own_settings_and_holidays_are_foreseen(filled: Database, clock: HandClock) -> None:
    """Fewer, at their own hour in quiet hours, two days left out and a holiday: still word for word."""
    text = EXAMPLE.read_text("utf-8").replace(
        "{name: first-weeks, start: 2026-11-01}",
        '{name: first-weeks, start: 2026-11-01, time: "20:15", less: 1, skip: [2026-11-27], shift: 1h}',
    )
    text = text.replace(
        "  help_contact:", "  holidays: [2026-11-25]\n  caps: {per_day: none, gap: none}\n  help_contact:"
    )
    text = text.replace("      - key: mood\n", "      - key: mood\n        on_holiday: shift\n")
    async with filled.write() as tx:
        await import_programme(tx, parse_programme(text))
    promised = await foreseen(filled, 8)
    assert {f"{send.local:%H:%M}" for send in promised if send.key == "mood"} == {"20:15"}
    assert not {send.local.day for send in promised} & {27}
    await as_foreseen(filled, clock, promised)


async def as_foreseen(filled: Database, clock: HandClock, promised: tuple[Foreseen, ...]) -> None:
    """Let time pass, and check that what was promised is what arrives."""
    sms = Simulator(ChannelName.SMS, now=clock)
    parts = Parts(database=filled, senders={ChannelName.SMS: Sender(channel=sms)}, now=clock)
    app = App(Settings(_env_file=None), parts)  # type: ignore[call-arg]
    await app.prepare()
    got: list[tuple[datetime, str]] = []
    for send in promised:
        for at in (send.at - timedelta(minutes=1), send.at):
            clock.instant = at
            await app.settle()
            phone = sms.phone(ALEX[1])  # staff hear other things meanwhile
            got += [(at, bubble.text) for bubble in phone.bubbles]
            phone.bubbles.clear()
    assert got == [(send.at, send.text) for send in promised]


async def test_a_preview_writes_nothing(filled: Database) -> None:
    """Looking ahead plans nothing."""
    await foreseen(filled, 20)
    async with filled.read() as tx:
        assert await tx.session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize(
    ("values", "skip"),
    [
        ({"status": PersonStatus.PAUSED}, "paused"),
        ({"status": PersonStatus.LEFT}, "left"),
        ({"paused_until": datetime.fromisoformat("2027-01-01T00:00:00+00:00")}, "paused"),
    ],
    ids=["paused", "left", "paused for a while"],
)
async def test_it_says_why_nothing_comes(filled: Database, values: dict[str, object], skip: str) -> None:
    """A reason stands with each send that will not be."""
    await change(filled, **values)
    assert {send.skip for send in await foreseen(filled, 4)} == {skip}


async def test_quiet_hours_move_or_drop_a_send(filled: Database) -> None:
    """A prompt in quiet hours comes when they end, or not at all when that is too late."""
    text = EXAMPLE.read_text("utf-8").replace('"20:00-09:00"', '"20:00-10:00"')
    async with filled.write() as tx:
        await import_programme(tx, parse_programme(text.replace('"17:00"', '"21:00"')))
    sends = await foreseen(filled, 8)
    moods = [send for send in sends if send.key == "mood"]
    assert all(
        (send.moved, send.skip, f"{send.local:%H:%M}") == ("quiet_hours", None, "10:00") for send in moods
    )
    assert [send.skip for send in sends if send.key == "fortnight-group"] == ["quiet_hours"]


async def test_an_unknown_zone_is_the_programmes(filled: Database) -> None:
    """The preview uses the zone that the planner uses."""
    await change(filled, timezone="Mars/Olympus")
    async with filled.read() as tx:
        found = await preview(tx, "first-weeks", "p1", count=1)
    assert found.zone == "America/New_York"
    assert f"{found.sends[0].local:%H:%M}" == "09:30"
