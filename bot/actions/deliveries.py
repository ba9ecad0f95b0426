"""Deliveries: what may leave is decided when it leaves, and what became of it is written down."""

from __future__ import annotations

from base64 import b64decode
from collections import namedtuple
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import aliased

from bot.actions.checkins import close_undelivered, new_checkin, open_checkins
from bot.actions.courtesy import asked, lately_of, own_zone, remember
from bot.actions.leaving import (
    CANNOT_BE_TOLD,
    HUMAN_FIRST,
    ROUTINE,
    claimed_before,
    held,
    judge,
    prompt_of,
)
from bot.actions.people import pathway_in
from bot.actions.prompts import RenderError, answer_buttons, render_prompt
from bot.actions.versions import Version, load_versions, versions_in_force
from bot.channels.base import Outgoing
from bot.domain.courtesy import Lately
from bot.domain.errors import HandrailError
from bot.domain.messages import ASKING, Button, ChannelName, Kind, Lane, MessageState
from bot.domain.pathways import Pathway
from bot.outbox.claim import EVERY_LANE, Taken, claimable, due_rows, end, many, put_off, take
from bot.outbox.rates import available, next_token, sender, take_slots
from bot.outbox.rates import may_send as may_send_now
from bot.store.alerts import Alert
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Contact, DataKey, Participant, Programme, Staff
from bot.store.schedules import Enrolment
from bot.store.vault import key_of

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A message to be sent now (at `at`, paced), and what is needed to record what became of it."""

    outgoing: Outgoing
    at: datetime
    attempts: int
    lane: Lane
    kind: Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What was claimed of `looked` messages; `again_at` is when the sender's rate allows more."""

    ready: tuple[Ready, ...]
    looked: int
    again_at: datetime | None = None


async def claim_batch(
    tx: Tx,
    channel: ChannelName,
    *,
    limit: int,
    rate: float | None,
    owner: str,
    lanes: Collection[Lane] = EVERY_LANE,
) -> Batch:
    """Claim up to `limit` messages of a channel within its rate (a second), under a lease of `owner`.

    Consent, pause, quiet hours, open alerts and assignment are checked here, at the last moment.
    """
    row = await sender(tx, channel)
    closed = may_send_now(row, tx.now, rate)
    if closed is not None:
        return Batch(ready=(), looked=0, again_at=closed.again_at)
    most = available(row, tx.now, rate, limit)
    rows = await _details(tx, channel, most, lanes)
    if not rows:
        return Batch(ready=(), looked=0)
    versions = await _in_force(tx, rows)
    passed = await _check(tx, rows, versions)
    rendered, addresses = await _render(tx, passed, versions)
    slots = take_slots(row, tx.now, rate, len(rendered))
    await tx.session.flush()
    # What the rate does not allow yet simply stays queued: it was only looked at.
    going = rendered[: len(slots.times)]
    await take(tx, [Taken(message_id=r.id, body=sealed) for r, _, sealed in going], owner)
    await open_checkins(tx, _questions(tx, going, versions))
    await remember(tx, [row for row, _, _ in going if row.kind in ROUTINE and not claimed_before(row)])
    await _name_versions(tx, [row for row, _, fresh in going if fresh is not None], versions)
    ready = tuple(
        _ready(tx, row, (addresses[row.id], text), at, versions)
        for (row, text, _), at in zip(going, slots.times, strict=True)
    )
    again_at = slots.again_at
    if again_at is None and rate is not None and len(rows) == most < limit:
        again_at = next_token(row, tx.now, rate)  # there may be more messages than tokens
    return Batch(ready=ready, looked=len(rows), again_at=again_at)


