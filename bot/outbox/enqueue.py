"""Put messages into the outbox, in the transaction of the event that caused them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import update

from bot.domain.messages import Button, ChannelName, Direction, Kind, Lane, MessageState
from bot.store.base import table_of
from bot.store.database import Tx, insert_on
from bot.store.ids import new_id
from bot.store.messages import Message

DELIVERY = "delivery"  # who is woken after the commit


@dataclass(frozen=True, kw_only=True, slots=True)
class To:
    """Who gets it: a contact with the key that its texts are sealed under (which must be loaded)."""

    contact_id: str
    key_id: str
    channel: ChannelName
    participant_id: str | None = None
    staff_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What it belongs to: an alert's step, or a prompt's occurrence."""

    alert_id: str | None = None
    alert_round: int | None = None
    alert_step: int | None = None
    enrolment_id: str | None = None
    version_id: str | None = None
    prompt_key: str | None = None
    local_time: datetime | None = None


NOTHING = About()


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """One message to be sent. `text` is None for a prompt, which is rendered when it is claimed.

    `dedupe_key` makes repetition harmless: a second draft with the same key is dropped.
    """

    to: To
    kind: Kind
    lane: Lane
    text: str | None
    dedupe_key: str | None = None
    buttons: tuple[Button, ...] = ()
    not_before: datetime | None = None
    expires_at: datetime | None = None
    reply_to: str | None = None
    about: About = NOTHING
    state: MessageState = MessageState.QUEUED
    reason: str | None = None
    picture: bytes | None = None  # a PNG, where the channel can show one
    id: str | None = None  # where something must know the row before it is written, such as a button


async def enqueue(tx: Tx, drafts: Sequence[Draft]) -> None:
    """Write the drafts; those whose dedupe key is taken are dropped. Wakes delivery after the commit."""
    if not drafts:
        return
    tx.later(_insert(sqlite=tx.sqlite), *(_row(tx, draft) for draft in drafts))
    for draft in drafts:
        tx.crowd.forget(draft.to.contact_id)
    tx.wake.add(DELIVERY)


async def cancel(tx: Tx, reason: str, *where: Any) -> None:
    """Cancel the queued messages that match; what is already being sent goes on."""
    await tx.session.execute(
        update(Message)
        .where(Message.state == MessageState.QUEUED, Message.direction == Direction.OUT, *where)
        .values(state=MessageState.CANCELLED, reason=reason, finished_at=tx.now)
        .execution_options(synchronize_session=False)
    )


@cache
def _insert(*, sqlite: bool) -> Any:
    return insert_on(table_of(Message), sqlite=sqlite).on_conflict_do_nothing(index_elements=["dedupe_key"])


def _row(tx: Tx, draft: Draft) -> dict[str, Any]:
    row_id, to, about = draft.id or new_id(), draft.to, draft.about
    sealed = None
    if draft.text is not None:
        sealed = tx.vault.seal(to.key_id, draft.text, "messages", "body", row_id)
    picture = None
    if draft.picture is not None:
        written = b64encode(draft.picture).decode()
        picture = tx.vault.seal(to.key_id, written, "messages", "picture", row_id)
    return {
        "id": row_id,
        "direction": Direction.OUT,
        "channel": to.channel,
        "contact_id": to.contact_id,
        "participant_id": to.participant_id,
        "staff_id": to.staff_id,
        "kind": draft.kind,
        "lane": int(draft.lane),
        "state": draft.state,
        "body": sealed,
        "picture": picture,
        "buttons": [asdict(button) for button in draft.buttons] or None,
        "dedupe_key": draft.dedupe_key,
        "reply_to": draft.reply_to,
        "not_before": draft.not_before or tx.now,
        "expires_at": draft.expires_at,
        "attempts": 0,
        "alert_id": about.alert_id,
        "alert_round": about.alert_round,
        "alert_step": about.alert_step,
        "enrolment_id": about.enrolment_id,
        "version_id": about.version_id,
        "prompt_key": about.prompt_key,
        "local_time": about.local_time,
        "reason": draft.reason,
        "created_at": tx.now,
    }
