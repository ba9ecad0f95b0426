"""People by the hundred on one schedule, and what the outbox holds of theirs: for tests of publishing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import insert, select, update

from bot.actions.programmes import import_programme
from bot.domain.consent import ConsentState
from bot.domain.messages import ChannelName, MessageState
from bot.domain.programme_reading import parse_programme
from bot.domain.prompts import Prompt
from bot.store.base import table_of
from bot.store.database import Database
from bot.store.ids import new_id
from bot.store.messages import Message
from bot.store.people import Contact, Participant, PersonStatus
from bot.store.schedules import Enrolment, Schedule
from tests.unit.cli import EXAMPLE

ZONES = ["America/New_York", "America/Los_Angeles", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe"]
NAME = "first-weeks"
HEAD = EXAMPLE.read_text("utf-8").partition("schedules:\n  - name:")[0]


class Row(NamedTuple):
    """One occurrence as the outbox has it; `turn` is its own key there."""

    turn: str
    enrolment: str
    prompt: str
    local: datetime
    at: datetime
    state: MessageState
    reason: str | None


def prompts(*lines: str) -> tuple[Prompt, ...]:
    """Return prompts written as `key: rule`, each with a text of its own in two languages."""
    body = "".join(
        f"      - {{key: {key}, at: {rule.strip()}, support: emotional, "
        f"text: {{en: 'Hello from {key}.', es: 'Hola de {key}.'}}}}\n"
        for key, _, rule in (line.partition(":") for line in lines)
    )
    text = f"{HEAD}schedules:\n  - name: {NAME}\n    prompts:\n{body}"
    return parse_programme(text).schedules[0].prompts


async def fill(database: Database, first: Sequence[Prompt], people: int, *, seed: int = 7) -> None:
    """Bring the example programme in, its schedule saying `first`, and put more people on it."""
    drawn = random.Random(seed)  # the same people each time
    programme = parse_programme(EXAMPLE.read_text("utf-8"))
    schedules = (replace(programme.schedules[0], prompts=tuple(first)),)
    async with database.write() as tx:
        await import_programme(tx, replace(programme, schedules=schedules, participants=()))
        schedule = await tx.session.scalar(select(Schedule))
        assert schedule is not None
        key = await tx.vault.new_key(tx.session, "participant")
        persons, contacts, places = [], [], []
        for n in range(people):
            person = new_id()
            persons.append({
                "id": person, "programme_id": schedule.programme_id, "ref": f"x{n:04}", "key_id": key,
                "language": "en", "timezone": drawn.choice(ZONES), "status": PersonStatus.ACTIVE,
                "position": n, "created_at": tx.now,
            })  # fmt: skip
            contact = new_id()
            contacts.append({
                "id": contact, "programme_id": schedule.programme_id, "participant_id": person, "key_id": key,
                "channel": ChannelName.TELEGRAM, "address_hash": f"hash-{n}", "position": 0,
                "address": tx.vault.seal(key, str(n), "contacts", "address", contact),
                "consent": ConsentState.ACTIVE, "created_at": tx.now,
            })  # fmt: skip
            places.append({
                "id": new_id(), "participant_id": person, "schedule_id": schedule.id,
                "start": tx.now.date() - timedelta(days=drawn.randrange(40)), "planned_until": tx.now,
                "next_due_at": tx.now + timedelta(microseconds=1), "created_at": tx.now,
            })  # fmt: skip
        connection = await tx.session.connection()
        for table, rows in ((Participant, persons), (Contact, contacts), (Enrolment, places)):
            await connection.execute(insert(table_of(table)), rows)


async def outbox(database: Database) -> dict[str, Row]:
    """Return every occurrence there is, by its own key."""
    columns = (
        Message.dedupe_key, Message.enrolment_id, Message.prompt_key, Message.local_time, Message.not_before,
        Message.state, Message.reason,
    )  # fmt: skip
    async with database.read() as tx:
        rows = await tx.session.execute(select(*columns).where(Message.prompt_key.is_not(None)))
        return {str(row[0]): Row._make(row) for row in rows}


async def send_what_waits(database: Database, *, but: int = 0) -> None:
    """Let everything queued be sent, but `but` of it."""
    async with database.write() as tx:
        queued = await tx.session.scalars(
            select(Message.id).where(Message.state == MessageState.QUEUED).order_by(Message.id)
        )
        kept = queued.all()[:but]
        await tx.session.execute(
            update(Message)
            .where(Message.state == MessageState.QUEUED, Message.id.not_in(kept))
            .values(state=MessageState.SENT, attempts=1)
        )
