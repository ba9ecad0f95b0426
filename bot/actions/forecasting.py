"""How much will be sent, hour by hour, to everybody: people alike are counted, not looked at one by one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from bot.actions.anchors import NOTHING, Since, anchors_of, load_since
from bot.actions.capping import after_quiet, count_capped, everybody
from bot.actions.planning import PREFERRED
from bot.actions.versions import EXPIRES, Version, anchor_of, load_versions
from bot.domain.consent import ConsentState
from bot.domain.courtesy import InQuiet
from bot.domain.finders import is_personal
from bot.domain.forecast import HOUR, Peak, peaks
from bot.domain.messages import ChannelName
from bot.domain.prompts import Prompt, timetable_of
from bot.domain.recurrence import Anchors, Due, Timetable
from bot.domain.rules import Anchor, OnDays, RandomTime, Rule
from bot.domain.zones import to_instant
from bot.outbox.rates import HEADROOM
from bot.store.database import Tx
from bot.store.people import Contact, Participant, PersonStatus, Programme
from bot.store.schedules import Enrolment, Schedule

STEP = 15  # minutes, in which hours drawn at random are spread
SEEDS = 100  # people drawn for what hangs on each person's own seed
BREATH = 200  # groups counted before others get a turn on the loop
OWN = (Anchor.RECOVERY_DATE, Anchor.LAST_SESSION, Anchor.PROGRAMME_START)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hour:
    """What falls due in the hour from `at` on, by channel."""

    at: datetime
    texts: Mapping[ChannelName, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """The next days: every hour, and where a sender's rate does not suffice.

    Hours count texts where they fall due, quiet hours taken into account; `quiet` counts what these drop.
    `capped` says how many of a day's (in UTC) the caps hold back, over all schedules of a person, and `lost`
    how many of all then come too late.
    """

    begins: datetime
    people: int
    hours: tuple[Hour, ...]
    peaks: Mapping[ChannelName, tuple[Peak, ...]]
    rates: Mapping[ChannelName, float]
    quiet: int
    capped: Mapping[date, int]
    lost: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """People who get the same at the same time."""

    version_id: str
    zone: str | None
    programme_zone: str
    quiet_hours: str | None
    holidays: str | None
    overrides: str | None
    start: date
    channel: ChannelName
    count: int
    since: Since = NOTHING


async def forecast(
    tx: Tx,
    *,
    days: int,
    rates: Mapping[ChannelName, float],
    progress: Callable[[int, int], None] | None = None,
) -> Forecast:
    """Count what falls due in the next `days` against the senders' `rates`, in texts a second."""
    begins = tx.now.replace(minute=0, second=0, microsecond=0)
    rows = (await tx.session.execute(_ALIKE)).all()
    versions = await load_versions(tx, {row.version_id for row in rows})
    book = _Book(begins, tx.now, tx.now + timedelta(days=days))
    shares = {version_id: _Shares(version) for version_id, version in versions.items()}
    groups = [_group(row) for row in rows]
    jobs = [(group, shares[group.version_id].everybody) for group in _whatever_start(groups, tx.now)]
    jobs += [(group, shares[group.version_id].by_start) for group in groups]
    since = await _own_dates(tx, versions, shares)
    jobs += [(group, shares[group.version_id].by_person) for group in _persons(since)]
    jobs = [job for job in jobs if job[1].prompts]
    for number, (group, share) in enumerate(jobs, start=1):
        book.enter(group, share)
        if number % BREATH == 0:
            await asyncio.sleep(0)
            if progress is not None:
                progress(number, len(jobs))
    people = sum(group.count for group in groups)
    kinds = await everybody(tx, _EACH, {who: dates for who, (dates, _) in since.items()})
    capped, lost = await count_capped(kinds, versions, tx.now, tx.now + timedelta(days=days))
    return replace(book.forecast(people, rates), capped=capped, lost=lost)


