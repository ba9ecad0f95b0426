"""`handrail schedule` and `handrail forecast`: from a draft to what is published, and back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from bot.store.vault import new_ring_key
from tests.unit.cli import EXAMPLE, Shell, make_shell

NAME = "first-weeks"


@pytest.fixture(autouse=True)
def early() -> Iterator[None]:
    """Let it be morning everywhere in the programme: before today's question, at its old time and its new."""
    with time_machine.travel("2026-11-04T11:00:00Z", tick=True):
        yield


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """Return a shell in a folder with the example programme imported."""
    monkeypatch.setenv("HANDRAIL_KEYS", new_ring_key())
    shell = make_shell(capsys, monkeypatch, tmp_path)
    assert shell("import", str(EXAMPLE)).code == 0
    return shell


def _edit(shell: Shell, folder: Path, *changes: tuple[str, str]) -> Path:
    """Take the draft out, change it, and return the file."""
    text = shell("schedule", "draft", NAME).out
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "draft.yaml"
    path.write_text(text, "utf-8")
    return path


def test_from_a_draft_to_published_and_back(shell: Shell, tmp_path: Path) -> None:
    """What was saved differs, its impact is told, it is published, and undone it is a draft again."""
    path = _edit(shell, tmp_path, ('time: "09:30"', 'time: "18:00"'))
    saved = shell("schedule", "draft", NAME, str(path), "--by", "lee")
    assert (saved.code, saved.out.partition(".")[0]) == (0, "Saved as revision 1")
    changed = json.loads(shell("schedule", "diff", NAME, "--json").out)["changed"]
    assert [(one["prompt"], [f["field"] for f in one["fields"]]) for one in changed] == [("mood", ["at"])]
    impact = json.loads(shell("schedule", "impact", NAME, "--days", "10", "--json").out)
    assert impact["moved"] >= 18
    assert (impact["doubled"], impact["added"], impact["removed"]) == (0, 0, 0)
    assert impact["examples"]["moved"][0]["participant"] == "p1"
    assert "2 of 2 enrolled are on it" in shell("schedule", "publish", NAME, "--by", "lee").out
    assert [v["published_by"] for v in json.loads(shell("schedule", "history", NAME, "--json").out)] == [
        "lee",
        None,
    ]
    assert shell("schedule", "undo", NAME).code == 0
    listed = json.loads(shell("schedule", "list", "--json").out)
    assert [(one["version"], one["draft"]) for one in listed] == [(1, 1)]
    again = shell("schedule", "undo", NAME)
    assert (again.code, "nothing to undo" in again.err) == (1, True)


def test_two_coordinators_never_overwrite_each_other(shell: Shell, tmp_path: Path) -> None:
    """Whoever saves second on the same revision is told who was faster; the first one's draft stands."""
    path = _edit(shell, tmp_path, ("Three days", "Some days"))
    assert shell("schedule", "draft", NAME, str(path), "--by", "lee").code == 0
    path.write_text(path.read_text("utf-8").replace("Some days", "Many days"), "utf-8")
    second = shell("schedule", "draft", NAME, str(path), "--by", "ann")
    assert (second.code, "Lee saved the draft" in second.err) == (1, True)
    assert "Some days" in shell("schedule", "draft", NAME).out


def test_what_stands_in_the_way_of_publishing(shell: Shell, tmp_path: Path) -> None:
    """An unknown variable is named with its prompt, and nothing is published."""
    path = _edit(shell, tmp_path, ("{first_name|there}", "{nickname|there}"))
    assert shell("schedule", "draft", NAME, str(path)).code == 0
    blocked = shell("schedule", "publish", NAME)
    assert (blocked.code, "error: prompt mood, en:" in blocked.err) == (1, True)
    assert [v["number"] for v in json.loads(shell("schedule", "history", NAME, "--json").out)] == [1]


