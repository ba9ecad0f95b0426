"""Schedules as a sheet and as a calendar."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, date, datetime
from io import StringIO
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.programme import Programme, Schedule
from bot.domain.programme_reading import parse_programme
from bot.domain.prompts import prompts_from_data, timetable_of
from bot.domain.recurrence import Anchors, next_local
from bot.domain.schedule_calendar import LINE, fold_line, write_calendar
from bot.domain.schedule_sheet import write_sheet
from bot.domain.sheets import harmless
from tests.unit.cli import EXAMPLE

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def programme() -> Programme:
    """Return the example programme."""
    return parse_programme(EXAMPLE.read_text("utf-8"))


def test_a_sheet_has_one_row_a_prompt(programme: Programme) -> None:
    """Rule and answer are written as in the file, and each language has its column."""
    rows = list(csv.DictReader(StringIO(write_sheet(programme.schedules, ("en", "es")))))
    assert [row["key"] for row in rows] == [prompt.key for prompt in programme.schedules[0].prompts]
    assert rows[0]["at"] == '{days: daily, time: "09:30"}'
    assert rows[0]["answer"] == "{scale: 0-10, about: mood}"
    assert rows[0]["text_es"].startswith("Buenos dias")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@a", "\t=1", "  =1", "＝1", "\r=1"])
def test_a_formula_is_made_harmless(cell: str) -> None:
    """A cell that a spreadsheet program would run begins with an apostrophe."""
    assert harmless(cell) == f"'{cell}"


def test_other_cells_stay_as_they_are() -> None:
    """Only formulas are touched."""
    assert harmless("How are you, 0-10?") == "How are you, 0-10?"


def events(text: str) -> list[dict[str, str]]:
    """Return the events of a calendar, unfolded, by property name."""
    found = []
    for part in text.replace("\r\n ", "").split("BEGIN:VEVENT\r\n")[1:]:
        lines = part.partition("END:VEVENT")[0].splitlines()
        found.append(dict(line.split(":", 1) for line in lines))
    return found


def test_a_calendar_says_what_the_timetable_says(programme: Programme) -> None:
    """The rule in the calendar, read by somebody else's code, gives our own next times."""
    calendar = write_calendar(programme.schedules, programme.name, programme.timezone, NOW)
    rules = {prompt.key: prompt.rule for prompt in programme.schedules[0].prompts}
    anchors = Anchors(start=NOW.date(), zone=programme.timezone, seed="")
    local = datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001 - a wall clock
    told = {event["SUMMARY"].rpartition(" ")[2]: event for event in events(calendar.text)}
    assert set(told) == {"mood", "fortnight-group"}
    for key, event in told.items():
        begin = datetime.strptime(event["DTSTART"], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - floating
        here = local
        for moment in islice(rrulestr(event["RRULE"], dtstart=begin), 10):
            following = next_local(rules[key], anchors, here, key)
            assert moment == following
            here = moment


def test_a_calendar_names_what_it_leaves_out(programme: Programme) -> None:
    """What hangs on a person is left out, and said."""
    calendar = write_calendar(programme.schedules, programme.name, programme.timezone, NOW)
    assert calendar.left_out == ("first-weeks/day-3", "first-weeks/surprise", "first-weeks/before-session")


def test_an_event_keeps_its_id(programme: Programme) -> None:
    """A calendar that is imported again replaces its events instead of doubling them."""
    first, later = (
        [event["UID"] for event in events(write_calendar(programme.schedules, "P", "UTC", now).text)]
        for now in (NOW, NOW.replace(year=2027))
    )
    assert first == later
    assert len(set(first)) == len(first)


def test_texts_are_escaped(programme: Programme) -> None:
    """Commas and new lines do not end a property."""
    text = write_calendar(programme.schedules, programme.name, programme.timezone, NOW).text
    assert "today\\, 0 (rough)" in text.replace("\r\n ", "")
    assert all(line for line in text.split("\r\n")[:-1])


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1))
def test_folded_lines_are_short_and_unfold_again(line: str) -> None:
    """No line is over 75 octets, no character is cut, and nothing is lost."""
    parts = list(fold_line(line))
    assert all(len(part.encode()) <= LINE for part in parts)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line


HOLIDAYS = (date(2026, 12, 24), date(2026, 12, 25), date(2027, 1, 1))
DATED = [
    ({"days": "daily", "time": "09:00"}, "skip"),
    ({"days": ["Fri"], "time": "09:00"}, "shift"),
    ({"monthly": "last", "time": "12:00"}, "send"),
    ({"monthly": "1st Fri", "time": "12:00"}, "shift"),
    ({"ical": "DTSTART:20261201T170000\nRRULE:FREQ=WEEKLY;BYDAY=TH,FR;COUNT=12"}, "skip"),
    ({"date": "2026-12-31", "time": "12:00"}, "send"),
]


@pytest.mark.parametrize(("at", "how"), DATED)
def test_a_calendar_keeps_the_holidays(at: dict[str, str], how: str) -> None:
    """Holidays are left out or moved, so that somebody else's code reads what the planner will do."""
    text = {"en": "Hi."}
    (prompt,) = prompts_from_data(
        [{"key": "k", "at": at, "support": "emotional", "text": text, "on_holiday": how}]
    )
    schedule = Schedule(name="s", title="S", prompts=(prompt,))
    calendar = write_calendar([schedule], "P", "UTC", NOW, holidays=HOLIDAYS)
    assert calendar.left_out == ()
    lines = calendar.text.replace("\r\n ", "").splitlines()
    times = [line for line in lines if line.startswith(("DTSTART", "RRULE", "RDATE", "EXDATE"))]
    theirs: Iterable[datetime] = rrulestr("\n".join(times), forceset=True)
    if not any(line.startswith("RRULE") for line in times):
        theirs = [datetime.strptime(times[0], "DTSTART:%Y%m%dT%H%M%S")]  # noqa: DTZ007 - floating
    anchors = Anchors(start=NOW.date(), zone="UTC", seed="", holidays=frozenset(HOLIDAYS))
    ours = timetable_of([prompt]).between(anchors, NOW, datetime(2027, 1, 20, tzinfo=UTC))
    until = datetime(2027, 1, 20)  # noqa: DTZ001 - floating
    assert [due.at.replace(tzinfo=None) for due in ours] == [at for at in islice(theirs, 400) if at <= until]


def test_a_window_of_a_broadcast_is_an_event_as_long() -> None:
    """Two hours in which it is spread are two hours in the calendar."""
    at = {"date": "2026-12-24", "between": "10:00-12:00"}
    prompts = prompts_from_data([{"key": "k", "at": at, "support": "emotional", "text": {"en": "Hi."}}])
    text = write_calendar([Schedule(name="s", title="S", prompts=prompts)], "P", "UTC", NOW).text
    assert "DTSTART:20261224T100000\r\nDTEND:20261224T120000\r\n" in text
