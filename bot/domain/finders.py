"""How each kind of rule finds its next wall time: arithmetic only, since planning asks so often."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Protocol

from bot.domain.finders_by_date import DatedRule, dated_finder
from bot.domain.hours import DAY, Weekday
from bot.domain.rules import Anchor, Anchors, AroundSession, EveryWeeks, OnDay, OnDays, RandomTime, Rule, Side
from bot.domain.spans import Found, draw, spans
from bot.domain.zones import to_instant, to_local

WEEK = 7 * DAY  # minutes
MINUTE = timedelta(minutes=1)
# A session's time of day and a change of clocks move an occurrence less than this from `by` alone.
SLACK = timedelta(days=2)


class Finder(Protocol):
    """One rule, or many of a kind, made ready for searching.

    `personal` finders hang on the anchors' seed; for the others, people of one zone and one start are alike.
    What comes `once` is still said when its whole day is missing from the calendar; the rest is left out.
    """

    personal: ClassVar[bool]
    once: ClassVar[bool]

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        """Return the first wall time after naive `after`, and what falls on it."""

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        """Return the number that an occurrence has in its series; None for what is no series."""


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

    __slots__ = ("_days", "_offsets")
    personal: ClassVar[bool] = False
    once: ClassVar[bool] = False

    def __init__(self, rules: Mapping[str, OnDays]) -> None:
        self._offsets = _Offsets(
            [(day * DAY + _minute(rule.time), key) for key, rule in rules.items() for day in rule.days]
        )
        self._days = {key: sorted(rule.days) for key, rule in rules.items()}

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        weekday, offsets = after.weekday(), self._offsets
        index = bisect_right(offsets.minutes, weekday * DAY + after.hour * 60 + after.minute)
        turn = 0
        if index == len(offsets.minutes):
            index, turn = 0, WEEK
        minutes = offsets.minutes[index] + turn - weekday * DAY
        return _midnight(after) + timedelta(minutes=minutes), offsets.keys[index]

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        return _week_place(self._days[key], local)


class _Numbered:
    """All the numbered days of one anchor, as minutes since the anchor's midnight."""

    __slots__ = ("_anchor", "_offsets")
    personal: ClassVar[bool] = False
    once: ClassVar[bool] = True

    def __init__(self, anchor: Anchor, rules: Mapping[str, OnDay]) -> None:
        self._anchor = anchor
        self._offsets = _Offsets(
            [((rule.day - 1) * DAY + _minute(rule.time), key) for key, rule in rules.items()]
        )

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        offsets = self._offsets
        for begin, end in spans(self._anchor, anchors, after):
            midnight = _midnight(begin)
            index = bisect_right(offsets.minutes, (after - midnight) // MINUTE)
            if index < len(offsets.minutes):
                local = midnight + timedelta(minutes=offsets.minutes[index])
                if local.date() < end:
                    return local, offsets.keys[index]
        return None

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        for begin, _ in spans(self._anchor, anchors, local):
            return bisect_left(self._offsets.minutes, (local - _midnight(begin)) // MINUTE)
        return None


class _Random:
    """A time of its own each day, drawn from a hash: planning again, anywhere, draws the same."""

    __slots__ = ("_keys", "_rule", "_steps")
    personal: ClassVar[bool] = True
    once: ClassVar[bool] = False

    def __init__(self, key: str, rule: RandomTime) -> None:
        self._keys = (key,)
        self._rule = rule
        # By weekday: in how many days the rule's days come, a week later included.
        self._steps = [[step for step in range(8) if (today + step) % 7 in rule.days] for today in range(7)]

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        midnight, today = _midnight(after), after.toordinal()
        for step in self._steps[after.weekday()]:
            minute = draw(anchors.seed, self._keys[0], today + step, self._rule.between)
            local = midnight + timedelta(days=step, minutes=minute)
            if local > after:
                return local, self._keys
        return None

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        return _week_place(sorted(self._rule.days), local)


class _Weeks:
    """Days of every n-th week since an anchor."""

    __slots__ = ("_days", "_keys", "_rule")
    personal: ClassVar[bool] = False
    once: ClassVar[bool] = False

    def __init__(self, key: str, rule: EveryWeeks) -> None:
        self._keys = (key,)
        self._rule = rule
        self._days = sorted(rule.days)

    def first(self, anchors: Anchors, after: datetime) -> Found | None:
        for begin, end in spans(self._rule.since, anchors, after):
            day = max(begin, after.date())
            local = datetime.combine(self._from(day, begin), self._rule.time)
            if local <= after:
                local = datetime.combine(self._from(day + timedelta(days=1), begin), self._rule.time)
            if local.date() < end:
                return local, self._keys
        return None

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        return _week_place(self._days, local, self._rule.weeks)

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
    once: ClassVar[bool] = True

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

    def place(self, anchors: Anchors, key: str, local: datetime) -> int | None:
        return None

    def _local(self, session: datetime, zone: str) -> datetime:
        if self._rule.time is not None:
            return datetime.combine(session.date() + self._shift, self._rule.time)
        return to_local(to_instant(session, zone) + self._shift, zone)


def _week_place(days: list[Weekday], local: datetime, weeks: int = 1) -> int:
    # Weeks of the calendar are counted from one that never changes; every n-th of them is one more.
    week = (local.toordinal() - 1) // 7 // weeks
    return week * len(days) + bisect_left(days, local.weekday())


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
            case _:
                yield _alone(key, rule)
    if weekly:
        yield _Weekly(weekly)
    for anchor, series in numbered.items():
        yield _Numbered(anchor, series)


def _alone(key: str, rule: RandomTime | EveryWeeks | AroundSession | DatedRule) -> Finder:
    match rule:
        case RandomTime():
            return _Random(key, rule)
        case EveryWeeks():
            return _Weeks(key, rule)
        case AroundSession():
            return _Sessions(key, rule)
        case _:
            return dated_finder(key, rule)


def is_personal(rule: Rule) -> bool:
    """Tell whether people of one zone and one start differ by this rule: it hangs on their own seed."""
    return any(finder.personal for finder in finders({"": rule}))