# What is looked at before a message leaves: put together once, for it is long and asked many times a second.
_SPECIALIST, _OWN_ALERT = aliased(Staff), aliased(Alert)
_DETAILS = claimable(
    select(
        Message.id,
        Message.kind,
        Message.lane,
        Message.body,
        Message.picture,
        Message.buttons,
        Message.attempts,
        Message.expires_at,
        Message.reply_to,
        Message.reason,
        Message.staff_id,
        Message.participant_id,
        Message.version_id,
        Message.prompt_key,
        Contact.channel,
        Contact.address,
        Contact.id.label("contact_id"),
        Contact.key_id,
        DataKey.wrapped,
        Contact.consent,
        Contact.unreachable_at,
        Participant.status.label("person_status"),
        Participant.paused_until,
        Participant.talking_until,
        Participant.prompted_at,
        Participant.prompted_on,
        Participant.prompts_that_day,
        Participant.timezone.label("zone"),
        Participant.language,
        Participant.name,
        Participant.details,
        Participant.key_id.label("person_key"),
        Programme.quiet_hours,
        Programme.courtesy,
        Enrolment.overrides,
        Programme.timezone.label("programme_zone"),
        Programme.name.label("programme_name"),
        Staff.status.label("staff_status"),
        _SPECIALIST.id.label("specialist_id"),
        _SPECIALIST.name.label("specialist_name"),
        _OWN_ALERT.state.label("alert_state"),
        held(Message.participant_id, bindparam("talking_since")).label("held"),
        asked(Message.participant_id).label("asked_at"),
    )
    .join(Contact, Contact.id == Message.contact_id)
    .join(Programme, Programme.id == Contact.programme_id)
    .outerjoin(Participant, Participant.id == Message.participant_id)
    .outerjoin(Enrolment, Enrolment.id == Message.enrolment_id)
    .outerjoin(Staff, Staff.id == Message.staff_id)
    .outerjoin(_SPECIALIST, _SPECIALIST.id == Participant.specialist_id)
    .outerjoin(_OWN_ALERT, _OWN_ALERT.id == Message.alert_id)
    .join(DataKey, DataKey.id == Contact.key_id)
)
_Details = cast(Any, namedtuple("_Details", _DETAILS.selected_columns.keys()))


async def _details(tx: Tx, channel: ChannelName, limit: int, lanes: Collection[Lane]) -> list[Any]:
    given = {"talking_since": tx.now - HUMAN_FIRST}
    # Plain tuples with names: a row of the ORM takes ten times as long to ask.
    found = [_Details._make(row) for row in await due_rows(tx, _DETAILS, channel, limit, lanes, **given)]
    keys: set[str] = set()
    for row in found:
        with suppress(HandrailError):  # an erased or a damaged key is noticed where it is needed
            tx.vault.learn(row.key_id, row.wrapped)
        keys.update(key_of(sealed) for sealed in (row.body, row.specialist_name) if sealed)
        if row.person_key:
            keys.add(row.person_key)
    await _load_keys(tx, keys)
    return found


async def _load_keys(tx: Tx, keys: set[str]) -> None:
    """Load the keys that there are: one that is erased or damaged must not stop everybody's texts."""
    try:
        await tx.vault.load(tx.session, keys)
    except HandrailError:
        for key in keys:
            with suppress(HandrailError):
                await tx.vault.load(tx.session, [key])


async def _in_force(tx: Tx, rows: Sequence[Any]) -> dict[str, Version]:
    """Return what each version says now: the one in force instead of the one it was planned by."""
    planned = {row.version_id for row in rows if row.version_id is not None}
    if not planned:
        return {}
    now = await versions_in_force(tx, planned)
    versions = await load_versions(tx, set(now.values()))
    return {old: versions[new] for old, new in now.items() if new is not None}


async def _name_versions(tx: Tx, rows: Sequence[Any], versions: dict[str, Version]) -> None:
    """Write down by which version prompts were said, where that is not the one they were planned by."""
    others = {row.id: versions[row.version_id].id for row in rows if row.version_id in versions}
    changed = [row for row in rows if row.id in others and others[row.id] != row.version_id]
    if changed:
        await many(tx, _SAID_BY, [{"b_id": row.id, "b_version": others[row.id]} for row in changed])


_MESSAGES = table_of(Message)
_SAID_BY = (
    update(_MESSAGES).where(_MESSAGES.c.id == bindparam("b_id")).values(version_id=bindparam("b_version"))
)


async def _check(tx: Tx, rows: Sequence[Any], versions: dict[str, Version]) -> list[Any]:
    passed, later, ended = [], [], []
    told: dict[str, Lately] = {}  # who got something in this very batch
    for row in rows:
        verdict = judge(row, versions, told, tx.now)
        if verdict.later is not None:
            later.append((row.id, verdict.later, verdict.reason))
        elif verdict.ended is not None:
            ended.append((row.id, verdict.ended, verdict.reason))
        else:
            passed.append(row)
            if row.kind in ROUTINE:
                told[row.participant_id] = lately_of(row).sent(tx.now, own_zone(row))
    await put_off(tx, later)
    await end(tx, ended)
    # A prompt that was claimed before has its question open, as has a reply; it will not come any more.
    gone = {message_id for message_id, _, _ in ended}
    tried = [row.id for row in rows if row.id in gone and row.kind in ASKING and row.body is not None]
    if tried:
        await close_undelivered(tx, tried)
    if any(reason == CANNOT_BE_TOLD for _, _, reason in ended):
        tx.wake.add("escalations")  # somebody else must be told
    return passed


