"""Whoever takes the disk away reads nobody's words."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from bot.actions.results import record_status
from bot.domain.messages import Direction, MessageState, StatusEvent
from bot.store.messages import Message
from bot.store.vault import KeyRing
from tests.conftest import HandClock
from tests.faults.house import ALEX, DANA, MARISOL, STRANGER, House, open_house

SECRETS = [
    "zebrafish",  # said
    "kill myself",  # what triage found
    "Marisol",
    "Dana Reyes",
    "Lee Brandt",
    "lee@example.org",
    "+13125550201",
    "3125550201",
    "+12025550177",
    "700001",
    "800002",
    "quagmire",  # an answer's remark
    "wombat",  # in a provider's own words
    "Morning Alex",
]

ROW_ID = re.compile(rb"[0-9a-f]{12}7[0-9a-f]{19}")


def _spellings(secret: str) -> list[bytes]:
    plain = secret.encode()
    # A secret inside base64 reads differently at each of three offsets; the ends belong to neighbours.
    cut = [base64.b64encode(b"x" * n + plain)[(0, 2, 3)[n] : -4] for n in range(3)]
    return [
        plain,
        plain.hex().encode(),
        plain.hex().upper().encode(),
        plain.decode().encode("utf-16-le"),
        *cut,
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_readable_is_on_the_disk(
    database_url: str, ring: KeyRing, clock: HandClock, tmp_path: Path
) -> None:
    """After a whole day, no text, name, number, chat, answer or trigger word is in the files."""
    house = await open_house(database_url, ring, clock)
    await house.bring_in(("telegram_details: false", "telegram_details: true"))
    await house.forward(minutes=31)
    await house.says(ALEX, "7, quagmire of a night")
    await house.says(ALEX, "the zebrafish swims")
    await house.says(ALEX, "PLAN WHY: the zebrafish")
    await house.says(ALEX, "zebrafish: I want to kill myself")
    assert any("zebrafish" in text for text in house.screen(DANA))
    await house.says(MARISOL, "el zebrafish nada")
    await house.says(STRANGER, "zebrafish")
    await house.says(DANA, f"FALSE {(await house.alerts())[0].ref} zebrafish is her cat")
    await house.says(DANA, "1")
    await _receipt(house)
    await house.forward(hours=6)
    names = [tmp_path / f"handrail.db{end}" for end in ("", "-wal", "-shm")]
    disk = b"".join(name.read_bytes() for name in names if name.exists())
    await house.database.close()
    disk += names[0].read_bytes()
    assert b"Riverside Recovery" in disk  # the looking itself works
    disk = ROW_ID.sub(b"|", disk)  # one in 256 of them holds a chat id's digits, 700001
    found = [n for n, one in enumerate(SECRETS) if any(len(s) > 5 and s in disk for s in _spellings(one))]
    assert found == []


async def _receipt(house: House) -> None:
    message = (await house.messages(Message.direction == Direction.OUT))[0]
    async with house.database.write() as tx:
        await record_status(
            tx,
            StatusEvent(
                channel=message.channel,
                provider_id="SM1",
                status="failed",
                state=MessageState.FAILED,
                at=tx.now,
                message_id=message.id,
                error_code="30003",
                raw={"To": ALEX[1], "Body": "wombat"},
            ),
        )
