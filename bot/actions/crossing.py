"""Crossing from one version of a schedule to another, enrolment by enrolment.

A change is in force from its own instant. What fell due before goes by the old version, what falls due
later by the new one, whenever an enrolment is looked at: so neither a crash nor a hundred thousand people
waiting their turn changes what anybody gets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.actions.versions import Version, load_versions
from bot.domain.messages import MessageState
from bot.domain.recurrence import Anchors, Due
from bot.domain.slots import kind, occurrence_key
from bot.outbox.claim import many
from bot.store.base import table_of
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.schedules import Publication

DAY = timedelta(days=1)
NEAR = timedelta(days=2)  # how far ahead what already waits may be moved
REMOVED = "removed"  # why a claim ended what the version in force no longer says
ALREADY_SENT = "already_sent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """One enrolment that was decided up to `since` by version `held`, while `current` is in force now."""

    enrolment_id: str
    schedule_id: str
    anchors: Anchors
    since: datetime
    held: str | None
    current: str | None


@dataclass(kw_only=True, slots=True)
class Crossed:
    """What falls due on the way, each with the version it is by; `spared` is not to be sent once more."""

    dues: list[tuple[Due, Version]] = field(default_factory=list)
    spared: list[tuple[Due, Version]] = field(default_factory=list)
    following: Due | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Segment:
    """A stretch of time in which one version was in force (None: none was)."""

    version: str | None
    after: datetime
    until: datetime


class Crossings:
    """The changes that the enrolments of one batch have to cross."""

    def __init__(self, timelines: Mapping[str, Sequence[Any]], versions: Mapping[str, Version]) -> None:
        """Take the changes of each schedule, oldest first, and the versions they name."""
        self._timelines = timelines
        self._versions = versions
        self._alike: dict[tuple[str | None, ...], bool] = {}
        self._otherwise: dict[tuple[str, str], frozenset[str]] = {}
        self._found: dict[str, Sequence[_Segment]] = {}

    def cross(self, passage: Passage, now: datetime) -> Crossed:
        """Return what falls due up to `now`, and what comes next."""
        found = Crossed()
        for one in self._segments(passage, now):
            version = self._versions.get(one.version or "")
            if version is not None:
                # `turn`, for people alike are remembered there, also where what follows is not asked for.
                dues, found.following = version.timetable.turn(passage.anchors, one.after, one.until)
                found.dues += [(due, version) for due in dues]
            else:
                found.following = None
        return found

    def waiting(self, passage: Passage, now: datetime) -> Iterator[str]:
        """Yield the keys of what may wait in the outbox by an older version, or was taken back there."""
        recent = [p.at for p in self._timelines.get(passage.schedule_id, ()) if p.at > now - NEAR]
        until = now + NEAR if len(recent) > 1 else now  # what waits may have been moved ahead before
        for version_id in self._involved(passage, now):
            version = self._versions.get(version_id or "")
            if version is None:
                continue
            for due in version.timetable.turn(passage.anchors, now - version.longest, until)[0]:
                yield occurrence_key(passage.enrolment_id, due.key, version.prompts[due.key].rule, due.local)

    def same_times(self, passage: Passage, now: datetime) -> bool:
        """Tell whether all versions on the way say everything at the same times: only texts differ."""
        ids = tuple(self._involved(passage, now))
        if ids not in self._alike:
            rules = [
                {key: prompt.times for key, prompt in version.prompts.items()}
                for version_id in ids
                if (version := self._versions.get(version_id or "")) is not None
            ]
            complete = len(rules) == len(ids)
            self._alike[ids] = complete and all(one == rules[0] for one in rules)
        return self._alike[ids]

    def moved(self, passage: Passage, now: datetime) -> dict[str, Due]:
        """Return the times to come of an enrolment by the version in force, by the outbox's keys."""
        current = self.current(passage)
        if current is None:
            return {}
        dues = current.timetable.between(passage.anchors, now, now + NEAR)
        return {
            occurrence_key(passage.enrolment_id, due.key, current.prompts[due.key].rule, due.local): due
            for due in dues
        }

    def current(self, passage: Passage) -> Version | None:
        """Return the version that is in force now, None when none is."""
        return self._versions.get(passage.current or "")

    def _segments(self, passage: Passage, now: datetime) -> Sequence[_Segment]:
        """Return the stretches of time on the way, found once for each enrolment."""
        found = self._found.get(passage.enrolment_id)
        if found is None:
            found = self._found[passage.enrolment_id] = tuple(self._stretches(passage, now))
        return found

    def _stretches(self, passage: Passage, now: datetime) -> Iterator[_Segment]:
        timeline = self._timelines.get(passage.schedule_id, ())
        # At the very instant counts too: whoever decided then may have been faster than who published. And
        # whoever decided past a change did not know of it, or the clock was set back since.
        known = [number for number, one in enumerate(timeline) if one.version_id == passage.held]
        first = next((n for n, one in enumerate(timeline) if one.at >= passage.since), len(timeline))
        if (
            passage.held is None
        ):  # an enrolment knows what was in force when it began, whatever the clock says
            first = next((n for n, p in enumerate(timeline) if p.id > passage.enrolment_id), len(timeline))
        later = timeline[min(first, known[-1] + 1) if known and passage.held else first :]
        held, after = passage.held, passage.since
        if held is None and later:
            held = later[0].before_id  # nothing was decided yet: what was in force then
        for one in later:
            yield _Segment(version=held, after=after, until=min(one.at, now))
            held, after = one.version_id, one.at
        yield _Segment(version=passage.current, after=after, until=now)

    def _involved(self, passage: Passage, now: datetime) -> Iterator[str | None]:
        yield from dict.fromkeys([*(one.version for one in self._segments(passage, now)), passage.held])

    def said_otherwise(self, passage: Passage) -> Iterator[tuple[Due, str]]:
        """Yield what comes soon of a prompt whose turns were counted otherwise until lately.

        With each comes the key of its turn that day as it was counted then: if the outbox has that, the
        person had it today, though the two turns have different names.
        """
        current, timeline = self.current(passage), self._timelines.get(passage.schedule_id, ())
        if current is None or not timeline:
            return
        begins = timeline[-1].at
        for one in timeline:
            old = self._versions.get(one.before_id or "")
            if old is None or one.at <= begins - DAY or old.id == current.id:
                continue
            keys = self._counted_otherwise(old, current)
            if not keys:
                continue
            said = {
                (due.key, due.local.date()): due
                for due in old.timetable.between(passage.anchors, one.at - DAY, one.at)
            }
            for due in current.timetable.between(passage.anchors, begins, begins + DAY):
                before = said.get((due.key, due.local.date())) if due.key in keys else None
                if before is not None:
                    rule = old.prompts[due.key].rule
                    yield due, occurrence_key(passage.enrolment_id, due.key, rule, before.local)

    def _counted_otherwise(self, old: Version, current: Version) -> frozenset[str]:
        pair = (old.id, current.id)
        if pair not in self._otherwise:
            self._otherwise[pair] = frozenset(
                key
                for key, prompt in current.prompts.items()
                if key in old.prompts and kind(prompt.rule) != kind(old.prompts[key].rule)
            )
        return self._otherwise[pair]