async def _render(
    tx: Tx, rows: Sequence[Any], versions: dict[str, Version]
) -> tuple[list[tuple[Any, str, bytes | None]], dict[str, str]]:
    """Return what is sent (the row, the text, and it sealed if it was rendered just now), and where to."""
    rendered: list[tuple[Any, str, bytes | None]] = []
    addresses: dict[str, str] = {}
    broken = []
    for row in rows:
        try:
            addresses[row.id] = tx.vault.open(row.address, "contacts", "address", row.contact_id)
            rendered.append((row, *_text(tx, row, versions)))
        except RenderError:
            broken.append((row.id, MessageState.FAILED, "wording"))
        except (HandrailError, KeyError) as error:
            log.error("unreadable", message=row.id, error=type(error).__name__)
            notice = row.kind is Kind.NOTICE
            broken.append((row.id, MessageState.FAILED, CANNOT_BE_TOLD if notice else "unreadable"))
    await end(tx, broken)
    return rendered, addresses


def _text(tx: Tx, row: Any, versions: dict[str, Version]) -> tuple[str, bytes | None]:
    """Return what is sent, and it sealed if it was rendered just now."""
    if row.body is not None:
        return tx.vault.open(row.body, "messages", "body", row.id), None
    text = render_prompt(prompt_of(row, versions), row.language, variables(tx, row), pathway_of(tx, row))
    return text, tx.vault.seal(row.person_key, text, "messages", "body", row.id)


def variables(tx: Tx, row: Any) -> dict[str, str]:
    """Fill a prompt's variables; the keys of the person and the specialist must be loaded."""
    values = {"programme_name": row.programme_name}
    if row.name is not None:
        values["first_name"] = _first(tx.vault.open(row.name, "participants", "name", row.participant_id))
    if row.specialist_name is not None:
        values["specialist_name"] = _first(
            tx.vault.open(row.specialist_name, "staff", "name", row.specialist_id)
        )
    return {name: value for name, value in values.items() if value}


def pathway_of(tx: Tx, row: Any) -> Pathway | None:
    """Return the pathway somebody prefers; their key must be loaded."""
    if row.details is None:
        return None
    return pathway_in(tx.vault.open(row.details, "participants", "details", row.participant_id))


def _first(name: str) -> str:
    return name.split(maxsplit=1)[0] if name.split() else ""


def _questions(
    tx: Tx, going: Sequence[tuple[Any, str, bytes | None]], versions: dict[str, Version]
) -> list[dict[str, Any]]:
    return [
        new_checkin(row.participant_id, row.id, prompt, asked[0], tx.now, version_id=row.version_id)
        for row, _, fresh in going
        if fresh is not None and (asked := (prompt := prompt_of(row, versions)).asked())
    ]


def _picture(tx: Tx, row: Any) -> bytes | None:
    if row.picture is None:
        return None
    return b64decode(tx.vault.open(row.picture, "messages", "picture", row.id))


def _ready(tx: Tx, row: Any, said: tuple[str, str], at: datetime, versions: dict[str, Version]) -> Ready:
    address, text = said
    buttons = tuple(Button(**b) for b in row.buttons or ())
    if row.kind is Kind.PROMPT and row.channel is ChannelName.TELEGRAM:
        asked = prompt_of(row, versions).asked()
        buttons = answer_buttons(asked[0].answer, row.id, row.language) if asked else ()
    return Ready(
        outgoing=Outgoing(
            message_id=row.id,
            address=address,
            text=text,
            claimed_at=tx.now,
            buttons=buttons,
            valid_for=row.expires_at - tx.now if row.expires_at is not None else None,
            reply_to=row.reply_to,
            picture=_picture(tx, row),
        ),
        at=at,
        attempts=row.attempts + 1,
        lane=Lane(row.lane),
        kind=row.kind,
    )
