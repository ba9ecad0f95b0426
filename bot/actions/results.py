"""What became of sends, and what follows from it: contacts marked, senders rested, notices failed over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from bot.actions.checkins import close_undelivered
from bot.actions.consents import opt_out, tell_specialist, warn_of_cover
from bot.actions.escalations import notice_failed
from bot.actions.leaving import CANNOT_BE_TOLD
from bot.actions.notices import tell_staff
from bot.actions.staffing import load_roster
from bot.channels.base import Found, LookUp, SendError
from bot.domain.messages import (
    ASKING,
    ChannelName,
    Direction,
    Kind,
    Lane,
    MessageState,
    StatusEvent,
    moves_forward,
)
from bot.domain.replies import say
from bot.outbox.rates import sender
from bot.outbox.record import Outcome, backoff, record
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.messages import CLAIMED, Message, ProviderEvent
from bot.store.people import Contact, Programme

LOOK_UPS = 50
SENT_AGAIN = "sent_again"  # a flag: nobody could tell whether it left, and it went once more


async def record_results(tx: Tx, channel: ChannelName, outcomes: Sequence[Outcome]) -> None:
    """Write down a batch of attempts of one channel, and act on what failed."""
    if not outcomes:
        return
    await record(tx, outcomes)
    row = await sender(tx, channel)
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    broken = [error for error in errors if blames_sender(error)]
    if broken:
        await _rest(tx, channel, broken)
    elif row.failures or row.resting_until is not None:
        row.failures = 0
        # What was under way when the provider asked for a rest does not end the rest.
        if row.resting_until is not None and row.resting_until <= tx.now:
            row.resting_until = None
    for outcome in outcomes:
        if outcome.error is not None:
            await _act_on(tx, outcome.message_id, outcome.error)
    if errors:
        tx.wake.add("delivery")  # what follows from them may leave at once


async def record_status(tx: Tx, event: StatusEvent) -> None:
    """Keep what a provider said, and move the message forward; never backwards."""
    message = await message_of(tx, event)
    raw = None
    event_id = new_id()
    if message is not None:
        contact = await tx.session.get_one(Contact, message.contact_id)
        await tx.vault.load(tx.session, [contact.key_id])
        raw = tx.vault.seal(
            contact.key_id, repr(sorted(event.raw.items())), "provider_events", "raw", event_id
        )
    await tx.session.execute(
        tx.insert(ProviderEvent)
        .values(
            id=event_id,
            message_id=message.id if message is not None else None,
            channel=event.channel,
            provider_id=event.provider_id,
            status=event.status,
            error_code=event.error_code,
            raw=raw,
            at=event.at,
        )
        .on_conflict_do_nothing()
    )
    if message is None or event.state is None or not moves_forward(message.state, event.state):
        return
    message.state = event.state
    message.provider_id = message.provider_id or event.provider_id
    if event.state in (MessageState.DELIVERED, MessageState.FAILED):
        message.finished_at = tx.now
    if event.state is MessageState.SENT:
        message.sent_at = message.sent_at or tx.now
    await tx.session.flush()
    if event.state is MessageState.FAILED:
        message.reason = (event.error_code or event.status)[:40]
        error = SendError(
            code=event.error_code or event.status,
            permanent=True,
            opted_out=event.opted_out,
            unreachable=event.unreachable,
        )
        await _act_on(tx, message.id, error)
    tx.wake.add("delivery")


async def record_look_up(tx: Tx, message_id: str, answer: LookUp) -> None:
    """Settle an uncertain send: found means sent; otherwise alerts go again and routine texts do not."""
    message = await tx.session.get_one(Message, message_id, with_for_update=True)
    if message.state is not MessageState.UNCERTAIN:
        return
    message.lease_until = None
    if answer.sent is not None and await _is_anothers(tx, message, answer.sent.provider_id):
        answer = LookUp(found=Found.UNKNOWN)
    if answer.found is Found.THERE and answer.sent is not None:
        message.state = MessageState.SENT
        message.provider_id = answer.sent.provider_id
        message.sent_at = tx.now
    elif message.lane == Lane.ALERT and (answer.found is Found.ABSENT or message.flag != SENT_AGAIN):
        # One extra text beats none: the reference in it is the same. Where the provider can never tell,
        # one is enough: the chain goes on, and an alert is not to ring every two seconds.
        message.state = MessageState.QUEUED
        message.not_before = tx.now
        message.flag = SENT_AGAIN
        tx.wake.add("delivery")
    else:
        message.reason = f"look_up_{answer.found}"
        if message.kind in ASKING and answer.found is Found.ABSENT:
            await close_undelivered(tx, [message.id])
    await tx.session.flush()


async def _is_anothers(tx: Tx, message: Message, provider_id: str) -> bool:
    """Tell whether what was found is known as another message: calls to one number look the same."""
    found = await tx.session.scalar(
        select(Message.id).where(
            Message.channel == message.channel,
            Message.provider_id == provider_id,
            Message.direction == Direction.OUT,
            Message.id != message.id,
        )
    )
    return found is not None


async def uncertain(tx: Tx, channel: ChannelName) -> list[Message]:
    """Return the uncertain sends of a channel whose look-up is due, and put the next look-up off."""
    found = (
        await tx.session.scalars(
            select(Message)
            .where(
                CLAIMED,
                Message.state == MessageState.UNCERTAIN,
                Message.channel == channel,
                Message.lease_until <= tx.now,
            )
            .order_by(Message.lane, Message.lease_until)
            .limit(LOOK_UPS)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for message in found:
        message.lease_until = tx.now + timedelta(seconds=30)
    await tx.session.flush()
    return list(found)


async def fail_over_stuck(tx: Tx) -> int:
    """Send notices whose receiver left meanwhile to somebody else at once; return how many there were."""
    stuck = (
        await tx.session.scalars(
            select(Message)
            .where(
                Message.alert_id.is_not(None),  # by its index: there are few of these among all messages
                Message.kind == Kind.NOTICE,
                Message.direction == Direction.OUT,
                Message.state == MessageState.FAILED,
                Message.reason == CANNOT_BE_TOLD,
            )
            .limit(LOOK_UPS)
        )
    ).all()
    for message in stuck:
        message.reason = "failed_over"
        await notice_failed(tx, message, gone=True)
    await tx.session.flush()
    return len(stuck)


def blames_sender(error: SendError) -> bool:
    """Tell whether the error is about the sender or the way to the provider: nothing else gets through."""
    return (
        error.channel_off
        or error.retry_after is not None
        or not (
            error.permanent or error.opted_out or error.unreachable or error.uncertain or error.migrated_to
        )
    )


async def _rest(tx: Tx, channel: ChannelName, errors: Sequence[SendError]) -> None:
    row = await sender(tx, channel)
    off = next((e for e in errors if e.channel_off), None)
    if off is not None:
        if row.off_at is None:
            row.off_at, row.cause = tx.now, off.code[:40]
            await tx.session.flush()
            await _go_round(tx, channel)
            await _alarm(tx, channel, off.code)
        return
    row.failures += 1
    asked = max((e.retry_after for e in errors if e.retry_after is not None), default=timedelta(0))
    wait = asked or max(timedelta(seconds=1), backoff(row.failures, Lane.ALERT, 0.5))
    row.resting_until = max(row.resting_until or tx.now, tx.now + wait)
    if asked:
        row.failures = 0  # "too fast" is an answer: the sender works
    await tx.session.flush()
    await _go_round(tx, channel)


async def _go_round(tx: Tx, channel: ChannelName) -> None:
    """Send the notices that wait for a resting or refused sender by another way meanwhile."""
    waiting = await tx.session.scalars(
        select(Message)
        .where(Message.kind == Kind.NOTICE, Message.state == MessageState.QUEUED, Message.channel == channel)
        .order_by(Message.id.desc())
        .limit(LOOK_UPS)
    )
    for message in waiting.all():
        await notice_failed(tx, message, gone=False)


async def _alarm(tx: Tx, channel: ChannelName, code: str) -> None:
    for programme in await tx.session.scalars(select(Programme)):
        roster = await load_roster(tx, programme)
        people = roster.with_role("operator") or roster.with_role("supervisor")
        text = say("sender_off", str(programme.languages[0]), channel=channel, cause=code)
        key = f"off:{channel}:{tx.now.isoformat()}"
        await tell_staff(tx, roster, people, text, dedupe=key, urgent=True, avoid=channel)


async def _act_on(tx: Tx, message_id: str, error: SendError) -> None:
    message = await tx.session.get_one(Message, message_id, populate_existing=True)
    if error.migrated_to is not None:
        await _move(tx, message, error.migrated_to)
        return
    ended = error.permanent or error.opted_out or error.unreachable
    if ended:
        await _mark_contact(tx, message, error)
        if message.kind in ASKING:
            await close_undelivered(tx, [message.id])
    if message.kind is Kind.NOTICE:
        await notice_failed(tx, message, gone=ended)


async def _mark_contact(tx: Tx, message: Message, error: SendError) -> None:
    contact = await tx.session.get_one(Contact, message.contact_id)
    if error.opted_out:
        contact.cause = error.code[:40]
        await opt_out(tx, contact, method="provider", message_id=message.id)
    elif error.unreachable and contact.unreachable_at is None:
        contact.unreachable_at, contact.cause = tx.now, error.code[:40]
        if contact.staff_id is not None:
            await warn_of_cover(tx, contact)
        elif contact.participant_id is not None:
            await tell_specialist(
                tx,
                contact.participant_id,
                "unreachable",
                dedupe=f"unreachable:{contact.id}:{tx.now.date()}",
                channel=contact.channel,
            )


async def _move(tx: Tx, message: Message, address: str) -> None:
    contact = await tx.session.get_one(Contact, message.contact_id)
    hashed = tx.vault.hash(contact.channel, address)
    taken = await tx.session.scalar(
        select(Contact.id).where(Contact.channel == contact.channel, Contact.address_hash == hashed)
    )
    if taken is not None:
        # Somebody wrote from the new place first; whose it is, is for people to sort out.
        message.state, message.finished_at = MessageState.FAILED, tx.now
        await tx.session.flush()
        await _act_on(tx, message.id, SendError(code="moved", permanent=True, unreachable=True))
        return
    await tx.vault.load(tx.session, [contact.key_id])
    contact.address = tx.vault.seal(contact.key_id, address, "contacts", "address", contact.id)
    contact.address_hash = hashed
    message.state, message.not_before = MessageState.QUEUED, tx.now
    await tx.session.flush()


async def message_of(tx: Tx, event: StatusEvent) -> Message | None:
    """Return the message an event is about, locked: by our own id, else by the provider's."""
    if event.message_id is not None:
        found = await tx.session.get(Message, event.message_id, with_for_update=True)
        if found is not None and found.direction is Direction.OUT and found.channel == event.channel:
            return found
    match: Message | None = await tx.session.scalar(
        select(Message)
        .where(
            Message.channel == event.channel,
            Message.provider_id == event.provider_id,
            Message.direction == Direction.OUT,
        )
        .with_for_update()
    )
    return match
