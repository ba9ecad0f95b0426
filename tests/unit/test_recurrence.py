"""Rules give the right local times, and every local day exactly once whatever the clocks do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.hours import EVERY_DAY, Weekday, Window
from bot.domain.ical import parse_ical
from bot.domain.overrides import NONE
from bot.domain.recurrence import (
    LAST,
    Anchor,
    Anchors,
    AroundSession,
    Chapter,
    EveryWeeks,
    Manner,
    Milestone,
    Monthly,
    OnDate,
    OnDay,
    OnDays,
    OnHoliday,
    Overrides,
    RandomTime,
    Rule,
    Side,
    Stretch,
    Taper,
    Timetable,
    next_local,
    to_instant,
)
from bot.domain.rules import to_rrule

HOUR = timedelta(hours=1)
ZONES = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "America/Sao_Paulo",
]
CLOCKS = [time(0, 0), time(1, 30), time(2, 30), time(2, 0), time(9, 30), time(23, 59)]


def naive(text: str) -> datetime:
    """Read a wall time."""
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def enrolled(start: str = "2026-11-01", zone: str = "America/New_York", **others: object) -> Anchors:
    """Anchor somebody enrolled on `start`."""
    return Anchors(start=date.fromisoformat(start), zone=zone, seed="e1", **others)  # type: ignore[arg-type]


def locals_of(rule: Rule, anchors: Anchors, count: int, after: str = "2026-01-01T00:00") -> list[str]:
    """List the first wall times of a rule."""
    here = naive(after)
    found: list[str] = []
    while len(found) < count and (step := next_local(rule, anchors, here, "k")):
        here = step
        found.append(f"{step:%a %Y-%m-%d %H:%M}")
    return found


def hourly(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the ticks of a planner that looks once an hour."""
    while begin < end:
        yield begin, begin + HOUR
        begin += HOUR


@pytest.mark.parametrize("zone", ZONES)
def test_a_daily_check_in_comes_once_a_local_day_all_year(zone: str) -> None:
    """Hourly ticks over a year with every change of clocks in it: each local date once, for each time."""
    rules = {f"{clock}": OnDays(days=EVERY_DAY, time=clock) for clock in CLOCKS}
    timetable, anchors = Timetable(rules), enrolled("2026-01-02", zone)
    ticks = hourly(utc("2026-01-01T00:00"), utc("2027-01-03T00:00"))
    seen = Counter((due.key, due.local.date()) for tick in ticks for due in timetable.between(anchors, *tick))
    year = [date(2026, 1, 2) + timedelta(days=day) for day in range(364)]
    assert all(seen[f"{clock}", day] == 1 for clock in CLOCKS for day in year)
    assert max(seen.values()) == 1


def test_a_time_the_clocks_skip_comes_right_after_the_gap() -> None:
    """New York, 8 March 2026: 02:30 does not exist, so it is said at 03:00 and keeps its name."""
    (due,) = Timetable({"k": OnDays(days=EVERY_DAY, time=time(2, 30))}).between(
        enrolled("2026-01-01"), utc("2026-03-08T05:00"), utc("2026-03-08T20:00")
    )
    assert (due.local, due.at) == (naive("2026-03-08T02:30"), utc("2026-03-08T07:00"))


def test_a_time_shown_twice_comes_the_first_time() -> None:
    """New York, 1 November 2026: 01:30 is said at the first of two, and not looked for again."""
    timetable, anchors = Timetable({"k": OnDays(days=EVERY_DAY, time=time(1, 30))}), enrolled("2026-01-01")
    (due,) = timetable.between(anchors, utc("2026-11-01T04:00"), utc("2026-11-01T20:00"))
    assert due.at == utc("2026-11-01T05:30")
    later = timetable.next_due(anchors, utc("2026-11-01T06:10"))  # 01:10 for the second time
    assert later is not None
    assert later.local == naive("2026-11-02T01:30")


def test_moving_to_another_zone_keeps_the_name_of_a_local_day() -> None:
    """The same date gives the same occurrence in both zones, so what was sent is known as sent."""
    rule = {"k": RandomTime(days=EVERY_DAY, between=Window(start=780, end=1080))}
    day = utc("2026-11-10T00:00"), utc("2026-11-11T23:00")
    names = [
        [due.local for due in Timetable(rule).between(enrolled(zone=zone), *day) if due.local.day == 10]
        for zone in ("America/New_York", "America/Denver")
    ]
    assert names[0] == names[1]


