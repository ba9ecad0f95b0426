"""What is said to us: kept once, whole, with triage's verdict."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, func, select, text, update
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
MESSAGES, ASSESSMENTS, CONTACTS = table_of(Message), table_of(AssessmentRow), table_of(Contact)
_PREFIX = bindparam("prefix", type_=String)
_SAID_SINCE = (
    select(MESSAGES.c.id)
    .where(
        MESSAGES.c.contact_id == bindparam("contact"),
        MESSAGES.c.direction == Direction.OUT,
        func.substr(MESSAGES.c.dedupe_key, 1, func.length(_PREFIX)) == _PREFIX,
        MESSAGES.c.created_at > bindparam("since"),
    )
    .limit(1)
)

_TIMES_SAID = select(func.count()).where(
    MESSAGES.c.contact_id == bindparam("contact"),
    MESSAGES.c.direction == Direction.OUT,
    func.substr(MESSAGES.c.dedupe_key, 1, func.length(_PREFIX)) == _PREFIX,
    MESSAGES.c.created_at > bindparam("since"),
)
_PARTS = (
    select(MESSAGES.c.id, MESSAGES.c.body)
    .where(
        MESSAGES.c.contact_id == bindparam("contact"),
        MESSAGES.c.direction == Direction.IN,
        MESSAGES.c.created_at > bindparam("since"),
        MESSAGES.c.id != bindparam("itself"),
    )
    .order_by(MESSAGES.c.id.desc())
    .limit(MOST_PARTS)
)


async def save_inbound(tx: Tx, who: Correspondent, inbound: Inbound) -> str | None:
    """Keep what arrived; return its message id, or None if this delivery was kept before."""
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
    # On the connection: every text passes here, and the session would take three times as long.
    connection = await tx.session.connection()
    statement = tx.insert(MESSAGES).on_conflict_do_nothing(
        # The word itself: with a parameter, PostgreSQL's generic plan no longer finds the index.
        index_elements=["channel", "provider_id"],
        index_where=text("direction = 'in'"),
    )
    if (await connection.execute(statement, row)).rowcount == 0:
        return None
    reached = {"last_in_at": tx.now, "unreachable_at": None}
    await connection.execute(update(CONTACTS).where(CONTACTS.c.id == who.contact.id), reached)
    for name, value in reached.items():
        set_committed_value(who.contact, name, value)  # it is written, and need not be again
    return message_id


async def recent_parts(tx: Tx, who: Correspondent, since: datetime | None, message_id: str) -> list[str]:
    """Return the texts of the last seconds before this one from the same contact, oldest first."""
    if since is None or tx.now - since > PARTS_WITHIN:
        return []
    given = {"contact": who.contact.id, "since": tx.now - PARTS_WITHIN, "itself": message_id}
    connection = await tx.session.connection()
    rows = (await connection.execute(_PARTS, given)).all()
    return [tx.vault.open(body, "messages", "body", row_id) for row_id, body in reversed(rows) if body]


async def save_assessment(tx: Tx, who: Correspondent, message_id: str, assessment: Assessment) -> None:
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
    connection = await tx.session.connection()
    await connection.execute(tx.insert(ASSESSMENTS), row)


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
    given = {"contact": who.contact.id, "prefix": dedupe_prefix, "since": tx.now - within}
    return await tx.session.scalar(_SAID_SINCE, given) is not None


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
