"""Rules as a programme file writes them: what each means, and what is said of a wrong one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.rrule import rruleset, rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import ProgrammeFileError
from bot.domain.ical import CalendarRuleError, format_ical, moments, parse_ical
from bot.domain.overrides import NONE, Chapter, Overrides, overrides_from_data, overrides_to_data
from bot.domain.programme_reading import parse_programme
from bot.domain.prompts import prompts_from_data, prompts_to_data, timetable_of
from bot.domain.recurrence import Anchors
from tests.unit.cli import EXAMPLE

HOUR = timedelta(hours=1)
TEXT = EXAMPLE.read_text("utf-8")
ALEXS = "{name: first-weeks, start: 2026-11-01}"


def said(at: dict[str, Any], *, days: int = 40, start: str = "2026-11-01", **more: Any) -> list[str]:
    """List when a prompt is said from its enrolment's start on, through the file's own form."""
    prompt: dict[str, Any] = {"key": "k", "support": "emotional", "text": {"en": "Hi."}, "at": at}
    prompt |= {key: more.pop(key) for key in ("on_holiday", "skippable") if key in more}
    prompts = prompts_from_data([prompt])
    assert prompts_from_data(prompts_to_data(prompts)) == prompts
    anchors = Anchors(start=date.fromisoformat(start), zone="UTC", seed="e1", **more)
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC) - HOUR
    dues = timetable_of(prompts).between(anchors, begin, begin + timedelta(days=days))
    return [f"{due.at:%a %m-%d %H:%M}" for due in dues]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ({"days": "Mon-Fri", "time": "09:00"}, ["Mon 11-02 09:00", "Tue 11-03 09:00", "Wed 11-04 09:00"]),
        ({"monthly": 15, "time": "09:00"}, ["Sun 11-15 09:00", "Tue 12-15 09:00", "Fri 01-15 09:00"]),
        ({"monthly": "last", "time": "09:00"}, ["Mon 11-30 09:00", "Thu 12-31 09:00", "Sun 01-31 09:00"]),
        ({"monthly": 31, "time": "09:00"}, ["Mon 11-30 09:00", "Thu 12-31 09:00", "Sun 01-31 09:00"]),
        ({"monthly": "2nd Tue", "time": "09:00"}, ["Tue 11-10 09:00", "Tue 12-08 09:00", "Tue 01-12 09:00"]),
        ({"monthly": "last Fri", "time": "09:00"}, ["Fri 11-27 09:00", "Fri 12-25 09:00", "Fri 01-29 09:00"]),
        ({"day": 3, "of": "programme_start", "time": "09:00"}, ["Wed 11-04 09:00"]),
        ({"date": "2026-12-24", "time": "09:00"}, ["Thu 12-24 09:00"]),
        ({"milestone": "24h", "time": "09:00"}, ["Mon 11-02 09:00"]),
        ({"milestone": "30d", "time": "09:00"}, ["Tue 12-01 09:00"]),
        ({"milestone": "3mo", "time": "09:00"}, ["Mon 02-01 09:00"]),
        ({"ical": "DTSTART:20261105T090000\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:20261106\nRDATE:20261224"},
         ["Thu 11-05 09:00", "Thu 12-24 09:00"]),
    ],
)  # fmt: skip
def test_when_it_is_said(at: dict[str, Any], expected: list[str]) -> None:
    """The first three times of each form, read from the file and written back the same."""
    begun, since = date(2026, 11, 2), date(2026, 11, 1)
    came = said(at, days=100, milestones=True, programme_start=begun, recovery_date=since)
    assert came[:3] == expected


def test_milestones_come_on_the_calendars_dates() -> None:
    """Six months from 31 August end in February; a year from 29 February on its last day; then every year."""
    assert said({"milestone": "6mo", "time": "09:00"}, days=200, start="2026-08-31", milestones=True,
                recovery_date=date(2026, 8, 31)) == ["Sun 02-28 09:00"]  # fmt: skip
    yearly = said({"milestone": "yearly", "time": "09:00"}, days=1500, start="2028-02-01", milestones=True,
                  recovery_date=date(2028, 2, 29))  # fmt: skip
    assert yearly == ["Wed 02-28 09:00", "Thu 02-28 09:00", "Fri 02-28 09:00", "Sun 02-29 09:00"]


def test_nobody_has_milestones_who_did_not_ask() -> None:
    """A recovery date on file is not consent to be reminded of it."""
    assert said({"milestone": "30d", "time": "09:00"}, recovery_date=date(2026, 11, 1)) == []


def test_a_broadcast_is_spread_over_its_window() -> None:
    """A thousand people fill two hours evenly, each always at the same minute."""
    minutes = []
    prompts = prompts_from_data([
        {"key": "k", "support": "emotional", "text": {"en": "Hi."},
         "at": {"date": "2026-12-24", "between": "10:00-12:00"}},
    ])  # fmt: skip
    timetable, begin = timetable_of(prompts), datetime(2026, 12, 1, tzinfo=UTC)
    for person in range(1000):
        anchors = Anchors(start=date(2026, 11, 1), zone="UTC", seed=f"e{person}")
        (due,) = timetable.between(anchors, begin, begin + timedelta(days=60))
        assert timetable.next_due(anchors, due.at - HOUR / 60) == due
        minutes.append(due.at.hour * 60 + due.at.minute)
    assert (min(minutes), max(minutes)) >= (600, 715)
    assert max(minutes) < 720
    assert all(180 < sum(1 for m in minutes if m // 30 == half) < 320 for half in range(20, 24))


@pytest.mark.parametrize(
    ("how", "expected"),
    [("send", ["Wed 11-25 09:00", "Thu 11-26 09:00", "Fri 11-27 09:00"]),
     ("skip", ["Wed 11-25 09:00"]),
     ("shift", ["Wed 11-25 09:00"])],
)  # fmt: skip
def test_holidays_of_a_daily_prompt(how: str, expected: list[str]) -> None:
    """A prompt that falls on the next working day anyway is not said there twice."""
    holidays = frozenset({date(2026, 11, 26), date(2026, 11, 27)})
    came = said({"days": "daily", "time": "09:00"}, on_holiday=how, holidays=holidays, start="2026-11-25")
    assert came[: len(expected)] == expected
    assert came[len(expected)] == "Sat 11-28 09:00"
    assert len(set(came)) == len(came)


def test_holidays_of_a_prompt_at_a_random_time() -> None:
    """What moves from a holiday to a day that has its own random time is not said there as well."""
    holidays = frozenset({date(2026, 11, 26)})
    at = {"days": "daily", "between": "13:00-18:00"}
    came = said(at, on_holiday="shift", holidays=holidays, start="2026-11-25", days=5)
    assert [text[4:9] for text in came] == ["11-25", "11-27", "11-28", "11-29"]


def test_holidays_of_a_weekly_prompt() -> None:
    """Thursday's prompt comes on Saturday when Thursday and Friday are holidays."""
    holidays = frozenset({date(2026, 11, 26), date(2026, 11, 27)})
    came = said({"days": ["Thu"], "time": "09:00"}, on_holiday="shift", holidays=holidays, start="2026-11-25")
    assert came[:2] == ["Sat 11-28 09:00", "Thu 12-03 09:00"]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (Overrides(skip=frozenset({date(2026, 11, 2)})), ["Sun 11-01 09:00", "Tue 11-03 09:00"]),
        (Overrides(less=1), ["Sun 11-01 09:00", "Tue 11-03 09:00", "Thu 11-05 09:00"]),
        (Overrides(less=2), ["Sun 11-01 09:00", "Thu 11-05 09:00"]),
        (Overrides(chapters=(Chapter(since=date(2026, 11, 2), time=time(20)),)),
         ["Sun 11-01 09:00", "Mon 11-02 20:00"]),
        (Overrides(chapters=(Chapter(since=date(2026, 11, 2), shift=2 * HOUR),)),
         ["Sun 11-01 09:00", "Mon 11-02 11:00"]),
        (Overrides(chapters=(Chapter(since=date(2026, 11, 2), shift=timedelta(days=1)),)),
         ["Sun 11-01 09:00", "Tue 11-03 09:00", "Wed 11-04 09:00"]),
    ],
)  # fmt: skip
def test_a_persons_own_settings(overrides: Overrides, expected: list[str]) -> None:
    """Days left out, fewer, another hour, everything later; kept in the database as they are."""
    assert overrides_from_data(overrides_to_data(overrides)) == overrides
    came = said({"days": "daily", "time": "09:00"}, overrides=overrides)
    assert came[: len(expected)] == expected


