"""A whole house in one process, with phones that survive when it is killed and built again."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.actions.programmes import import_programme
from bot.app import App, Parts
from bot.channels.base import Channel
from bot.channels.simulator import Simulator
from bot.domain.messages import ChannelName, Inbound
from bot.domain.programme_reading import parse_programme
from bot.settings import Settings
from bot.store.alerts import Alert
from bot.store.database import Database
from bot.store.messages import Message
from bot.store.people import Contact
from bot.store.vault import KeyRing, Vault
from handlers.inbox import Receipt
from schedules.delivery import Sender
from tests.conftest import HandClock

EXAMPLE = Path(__file__).parent.parent / "fixtures" / "programme.example.yaml"
SMS, TELEGRAM = ChannelName.SMS, ChannelName.TELEGRAM
# Who is who in the example programme.
ALEX, MARISOL = (SMS, "+13125550201"), (TELEGRAM, "800002")
DANA, DANA_SMS = (TELEGRAM, "700001"), (SMS, "+12025550101")
JO, LEE = (SMS, "+12025550102"), (SMS, "+12025550103")
STRANGER = (SMS, "+12025550177")
CRISIS, URGENT = "I want to kill myself", "I relapsed last night and feel hopeless"
Address = tuple[ChannelName, str]


@dataclass
class House:
    """An app with its phones. `restart` is what follows a kill: all that was only in memory is gone."""

    url: str
    ring: KeyRing
    clock: HandClock
    rates: Mapping[ChannelName, float] = field(default_factory=dict)
    stand_ins: dict[ChannelName, Channel] = field(default_factory=dict)
    phones: dict[ChannelName, Simulator] = field(init=False)
    app: App = field(init=False)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Switch the phones on."""
        self.phones = {name: Simulator(name, now=self.clock) for name in (SMS, TELEGRAM)}
        self.build()

    @property
    def database(self) -> Database:
        """Return the database of the app that runs now."""
        return self.app.database

    def build(self) -> None:
        """Put a fresh app on the same database and the same phones."""
        database = Database(self.url, vault=Vault(self.ring), now=self.clock)
        senders = {
            name: Sender(channel=self.stand_ins.get(name, phone), rate=self.rates.get(name))
            for name, phone in self.phones.items()
        }
        self.app = App(
            Settings(_env_file=None),  # type: ignore[call-arg]
            Parts(database=database, senders=senders, now=self.clock),
        )

    async def restart(self) -> None:
        """Kill the app where it stands, and start it again."""
        await self.database.close()
        self.build()
        await self.app.prepare()

    async def bring_in(self, *changes: tuple[str, str]) -> None:
        """Import the example programme, with some of its words replaced first."""
        text = EXAMPLE.read_text("utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        async with self.database.write() as tx:
            await import_programme(tx, parse_programme(text))

    async def hears(self, who: Address, text: str, *, provider_id: str | None = None, **more: Any) -> Receipt:
        """Take a text in, without doing anything that follows later."""
        return await self.app.inbox.receive(self.inbound(who, text, provider_id=provider_id, **more))

    def inbound(self, who: Address, text: str, *, provider_id: str | None = None, **more: Any) -> Inbound:
        """Return a text as a door would bring it."""
        channel, address = who
        return Inbound(
            channel=channel,
            provider_id=provider_id or f"in-{next(self._numbers)}",
            address=address,
            text=text,
            received_at=self.clock(),
            **more,
        )

    async def says(self, who: Address, text: str, **more: Any) -> Receipt:
        """Take a text in, and do all that is due."""
        receipt = await self.hears(who, text, **more)
        await self.app.settle()
        return receipt

    async def forward(self, **by: float) -> None:
        """Move the clock and do all that is due."""
        self.clock.forward(**by)
        await self.app.settle()

    def screen(self, who: Address) -> list[str]:
        """Return what arrived on somebody's phone."""
        channel, address = who
        return self.phones[channel].phone(address).texts

    async def messages(self, *where: Any) -> Sequence[Message]:
        """Return the messages that match, oldest first."""
        async with self.database.read() as tx:
            rows = await tx.session.scalars(select(Message).where(*where).order_by(Message.id))
            return rows.all()

    async def alerts(self) -> Sequence[Alert]:
        """Return every alert, oldest first."""
        async with self.database.read() as tx:
            return (await tx.session.scalars(select(Alert).order_by(Alert.id))).all()

    async def contact(self, who: Address) -> Contact:
        """Return the contact at an address."""
        channel, address = who
        async with self.database.read() as tx:
            hashed = tx.vault.hash(channel, address)
            found = await tx.session.scalar(
                select(Contact).where(Contact.channel == channel, Contact.address_hash == hashed)
            )
            assert found is not None
            return found


async def open_house(url: str, ring: KeyRing, clock: HandClock, **more: Any) -> House:
    """Build on a migrated database, import the example programme, and let it settle."""
    house = House(url=url, ring=ring, clock=clock, **more)
    await house.app.prepare()
    await house.bring_in()
    await house.app.settle()
    return house
