"""How each kind of rule finds its next wall time: arithmetic only, since planning asks so often."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from itertools import pairwise
from typing import ClassVar, Protocol, TypeAlias

from bot.domain.hours import DAY
from bot.domain.rules import Anchor, Anchors, AroundSession, EveryWeeks, OnDay, OnDays, RandomTime, Rule, Side
from bot.domain.zones import to_instant, to_local

WEEK = 7 * DAY  # minutes
MINUTE = timedelta(minutes=1)
# A session's time of day and a change of clocks move an occurrence less than this from `by` alone.
SLACK = timedelta(days=2)

Found: TypeAlias = tuple[datetime, tuple[str, ...]]  # a naive wall time, and the prompts that fall on it


class Finder(Protocol):
    """One rule, or many of a kind, made ready for searching.

    `personal` finders hang on the anchors' seed; for the others, people of one zone and one start are alike.
    """

    personal: ClassVar[bool]

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        """Return the first wall time after naive `after`, and what falls on it."""


class _Offsets:
    """Minutes since some midnight, sorted, with the prompts that fall on each."""

    __slots__ = ("keys", "minutes")

    def __init__(self, pairs: list[tuple[int, str]]) -> None:
        at: dict[int, list[str]] = {}
        for minute, key in sorted(pairs):
            at.setdefault(minute, []).append(key)
        self.minutes = list(at)
        self.keys = [tuple(keys) for keys in at.values()]


class _Weekly:
    """All the rules on days of the week, as minutes since Monday."""

    __slots__ = ("_offsets",)
    personal: ClassVar[bool] = False

    def __init__(self, rules: Mapping[str, OnDays]) -> None:
        self._offsets = _Offsets(
            [(day * DAY + _minute(rule.time), key) for key, rule in rules.items() for day in rule.days]
        )

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        weekday, offsets = after.weekday(), self._offsets
        index = bisect_right(offsets.minutes, weekday * DAY + after.hour * 60 + after.minute)
        turn = 0
        if index == len(offsets.minutes):
            index, turn = 0, WEEK
        minutes = offsets.minutes[index] + turn - weekday * DAY
        return _midnight(after) + timedelta(minutes=minutes), offsets.keys[index]


class _Numbered:
    """All the numbered days of one anchor, as minutes since the anchor's midnight."""

    __slots__ = ("_anchor", "_offsets")
    personal: ClassVar[bool] = False

    def __init__(self, anchor: Anchor, rules: Mapping[str, OnDay]) -> None:
        self._anchor = anchor
        self._offsets = _Offsets(
            [((rule.day - 1) * DAY + _minute(rule.time), key) for key, rule in rules.items()]
        )

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        offsets = self._offsets
        for begin, end in _spans(self._anchor, anchors, after):
            midnight = _midnight(begin)
            index = bisect_right(offsets.minutes, (after - midnight) // MINUTE)
            if index < len(offsets.minutes):
                local = midnight + timedelta(minutes=offsets.minutes[index])
                if local.date() < end:
                    return local, offsets.keys[index]
        return None


class _Random:
    """A time of its own each day, drawn from a hash: planning again, anywhere, draws the same."""

    __slots__ = ("_keys", "_rule", "_salt", "_steps")
    personal: ClassVar[bool] = True

    def __init__(self, key: str, rule: RandomTime) -> None:
        self._keys = (key,)
        self._rule = rule
        self._salt = f"\0{key}\0"
        # By weekday: in how many days the rule's days come, a week later included.
        self._steps = [[step for step in range(8) if (today + step) % 7 in rule.days] for today in range(7)]

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        midnight, today = _midnight(after), after.toordinal()
        for step in self._steps[after.weekday()]:
            local = midnight + timedelta(days=step, minutes=self._draw(anchors.seed, today + step))
            if local > after:
                return local, self._keys
        return None

    def _draw(self, seed: str, day: int) -> int:
        text = f"{seed}{self._salt}{day}"
        number = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
        window = self._rule.between
        return window.start + number % (window.end - window.start)


class _Weeks:
    """Days of every n-th week since an anchor."""

    __slots__ = ("_days", "_keys", "_rule")
    personal: ClassVar[bool] = False

    def __init__(self, key: str, rule: EveryWeeks) -> None:
        self._keys = (key,)
        self._rule = rule
        self._days = sorted(rule.days)

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        for begin, end in _spans(self._rule.since, anchors, after):
            day = max(begin, after.date())
            local = datetime.combine(self._from(day, begin), self._rule.time)
            if local <= after:
                local = datetime.combine(self._from(day + timedelta(days=1), begin), self._rule.time)
            if local.date() < end:
                return local, self._keys
        return None

    def _from(self, day: date, begin: date) -> date:
        """Return the first of the rule's days from `day` on, counting weeks from that of `begin`."""
        monday = begin - timedelta(days=begin.weekday())
        week = (day - monday).days // 7
        late = week % self._rule.weeks
        if not late:
            for weekday in self._days:
                if weekday >= day.weekday():
                    return day + timedelta(days=weekday - day.weekday())
        return monday + timedelta(weeks=week - late + self._rule.weeks, days=self._days[0])


class _Sessions:
    """Before or after each session."""

    __slots__ = ("_keys", "_rule", "_shift")
    personal: ClassVar[bool] = False

    def __init__(self, key: str, rule: AroundSession) -> None:
        self._keys = (key,)
        self._rule = rule
        self._shift = -rule.by if rule.side is Side.BEFORE else rule.by

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        sessions = sorted(anchors.sessions)
        best: datetime | None = None
        for session in sessions[bisect_left(sessions, after - self._shift - SLACK) :]:
            if best and session > best - self._shift + SLACK:
                break
            local = self._local(session, anchors.zone)
            if local > after and (best is None or local < best):
                best = local
        return (best, self._keys) if best else None

    def _local(self, session: datetime, zone: str) -> datetime:
        if self._rule.time is not None:
            return datetime.combine(session.date() + self._shift, self._rule.time)
        return to_local(to_instant(session, zone) + self._shift, zone)


def _spans(anchor: Anchor, anchors: Anchors, after: datetime) -> Iterator[tuple[date, date]]:
    """Yield the dates an anchor stands on and until which it holds, leaving out those over by `after`."""
    match anchor:
        case Anchor.ENROLMENT:
            yield anchors.start, date.max
        case Anchor.RECOVERY_DATE:
            if anchors.recovery_date:
                yield anchors.recovery_date, date.max
        case Anchor.PROGRAMME_START:
            if anchors.programme_start:
                yield anchors.programme_start, date.max
        case Anchor.LAST_SESSION:
            days = sorted({session.date() for session in anchors.sessions})
            for begin, end in pairwise([*days, date.max]):
                if end > after.date():
                    yield begin, end


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall time is naive here


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def finders(rules: Mapping[str, Rule]) -> Iterator[Finder]:
    """Yield what is needed to search `rules`, by prompt key; rules of a kind share a finder."""
    weekly: dict[str, OnDays] = {}
    numbered: dict[Anchor, dict[str, OnDay]] = {}
    for key, rule in rules.items():
        match rule:
            case OnDays():
                weekly[key] = rule
            case OnDay():
                numbered.setdefault(rule.of, {})[key] = rule
            case RandomTime():
                yield _Random(key, rule)
            case EveryWeeks():
                yield _Weeks(key, rule)
            case AroundSession():
                yield _Sessions(key, rule)
    if weekly:
        yield _Weekly(weekly)
    for anchor, series in numbered.items():
        yield _Numbered(anchor, series)
