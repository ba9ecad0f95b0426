"""The main job, done by the program as its user starts it, in real time, beside two strict providers."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.store.vault import new_ring_key
from tests.fakes.telegram_server import TOKEN, TelegramServer, telegram_server
from tests.fakes.trouble import hung
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, TwilioServer, twilio_server
from tests.journeys.program import Program, Running, free_port, until
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, MARISOL, example, person

CRISIS = "I want to die"
SOON = timedelta(seconds=4)  # until a prompt is due: longer than an import takes


class Stage:
    """The program, its settings, and the two providers it talks to."""

    def __init__(self, directory: Path, telegram: TelegramServer, twilio: TwilioServer, port: int) -> None:
        """Set everything up; nothing runs yet."""
        self.directory, self.port = directory, port
        self.telegram, self.twilio = telegram, twilio
        self.program = Program(
            directory,
            {
                "HANDRAIL_KEYS": new_ring_key(),
                "HANDRAIL_PUBLIC_URL": f"http://127.0.0.1:{port}",
                "HANDRAIL_TELEGRAM_TOKEN": TOKEN,
                "HANDRAIL_TELEGRAM_API_URL": telegram.url,
                "HANDRAIL_TWILIO_ACCOUNT_SID": ACCOUNT,
                "HANDRAIL_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
                "HANDRAIL_TWILIO_API_URL": twilio.url,
                "HANDRAIL_SMS_FROM": NUMBER,
                "HANDRAIL_SMS_RATE": "50",
            },
        )
        self._running: list[Running] = []

    async def brings_in(self, file: dict[str, Any]) -> None:
        """Import a programme file."""
        path = self.directory / "programme.yaml"
        path.write_text(yaml.safe_dump(file, allow_unicode=True, sort_keys=False), "utf-8")
        await self.program.does("import", str(path))

    async def runs(self) -> Running:
        """Start the program."""
        running = await self.program.runs(self.port)
        self._running.append(running)
        return running

    def in_flight(self) -> int:
        """Return how many messages are being sent or in doubt, from the database itself."""
        with sqlite3.connect(f"file:{self.directory / 'handrail.db'}?mode=ro", uri=True) as database:
            states = (
                "SELECT count(*) FROM messages WHERE state IN ('sending', 'uncertain') AND reason IS NULL"
            )
            return int(database.execute(states).fetchone()[0])

    async def close(self) -> None:
        """Leave no process behind."""
        for running in self._running:
            await running.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Set the stage, and check at the end that no provider has anything to object to."""
    port = free_port()
    async with telegram_server() as telegram, twilio_server(public_url=f"http://127.0.0.1:{port}") as twilio:
        telegram.phone(DANA_CHAT, "Dana")
        stage = Stage(tmp_path, telegram, twilio, port)
        try:
            yield stage
        finally:
            await stage.close()
        assert telegram.violations == []
        assert twilio.violations == []


async def test_the_main_job(stage: Stage) -> None:
    """A text in, a prompt out, a crisis up the chain to an "I have it"; a power cut; a clean end."""
    file = _programme()
    await stage.brings_in(file)
    running = await stage.runs()
    alex, jo, dana = stage.twilio.phone(ALEX), stage.twilio.phone(JO), stage.telegram.phone(DANA_CHAT)

    assert await alex.says("hello") == 200
    await alex.gets("Thanks for writing. I'm automated; I've kept this for Dana.", within=5)

    await stage.brings_in(_with_prompt_soon(file, "p1"))
    await alex.gets("Hi Alex. How are you now, 0 to 10?", within=12)
    assert await alex.says("7") == 200
    await alex.gets("Thank you for checking in.", within=5)

    assert await alex.says(CRISIS) == 200
    await alex.gets("call or text 988", within=5)
    await dana.gets("Someone needs you now.", within=5)
    await jo.gets("Someone needs you now.", within=8)  # nobody answered for two seconds
    assert await jo.says("1") == 200
    await jo.gets("You have it.", within=5)
    await alex.gets("Jo from your team has your message now.", within=5)
    await dana.gets("Jo has it.", within=5)

    sam = stage.twilio.phone(MARISOL)
    stage.twilio.trouble.append(hung(stored=True))
    await stage.brings_in(_with_prompt_soon(file, "p2"))
    await sam.gets("Hola Marisol.", within=12)  # Twilio has it, and holds its answer back
    stage.twilio.trouble.extend([hung(stored=True), hung(stored=False)])
    assert await sam.says(CRISIS) == 200
    await until(lambda: not stage.twilio.trouble)
    await running.killed()
    told = len(jo.texts) + len(sam.texts)

    running = await stage.runs()
    await until(lambda: stage.in_flight() == 0, within=15)
    await until(lambda: len(jo.texts) + len(sam.texts) > told, within=10)  # the lost one came again
    await sam.gets("988", within=5)
    await until(lambda: sum("Someone needs you now." in text for text in jo.texts) >= 2)
    assert await jo.says("1") == 200
    await until(lambda: any("persona p2" in t or "person p2" in t for t in jo.texts))
    assert [text for text in sam.texts if "Hola Marisol." in text] == [
        "Hola Marisol. ¿Como te sientes, 0 a 10?"
    ]

    assert await running.told_to_end() == 0
    assert not [line for line in running.log if ALEX in line or "Alex" in line or CRISIS in line]


def _programme() -> dict[str, Any]:
    """Return the example at all hours: waits of two seconds, one prompt that hangs on sessions."""
    file = example()
    file["programme"] |= {"quiet_hours": "none", "timezone": "Etc/UTC"}
    for one in file["staff"]:
        one.pop("duty", None)
    file["escalation"] = {
        level: [
            {"notify": "assigned", "by": ["telegram", "sms"], "wait": "2s"},
            {"notify": ["backup", "jo"], "by": ["sms"], "wait": "20s"},
        ]
        for level in ("urgent", "crisis")
    } | {"repeat": "until_acknowledged"}
    for one in file["participants"]:
        one.pop("timezone", None)
        one.pop("sessions", None)
        one["contacts"] = [
            {
                "sms": ALEX if one["ref"] == "p1" else MARISOL,
                "consent": {"method": "written", "on": "2026-11-01", "wording": "v1"},
            }
        ]
    file["schedules"] = [_schedule("60s")]
    return file


def _schedule(by: str) -> dict[str, Any]:
    prompt = {
        "key": "soon",
        "at": {"before": "session", "by": by},
        "support": "emotional",
        "answer": {"scale": "0-10", "about": "mood"},
        "text": {
            "en": "Hi {first_name}. How are you now, 0 to 10?",
            "es": "Hola {first_name}. ¿Como te sientes, 0 a 10?",
        },
    }
    return {"name": "first-weeks", "title": "First weeks", "prompts": [prompt]}


def _with_prompt_soon(file: dict[str, Any], ref: str) -> dict[str, Any]:
    """Plan a session on a whole minute, and the prompt as many seconds before it as makes it due soon."""
    due = datetime.now(UTC) + SOON
    session = (due + timedelta(minutes=2)).replace(second=0, microsecond=0)
    changed = file | {"schedules": [_schedule(f"{round((session - due).total_seconds())}s")]}
    person(changed, ref)["sessions"] = [f"{session:%Y-%m-%d %H:%M}"]
    return changed