def test_day_one_is_the_day_of_enrolment() -> None:
    """Day 3 of an enrolment that starts on the 1st is the 3rd."""
    rule = OnDay(day=3, of=Anchor.ENROLMENT, time=time(12))
    assert locals_of(rule, enrolled("2026-11-01"), 5) == ["Tue 2026-11-03 12:00"]


def test_nothing_falls_before_the_enrolment_starts() -> None:
    """A recovery date long ago yields no past days, and a weekly rule begins with the first date."""
    anchors = enrolled("2026-11-04", recovery_date=date(2026, 11, 1))
    assert locals_of(OnDay(day=3, of=Anchor.RECOVERY_DATE, time=time(9)), anchors, 1) == []
    assert locals_of(OnDay(day=4, of=Anchor.RECOVERY_DATE, time=time(0)), anchors, 1) == [
        "Wed 2026-11-04 00:00"
    ]
    daily = Timetable({"k": OnDays(days=EVERY_DAY, time=time(0))})
    first = daily.next_due(anchors, utc("2026-01-01T00:00"))
    assert first is not None
    assert first.local == naive("2026-11-04T00:00")


@pytest.mark.parametrize("anchor", [Anchor.RECOVERY_DATE, Anchor.PROGRAMME_START, Anchor.LAST_SESSION])
def test_an_anchor_nobody_gave_yields_nothing(anchor: Anchor) -> None:
    """No recovery date, programme start or session: nothing due, and no error."""
    assert locals_of(OnDay(day=1, of=anchor, time=time(9)), enrolled(), 1) == []
    every = EveryWeeks(weeks=1, days=EVERY_DAY, time=time(9), since=anchor)
    assert locals_of(every, enrolled(), 1) == []


def test_before_a_session_by_days_and_by_hours() -> None:
    """A day before at six, or two hours before it begins."""
    anchors = enrolled(sessions=(naive("2026-11-26T15:00"), naive("2026-11-12T10:30")))
    day_before = AroundSession(side=Side.BEFORE, by=timedelta(days=1), time=time(18))
    assert locals_of(day_before, anchors, 9) == ["Wed 2026-11-11 18:00", "Wed 2026-11-25 18:00"]
    two_hours = AroundSession(side=Side.BEFORE, by=2 * HOUR)
    assert locals_of(two_hours, anchors, 9) == ["Thu 2026-11-12 08:30", "Thu 2026-11-26 13:00"]
    same_evening = AroundSession(side=Side.AFTER, by=timedelta(0), time=time(20))
    assert locals_of(same_evening, anchors, 9) == ["Thu 2026-11-12 20:00", "Thu 2026-11-26 20:00"]


def test_hours_before_a_session_are_real_hours() -> None:
    """A session at 04:00 on the night the clocks go forward: three hours before is midnight."""
    anchors = enrolled("2026-01-01", sessions=(naive("2026-03-08T04:00"),))
    due = Timetable({"k": AroundSession(side=Side.BEFORE, by=3 * HOUR)}).next_due(
        anchors, utc("2026-03-01T00:00")
    )
    assert due is not None
    assert (due.local, due.at) == (naive("2026-03-08T00:00"), utc("2026-03-08T05:00"))


def test_days_since_the_last_session_begin_anew_with_the_next() -> None:
    """Day 8 after a session falls away when there was another in the meantime."""
    anchors = enrolled(sessions=tuple(naive(f"2026-11-{day}T10:00") for day in ("02", "06", "20")))
    rule = OnDay(day=8, of=Anchor.LAST_SESSION, time=time(9))
    assert locals_of(rule, anchors, 9) == ["Fri 2026-11-13 09:00", "Fri 2026-11-27 09:00"]


def test_every_two_weeks_counts_from_the_monday_of_the_first_week() -> None:
    """Enrolled on a Thursday: that week's Wednesday is past, so the first is in the third week."""
    rule = EveryWeeks(weeks=2, days=frozenset({Weekday.WED}), time=time(17), since=Anchor.ENROLMENT)
    assert locals_of(rule, enrolled("2026-11-05"), 2) == ["Wed 2026-11-18 17:00", "Wed 2026-12-02 17:00"]
    assert locals_of(rule, enrolled("2026-11-02"), 2) == ["Wed 2026-11-04 17:00", "Wed 2026-11-18 17:00"]


