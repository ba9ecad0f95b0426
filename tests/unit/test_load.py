"""Load and nights as figures: when it is night, weeks, medians, bars; and the command that shows them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.commands.staff_load import load_lines, night_lines
from bot.domain.load import Load, NightAlert, bar, by_week, is_night, monday_of
from bot.store.vault import new_ring_key
from tests.unit.cli import EXAMPLE, Shell

ZONE = "America/New_York"
MONDAY = date(2026, 11, 16)


def _night(day: int, minutes: int | None, *rung: str, false_alarm: bool = False) -> NightAlert:
    return NightAlert(
        opened_at=datetime(2026, 11, day, 7, 30, tzinfo=UTC),  # 2:30 in New York
        rung=rung,
        taken_after=timedelta(minutes=minutes) if minutes is not None else None,
        false_alarm=false_alarm,
    )


def test_night_is_from_ten_to_seven_where_somebody_lives() -> None:
    """21:59, 22:00, 6:59, 7:00 in New York; elsewhere the same instants are day."""
    utc = [datetime(2026, 11, 17, hour, minute, tzinfo=UTC) for hour, minute in ((2, 59), (3, 0))]
    assert [is_night(at, ZONE) for at in utc] == [False, True]
    utc = [datetime(2026, 11, 17, hour, minute, tzinfo=UTC) for hour, minute in ((11, 59), (12, 0))]
    assert [is_night(at, ZONE) for at in utc] == [True, False]
    assert not is_night(datetime(2026, 11, 17, 3, 0, tzinfo=UTC), "Asia/Tokyo")


def test_a_week_begins_on_monday_on_its_own_clocks() -> None:
    """Sunday evening in New York is Monday in UTC and still last week."""
    assert monday_of(datetime(2026, 11, 23, 4, 59, tzinfo=UTC), ZONE) == MONDAY
    assert monday_of(datetime(2026, 11, 23, 5, 0, tzinfo=UTC), ZONE) == date(2026, 11, 23)


def test_the_figures_of_a_week() -> None:
    """Two taken and one not, one for nothing; whoever was told counts each once; a quiet week stands too."""
    nights = [
        _night(17, 4, "dana"),
        _night(18, 20, "dana", "jo", false_alarm=True),
        _night(19, None, "jo", "dana"),
    ]
    week, quiet = by_week(nights, [MONDAY, date(2026, 11, 23)], ZONE)
    assert (week.alerts, week.not_taken, week.false_alarms) == (3, 1, 1)
    assert (week.minutes, week.longest) == (12, 20)
    assert list(week.rung.items()) == [("dana", 3), ("jo", 2)]
    assert (quiet.alerts, quiet.minutes, quiet.rung) == (0, None, {})


def test_bars_are_in_proportion_and_one_is_seen() -> None:
    """The largest is whole, one of a hundred is a stroke, none is none."""
    assert [len(bar(value, 100)) for value in (0, 1, 50, 100)] == [0, 1, 10, 20]
    assert bar(0, 0) == ""


def test_the_tables_line_up() -> None:
    """Heads stand over their columns; nobody there is said in words."""
    loads = [Load(staff_id="1", ref="dana", open=1, taken=2, promises=1, people=12)]
    head, row = load_lines(loads)
    assert [head.index(word) + len(word) for word in ("open", "people")] == [14, 54]
    assert row[:54].split() == ["dana", "1", "2", "0", "1", "12"]
    assert row.endswith("  " + "#" * 20)
    assert load_lines([]) == ["There are no specialists yet."]
    week = by_week([_night(17, 4, "d")], [MONDAY], ZONE)
    assert "2026-11-16         1         4 min     4 min       0" in night_lines(week, {"d": "dana"})[-1]


def test_the_command_shows_everybody(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every specialist of the file by ref, with their people; as JSON with so many weeks and this one."""
    monkeypatch.setenv("HANDRAIL_KEYS", new_ring_key())
    assert shell("import", str(EXAMPLE)).code == 0
    ended = shell("staff", "load", "--weeks", "2")
    assert ended.code == 0
    assert "dana" in ended.out
    assert "Reyes" not in ended.out
    found = json.loads(shell("staff", "load", "--weeks", "2", "--json").out)
    assert {"ref": "dana", "open": 0, "taken": 0, "talks": 0, "promises": 0, "people": 1} in found["staff"]
    assert len(found["nights"]) == 3
    assert shell("staff", "load", "--weeks", "0").code == 2
