"""Tell staff: the messages of an alert, and the smaller things they should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from bot.actions.assessments import told_of
from bot.actions.people import first_name
from bot.actions.staffing import Roster
from bot.domain.calls import say_aloud, spell
from bot.domain.escalation import Chain, Person, Route, Turn
from bot.domain.messages import Button, ChannelName, Kind, Lane, MessageState
from bot.domain.papers import quote_around
from bot.domain.replies import say
from bot.outbox.enqueue import About, Draft, To, enqueue
from bot.store.alerts import Alert, AlertEvent, AlertState
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Contact, Participant, Programme, Staff

TOGETHER = timedelta(minutes=1)  # repeated notices to one person that fall this close go as one
NAMED = 6  # refs in one text
BUNDLED = "bundled"
TAKE, COVER, VIEW = "take", "cover", "view"  # verbs in buttons' data: "take:<alert id>"


def note(tx: Tx, alert: Alert, what: str, *, staff_id: str | None = None, detail: str | None = None) -> None:
    """Add a line to the alert's timeline."""
    tx.session.add(AlertEvent(alert_id=alert.id, what=what, staff_id=staff_id, detail=detail, at=tx.now))


async def tell_turn(tx: Tx, alert: Alert, turn: Turn, roster: Roster, programme: Programme) -> int:
    """Send the notices of one turn by each person's best route; return how many people are told."""
    for person in turn.skipped:
        note(tx, alert, "skipped", staff_id=person.staff_id, detail=f"step {turn.step + 1}")
    drafts = []
    for person in turn.people:
        routes = roster.usable(person)
        if not routes:
            continue
        draft = await _notice(tx, alert, programme, person, routes[0], at=(turn.round, turn.step))
        told = str(routes[0].channel)
        # A call names one alert only: it is never in another's.
        called = routes[0].channel is ChannelName.VOICE
        if turn.round and not called and await _named_just_now(tx, alert, person.staff_id):
            draft, told = replace(draft, state=MessageState.CANCELLED, reason=BUNDLED), BUNDLED
        drafts.append(draft)
        note(tx, alert, "told", staff_id=person.staff_id, detail=told)
    await enqueue(tx, drafts)
    return len(drafts)


async def notice_now(
    tx: Tx, alert: Alert, person: Person, roster: Roster, programme: Programme, *, step: int
) -> None:
    """Tell one more person of an alert that runs, as somebody of `step`; the chain keeps its time."""
    routes = roster.usable(person)
    if not routes:
        note(tx, alert, "unreachable", staff_id=person.staff_id)
        return
    await enqueue(tx, [await _notice(tx, alert, programme, person, routes[0], at=(alert.round, step))])
    note(tx, alert, "told", staff_id=person.staff_id, detail=str(routes[0].channel))


async def fail_over(
    tx: Tx, alert: Alert, chain: Chain, failed: Message, *, roster: Roster, programme: Programme
) -> bool:
    """Tell the same person by their next way at once; return False when there is none left.

    The wait for an acknowledgement is not reset: the chain goes on as it would.
    """
    round_, step = failed.alert_round or 0, failed.alert_step or 0
    person = find_person(chain, round_, step, failed.staff_id)
    if person is None or not roster.is_active(person.staff_id):
        return False
    # By the key, which holds the level: an alert that rose tells everybody anew.
    same = (
        await tx.session.execute(
            select(Message.id, Message.staff_id, Message.contact_id, Message.channel, Message.state).where(
                Message.dedupe_key.startswith(notice_key(alert, round_, step), autoescape=True),
                Message.staff_id == person.staff_id,
            )
        )
    ).all()
    if any(other.id != failed.id and _may_arrive(other, roster) for other in same):
        return True
    tried = {other.contact_id for other in same}
    left = [route for route in roster.usable(person) if route.contact_id not in tried]
    if not left:
        return False
    await enqueue(tx, [await _notice(tx, alert, programme, person, left[0], at=(round_, step))])
    note(tx, alert, "failed_over", staff_id=person.staff_id, detail=left[0].channel)
    return True


def find_person(chain: Chain, round_: int, step: int, staff_id: str | None) -> Person | None:
    """Return somebody of a step with every route they may be told by, supervisors of a new round included."""
    people = chain.steps[step].people if step < len(chain.steps) else ()
    if step == 0 and (round_ or not chain.steps):
        people += chain.supervisors
    routes = dict.fromkeys(r for p in people if p.staff_id == staff_id for r in p.routes)
    return Person(staff_id=str(staff_id), routes=tuple(routes)) if routes else None


def notice_key(alert: Alert, round_: int, step: int) -> str:
    """Return what the dedupe keys of one turn's notices begin with."""
    return f"notice:{alert.id}:{alert.level}:{round_}:{step}:"


def _may_arrive(notice: Any, roster: Roster) -> bool:
    """Tell whether a notice is there, or on its way by a sender that works."""
    if not roster.reads(notice.staff_id, notice.contact_id):
        return False
    if notice.state is MessageState.QUEUED:
        return roster.works(notice.channel)
    return notice.state in (MessageState.SENDING, MessageState.SENT, MessageState.DELIVERED)