def test_random_times_spread_evenly_and_stay() -> None:
    """A population fills its window evenly; asking again, or with other prompts beside, changes nothing."""
    rule = RandomTime(days=EVERY_DAY, between=Window(start=780, end=1080))
    after, hours = naive("2026-11-10T00:00"), Counter[int]()
    for person in range(3000):
        anchors = Anchors(start=date(2026, 11, 1), zone="UTC", seed=f"e{person}")
        local = next_local(rule, anchors, after, "k")
        assert local == next_local(rule, anchors, after, "k")
        assert local is not None
        hours[local.hour] += 1
    assert sorted(hours) == [13, 14, 15, 16, 17]
    assert all(500 < count < 700 for count in hours.values())


def test_prompts_on_the_same_minute_all_fall_due() -> None:
    """The first due names one of them; asking up to its instant names them all."""
    timetable = Timetable(
        {
            "day-3": OnDay(day=3, of=Anchor.ENROLMENT, time=time(9, 30)),
            "also-3": OnDay(day=3, of=Anchor.ENROLMENT, time=time(9, 30)),
            "mood": OnDays(days=EVERY_DAY, time=time(9, 30)),
        }
    )
    after = utc("2026-11-03T00:00")
    first = timetable.next_due(enrolled(), after)
    assert first is not None
    assert [due.key for due in timetable.between(enrolled(), after, first.at)] == ["also-3", "day-3", "mood"]


clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))
day_sets = st.frozensets(st.sampled_from(Weekday), min_size=1)
anchor_names = st.sampled_from(Anchor)
# Around the gap of half an hour on Lord Howe and the hours that come twice in London and New York.
days = st.dates(date(2026, 9, 28), date(2026, 11, 20))
windows = st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(lambda pair: pair[0] < pair[1])
rules = st.one_of(
    st.builds(OnDays, days=day_sets, time=clocks),
    st.builds(
        RandomTime, days=day_sets, between=windows.map(lambda pair: Window(start=pair[0], end=pair[1]))
    ),
    st.builds(OnDay, day=st.integers(1, 40), of=anchor_names, time=clocks),
    st.builds(EveryWeeks, weeks=st.integers(1, 5), days=day_sets, time=clocks, since=anchor_names),
    st.builds(
        AroundSession,
        side=st.sampled_from(Side),
        by=st.integers(0, 4).map(lambda days: timedelta(days=days)),
        time=clocks,
    ),
    st.builds(
        AroundSession,
        side=st.sampled_from(Side),
        by=st.integers(1, 4000).map(lambda length: length * timedelta(minutes=1)),
    ),
    st.builds(Monthly, time=clocks, day=st.integers(1, 31)),
    st.builds(
        Monthly, time=clocks, nth=st.sampled_from([1, 2, 3, 4, LAST]), weekday=st.sampled_from(Weekday)
    ),
    st.builds(
        Taper,
        stretches=st.lists(
            st.builds(Stretch, every=st.integers(1, 9), lasts=st.integers(1, 20)), min_size=1, max_size=3
        ).map(tuple),
        time=clocks,
        since=anchor_names,
    ),
    st.builds(Milestone, time=clocks, days=st.integers(0, 40)),
    st.builds(Milestone, time=clocks, yearly=st.just(True)),
    st.builds(OnDate, on=days, time=clocks),
    st.builds(OnDate, on=days, between=windows.map(lambda pair: Window(start=pair[0], end=pair[1]))),
    st.sampled_from([parse_ical("DTSTART:20260928T090000\nRRULE:FREQ=DAILY;INTERVAL=3;BYHOUR=9,21")]),
)
overrides = st.builds(
    Overrides,
    skip=st.frozensets(days, max_size=3),
    chapters=st.lists(
        st.builds(
            Chapter,
            since=days,
            time=st.none() | clocks,
            shift=st.integers(-7 * 24 * 4, 7 * 24 * 4).map(lambda quarters: quarters * HOUR / 4),
        ),
        max_size=3,
    ).map(lambda some: tuple(sorted(some, key=lambda chapter: chapter.since))),
    less=st.integers(0, 2),
)
sessions = st.lists(
    st.datetimes(naive("2026-09-28T00:00"), naive("2026-11-20T00:00")).map(
        lambda at: at.replace(second=0, microsecond=0)
    ),
    max_size=6,
).map(tuple)
people = st.builds(
    Anchors,
    start=days,
    zone=st.sampled_from([*ZONES, "Pacific/Apia"]),
    seed=st.text(max_size=3),
    sessions=sessions,
    recovery_date=st.none() | days,
    programme_start=st.none() | days,
    milestones=st.booleans(),
    holidays=st.frozensets(days, max_size=5),
    overrides=st.just(NONE) | overrides,
)
manners = st.builds(
    Manner,
    holiday=st.sampled_from(OnHoliday),
    skippable=st.booleans(),
    movable=st.booleans(),
    timed=st.booleans(),
)
instants = st.datetimes(naive("2026-09-25T00:00"), naive("2026-12-01T00:00"), timezones=st.just(UTC))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(rules, st.none() | manners), min_size=1, max_size=6),
    people,
    st.lists(instants, min_size=2, max_size=6),
)
def test_any_way_of_cutting_the_time_up_gives_the_same(
    some: list[tuple[Rule, Manner | None]], anchors: Anchors, cuts: list[datetime]
) -> None:
    """Following next_due, or asking piece by piece, names exactly what one question names."""
    timetable = Timetable(
        {f"k{place}": rule for place, (rule, _) in enumerate(some)},
        {f"k{place}": manner for place, (_, manner) in enumerate(some) if manner is not None},
    )
    cuts.sort()
    whole = timetable.between(anchors, cuts[0], cuts[-1])
    assert len({(due.key, due.local) for due in whole}) == len(whole)
    assert all(due.local.date() >= anchors.start for due in whole)
    pieces = [due for after, until in pairwise(cuts) for due in timetable.between(anchors, after, until)]
    assert pieces == whole
    followed, here = [], cuts[0]
    while (due := timetable.next_due(anchors, here)) and due.at <= cuts[-1]:
        followed += timetable.between(anchors, here, due.at)
        here = due.at
    assert followed == whole


