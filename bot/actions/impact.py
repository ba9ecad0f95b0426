"""What publishing a draft would change, for everybody on the schedule, before it is done. Writes nothing."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any, TypeAlias

from sqlalchemy import bindparam, exists, select

from bot.actions.anchors import NOTHING, anchors_of, load_since
from bot.actions.crossing import NEAR
from bot.actions.versions import Version, load_versions, make_version
from bot.domain.differences import Differences, differences
from bot.domain.finders import is_personal
from bot.domain.impact import Effect, Outcome, Sides, Turn, outcomes, turns
from bot.domain.messages import MessageState
from bot.domain.prompts import Prompt, timetable_of
from bot.domain.recurrence import Anchors, to_instant, to_local
from bot.domain.rules import AroundSession
from bot.domain.slots import kind, occurrence_key
from bot.store.database import Tx
from bot.store.messages import Message
from bot.store.people import Contact, Participant, PersonStatus, Programme
from bot.store.schedules import Enrolment, Schedule

DAYS = 30
EXAMPLES = 10
CHUNK = 500  # enrolments looked up at once; others get a turn on the loop in between
DAY = timedelta(days=1)

_Found: TypeAlias = tuple[Counter[Effect], dict[Effect, Outcome]]  # how many, and the first of each


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One person's turn: when it would have come, and when it comes, by their own clock."""

    participant: str
    prompt: str
    old: datetime | None
    new: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Impact:
    """What publishing now changes in the next `days`.

    `counts` are turns, `people` those of the `enrolled` who have at least one; up to ten `examples` each.
    """

    schedule: str
    at: datetime
    days: int
    enrolled: int
    changes: Differences
    counts: Mapping[Effect, int]
    people: Mapping[Effect, int]
    examples: Mapping[Effect, tuple[Example, ...]]

    @property
    def doubled(self) -> int:
        """Return how often somebody gets a turn twice: never, for the outbox takes a turn once."""
        return 0


@dataclass(kw_only=True, slots=True)
class _Tally:
    counts: Counter[Effect] = field(default_factory=Counter)
    people: Counter[Effect] = field(default_factory=Counter)
    examples: defaultdict[Effect, list[Example]] = field(default_factory=lambda: defaultdict(list))

    def add(self, ref: str, found: Sequence[_Found]) -> None:
        for effect in {effect for counts, _ in found for effect in counts}:
            self.people[effect] += 1
            if len(self.examples[effect]) < EXAMPLES:
                first = next(firsts[effect] for _, firsts in found if effect in firsts)
                self.examples[effect].append(_example(ref, first))
        for counts, _ in found:
            self.counts.update(counts)


async def plan_impact(
    tx: Tx,
    schedule: Schedule,
    prompts: Sequence[Prompt],
    *,
    days: int = DAYS,
    progress: Callable[[int, int], None] | None = None,
) -> Impact:
    """Say what publishing `prompts` now would change in the next `days`.

    `progress` is told how many enrolments of how many were looked at.
    """
    old = (await load_versions(tx, [schedule.version_id])).get(schedule.version_id or "")
    new = make_version(prompts)
    old = old if old is not None else make_version(())
    rows = (await tx.session.execute(_ENROLLED, {"schedule": schedule.id})).all()
    judge = _Judge(old=old, new=new, now=tx.now, until=tx.now + timedelta(days=days))
    tally = _Tally()
    for first in range(0, len(rows), CHUNK):
        chunk = rows[first : first + CHUNK]
        for row, found in await _look(tx, judge, chunk):
            tally.add(row.ref, found)
        await asyncio.sleep(0)
        if progress is not None:
            progress(first + len(chunk), len(rows))
    return Impact(
        schedule=schedule.name,
        at=tx.now,
        days=days,
        enrolled=len(rows),
        changes=differences(tuple(old.prompts.values()), tuple(prompts)),
        counts={effect: tally.counts[effect] for effect in Effect},
        people={effect: tally.people[effect] for effect in Effect},
        examples={effect: tuple(tally.examples[effect]) for effect in Effect},
    )


_ENROLLED: Any = (
    select(
        Enrolment.id,
        Enrolment.start,
        Enrolment.participant_id,
        Participant.ref,
        Participant.timezone,
        Programme.timezone.label("programme_zone"),
        Programme.holidays,
        Enrolment.overrides,
    )
    .join(Participant, Participant.id == Enrolment.participant_id)
    .join(Programme, Programme.id == Participant.programme_id)
    .where(
        Enrolment.schedule_id == bindparam("schedule"),
        # As the planner does: nothing is written for whoever left or can't be written to.
        Participant.status != PersonStatus.LEFT,
        exists().where(Contact.participant_id == Participant.id),
    )
    .order_by(Participant.ref)
)


async def _look(tx: Tx, judge: _Judge, rows: Sequence[Any]) -> list[tuple[Any, list[_Found]]]:
    people = {row.participant_id for row in rows}
    dates = await load_since(
        tx,
        sessions=people if judge.needs_sessions else (),
        starts=people if judge.needs_starts else (),
    )
    cases = [
        _Case(
            row=row,
            anchors=anchors_of(
                seed=row.id,
                start=row.start,
                zone=row.timezone,
                programme_zone=row.programme_zone,
                since=dates.get(row.participant_id, NOTHING),
                overrides=row.overrides,
                holidays=row.holidays,
            ),
        )
        for row in rows
    ]
    for case in cases:
        judge.look(case)
    keys = {key: (case, turn) for case in cases for key, turn in judge.doubtful(case)}
    if keys:
        known = select(Message.dedupe_key, Message.state, Message.attempts).where(
            Message.dedupe_key.in_(list(keys))
        )
        for message in await tx.session.execute(known):
            case, turn = keys[message.dedupe_key]
            case.taken.add(turn)
            if message.state is MessageState.QUEUED and not message.attempts:
                case.waiting.add(turn)
    return [(case.row, judge.found(case)) for case in cases]


