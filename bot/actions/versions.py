"""Published versions in memory: they never change, so they are read and sorted once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select

from bot.domain.prompts import Prompt, prompts_from_data, timetable_of
from bot.domain.recurrence import Anchor, AroundSession, EveryWeeks, Milestone, OnDay, Rule, Taper, Timetable
from bot.store.database import Tx
from bot.store.schedules import Schedule, ScheduleVersion

EXPIRES = timedelta(hours=4)  # unless the prompt says otherwise: better not at all than late
KEPT = 200
STARTS = (Anchor.RECOVERY_DATE, Anchor.PROGRAMME_START)


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A published version, ready to be asked."""

    id: str
    prompts: dict[str, Prompt]
    timetable: Timetable
    needs_sessions: bool
    needs_starts: bool  # the recovery date or the programme's start
    longest: timedelta  # that any of its prompts may still be sent late

    def expires(self, key: str) -> timedelta:
        """Return how late a prompt may still be sent."""
        return self.prompts[key].expires or EXPIRES


_kept: OrderedDict[str, Version] = OrderedDict()


def version_of(version_id: str, data: Sequence[Any]) -> Version:
    """Return the version with this id, reading its stored prompts if it is new."""
    found = _kept.get(version_id)
    if found is None:
        found = _kept[version_id] = make_version(prompts_from_data(data), version_id)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def make_version(prompts: Sequence[Prompt], version_id: str = "") -> Version:
    """Return prompts as a version that can be asked; a draft has no id."""
    by_key = {prompt.key: prompt for prompt in prompts}
    anchors = {anchor_of(prompt.rule) for prompt in prompts}
    return Version(
        id=version_id,
        prompts=by_key,
        timetable=timetable_of(prompts),
        needs_sessions=Anchor.LAST_SESSION in anchors,
        needs_starts=not anchors.isdisjoint(STARTS),
        longest=max((prompt.expires or EXPIRES for prompt in prompts), default=EXPIRES),
    )


def anchor_of(rule: Rule) -> Anchor:
    """Return the date that a rule is counted from."""
    match rule:
        case OnDay():
            return rule.of
        case EveryWeeks() | Taper():
            return rule.since
        case Milestone():
            return Anchor.RECOVERY_DATE
        case AroundSession():
            return Anchor.LAST_SESSION
        case _:
            return Anchor.ENROLMENT


async def load_versions(tx: Tx, version_ids: Collection[str | None]) -> dict[str, Version]:
    """Return the versions with these ids."""
    wanted = {version_id for version_id in version_ids if version_id is not None}
    missing = [version_id for version_id in wanted if version_id not in _kept]
    fresh: dict[str, Version] = {}
    if missing:
        rows = await tx.session.execute(
            select(ScheduleVersion.id, ScheduleVersion.prompts).where(ScheduleVersion.id.in_(missing))
        )
        fresh = {version_id: version_of(version_id, data) for version_id, data in rows}
    return {version_id: _kept[version_id] for version_id in wanted if version_id in _kept} | fresh


_IN_FORCE = (
    select(ScheduleVersion.id, Schedule.version_id)
    .join(Schedule, Schedule.id == ScheduleVersion.schedule_id)
    .where(ScheduleVersion.id.in_(bindparam("ids", expanding=True)))
)


async def versions_in_force(tx: Tx, version_ids: Collection[str | None]) -> dict[str, str | None]:
    """Return which version is in force now where each of these was, None where the schedule has none."""
    wanted = sorted({version_id for version_id in version_ids if version_id is not None})
    if not wanted:
        return {}
    rows = await tx.session.execute(_IN_FORCE, {"ids": wanted})
    return {row.id: row.version_id for row in rows}