_CONTACT = (
    select(Contact.id)
    .where(Contact.participant_id == Enrolment.participant_id)
    .order_by(*PREFERRED)
    .limit(1)
    .correlate(Enrolment)
    .scalar_subquery()
)
_COLUMNS = (
    Schedule.version_id,
    Participant.timezone,
    Programme.timezone.label("programme_zone"),
    Programme.quiet_hours,
    Programme.holidays,
    Enrolment.overrides,
    Enrolment.start,
    Contact.channel,
)


def _reached(*columns: Any) -> Any:
    """Return the query for enrolments of people who can be written to."""
    return (
        select(*_COLUMNS, *columns)
        .select_from(Enrolment)
        .join(Schedule, Schedule.id == Enrolment.schedule_id)
        .join(Participant, Participant.id == Enrolment.participant_id)
        .join(Programme, Programme.id == Participant.programme_id)
        .join(Contact, Contact.id == _CONTACT)
        .where(
            Schedule.version_id.is_not(None),
            Participant.status == PersonStatus.ACTIVE,
            Contact.consent == ConsentState.ACTIVE,
            Contact.unreachable_at.is_(None),
        )
    )


_ALIKE = _reached(func.count().label("count")).group_by(*_COLUMNS)
_EACH = _reached(Participant.id.label("participant_id"), Programme.id.label("programme_id"))
_PERSONS = _EACH.where(Schedule.version_id.in_(bindparam("versions", expanding=True)))


def _group(row: Any, since: Since = NOTHING, *, count: int | None = None) -> _Group:
    return _Group(
        version_id=row.version_id,
        zone=row.timezone,
        programme_zone=row.programme_zone,
        quiet_hours=row.quiet_hours,
        holidays=row.holidays,
        overrides=row.overrides,
        start=row.start,
        channel=row.channel,
        count=row.count if count is None else count,
        since=since,
    )


def _whatever_start(groups: Iterable[_Group], now: datetime) -> list[_Group]:
    """Put people together who began already: for what hangs on no date, they are alike."""
    today = now.date() - timedelta(days=1)  # wherever they are
    found: defaultdict[_Group, int] = defaultdict(int)
    for group in groups:
        found[replace(group, start=max(group.start, today), count=0)] += group.count
    return [replace(group, count=count) for group, count in found.items()]


async def _own_dates(
    tx: Tx, versions: Mapping[str, Version], shares: Mapping[str, _Shares]
) -> dict[str, tuple[Since, list[Any]]]:
    """Return the dates, and the rows, of everybody who has dates that their schedule counts from."""
    asking = [version_id for version_id, share in shares.items() if share.by_person.prompts]
    if not asking:
        return {}
    rows = (await tx.session.execute(_PERSONS, {"versions": asking})).all()
    since: dict[str, Since] = {}
    for first in range(0, len(rows), 500):
        some = {row.participant_id for row in rows[first : first + 500]}
        since |= await load_since(
            tx,
            sessions=some if any(versions[v].needs_sessions for v in asking) else (),
            starts=some if any(versions[v].needs_starts for v in asking) else (),
        )
        await asyncio.sleep(0)
    found: dict[str, tuple[Since, list[Any]]] = {}
    for row in rows:
        if (dates := since.get(row.participant_id, NOTHING)) != NOTHING:
            found.setdefault(row.participant_id, (dates, []))[1].append(row)
    return found


def _persons(own: Mapping[str, tuple[Since, list[Any]]]) -> list[_Group]:
    """Return those with dates of their own; alike ones together."""
    found: defaultdict[_Group, int] = defaultdict(int)
    for dates, rows in own.values():
        for row in rows:
            found[_group(row, dates, count=0)] += 1
    return [replace(group, count=count) for group, count in found.items()]


class _Share:
    """Some of a version's prompts: those that hang on the same dates."""

    def __init__(self, prompts: Mapping[str, Prompt]) -> None:
        self.prompts = prompts
        rules = {key: prompt.rule for key, prompt in prompts.items()}
        self.alike = timetable_of([p for p in prompts.values() if not is_personal(p.rule)])
        self.spread = {key: rule for key, rule in rules.items() if isinstance(rule, RandomTime)}
        # Random hours are spread evenly below; the days they fall on are those of a plain rule.
        self.spread_days = Timetable(
            {key: OnDays(days=rule.days, time=time()) for key, rule in self.spread.items()}
        )
        drawn = [p for k, p in prompts.items() if is_personal(p.rule) and k not in self.spread]
        self.drawn = timetable_of(drawn) if drawn else None