async def cross(tx: Tx, passages: Sequence[Passage]) -> dict[str, Crossed]:
    """Return what falls due on the way, by enrolment, for those whose times differ; move what waits.

    The others are planned as ever: only their texts changed.
    """
    crossings = await _load(
        tx,
        {passage.schedule_id for passage in passages},
        {version_id for passage in passages for version_id in (passage.held, passage.current)},
    )
    changed = [passage for passage in passages if not crossings.same_times(passage, tx.now)]
    await _carry_waiting(tx, crossings, changed)
    crossed = {passage.enrolment_id: crossings.cross(passage, tx.now) for passage in changed}
    await _spare(tx, crossings, changed, crossed)
    return crossed


async def _spare(
    tx: Tx, crossings: Crossings, passages: Sequence[Passage], crossed: Mapping[str, Crossed]
) -> None:
    """Find what would come a second time today, only because its turns are counted otherwise now."""
    found = [(passage, due, key) for passage in passages for due, key in crossings.said_otherwise(passage)]
    if not found:
        return
    asked = select(Message.dedupe_key).where(Message.dedupe_key.in_([key for _, _, key in found]))
    said = set(await tx.session.scalars(asked))
    for passage, due, key in found:
        current = crossings.current(passage)
        if key in said and current is not None:
            crossed[passage.enrolment_id].spared.append((due, current))


async def _load(tx: Tx, schedule_ids: Collection[str], version_ids: Collection[str | None]) -> Crossings:
    """Return the changes of these schedules, with all the versions they name and those given."""
    rows = (
        await tx.session.execute(
            select(
                Publication.id,
                Publication.schedule_id,
                Publication.version_id,
                Publication.before_id,
                Publication.at,
            )
            .where(Publication.schedule_id.in_(list(schedule_ids)))
            .order_by(Publication.id)
        )
    ).all()
    timelines: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        timelines[row.schedule_id].append(row)
    recent = {v for row in rows for v in (row.version_id, row.before_id)}
    return Crossings(timelines, await load_versions(tx, {*recent, *version_ids}))


async def _carry_waiting(tx: Tx, crossings: Crossings, passages: Sequence[Passage]) -> None:
    """Move what waits in the outbox to its new time if that is still to come; take back what was ended."""
    owners = {key: passage for passage in passages for key in crossings.waiting(passage, tx.now)}
    if not owners:
        return
    found = (
        await tx.session.execute(
            select(Message.id, Message.dedupe_key, Message.prompt_key, Message.state).where(
                Message.dedupe_key.in_(list(owners)),
                (Message.state == MessageState.QUEUED)
                | (
                    (Message.state == MessageState.CANCELLED)
                    & (Message.reason == REMOVED)
                    & (Message.expires_at > tx.now)
                ),
                Message.attempts == 0,
            )
        )
    ).all()
    moved, kept = [], []
    ahead: dict[str, dict[str, Due]] = {}
    for row in found:
        passage = owners[row.dedupe_key]
        current = crossings.current(passage)
        if current is None or row.prompt_key not in current.prompts:
            continue  # delivery ends it
        if passage.enrolment_id not in ahead:
            ahead[passage.enrolment_id] = crossings.moved(passage, tx.now)
        due = ahead[passage.enrolment_id].get(row.dedupe_key)
        if due is not None:
            moved.append(
                {
                    "b_id": row.id,
                    "b_at": due.at + current.prompts[due.key].priority.rank * due.at.resolution,
                    "b_end": due.at + current.expires(due.key),
                    "b_local": due.local,
                }
            )
        elif row.state is MessageState.CANCELLED:
            kept.append({"b_id": row.id})
    if moved:
        await many(tx, _MOVE, moved)
    if kept:
        await many(tx, _TAKE_UP, kept)


_MESSAGES = table_of(Message)
_TAKE_UP: Any = (
    update(_MESSAGES)
    .where(_MESSAGES.c.id == bindparam("b_id"))
    .values(state=MessageState.QUEUED, reason=None, finished_at=None)
)
_MOVE: Any = _TAKE_UP.values(
    not_before=bindparam("b_at"), expires_at=bindparam("b_end"), local_time=bindparam("b_local")
)
