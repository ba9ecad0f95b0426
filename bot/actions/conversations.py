"""What is said to us: kept once, whole, with triage's verdict."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import String, bindparam, exists, func, literal_column, null, select, update
from sqlalchemy.orm.attributes import set_committed_value

from bot.actions.people import Correspondent
from bot.domain.messages import Direction, Inbound, Kind, Lane, MessageState, storable
from bot.domain.triage.assess import Assessment
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import AssessmentRow, Message
from bot.store.people import Contact

PARTS_WITHIN = timedelta(seconds=20)  # carriers cut long texts; the parts arrive within seconds, in any order
MOST_PARTS = 6
LOOKED_BACK = 100  # messages with somebody among which we look for what was said lately
MESSAGES, ASSESSMENTS, CONTACTS = table_of(Message), table_of(AssessmentRow), table_of(Contact)

# Every text needs these, so they are put together once.
_KEEP, _ASSESS = MESSAGES.insert(), ASSESSMENTS.insert()
_REACHED = (
    update(CONTACTS)
    .where(CONTACTS.c.id == bindparam("contact"))
    .values(last_in_at=bindparam("at"), unreachable_at=null())
)
_KEPT = select(MESSAGES.c.channel, MESSAGES.c.provider_id).where(
    # The word itself: with a parameter, neither database would find the partial index.
    MESSAGES.c.direction == literal_column("'in'"),
    MESSAGES.c.channel.in_(bindparam("channels", expanding=True)),
    MESSAGES.c.provider_id.in_(bindparam("provider_ids", expanding=True)),
)
_PREFIX = bindparam("prefix", type_=String)
_LAST = (
    select(MESSAGES.c.dedupe_key, MESSAGES.c.created_at)
    .where(MESSAGES.c.contact_id == CONTACTS.c.id, MESSAGES.c.direction == Direction.OUT)
    .correlate(CONTACTS)
    .order_by(MESSAGES.c.id.desc())
    .limit(LOOKED_BACK)
    .subquery()
)
_TIMES_SAID = select(func.count()).where(
    MESSAGES.c.contact_id == bindparam("contact"),
    MESSAGES.c.direction == Direction.OUT,
    func.substr(MESSAGES.c.dedupe_key, 1, func.length(_PREFIX)) == _PREFIX,
    MESSAGES.c.created_at > bindparam("since"),
)
_SAID_SINCE = select(CONTACTS.c.id).where(
    CONTACTS.c.id.in_(bindparam("contacts", expanding=True)),
    exists().where(
        _LAST.c.created_at > bindparam("since"),
        func.substr(_LAST.c.dedupe_key, 1, func.length(_PREFIX)) == _PREFIX,
    ),
)
# Few at a time, so that nobody's long history is read whole.
_NEWEST = (
    select(MESSAGES.c.id, MESSAGES.c.body, MESSAGES.c.direction, MESSAGES.c.created_at)
    .where(MESSAGES.c.contact_id == bindparam("contact"))
    .order_by(MESSAGES.c.id.desc())
    .limit(3 * MOST_PARTS)
    .subquery()
)
_PARTS = (
    select(_NEWEST.c.id, _NEWEST.c.body)
    .where(_NEWEST.c.direction == Direction.IN, _NEWEST.c.created_at > bindparam("since"))
    .order_by(_NEWEST.c.id.desc())
    .limit(MOST_PARTS)
)


async def kept_before(tx: Tx, inbounds: Sequence[Inbound]) -> set[tuple[str, str]]:
    """Return (channel, provider id) of those that were kept already: providers deliver some of them twice."""
    given = {
        "channels": list({inbound.channel for inbound in inbounds}),
        "provider_ids": [inbound.provider_id for inbound in inbounds],
    }
    connection = await tx.session.connection()
    return {(channel, provider_id) for channel, provider_id in await connection.execute(_KEPT, given)}


def save_inbound(tx: Tx, who: Correspondent, inbound: Inbound) -> str:
    """Keep what arrived, which must not have been kept before; return its message id."""
    message_id = new_id()
    row = {
        "id": message_id,
        "direction": Direction.IN,
        "channel": inbound.channel,
        "contact_id": who.contact.id,
        "participant_id": who.contact.participant_id,
        "staff_id": who.contact.staff_id,
        "kind": Kind.TEXT,
        "lane": int(Lane.REPLY),
        "state": MessageState.RECEIVED,
        "body": tx.vault.seal(who.contact.key_id, storable(inbound.text), "messages", "body", message_id),
        "media": [str(m) for m in inbound.media] or None,
        "flag": "edited" if inbound.edited else None,
        "provider_id": inbound.provider_id,
        "reply_to": inbound.reply_to,
        "attempts": 0,
        "created_at": tx.now,
    }
    tx.later(_KEEP, row)
    tx.later(_REACHED, {"contact": who.contact.id, "at": tx.now})
    for name, value in (("last_in_at", tx.now), ("unreachable_at", None)):
        set_committed_value(who.contact, name, value)  # it will be written, and need not be again
    return message_id


async def recent_parts(tx: Tx, who: Correspondent) -> list[str]:
    """Return the texts of the last seconds from the same contact, oldest first."""
    before = who.contact.last_in_at
    if before is None or tx.now - before > PARTS_WITHIN:
        return []
    given = {"contact": who.contact.id, "since": tx.now - PARTS_WITHIN}
    connection = await tx.session.connection()
    rows = (await connection.execute(_PARTS, given)).all()
    return [tx.vault.open(body, "messages", "body", row_id) for row_id, body in reversed(rows) if body]


def save_assessment(tx: Tx, who: Correspondent, message_id: str, assessment: Assessment) -> None:
    """Keep the verdict with the rules that gave it; words are sealed like the text they came from."""
    detail = None
    if assessment.signals:
        told = {
            "why": assessment.why,
            "signals": [[s.concept, str(s.level), s.words] for s in assessment.signals],
        }
        detail = tx.vault.seal(who.contact.key_id, json.dumps(told), "assessments", "detail", message_id)
    row = {
        "message_id": message_id,
        "level": assessment.level,
        "detail": detail,
        "rules": assessment.rules,
        "flagged": assessment.flagged,
        "at": tx.now,
    }
    tx.later(_ASSESS, row)


async def flag(tx: Tx, message_id: str, why: str, **values: Any) -> None:
    """Flag a message for human eyes."""
    await tx.session.execute(
        update(Message)
        .where(Message.id == message_id)
        .values(flag=why, **values)
        .execution_options(synchronize_session=False)
    )


async def said_lately(tx: Tx, who: Correspondent, dedupe_prefix: str, within: timedelta) -> bool:
    """Tell whether a message with such a dedupe key was enqueued for this contact lately."""

    async def look(contacts: Collection[str]) -> dict[str, bool]:
        given = {"contacts": list(contacts), "prefix": dedupe_prefix, "since": tx.now - within}
        connection = await tx.session.connection()
        return dict.fromkeys((await connection.execute(_SAID_SINCE, given)).scalars(), True)

    question = ("said", dedupe_prefix, within)
    return await tx.crowd.ask(question, who.contact.id, tx.crowd.contacts, look) or False


async def times_said(tx: Tx, who: Correspondent, dedupe_prefix: str, within: timedelta) -> int:
    """Count the messages with such a dedupe key that were enqueued for this contact lately."""
    given = {"contact": who.contact.id, "prefix": dedupe_prefix, "since": tx.now - within}
    return int(await tx.session.scalar(_TIMES_SAID, given) or 0)


async def message_answered(tx: Tx, who: Correspondent, provider_id: str | None) -> Message | None:
    """Return our message that this one was written as a reply to."""
    if provider_id is None:
        return None
    found: Message | None = await tx.session.scalar(
        select(Message).where(
            Message.channel == who.contact.channel,
            Message.contact_id == who.contact.id,
            Message.provider_id == provider_id,
            Message.direction == Direction.OUT,
        )
    )
    return found