async def tell_staff(
    tx: Tx,
    roster: Roster,
    people: Sequence[str],
    text: str,
    *,
    dedupe: str,
    urgent: bool = False,
    avoid: ChannelName | None = None,
) -> int:
    """Tell staff something that is no alert: on duty only, unless `urgent`; once per `dedupe`.

    `avoid` names the channel that is the trouble. Return how many of them can be told.
    """
    drafts = []
    for staff_id in people:
        person = Person(staff_id=staff_id, routes=roster.routes(staff_id))
        routes = [r for r in roster.usable(person) if r.channel not in {avoid, ChannelName.VOICE}]
        if not routes or not roster.is_active(staff_id):
            continue
        drafts.append(
            Draft(
                to=await staff_contact(tx, routes[0], staff_id),
                kind=Kind.STAFF,
                lane=Lane.REPLY,
                text=text,
                dedupe_key=f"{dedupe}:{staff_id}",
                not_before=None if urgent else roster.working_time(staff_id),
            )
        )
    await enqueue(tx, drafts)
    return len(drafts)


async def staff_contact(tx: Tx, route: Route, staff_id: str) -> To:
    """Return where a route leads, with its key loaded."""
    contact = await tx.session.get_one(Contact, route.contact_id)
    await tx.vault.load(tx.session, [contact.key_id])
    return To(contact_id=contact.id, key_id=contact.key_id, channel=contact.channel, staff_id=staff_id)


async def _notice(
    tx: Tx, alert: Alert, programme: Programme, person: Person, route: Route, *, at: tuple[int, int]
) -> Draft:
    round_, step = at
    language = str(programme.languages[0])
    called = route.channel is ChannelName.VOICE
    waiting = await _waiting(tx, alert, person.staff_id) if round_ and not called else []
    key = "notice_again" if round_ else f"notice_{alert.level}"
    if called:
        text = say_aloud(key, language, ref=spell(alert.ref))
    elif waiting:
        refs = ", ".join([alert.ref, *waiting][:NAMED])
        text = say("notice_these", language, refs=refs, ref=alert.ref)
    else:
        text = say(key, language, ref=alert.ref)
    to = await staff_contact(tx, route, person.staff_id)
    buttons: tuple[Button, ...] = ()
    if route.channel is ChannelName.TELEGRAM:
        buttons = (
            Button(label=say("take_button", language), data=f"{TAKE}:{alert.id}"),
            Button(label=say("cover_button", language), data=f"{COVER}:{alert.id}"),
            Button(label=say("view_button", language), data=f"{VIEW}:{alert.id}"),
        )
        said = await tx.session.get(Message, alert.message_id)  # none where silence opened it
        if programme.telegram_details and alert.participant_id is not None and said is not None:
            text, key_id = await _with_details(tx, alert, said, text, language)
            # Sealed under the participant's key: erasing them takes their words here with it.
            to = To(contact_id=to.contact_id, key_id=key_id, channel=to.channel, staff_id=to.staff_id)
    return Draft(
        to=to,
        kind=Kind.NOTICE,
        lane=Lane.ALERT,
        text=text,
        buttons=buttons,
        dedupe_key=notice_key(alert, round_, step) + route.contact_id,
        about=About(alert_id=alert.id, alert_round=round_, alert_step=step),
    )


async def _waiting(tx: Tx, alert: Alert, staff_id: str) -> list[str]:
    """Return the refs of the other alerts that somebody was told of and nobody has taken, oldest first."""
    told = select(Message.alert_id).where(Message.staff_id == staff_id, Message.kind == Kind.NOTICE)
    rows = await tx.session.scalars(
        select(Alert.ref)
        .where(Alert.state == AlertState.OPEN, Alert.id != alert.id, Alert.id.in_(told))
        .order_by(Alert.opened_at)
        .limit(NAMED)
    )
    return list(rows)


async def _named_just_now(tx: Tx, alert: Alert, staff_id: str) -> bool:
    """Tell whether a repeated notice of another alert has just named this one to somebody.

    Only what they know of already is bundled: the first notice of another person's alert never waits.
    """
    notice = (Message.staff_id == staff_id, Message.kind == Kind.NOTICE)
    first_told = select(func.min(Message.created_at)).where(*notice, Message.alert_id == alert.id)
    found = await tx.session.scalar(
        select(Message.id)
        .where(
            *notice,
            Message.alert_id != alert.id,
            Message.channel != ChannelName.VOICE,
            Message.alert_round > 0,
            Message.created_at > tx.now - TOGETHER,
            Message.created_at > first_told.scalar_subquery(),
            Message.state.not_in([MessageState.FAILED, MessageState.CANCELLED]),
        )
        .limit(1)
    )
    return found is not None


async def _with_details(tx: Tx, alert: Alert, said: Message, text: str, language: str) -> tuple[str, str]:
    participant = await tx.session.get_one(Participant, alert.participant_id)
    told = await told_of(tx, said.id)
    body = await tx.vault.reveal(tx.session, said.body or b"", "messages", "body", said.id)
    name = await first_name(tx, participant) or participant.ref
    await tx.vault.load(tx.session, [participant.key_id])
    detail = say("notice_detail", language, name=name, why=told.why, text=quote_around(told.words, body))
    return f"{text}\n{detail}", participant.key_id


async def name_of(tx: Tx, staff_id: str | None) -> str:
    """Return a staff member's first name."""
    staff = await tx.session.get(Staff, staff_id) if staff_id else None
    return await first_name(tx, staff) or "Somebody"