def test_a_wrong_draft_names_its_lines(shell: Shell, tmp_path: Path) -> None:
    """Each wrong field comes with its line; nothing is saved."""
    path = _edit(shell, tmp_path, ('time: "09:30"', 'time: "25:00"'), ("support: emotional", "support: warm"))
    wrong = shell("schedule", "draft", NAME, str(path))
    assert wrong.code == 1
    assert "draft.yaml: line" in wrong.err
    assert wrong.err.endswith("Nothing was saved.\n")


def test_end_a_schedule_and_bring_it_back(shell: Shell) -> None:
    """Archived it is nobody's; an old version restored and published is version 2."""
    assert shell("schedule", "archive", NAME).code == 0
    assert json.loads(shell("schedule", "list", "--json").out)[0]["archived"] is True
    assert shell("schedule", "restore", NAME, "--version", "1").code == 0
    assert shell("schedule", "publish", NAME).code == 0
    assert json.loads(shell("schedule", "list", "--json").out)[0]["version"] == 2


def test_an_import_says_first_what_it_would_change(shell: Shell, tmp_path: Path) -> None:
    """`--dry-run` shows the impact on who is enrolled, and changes nothing."""
    path = tmp_path / "programme.yaml"
    path.write_text(EXAMPLE.read_text("utf-8").replace('time: "09:30"', 'time: "18:00"'), "utf-8")
    shown = shell("import", str(path), "--dry-run")
    assert "come at another time (2 people)" in shown.out
    assert "Dry run" in shown.out
    assert json.loads(shell("schedule", "list", "--json").out)[0]["version"] == 1


def test_the_forecast_counts_by_the_hour(shell: Shell) -> None:
    """One person has agreed: their daily question comes every day, and no sender is too slow for that."""
    found = json.loads(shell("forecast", "--days", "7", "--json").out)
    assert found["people"] == 1
    assert 7 <= sum(hour["sms"] for hour in found["hours"]) <= 14
    assert found["peaks"] == []
    drawn = shell("forecast", "--days", "3")
    assert (drawn.code, "█" in drawn.out) == (0, True)


def test_the_forecast_says_what_caps_hold_back(shell: Shell, tmp_path: Path) -> None:
    """With one text a day: day by day what the preview holds back for it; the hours stay what they were."""
    free = json.loads(shell("forecast", "--days", "14", "--json").out)
    text = EXAMPLE.read_text("utf-8").replace("\nstaff:", "\n  caps: {per_day: 1, gap: none}\nstaff:", 1)
    (tmp_path / "capped.yaml").write_text(text, "utf-8")
    assert shell("import", "capped.yaml").code == 0
    capped = json.loads(shell("forecast", "--days", "14", "--json").out)
    assert capped["hours"] == free["hours"]
    words = ("preview", "--schedule", NAME, "--participant", "p1", "--count", "30", "--json")
    sends = json.loads(shell(*words).out)["sends"]
    hours = [hour["at"][:10] for hour in free["hours"]]
    whole = set(hours) - {hours[0], hours[-1]}
    days = Counter(send["utc"][:10] for send in sends if send["skip"] == "daily_cap")
    found = capped["held_back_by_caps"]
    assert sum(days.values()) > 3
    assert {day: found.get(day, 0) for day in whole} == {day: days[day] for day in whole}
    assert capped["too_late_by_caps"] == sum(found.values())  # none of them waits for another day
    said = shell("forecast", "--days", "14").out
    assert f"Caps hold back {sum(found.values())} of these" in said


def test_a_sample_of_people_and_of_a_draft(shell: Shell, tmp_path: Path) -> None:
    """Without a participant, people of each language are shown; `--draft` reads as the draft does."""
    path = _edit(shell, tmp_path, ("Morning {first_name", "Hello {first_name"))
    assert shell("schedule", "draft", NAME, str(path)).code == 0
    sample = json.loads(shell("preview", "--schedule", NAME, "--people", "2", "--count", "3", "--json").out)
    assert {one["participant"] for one in sample} == {"p1", "p2"}
    words = ("preview", "--schedule", NAME, "--participant", "p1", "--count", "3", "--draft")
    assert "Hello Alex." in shell(*words).out