def test_less_halves_a_numbered_series_and_spares_what_may_not_be_skipped() -> None:
    """Of a series of days every second is kept; a prompt that is not skippable comes all the same."""
    series = [
        {"key": f"d{day}", "support": "emotional", "text": {"en": "Hi."},
         "at": {"day": day, "of": "enrolment", "time": "09:00"}}
        for day in (1, 2, 4, 6, 8, 10)
    ]  # fmt: skip
    anchors = Anchors(start=date(2026, 11, 1), zone="UTC", seed="e1", overrides=Overrides(less=1))
    begin = datetime(2026, 10, 31, tzinfo=UTC)
    dues = timetable_of(prompts_from_data(series)).between(anchors, begin, begin + timedelta(days=30))
    assert [due.key for due in dues] == ["d1", "d4", "d8"]
    daily = {"days": "daily", "time": "09:00"}
    assert len(said(daily, days=10, overrides=Overrides(less=1), skippable=False)) == 10


def test_no_settings_are_no_data() -> None:
    """Nothing is stored for nearly everybody."""
    assert overrides_to_data(NONE) is None
    assert overrides_from_data(None) is NONE


WRONG = {
    "{monthly: 32, time: \"09:00\"}": "A day of the month is such as 15, last, 2nd Tue or last Fri.",
    "{monthly: 5th Tue, time: \"09:00\"}": "A day of the month is such as 15, last, 2nd Tue or last Fri.",
    "{monthly: 1}": "The key `time` is missing.",
    "{milestone: 36h, time: \"09:00\"}": "A milestone is written like 24h, 30d, 6mo, 1y or yearly.",
    "{milestone: 30d, of: enrolment, time: \"09:00\"}": "`of` does not go with `milestone`",
    "{taper: [{every: 1d}, {every: 1w}], time: \"09:00\"}": "Only the last part may go on for good",
    "{taper: [{every: 36h, for: 2w}], time: \"09:00\"}": "This must be whole days or weeks, like 2d or 1w.",
    "{taper: [], time: \"09:00\"}": "Name at least one part",
    "{date: 2026-02-30, time: \"09:00\"}": "A date is written like 2026-11-01.",
    "{date: 2026-12-24, time: \"09:00\", between: \"10:00-12:00\"}": "Either a `time` or hours `between`",
    "{date: 2026-12-24, between: \"22:00-02:00\"}": "These hours may not pass midnight.",
    '{ical: "RRULE:FREQ=DAILY"}': "The line DTSTART is missing",
    '{ical: "DTSTART:20261201T090000\\nRRULE:FREQ=MINUTELY"}': "This comes too often",
    '{ical: "DTSTART:20261201T090000\\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}': "never comes true",
    '{ical: "DTSTART;TZID=Europe/Paris:20261201T090000"}': "leave out TZID and Z",
    '{ical: "DTSTART:20261201T090000\\nRRULE:FREQ=DAILY;UNTIL=20261224T000000Z"}': "leave out its Z",
    '{ical: "DTSTART:20261201T090000\\nRRULE:FREQ=SOMETIMES"}': "can't be read",
    '{ical: "DTSTART:20261201T090000\\nSUMMARY:Hi"}': "RDATE and EXDATE may follow",
    '{ical: "DTSTART:20260230T090000"}': "A moment is written like 20261201T090000.",
}  # fmt: skip


