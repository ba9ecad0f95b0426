"""A person's own settings: fewer texts or all of them, days left out, another time of day, milestones, zone.

Each is written on the enrolment and read by whoever plans or previews. What fell due before a change stays as
it was; what follows is found anew, and nothing is said twice or falls away in between.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.actions.anchors import celebrated, known_zone, stored_overrides
from bot.actions.enrolments import Enrolled, enrolled
from bot.actions.planning import LEAST, look_again, plan_as_it_was
from bot.domain import programme as files
from bot.domain.messages import Kind
from bot.domain.overrides import FEWEST, FURTHEST, Chapter, Overrides, Usual
from bot.domain.recurrence import Milestone
from bot.domain.zones import to_instant, to_local
from bot.outbox.claim import many
from bot.outbox.enqueue import cancel
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Participant
from bot.store.schedules import Enrolment

ONE_DAY = timedelta(days=1)


async def send_fewer(tx: Tx, participant: Participant) -> bool:
    """Keep every second of what is kept now; return False when that is the least there is."""
    level = await _level(tx, participant)
    await _change(tx, participant, lambda own: replace(own.overrides, less=min(level + 1, FEWEST)))
    return level < FEWEST


async def send_more(tx: Tx, participant: Participant) -> bool:
    """Undo the last LESS; return False when everything is sent already."""
    level = await _level(tx, participant)
    await _change(tx, participant, lambda own: replace(own.overrides, less=max(level - 1, 0)))
    return level > 0


async def fewer(tx: Tx, participant: Participant) -> int:
    """Return how often somebody has said LESS without taking it back."""
    return await _level(tx, participant)


async def skip_day(tx: Tx, participant: Participant, day: date) -> None:
    """Leave out a local date's prompts, but for what may not be skipped."""
    await _change(tx, participant, lambda own: own.overrides.without(day))
    for own in await enrolled(tx, participant):
        if day <= to_local(tx.now, own.anchors.zone).date():
            kept = [key for key, manner in own.version.timetable.manners.items() if not manner.skippable]
            await _cancel(tx, "skipped", own, Message.prompt_key.not_in(kept))


async def choose_time(tx: Tx, participant: Participant, at: time | None) -> None:
    """Send prompts that keep a time of day at `at` from now on; None: when their rules say."""

    def change(own: Enrolled) -> Overrides:
        return from_now_on(own, time=at, shift=latest_chapter(own.overrides).shift)

    await _change(tx, participant, change)


def from_now_on(own: Enrolled, *, time: time | None, shift: timedelta) -> Overrides:
    """Return an enrolment's settings with another time of day and shift, for what is not yet decided.

    They begin with the first local date of which nothing was decided under the old settings and nothing is
    past under the new: no occurrence is said at both times, or at neither. Where one prompt's occurrences of
    two days meet on a minute by this, they are said as one: the earlier day's, and the other stays unsaid.
    """
    zone = own.anchors.zone
    today = to_local(own.decided, zone).date()

    def free(overrides: Overrides) -> date:
        anchors = replace(own.anchors, overrides=overrides)
        past = own.version.timetable.between(anchors, own.decided - 2 * FURTHEST, own.decided)
        manners = own.version.timetable.manners
        return max((due.local.date() + ONE_DAY for due in past if manners[due.key].movable), default=date.min)

    # The new settings are asked by themselves: beside the old ones, an occurrence would not show that they
    # put on a minute at which another was said, or on a day left out; it would be lost.
    new = Chapter(since=date.min, time=time, shift=shift)
    since = max(today - FURTHEST - ONE_DAY, free(own.overrides), free(Overrides(chapters=(new,))))
    return own.overrides.since(replace(new, since=since), today)


async def take_settings(tx: Tx, participant: Participant, enrolment_id: str, listed: files.Enrolment) -> bool:
    """Give an enrolment the settings that a programme file says; return whether that changed anything."""
    if (listed.time, listed.shift, listed.skip, listed.less) == (None, None, None, None):
        return False
    return await _change(tx, participant, lambda own: _listed(own, listed), only=enrolment_id)


def _listed(own: Enrolled, listed: files.Enrolment) -> Overrides:
    latest, overrides = latest_chapter(own.overrides), own.overrides
    shift = latest.shift if listed.shift is None else listed.shift
    at = latest.time if listed.time is None else None if isinstance(listed.time, Usual) else listed.time
    if (at, shift) != (latest.time, latest.shift):
        overrides = from_now_on(own, time=at, shift=shift)
    if listed.skip is not None:
        overrides = replace(overrides, skip=frozenset(listed.skip))
    return overrides if listed.less is None else replace(overrides, less=listed.less)


async def celebrate_milestones(tx: Tx, participant: Participant) -> bool:
    """Send milestones, also after they were held; return False when no recovery date is known."""
    details = await open_details(tx, participant)
    details["milestones"] = True
    details.pop("held_since", None)
    await _keep_details(tx, participant, details)
    return "recovery_date" in details


async def end_milestones(tx: Tx, participant: Participant) -> None:
    """Send no milestones, nor those that wait."""
    details = await open_details(tx, participant)
    details["milestones"] = False
    await _keep_details(tx, participant, details)
    await _drop_milestones(tx, participant, "unwanted")


