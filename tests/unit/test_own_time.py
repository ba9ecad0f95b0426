"""Another time of day, or everything some hours later, chosen again and again: each day comes once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.actions.enrolments import Enrolled
from bot.actions.preferences import from_now_on
from bot.actions.versions import make_version
from bot.domain.hours import EVERY_DAY, Weekday
from bot.domain.overrides import FURTHEST, Chapter, Overrides
from bot.domain.recurrence import Anchor, Anchors, OnDay, OnDays, Timetable

BEGIN = datetime(2026, 10, 20, 12, tzinfo=UTC)  # the clocks of New York change soon
START = date(2026, 9, 1)
DAY = timedelta(days=1)
HALF_PAST_NINE = time(9, 30)
WEEKS = [EVERY_DAY, frozenset({Weekday.MON, Weekday.TUE})]
# Half past the hour by rule and seven minutes of shift: often the minute of a time of one's own.
own_times = (
    st.none()
    | st.integers(0, 23).map(lambda hour: time(hour, 37))
    | st.times().map(lambda at: at.replace(second=0, microsecond=0))
)
shifts = st.integers(-11, 11) | st.integers(-6 * 24, 6 * 24)
wishes = st.one_of(
    st.tuples(own_times, st.just(timedelta(0))),
    st.tuples(st.none(), shifts.map(lambda hours: timedelta(hours=hours, minutes=7))),
    st.tuples(st.none(), st.integers(-7, 7).map(lambda days: days * DAY)),
)
Wish: TypeAlias = tuple[time | None, timedelta]


def named(days: frozenset[Weekday]) -> list[date]:
    """Return the dates on which the question falls by its rule, more of them than any test lives through."""
    return [day for n in range(150) if (day := START + n * DAY).weekday() in days]


def apart(days: frozenset[Weekday]) -> Timetable:
    """Return the same days as prompts of their own, of which two on a minute are not said as one."""
    numbers = [(day - START).days + 1 for day in named(days)]
    return Timetable({str(n): OnDay(day=n, of=Anchor.ENROLMENT, time=HALF_PAST_NINE) for n in numbers})


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
    st.sampled_from(WEEKS),
    st.lists(st.tuples(st.integers(0, 40 * 60), wishes), max_size=8),
)
@example(
    "America/New_York", EVERY_DAY, [(0, (time(23, 37), timedelta(0))), (0, (None, timedelta(minutes=-593)))]
)
@example("Pacific/Kiritimati", WEEKS[1], [(0, (None, -6 * DAY))])
def test_each_days_question_comes_once(
    zone: str, days: frozenset[Weekday], happened: list[tuple[int, Wish]]
) -> None:
    """Decided before a change stays decided, and nothing falls between the old time and the new.

    Only where a change puts two days' questions on the same minute, they are said as one.
    """
    timetable, by_day = Timetable({"k": OnDays(days=days, time=HALF_PAST_NINE)}), apart(days)
    version = replace(make_version(()), timetable=timetable)
    anchors = Anchors(start=START, zone=zone, seed="e1")
    first = by_day.turn(anchors, BEGIN, BEGIN)[1]
    assert first is not None
    names: Counter[date] = Counter()
    met: set[date] = set()  # also in what was said on the same minute
    here = BEGIN
    for minutes, (at, shift) in [*happened, (30 * 24 * 60, (None, timedelta(0)))]:
        until = here + timedelta(minutes=minutes)
        said, single = timetable.between(anchors, here, until), by_day.between(anchors, here, until)
        assert [due.at for due in said] == sorted({due.at for due in single})
        names.update(due.local.date() for due in said)
        met.update(due.local.date() for due in single)
        here = until
        own = Enrolled(id="e1", decided=here, version=version, anchors=anchors)
        anchors = replace(anchors, overrides=from_now_on(own, time=at, shift=shift))
    assert max(names.values()) == 1
    assert [day for day in named(days) if first.local.date() <= day <= max(met)] == sorted(met)
    assert max(met) > here.date() - 15 * DAY


def test_a_day_left_out_hides_no_question() -> None:
    """Everything is ten hours earlier from now on, which puts tomorrow's question on the day left out."""
    timetable = Timetable({"k": OnDays(days=EVERY_DAY, time=HALF_PAST_NINE)})
    overrides = Overrides(skip=frozenset({date(2026, 10, 20)}))
    anchors = Anchors(start=START, zone="UTC", seed="e1", overrides=overrides)
    now = datetime(2026, 10, 21, 2, tzinfo=UTC)
    own = Enrolled(
        id="e1", decided=now, version=replace(make_version(()), timetable=timetable), anchors=anchors
    )
    anchors = replace(anchors, overrides=from_now_on(own, time=None, shift=timedelta(hours=-10)))
    following = timetable.between(anchors, now, now + 2 * DAY)
    assert [due.local.day for due in following] == [21, 22, 23]


def test_what_is_over_is_forgotten() -> None:
    """Somebody who changes their mind every day for a year keeps no year of chapters."""
    overrides = Overrides()
    for day in range(365):
        today = date(2026, 1, 1) + day * DAY
        overrides = overrides.since(Chapter(since=today, time=time(day % 24)), today)
    assert len(overrides.chapters) <= 2 * FURTHEST.days + 2
    assert overrides.at(date(2026, 12, 31)) == overrides.chapters[-1]
    skipped = Overrides()
    for day in range(365):
        skipped = skipped.without(date(2026, 1, 1) + day * DAY)
    assert len(skipped.skip) <= 31