@dataclass(kw_only=True, slots=True, eq=False)
class _Case:
    """One enrolment while it is looked at: its turns, and those that the outbox has."""

    row: Any
    anchors: Anchors
    alike: Anchors | None = None  # what they share with others
    sides: tuple[Sides, ...] = ()
    taken: set[Turn] = field(default_factory=set)
    waiting: set[Turn] = field(default_factory=set)


class _Part:
    """Some of the prompts under both rules: those that hang on the person, or those that do not."""

    def __init__(self, old: dict[str, Prompt], new: dict[str, Prompt]) -> None:
        changed = [p for key, p in new.items() if key not in old or old[key].times != p.times]
        self.same = not changed and old.keys() == new.keys()
        self.old = {key: prompt.rule for key, prompt in old.items()}
        self.new = {key: prompt.rule for key, prompt in new.items()}
        self.before, self.after = timetable_of(old.values()), timetable_of(new.values())
        self.changed = timetable_of(changed)
        self.numbered = timetable_of([prompt for prompt in changed if kind(prompt.rule) == "numbered"])


class _Judge:
    """Compares two versions for one enrolment after the other; people alike are compared once."""

    def __init__(self, *, old: Version, new: Version, now: datetime, until: datetime) -> None:
        self._parts = [
            _Part(_only(old, personal=personal), _only(new, personal=personal)) for personal in (False, True)
        ]
        self._kept = frozenset(new.prompts)
        self._now, self._until = now, until
        self._recent = now - old.longest
        around = [p.rule.by for p in new.prompts.values() if isinstance(p.rule, AroundSession)]
        self._lookback = now - max([timedelta(0), *around]) - 2 * DAY
        self._sides: dict[Anchors, Sides] = {}
        self._outcomes: dict[Any, _Found] = {}
        self.needs_sessions = old.needs_sessions or new.needs_sessions
        self.needs_starts = old.needs_starts or new.needs_starts

    def look(self, case: _Case) -> None:
        """Find the turns of an enrolment."""
        alike = replace(case.anchors, seed="")
        if alike not in self._sides:
            self._sides[alike] = self._turns(self._parts[0], alike)
        case.alike = alike
        case.sides = (self._sides[alike], self._turns(self._parts[1], case.anchors))

    def doubtful(self, case: _Case) -> Iterator[tuple[str, Turn]]:
        """Yield the turns that the outbox may have already, with its keys for them."""
        today = to_local(self._now, case.anchors.zone).date().isoformat()
        for part, sides in zip(self._parts, case.sides, strict=True):
            for turns_of, rules in ((sides.recent, part.old), (sides.new, part.new), (sides.late, part.new)):
                for turn, due in turns_of.items():
                    if turns_of is sides.recent or turn[1] <= today or not turn[1][0].isdigit():
                        yield occurrence_key(case.row.id, turn[0], rules[turn[0]], due.local), turn

    def found(self, case: _Case) -> list[_Found]:
        """Count what becomes of an enrolment's turns."""
        key = (case.alike, frozenset(case.taken), frozenset(case.waiting))
        if key not in self._outcomes:
            self._outcomes[key] = self._count(case.sides[0], case)
        return [self._outcomes[key], self._count(case.sides[1], case)]

    def _count(self, sides: Sides, case: _Case) -> _Found:
        counts: Counter[Effect] = Counter()
        firsts: dict[Effect, Outcome] = {}
        known = outcomes(
            sides,
            taken=case.taken,
            waiting=case.waiting,
            kept=self._kept,
            movable=self._now + NEAR,
        )
        for one in known:
            counts[one.effect] += 1
            firsts.setdefault(one.effect, one)
        return counts, firsts

    def _turns(self, part: _Part, anchors: Anchors) -> Sides:
        now, until = self._now, self._until
        if part.same:
            same = turns(part.old, part.before.between(anchors, now, until)) if part.old else {}
            recent = turns(part.old, part.before.between(anchors, self._recent, now)) if part.old else {}
            return Sides(old=same, new=same, past={}, late={}, recent=recent)
        long_ago = to_instant(datetime.combine(anchors.start, time()), anchors.zone) - DAY
        numbered = turns(part.new, part.numbered.between(anchors, long_ago, now))
        return Sides(
            old=turns(part.old, part.before.between(anchors, now, until)),
            new=turns(part.new, part.after.between(anchors, now, until)),
            past=turns(part.new, part.changed.between(anchors, self._lookback, now)) | numbered,
            late={turn: due for turn, due in numbered.items() if turn[0] not in part.old},
            recent=turns(part.old, part.before.between(anchors, self._recent, now)),
        )


def _only(version: Version, *, personal: bool) -> dict[str, Prompt]:
    return {key: prompt for key, prompt in version.prompts.items() if is_personal(prompt.rule) is personal}


def _example(ref: str, one: Outcome) -> Example:
    due = one.new or one.old
    assert due is not None  # noqa: S101 - an outcome has one or the other
    return Example(
        participant=ref,
        prompt=due.key,
        old=one.old.local if one.old else None,
        new=one.new.local if one.new else None,
    )