async def hold_milestones(tx: Tx, participant: Participant) -> bool:
    """Hold milestones after a slip, until the person wants them again; return whether there were any."""
    details = await open_details(tx, participant)
    if not celebrated(details):
        return False
    details["held_since"] = tx.now.isoformat(timespec="seconds")
    await _keep_details(tx, participant, details)
    await _drop_milestones(tx, participant, "held")
    return True


def counts_days(details: Mapping[str, Any]) -> bool:
    """Tell whether somebody asked for milestones and has a date to count from, on hold or not."""
    return bool(details.get("milestones")) and "recovery_date" in details


async def start_anew(tx: Tx, participant: Participant, today: date) -> int:
    """Count somebody's days from `today`, local; return how many stand from before.

    What the programme file says stays on record, so that importing it again does not undo this.
    """
    details = await open_details(tx, participant)
    since = date.fromisoformat(details["recovery_date"])
    details["filed_date"] = details.get("filed_date", details["recovery_date"])
    details["days_before"] = details.get("days_before", 0) + max(0, (today - since).days)
    details["recovery_date"] = today.isoformat()
    details.pop("held_since", None)
    await _keep_details(tx, participant, details)
    return int(details["days_before"])


async def open_details(tx: Tx, participant: Participant) -> dict[str, Any]:
    """Return what is known of somebody besides their name."""
    if participant.details is None:
        return {}
    text = await tx.vault.reveal(tx.session, participant.details, "participants", "details", participant.id)
    details: dict[str, Any] = json.loads(text)
    return details


async def move_to_zone(tx: Tx, participant: Participant, zone: str | None, programme_zone: str) -> None:
    """Give somebody another zone (None: the programme's). No local day is doubled, and none skipped.

    What was decided by the old wall clock stays decided by the new one: further west nothing comes before
    the clocks show a later time than they have shown; further east, what the clocks jumped over is sent
    now, unless it would be too late for it.
    """
    old, new = known_zone(participant.timezone, programme_zone), known_zone(zone, programme_zone)
    await move_enrolments(tx, [participant.id], old, new)
    participant.timezone = zone
    await tx.session.flush()


async def move_enrolments(tx: Tx, people: list[str], old: str, new: str) -> None:
    """Carry over what is decided for people whose clocks change from zone `old` to `new`."""
    rows = await tx.session.execute(select(Enrolment.id).where(Enrolment.participant_id.in_(people)))
    ids = [row.id for row in rows]
    if not ids or old == new:
        return
    await plan_as_it_was(tx, ids)
    found = await tx.session.execute(
        select(Enrolment.id, Enrolment.planned_until).where(Enrolment.id.in_(ids))
    )
    moved = [
        {
            "b_id": row.id,
            "b_until": to_instant(to_local(max(row.planned_until, tx.now), old), new),
            "b_next": tx.now + LEAST,
        }
        for row in found
    ]
    await many(tx, _MOVED, moved)
    tx.wake.add("planner")


_ENROLMENTS = table_of(Enrolment)
_MOVED = (
    update(_ENROLMENTS)
    .where(_ENROLMENTS.c.id == bindparam("b_id"))
    .values(planned_until=bindparam("b_until"), next_due_at=bindparam("b_next"))
)


async def _change(
    tx: Tx, participant: Participant, change: Callable[[Enrolled], Overrides], only: str | None = None
) -> bool:
    ids = [own.id for own in await enrolled(tx, participant) if only in (None, own.id)]
    await plan_as_it_was(tx, ids)
    changed = []
    for own in await enrolled(tx, participant):
        overrides = change(own) if own.id in ids else own.overrides
        if overrides != own.overrides:
            await tx.session.execute(
                update(_ENROLMENTS)
                .where(_ENROLMENTS.c.id == own.id)
                .values(overrides=stored_overrides(overrides))
            )
            changed.append(own.id)
    await look_again(tx, changed)
    return bool(changed)


async def _level(tx: Tx, participant: Participant) -> int:
    return max((own.overrides.less for own in await enrolled(tx, participant)), default=0)


def latest_chapter(overrides: Overrides) -> Chapter:
    """Return what holds from now on: no time and no shift unless somebody asked for some."""
    return overrides.chapters[-1] if overrides.chapters else Chapter(since=date.min)


async def _keep_details(tx: Tx, participant: Participant, details: dict[str, Any]) -> None:
    ids = [own.id for own in await enrolled(tx, participant)]
    await plan_as_it_was(tx, ids)
    await tx.vault.load(tx.session, [participant.key_id])
    participant.details = tx.vault.seal(
        participant.key_id, json.dumps(details, sort_keys=True), "participants", "details", participant.id
    )
    await tx.session.flush()
    await look_again(tx, ids)


async def _drop_milestones(tx: Tx, participant: Participant, reason: str) -> None:
    for own in await enrolled(tx, participant):
        keys = [key for key, p in own.version.prompts.items() if isinstance(p.rule, Milestone)]
        if keys:
            await _cancel(tx, reason, own, Message.prompt_key.in_(keys))


async def _cancel(tx: Tx, reason: str, own: Enrolled, *where: Any) -> None:
    await cancel(tx, reason, Message.enrolment_id == own.id, Message.kind == Kind.PROMPT, *where)
