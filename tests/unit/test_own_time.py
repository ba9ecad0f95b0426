"""Another time of day, or everything some hours later, chosen again and again: each day comes once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.enrolments import Enrolled
from bot.actions.preferences import from_now_on
from bot.actions.versions import make_version
from bot.domain.hours import EVERY_DAY
from bot.domain.overrides import FURTHEST, Chapter, Overrides
from bot.domain.recurrence import Anchors, OnDays, Timetable

BEGIN = datetime(2026, 10, 20, 12, tzinfo=UTC)  # the clocks of New York and Lord Howe change soon
TIMETABLE = Timetable({"k": OnDays(days=EVERY_DAY, time=time(9, 30))})
VERSION = replace(make_version(()), timetable=TIMETABLE)
DAY = timedelta(days=1)
own_times = st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0))
wishes = st.one_of(
    st.tuples(own_times, st.just(timedelta(0))),
    # An odd minute, so that no two days fall on the same one, which would be said once.
    st.tuples(st.none(), st.integers(-11, 11).map(lambda hours: timedelta(hours=hours, minutes=7))),
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
    st.lists(st.tuples(st.integers(0, 40 * 60), wishes), max_size=8),
)
def test_each_days_question_comes_once(
    zone: str, happened: list[tuple[int, tuple[time | None, timedelta]]]
) -> None:
    """Decided before a change stays decided, and nothing falls between the old time and the new."""
    anchors = Anchors(start=date(2026, 9, 1), zone=zone, seed="e1")
    names: Counter[date] = Counter()
    here = BEGIN
    for minutes, (at, shift) in [*happened, (20 * 24 * 60, (None, timedelta(0)))]:
        until = here + timedelta(minutes=minutes)
        names.update(due.local.date() for due in TIMETABLE.between(anchors, here, until))
        here = until
        own = Enrolled(id="e1", decided=here, version=VERSION, anchors=anchors)
        anchors = replace(anchors, overrides=from_now_on(own, time=at, shift=shift))
    assert max(names.values()) == 1
    first, last = min(names), max(names)
    assert [first + n * DAY for n in range((last - first).days + 1)] == sorted(names)


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