class _Shares:
    """A version's prompts by what they hang on."""

    def __init__(self, version: Version) -> None:
        own: dict[str, Prompt] = {}
        by_start: dict[str, Prompt] = {}
        everybody: dict[str, Prompt] = {}
        for key, prompt in version.prompts.items():
            plain = everybody if _plain(prompt.rule) else by_start
            (own if anchor_of(prompt.rule) in OWN else plain)[key] = prompt
        self.by_person, self.by_start, self.everybody = _Share(own), _Share(by_start), _Share(everybody)


def _plain(rule: Rule) -> bool:
    return isinstance(rule, OnDays | RandomTime)


class _Book:
    """Where texts are entered by the hour in which they fall due, and by how late they may be."""

    def __init__(self, begins: datetime, after: datetime, until: datetime) -> None:
        self._begins, self._after, self._until = begins, after, until
        self._length = -(-(until - begins) // HOUR)
        self._hours: dict[ChannelName, list[defaultdict[timedelta, float]]] = {}
        self._quiet = 0.0

    def enter(self, group: _Group, share: _Share) -> None:
        """Enter what a group gets of some prompts."""
        anchors = anchors_of(
            seed="",
            start=group.start,
            zone=group.zone,
            programme_zone=group.programme_zone,
            since=group.since,
            overrides=group.overrides,
            holidays=group.holidays,
        )
        for due in share.alike.between(anchors, self._after, self._until):
            self._add(group, anchors, share.prompts[due.key], due.at, group.count)
        for due in share.spread_days.between(anchors, self._after - timedelta(days=1), self._until):
            self._spread(group, anchors, share, due)
        for seed in range(SEEDS if share.drawn is not None else 0):
            drawn = replace(anchors, seed=str(seed))
            assert share.drawn is not None  # noqa: S101 - else there was nothing to draw
            for due in share.drawn.between(drawn, self._after, self._until):
                self._add(group, drawn, share.prompts[due.key], due.at, group.count / SEEDS)

    def forecast(self, people: int, rates: Mapping[ChannelName, float]) -> Forecast:
        """Return what was entered."""
        hours = tuple(
            Hour(
                at=self._begins + number * HOUR,
                texts={channel: round(sum(own[number].values())) for channel, own in self._hours.items()},
            )
            for number in range(self._length)
        )
        found = {
            channel: peaks(own, self._begins, rates[channel] * HEADROOM)
            for channel, own in self._hours.items()
            if channel in rates
        }
        return Forecast(
            begins=self._begins,
            people=people,
            hours=hours,
            peaks=found,
            rates=dict(rates),
            quiet=round(self._quiet),
            capped={},
            lost=0,
        )

    def _spread(self, group: _Group, anchors: Anchors, share: _Share, day: Due) -> None:
        rule = share.spread[day.key]
        steps = range(rule.between.start, rule.between.end, STEP)
        for minute in steps:
            local = day.local + timedelta(minutes=minute)
            at = to_instant(local, anchors.zone)
            if self._after < at <= self._until:
                self._add(group, anchors, share.prompts[day.key], at, group.count / len(steps))

    def _add(self, group: _Group, anchors: Anchors, prompt: Prompt, at: datetime, count: float) -> None:
        late = prompt.expires or EXPIRES
        if group.quiet_hours is not None:
            ends = after_quiet(group.quiet_hours, anchors.zone, at)
            if ends > at and (prompt.quiet is InQuiet.DROP or ends - at >= late):
                self._quiet += count
                return
            at, late = ends, late - (ends - at)
        hour = (at - self._begins) // HOUR
        if hour < self._length:
            self._own(group.channel)[hour][late] += count

    def _own(self, channel: ChannelName) -> list[defaultdict[timedelta, float]]:
        if channel not in self._hours:
            self._hours[channel] = [defaultdict(float) for _ in range(self._length)]
        return self._hours[channel]
