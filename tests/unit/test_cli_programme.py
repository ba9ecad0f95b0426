"""`handrail import`, `export` and `preview`: a programme goes in, comes back, and is looked at ahead."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.yaml_fields import MAX_BYTES
from tests.unit.cli import EXAMPLE, Shell

PREVIEW = ("preview", "--schedule", "first-weeks", "--participant")


@pytest.fixture
def imported(keyed: Shell) -> Shell:
    """Return a shell whose database holds the example programme."""
    assert keyed("import", str(EXAMPLE)).code == 0
    return keyed


def test_an_import_says_what_it_did(keyed: Shell) -> None:
    """Counts by kind; the same file again changes nothing."""
    first, second = keyed("import", str(EXAMPLE)), keyed("import", str(EXAMPLE))
    assert first.out == (
        "1 programme added, 1 schedule added, 3 members of staff added, 2 participants added, nothing else.\n"
    )
    assert (second.code, second.out) == (0, "Nothing changed.\n")


def test_a_dry_run_writes_nothing(keyed: Shell) -> None:
    """A dry run says the same and leaves the database empty."""
    dry = keyed("import", str(EXAMPLE), "--dry-run")
    assert dry.out.endswith("2 participants added, nothing else. Dry run: nothing was written.\n")
    assert keyed("import", str(EXAMPLE)).out.startswith("1 programme added")


def test_wrong_fields_are_named_with_their_lines(keyed: Shell, tmp_path: Path) -> None:
    """Every wrong field gets its line with file, line and field, and nothing is imported."""
    wrong = (
        EXAMPLE.read_text("utf-8").replace("backup: jo", "backup: joe").replace('time: "12:00"', "time: noon")
    )
    (tmp_path / "wrong.yaml").write_text(wrong, encoding="utf-8")
    ended = keyed("import", "wrong.yaml")
    lines = ended.err.splitlines()
    assert ended.code == 1
    assert len(lines) == 3
    assert all(line.startswith("wrong.yaml: line ") for line in lines[:2])
    assert lines[2] == "Nothing was imported."
    assert keyed("export").code == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"programme:\n  name: Jos\xe9\n", "f.yaml: line 2 is not UTF-8"),
        (b"#" * (MAX_BYTES + 1), "F.yaml is over 5 MB"),
        (b"", "f.yaml: "),
    ],
    ids=["latin-1", "huge", "empty"],
)
def test_a_file_that_is_none_is_refused(keyed: Shell, tmp_path: Path, data: bytes, said: str) -> None:
    """Other encodings, huge files and empty ones get a sentence, not a traceback."""
    (tmp_path / "f.yaml").write_bytes(data)
    ended = keyed("import", "f.yaml")
    assert ended.code == 1
    assert said.lower() in ended.err.lower()


def test_warnings_do_not_stop_an_import(keyed: Shell) -> None:
    """What a coordinator should reword is said on standard error, each with its prompt."""
    ended = keyed("import", str(EXAMPLE))
    assert ended.code == 0
    assert "warning: schedule first-weeks, prompt day-3, en “Three days”" in ended.err


def test_importing_what_was_exported_changes_nothing(imported: Shell, tmp_path: Path) -> None:
    """The whole programme goes round, and so does one schedule of it."""
    for words in (["export"], ["export", "--schedule", "first-weeks"]):
        (tmp_path / "back.yaml").write_text(imported(*words).out, encoding="utf-8")
        assert imported("import", "back.yaml").out == "Nothing changed.\n"


def test_one_schedule_comes_without_people(imported: Shell) -> None:
    """A schedule can be handed to another programme: nobody's name or number is in it."""
    out = imported("export", "--schedule", "first-weeks").out
    assert "name: first-weeks" in out
    assert not any(secret in out for secret in ("Marisol", "Dana", "+12025550101", "participants:"))


def test_a_sheet_and_a_calendar_can_be_had(imported: Shell) -> None:
    """Both formats are written to standard output; what a calendar can't say is on standard error."""
    sheet, calendar = imported("export", "--format", "csv"), imported("export", "--format", "ics")
    assert sheet.out.startswith(
        "schedule,title,key,at,support,answer,instrument,questions,follow_up,variants,expires,nudge,closes,on_holiday,skippable,priority,quiet,text_en,text_es"
    )
    assert calendar.out.startswith("BEGIN:VCALENDAR")
    assert "first-weeks/day-3" in calendar.err


@pytest.mark.parametrize("words", [("export", "--schedule", "nope"), (*PREVIEW, "p9")])
def test_what_is_not_there_is_said(imported: Shell, words: tuple[str, ...]) -> None:
    """An unknown name is a failure with one sentence."""
    ended = imported(*words)
    assert ended.code == 1
    assert ended.err.startswith("There is no ")


