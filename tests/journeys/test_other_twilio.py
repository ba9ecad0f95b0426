"""The same story against a Twilio that nobody here wrote: the npm package `emulate`, started by the test.

Our own fake shares our reading of Twilio's pages; this one has its own, signs its webhooks by itself, and
keeps its own messages. The test is skipped, saying why, where npm or the package can't be had.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import select

from bot.app import App
from bot.domain.messages import MessageState
from bot.store.database import Database
from bot.store.messages import Message
from handlers.polling import ALLOWED_UPDATES
from tests.conftest import HandClock
from tests.fakes.serving import running
from tests.fakes.telegram_server import telegram_server
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER
from tests.journeys.program import LOOK, free_port
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, only_mood
from tests.journeys.story import SECRET, Door, bring_in, build_app

PACKAGE = "emulate@0.11.2"  # pinned: `latest` is another package
INSTALL, START = 30.0, 20.0  # seconds


class Emulator:
    """The other Twilio, over HTTP."""

    def __init__(self, url: str) -> None:
        """Take its address."""
        self.url = url
        self._client = httpx.AsyncClient(base_url=url, auth=(ACCOUNT, AUTH_TOKEN), trust_env=False)

    async def says(self, sender: str, body: str) -> None:
        """Let somebody text us; returns when the webhook has been called."""
        form = {"From": sender, "To": NUMBER, "Body": body}
        answer = await self._client.post("/_twilio/simulate/inbound-message", data=form)
        assert answer.is_success

    async def got(self, number: str) -> list[dict[str, Any]]:
        """Return what we sent to a number, newest first."""
        answer = await self._client.get(
            f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", params={"To": number, "PageSize": 50}
        )
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return [message for message in messages if message["direction"].startswith("outbound")]

    async def delivers(self, message: dict[str, Any]) -> None:
        """Report a message delivered."""
        form = {"MessageSid": message["sid"], "Status": "delivered"}
        assert (await self._client.post("/_twilio/simulate/message-status", data=form)).is_success

    async def up(self) -> bool:
        """Tell whether it answers."""
        with contextlib.suppress(httpx.TransportError):
            return (await self._client.get(f"/2010-04-01/Accounts/{ACCOUNT}.json")).is_success
        return False

    async def close(self) -> None:
        """Close the client."""
        await self._client.aclose()


@pytest.fixture(scope="session")
def emulate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package once, into a directory of the test's own; return its program."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    place = tmp_path_factory.mktemp("emulate")
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(place), PACKAGE]
    try:
        done = subprocess.run(install, capture_output=True, timeout=INSTALL, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not fetch {PACKAGE} within {INSTALL:.0f} s")
    program = place / "node_modules" / ".bin" / "emulate"
    if done.returncode != 0 or not program.exists():
        pytest.skip(f"npm could not install {PACKAGE}")
    return program


@asynccontextmanager
async def emulating(program: Path, directory: Path, url: str) -> AsyncIterator[Emulator]:
    """Run the other Twilio, which posts what people text to `url`."""
    seed = {
        "twilio": {
            "account": {"sid": ACCOUNT, "auth_token": AUTH_TOKEN},
            "phone_numbers": [{"phone_number": NUMBER, "sms_url": f"{url}/webhooks/twilio/sms"}],
        }
    }
    (directory / "seed.yaml").write_text(yaml.safe_dump(seed), "utf-8")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        str(program),
        *("start", "--service", "twilio", "--port", str(port), "--seed", "seed.yaml"),
        cwd=directory,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    emulator = Emulator(f"http://127.0.0.1:{port}")
    try:
        async with asyncio.timeout(START):
            while not await emulator.up():  # noqa: ASYNC110 - another process; there is no event
                await asyncio.sleep(LOOK)
        yield emulator
    finally:
        await emulator.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it starts children of its own
        await process.wait()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_story_on_another_twilio(
    database: Database, clock: HandClock, emulate: Path, tmp_path: Path
) -> None:
    """A question and its answer, a crisis and its "1", a receipt: every webhook signed by somebody else."""
    await bring_in(database, only_mood())
    async with AsyncExitStack() as stack:
        door = Door()
        house = await stack.enter_async_context(running(door))
        telegram = await stack.enter_async_context(telegram_server())
        twilio = await stack.enter_async_context(emulating(emulate, tmp_path, house.url))
        app = build_app(database, clock, house.url, telegram_url=telegram.url, twilio_url=twilio.url)
        stack.push_async_callback(_close, app)
        door.app = app.web
        await app.prepare()
        assert app.telegram is not None
        await app.telegram.set_webhook(f"{house.url}/webhooks/telegram", SECRET, ALLOWED_UPDATES)
        dana = telegram.phone(DANA_CHAT, "Dana")

        clock.forward(minutes=30)
        await app.settle()
        (asked,) = await twilio.got(ALEX)
        assert asked["body"].startswith("Morning Alex.")
        await twilio.delivers(asked)
        async with database.read() as tx:
            (kept,) = (await tx.session.scalars(select(Message.state))).all()
        assert kept is MessageState.DELIVERED

        await _say(app, twilio, ALEX, "7")
        assert await _newest(twilio, ALEX) == "Glad to hear it. Thank you for checking in."
        await _say(app, twilio, ALEX, "I want to kill myself")
        assert "call or text 988" in await _newest(twilio, ALEX)
        assert "Someone needs you now." in await _newest(twilio, JO)
        assert "Someone needs you now." in dana.texts[-1]
        await _say(app, twilio, JO, "1")
        assert "You have it." in await _newest(twilio, JO)
        assert await _newest(twilio, ALEX) == "Jo from your team has your message now."
        assert "Jo has it." in dana.texts[-1]
        assert [len(await twilio.got(number)) for number in (ALEX, JO)] == [4, 2]
        assert telegram.violations == []


async def _say(app: App, twilio: Emulator, sender: str, text: str) -> None:
    await twilio.says(sender, text)
    await app.settle()


async def _newest(twilio: Emulator, number: str) -> str:
    return str((await twilio.got(number))[0]["body"])


async def _close(app: App) -> None:
    for channel in (app.telegram, app.sms):
        if channel is not None:
            await channel.close()