@pytest.mark.parametrize("at", WRONG)
def test_a_wrong_rule_is_named_with_its_line(at: str) -> None:
    """One sentence says what is wrong, with the line and the field; nothing of the file is taken."""
    right = 'at: {days: daily, time: "09:30"}'
    assert right in TEXT
    line = TEXT[: TEXT.index(right)].count("\n") + 1
    with pytest.raises(ProgrammeFileError) as error:
        parse_programme(TEXT.replace(right, f"at: {at}"))
    (wrong,) = error.value.errors
    assert WRONG[at] in wrong.sentence
    assert wrong.line == line
    assert wrong.field.startswith("schedules[0].prompts[0].at")


@pytest.mark.parametrize(
    ("right", "wrong", "field", "sentence"),
    [
        (ALEXS, "{name: first-weeks, start: 2026-11-01, shift: 9d}", "schedules[0].shift", "at most a week"),
        (ALEXS, "{name: first-weeks, start: 2026-11-01, time: 8pm}", "schedules[0].time", "like 09:30"),
        (ALEXS, "{name: first-weeks, start: 2026-11-01, less: 3}", "schedules[0].less", "from 0 to 2"),
        (ALEXS, "{name: first-weeks, start: 2026-11-01, skip: [soon]}", "skip[0]", "A date is written"),
        ("  help_contact:", "  holidays: [2026-13-01]\n  help_contact:", "holidays[0]", "A date is written"),
        ("    title: First weeks", "    title: First weeks\n    to: {pathway: none}", "to.pathway", "one of"),
        ("    title: First weeks", "    title: First weeks\n    to: nobody", "to", "`everybody`, or a group"),
        ("    title: First weeks", "    title: First weeks\n    to: {}", "to", "Say whom"),
        ('        at: {days: daily, time: "09:30"}',
         '        at: {days: daily, time: "09:30"}\n        on_holiday: move', "on_holiday", "one of"),
        ("    name: Alex", "    name: Alex\n    milestones: often", "milestones", "true or false"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_its_line(right: str, wrong: str, field: str, sentence: str) -> None:
    """Holidays, groups and own settings are held to the same."""
    assert right in TEXT
    with pytest.raises(ProgrammeFileError) as error:
        parse_programme(TEXT.replace(right, wrong, 1))
    (found,) = error.value.errors
    assert found.field.endswith(field)
    assert sentence in found.sentence
    assert found.line == TEXT[: TEXT.index(right)].count("\n") + 1 + wrong.count("\n") * (right[0] != "{") - (
        "\n  help_contact:" in wrong
    )


stamps = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001 - wall clock
    lambda at: f"{at:%Y%m%dT%H%M}00"
)


@settings(deadline=None)
@given(
    stamps,
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 5),
    st.sampled_from(
        ["", ";COUNT=7", ";UNTIL=20281231T235900", ";BYDAY=MO,-1FR", ";BYMONTHDAY=31,1", ";BYHOUR=9,21"]
    ),
    st.lists(stamps, max_size=3),
    st.lists(stamps, max_size=3),
)  # fmt: skip
def test_calendar_rules_mean_what_others_read_in_them(
    start: str, often: str, interval: int, more: str, dates: list[str], without: list[str]
) -> None:
    """Written back the same, and an independent reader finds the same first fifty moments."""
    if often in {"DAILY", "WEEKLY"}:
        more = more.replace(";BYDAY=MO,-1FR", ";BYDAY=MO,FR").replace(";BYMONTHDAY=31,1", "")
    lines = [f"DTSTART:{start}", f"RRULE:FREQ={often};INTERVAL={interval}{more}"]
    lines += [f"RDATE:{','.join(dates)}"] if dates else []
    lines += [f"EXDATE:{','.join(without)}"] if without else []
    try:
        rule = parse_ical("\n".join(lines))
    except CalendarRuleError:
        return  # such as the 31st of a month that never has one
    assert parse_ical(format_ical(rule)) == rule
    theirs = rrulestr("\n".join(lines), forceset=True)
    assert isinstance(theirs, rruleset)
    ours = [moment for moment, _ in zip(moments(rule), range(50), strict=False)]
    assert ours == [moment for moment, _ in zip(theirs, range(50), strict=False)]


def test_what_calendar_programs_do_is_understood() -> None:
    """Folded lines, small letters and a date for a moment: as calendars write them."""
    rule = parse_ical(
        "dtstart:20261201T090000\r\nRRULE:FREQ=DAILY;\r\n COUNT=3\r\nEXDATE;VALUE=DATE:20261202\r\n"
    )
    assert [f"{moment:%d %H:%M}" for moment in moments(rule)] == ["01 09:00", "03 09:00"]
    late = parse_ical("DTSTART:20261201T090000\nRRULE:FREQ=DAILY;UNTIL=20261202")
    assert [moment.day for moment in moments(late)] == [1, 2]