def test_a_preview_shows_the_text_as_sent(imported: Shell) -> None:
    """Local time and UTC are the same moment, the name is filled in, and an SMS is counted."""
    data = json.loads(imported(*PREVIEW, "p1", "--count", "8", "--json").out)
    assert (data["zone"], data["enrolled"], len(data["sends"])) == ("America/Chicago", True, 8)
    mood = next(send for send in data["sends"] if send["prompt"] == "mood")
    assert mood["text"] == "Morning Alex. How are you today, 0 (rough) to 10 (good)?"
    assert (mood["channel"], mood["segments"], mood["skip"]) == ("sms", 1, None)
    assert mood["local"].endswith("T09:30")
    assert datetime.fromisoformat(mood["utc"]).utcoffset() is not None


def test_a_preview_says_why_not(imported: Shell) -> None:
    """Somebody who has not agreed yet gets nothing, and the table says so in words."""
    data = json.loads(imported(*PREVIEW, "p2", "--json").out)
    assert {send["skip"] for send in data["sends"]} == {"no_consent"}
    assert "(skipped: no consent yet)" in imported(*PREVIEW, "p2").out


def test_import_reads_a_library_schedule(keyed: Shell, tmp_path: Path) -> None:
    """`library: NAME` stands for a built-in schedule."""
    text = EXAMPLE.read_text("utf-8") + "  - {name: more, library: weekly-check-in}\n"
    (tmp_path / "more.yaml").write_text(text, encoding="utf-8")
    assert "2 schedules added" in keyed("import", "more.yaml").out


def test_standard_output_is_no_terminal_here() -> None:
    """The tests above read plain text because nobody watches."""
    assert not sys.stdout.isatty()


def test_own_settings_holidays_and_groups_go_round(keyed: Shell, tmp_path: Path) -> None:
    """What was brought in comes out and changes nothing, through the database; what is left out stays."""
    text = EXAMPLE.read_text("utf-8")
    alexs = "{name: first-weeks, start: 2026-11-01}"
    own = '{name: first-weeks, start: 2026-11-01, time: "20:15", shift: -30m, skip: [2030-12-24], less: 1}'
    rich = text.replace(alexs, own).replace("  help_contact:", "  holidays: [2030-12-25]\n  help_contact:")
    rich = rich.replace(
        "    name: Alex\n", "    name: Alex\n    recovery_date: 2026-10-01\n    milestones: true\n"
    )
    rich += """  - name: fair
    title: The fair
    to: {specialist: dana, schedule: first-weeks}
    prompts:
      - {key: k, at: {date: 2030-06-01, between: "10:00-12:00"}, support: affiliational, text: {en: Hi.}}
"""
    (tmp_path / "rich.yaml").write_text(rich, encoding="utf-8")
    keyed("import", "rich.yaml")
    for words in (["export"], ["export", "--schedule", "fair"]):
        out = keyed(*words).out
        (tmp_path / "back.yaml").write_text(out, encoding="utf-8")
        assert keyed("import", "back.yaml").out == "Nothing changed.\n"
    whole = keyed("export").out
    assert 'time: "20:15", shift: "-30m", skip: [2030-12-24], less: 1}' in whole
    assert whole.count("name: fair") == 2  # the schedule, and Alex, whom its group put on it
    (tmp_path / "plain.yaml").write_text(text, encoding="utf-8")
    keyed("import", "plain.yaml")
    assert 'time: "20:15"' in keyed("export").out
    (tmp_path / "usual.yaml").write_text(text.replace(alexs, alexs[:-1] + ", time: usual, less: 0}"), "utf-8")
    keyed("import", "usual.yaml")
    after = keyed("export").out
    assert "20:15" not in after
    assert "less:" not in after


def test_own_words_of_a_programme_go_round_and_go_away(keyed: Shell, tmp_path: Path) -> None:
    """They come out as they went in, `triage --programme` reads with them, a file without them ends them."""
    text = EXAMPLE.read_text("utf-8")
    words = (
        'triage:\n  words:\n    - {say: [blue heron, garza azul], level: crisis, about: "the safe word"}\n'
    )
    (tmp_path / "own.yaml").write_text(text + words, encoding="utf-8")
    keyed("import", "own.yaml")
    (tmp_path / "back.yaml").write_text(keyed("export").out, encoding="utf-8")
    assert keyed("import", "back.yaml").out == "Nothing changed.\n"
    for programme in ("own.yaml", "back.yaml", "Riverside Recovery"):
        said = keyed("triage", "--programme", programme, "una garza azul").out
        assert said.startswith("crisis\nwhy: the safe word\nsignal: programme_words, “garza azul”")
    lines = keyed("triage", "--jsonl", "--programme", "own.yaml", stdin='{"text": "blue heron"}\n')
    assert '"level": "crisis"' in lines.out
    assert keyed("triage", "blue heron").out.startswith("none\n")
    unknown = keyed("triage", "--programme", "Elsewhere", "blue heron")
    assert (unknown.code, "no programme called Elsewhere" in unknown.err) == (1, True)
    (tmp_path / "plain.yaml").write_text(text, encoding="utf-8")
    keyed("import", "plain.yaml")
    assert keyed("triage", "--programme", "Riverside Recovery", "blue heron").out.startswith("none\n")
    assert "triage:" not in keyed("export").out
