"""How many texts the caps hold back in the days to come: people alike are played through once."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any, TypeAlias

from sqlalchemy import select

from bot.actions.anchors import NOTHING, Since, anchors_of
from bot.actions.versions import Version
from bot.domain.capping import Falling, held_back
from bot.domain.courtesy import Courtesy, InQuiet, courtesy_from_data
from bot.domain.hours import Window, parse_window, quiet_ends
from bot.domain.recurrence import Anchors
from bot.store.database import Tx
from bot.store.people import Programme

KINDS = 2_000  # of people that are played through; of more, every so many stands for its neighbours
BREATH = 100  # kinds played through before others get a turn on the loop

_Place: TypeAlias = tuple[str, date, str | None]  # a version, the first day, a person's own settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """People of one programme and zone who are on the same schedules since the same days."""

    programme_zone: str
    zone: str | None
    quiet_hours: str | None
    holidays: str | None
    since: Since
    courtesy: Courtesy
    places: tuple[_Place, ...]


async def everybody(tx: Tx, each: Any, since: Mapping[str, Since]) -> Counter[Kind]:
    """Return how many there are of each kind. `each` asks for enrolments, `since` holds people's dates."""
    caps = {
        programme_id: courtesy_from_data(data)
        for programme_id, data in await tx.session.execute(select(Programme.id, Programme.courtesy))
    }
    rows = await (await tx.session.connection()).execute(each)
    people: defaultdict[str, list[_Place]] = defaultdict(list)
    one_of: dict[str, Any] = {}
    for row in rows:
        people[row.participant_id].append((row.version_id, row.start, row.overrides))
        one_of[row.participant_id] = row
    found: Counter[Any] = Counter()
    for who, places in people.items():
        row = one_of[who]
        head = (row.programme_id, row.programme_zone, row.timezone, row.quiet_hours, row.holidays)
        found[head, since.get(who, NOTHING), tuple(places) if len(places) == 1 else _sorted(places)] += 1
    return Counter(
        {_kind(head, dates, places, caps): count for (head, dates, places), count in found.items()}
    )


async def count_capped(
    kinds: Counter[Kind], versions: Mapping[str, Version], after: datetime, until: datetime
) -> tuple[dict[date, int], int]:
    """Return by the day (UTC) on which they fall due how many are held back, and how many come too late."""
    days: defaultdict[date, float] = defaultdict(float)
    lost = 0.0
    step = -(-len(kinds) // KINDS)
    some = list(kinds.items())[:: step or 1]
    weight = kinds.total() / max(1, sum(count for _, count in some))
    for number, (kind, count) in enumerate(some):
        if number % BREATH == 0:
            await asyncio.sleep(0)
        if kind.courtesy.per_day is None and kind.courtesy.gap is None:
            continue
        anchors = [_anchors(kind, place, number) for place in kind.places]
        zone = anchors[0].zone
        falling = [
            one
            for (version_id, _, _), own in zip(kind.places, anchors, strict=True)
            for one in _falling(versions[version_id], own, kind.quiet_hours, after, until)
        ]
        awake = partial(after_quiet, kind.quiet_hours, zone)
        for one in held_back(falling, kind.courtesy, zone, awake=awake):
            days[one.text.at.date()] += count * weight
            lost += count * weight * one.lost
    return {day: round(count) for day, count in sorted(days.items())}, round(lost)


@lru_cache(maxsize=1 << 16)
def after_quiet(window: str | None, zone: str, at: datetime) -> datetime:
    """Return `at`, or the end of the quiet hours it falls into."""
    return at if window is None else quiet_ends(_window(window), zone, at)


@lru_cache
def _window(text: str) -> Window:
    return parse_window(text)


def _kind(
    head: tuple[Any, ...], since: Since, places: tuple[_Place, ...], caps: Mapping[str, Courtesy]
) -> Kind:
    programme_id, programme_zone, zone, quiet_hours, holidays = head
    return Kind(
        programme_zone=programme_zone,
        zone=zone,
        quiet_hours=quiet_hours,
        holidays=holidays,
        since=since,
        courtesy=caps[programme_id],
        places=places,
    )


def _sorted(places: list[_Place]) -> tuple[_Place, ...]:
    return tuple(sorted(places, key=lambda place: (place[0], place[1], place[2] or "")))


def _anchors(kind: Kind, place: _Place, number: int) -> Anchors:
    _, start, overrides = place
    return anchors_of(
        seed=str(number),  # hours drawn at random differ from kind to kind
        start=start,
        zone=kind.zone,
        programme_zone=kind.programme_zone,
        since=kind.since,
        overrides=overrides,
        holidays=kind.holidays,
    )


def _falling(
    version: Version, anchors: Anchors, quiet: str | None, after: datetime, until: datetime
) -> Iterator[Falling]:
    for due in version.timetable.between(anchors, after, until):
        prompt = version.prompts[due.key]
        at, ends = after_quiet(quiet, anchors.zone, due.at), due.at + version.expires(due.key)
        if at > due.at and (prompt.quiet is InQuiet.DROP or at >= ends):
            continue  # quiet hours drop it already
        yield Falling(at=at, ends=ends, priority=prompt.priority, drops=prompt.quiet is InQuiet.DROP)