@settings(max_examples=150, deadline=None)
@given(
    st.lists(rules, min_size=1, max_size=6),
    st.lists(people, min_size=2, max_size=4),
    st.lists(instants, min_size=2, max_size=2),
)
def test_what_is_remembered_of_one_person_is_never_said_of_another(
    some: list[Rule], several: list[Anchors], span: list[datetime]
) -> None:
    """Asked about everybody in turn, twice, a timetable says of each what one that knows only them says."""
    named = {f"k{place}": rule for place, rule in enumerate(some)}
    shared, (after, until) = Timetable(named), sorted(span)
    for anchors in [*several, *several]:
        alone = Timetable(named)
        expected = alone.between(anchors, after, until), alone.next_due(anchors, until)
        assert shared.turn(anchors, after, until) == expected


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.builds(OnDays, days=day_sets, time=clocks),
        st.builds(
            EveryWeeks, weeks=st.integers(1, 5), days=day_sets, time=clocks, since=st.just(Anchor.ENROLMENT)
        ),
        st.builds(Monthly, time=clocks, day=st.integers(1, 31)),
        st.builds(
            Monthly, time=clocks, nth=st.sampled_from([1, 2, 3, 4, LAST]), weekday=st.sampled_from(Weekday)
        ),
    ),
    people.map(lambda anchors: replace(anchors, overrides=NONE)),
)
def test_calendar_rules_agree_with_rfc_5545(rule: Rule, anchors: Anchors) -> None:
    """An independent reader of the exported rule finds the same instants."""
    text = to_rrule(rule)
    assert text is not None
    begin = datetime.combine(anchors.start, time())
    until = begin + timedelta(days=80)
    theirs = [
        to_instant(local, anchors.zone)
        for local in rrulestr(text, dtstart=begin).between(begin, until, inc=True)
    ]
    since, end = to_instant(begin, anchors.zone) - HOUR / 60, to_instant(until, anchors.zone)
    assert [due.at for due in Timetable({"k": rule}).between(anchors, since, end)] == theirs


@pytest.mark.parametrize(
    "rule",
    [
        RandomTime(days=EVERY_DAY, between=Window(start=0, end=60)),
        OnDay(day=1, of=Anchor.ENROLMENT, time=time(9)),
        AroundSession(side=Side.BEFORE, by=HOUR),
    ],
)
def test_what_rfc_5545_cannot_say_has_no_rule(rule: Rule) -> None:
    """A calendar file lists such prompts one by one instead."""
    assert to_rrule(rule) is None
