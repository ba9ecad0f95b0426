"""In every zone there is, at every change of its clocks: each local day has its question once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.hours import EVERY_DAY, Window
from bot.domain.recurrence import Anchor, Anchors, OnDay, OnDays, RandomTime, Rule, Timetable, to_instant

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RULES: dict[str, Rule] = {
    **{f"{at:%H:%M}": OnDays(days=EVERY_DAY, time=at) for at in map(time, range(24))},
    "00:30": OnDays(days=EVERY_DAY, time=time(0, 30)),
    "02:30": OnDays(days=EVERY_DAY, time=time(2, 30)),
    "23:59": OnDays(days=EVERY_DAY, time=time(23, 59)),
    "night": RandomTime(days=EVERY_DAY, between=Window(start=0, end=240)),
}
TIMETABLE = Timetable(RULES)


@cache
def changes(zone: str) -> list[datetime]:
    """Return the instants at which the clocks of a zone change, to the day before or after."""
    here, found = ZoneInfo(zone), []
    step, instant = 7 * DAY, FIRST
    while instant < LAST:
        if instant.astimezone(here).utcoffset() != (instant + step).astimezone(here).utcoffset():
            found.append(instant + step / 2)
        instant += step
    return found or [datetime(2026, 11, 1, tzinfo=UTC)]


def days_that_were(zone: str, first: date, last: date) -> Iterator[date]:
    """Yield the dates that the calendar of a zone has."""
    day = first
    while day <= last:
        begin, end = (to_instant(datetime.combine(each, time()), zone) for each in (day, day + DAY))
        if begin < end:
            yield day
        day += DAY


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(ZONES), st.data())
def test_each_local_day_has_each_question_once(zone: str, data: st.DataObject) -> None:
    """A fortnight around a change, planned in pieces of any length: no day is doubled, and none skipped."""
    middle = data.draw(st.sampled_from(changes(zone)))
    anchors = Anchors(start=date(1969, 1, 1), zone=zone, seed="e1")
    begin, end = middle - 7 * DAY, middle + 7 * DAY
    inside = st.datetimes(begin.replace(tzinfo=None), end.replace(tzinfo=None))
    cuts = sorted(data.draw(st.lists(inside, max_size=4)))
    edges = [begin, *(cut.replace(tzinfo=UTC) for cut in cuts), end]
    dues = [due for after, until in pairwise(edges) for due in TIMETABLE.between(anchors, after, until)]
    seen = Counter((due.key, due.local.date()) for due in dues)
    assert max(seen.values()) == 1
    first, last = (begin.astimezone(ZoneInfo(zone)).date() + DAY, end.astimezone(ZoneInfo(zone)).date() - DAY)
    whole = set(days_that_were(zone, first, last))
    for key in RULES:
        days = {day for name, day in seen if name == key and first <= day <= last}
        assert days == whole, (zone, key)
    instants = [due.at for due in sorted(dues, key=lambda due: (due.local, due.key)) if due.key == "02:30"]
    assert instants == sorted(set(instants))


@pytest.mark.parametrize(
    ("zone", "missing"),
    [
        ("Pacific/Apia", date(2011, 12, 30)),
        ("Pacific/Fakaofo", date(2011, 12, 30)),
        ("Pacific/Kwajalein", date(1993, 8, 21)),
        ("Pacific/Kiritimati", date(1994, 12, 31)),
    ],
)
def test_a_day_the_calendar_left_out(zone: str, missing: date) -> None:
    """West of the date line yesterday, east of it today: nobody is asked for a day that never was.

    A prompt that comes but once is not lost with it: it is said when the next day begins.
    """
    start = missing - timedelta(days=4)
    rules: dict[str, Rule] = {
        "daily": OnDays(days=EVERY_DAY, time=time(9, 30)),
        "once": OnDay(day=5, of=Anchor.ENROLMENT, time=time(12)),
    }
    anchors = Anchors(start=start, zone=zone, seed="e1")
    begin = to_instant(datetime.combine(start, time()), zone) - HOUR
    dues = Timetable(rules).between(anchors, begin, begin + 8 * DAY)
    daily = [due.local.date() for due in dues if due.key == "daily"]
    assert missing not in daily
    assert [missing - DAY, missing + DAY] == [day for day in daily if abs(day - missing) == DAY]
    (once,) = (due.at for due in dues if due.key == "once")
    assert once.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime.combine(missing + DAY, time())
    spoken = Counter(due.at.astimezone(ZoneInfo(zone)).date() for due in dues if due.key == "daily")
    assert max(spoken.values()) == 1


@pytest.mark.parametrize(
    "zone", ["Africa/Casablanca", "America/Sao_Paulo", "Asia/Pyongyang", "Europe/Volgograd"]
)
def test_a_zone_that_changes_its_rules(zone: str) -> None:
    """Years in which a country thought again about its clocks have as many questions as days."""
    anchors = Anchors(start=date(2015, 1, 1), zone=zone, seed="e1")
    timetable = Timetable({"k": OnDays(days=EVERY_DAY, time=time(0))})
    begin, end = datetime(2015, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    days = [due.local.date() for due in timetable.between(anchors, begin, end)]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert len(days) >= 2190
