"""`handrail check`, `enroll`, `answers`, and sheets to `import`: said plainly, and all or nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.actions.enrolling import enrol_people
from bot.actions.imported import Imported
from bot.domain.enrolment_sheet import Enrollee
from bot.store.database import Tx
from tests.unit.cli import EXAMPLE, Shell

HEAD = "ref,name,language,specialist,sms,consent_method,consent_on,consent_wording,schedule,start\n"
PEOPLE = (
    HEAD
    + "p7,Sam Ortiz,es,jo,+13125550207,written,2026-11-01,v1,first-weeks,2026-11-02\n"
    + "p8,=cmd(),,dana,312 555 0208,verbal,2026-11-01,v1,,\n"
)


@pytest.fixture
def imported(keyed: Shell) -> Shell:
    """Return a shell whose database holds the example programme."""
    assert keyed("import", str(EXAMPLE)).code == 0
    return keyed


def test_people_are_enrolled_once(imported: Shell, tmp_path: Path) -> None:
    """A dry run writes nothing; then they are there; the same sheet again changes nothing."""
    (tmp_path / "people.csv").write_text(PEOPLE, "utf-8-sig")
    dry = imported("enroll", "people.csv", "--dry-run")
    assert dry.out == "2 participants added, nothing else. Dry run: nothing was written.\n"
    assert imported("enroll", "people.csv").out == "2 participants added, nothing else.\n"
    assert imported("enroll", "people.csv").out == "Nothing changed.\n"
    exported = imported("export").out
    assert 'sms: "+13125550207"\n        consent: {method: written, on: 2026-11-01, wording: v1}' in exported
    assert 'name: "=cmd()"' in exported
    assert "{name: first-weeks, start: 2026-11-02}" in exported


def test_an_empty_cell_changes_nothing(imported: Shell, tmp_path: Path) -> None:
    """One column for people who are here: their specialist changes, and all the rest stays."""
    before = imported("export").out
    (tmp_path / "people.csv").write_text("ref;specialist\np1;jo\n", "utf-16")
    assert imported("enroll", "people.csv").out == "1 participant changed, nothing else.\n"
    assert imported("export").out == before.replace("specialist: dana", "specialist: jo", 1)


def test_every_wrong_cell_is_named_and_nobody_is_enrolled(imported: Shell, tmp_path: Path) -> None:
    """Wrong numbers, refs, dates, proof and addresses that are taken, each with line and column."""
    (tmp_path / "people.csv").write_text(
        HEAD
        + "p7,Sam,es,jo,+13125550207,written,2026-11-01,v1,first-weeks,2026-11-02\n"
        + "p8,Ana,xx,nobody,12,written,2026-11-01,v1,first-week,yesterday\n"
        + "p9,,en,jo,,written,2026-11-01,,,\n"
        + "p7,Sam,en,jo,+13125550209,letter,2026-11-01,v1,,\n"
        + "p10,Kim,en,jo,+13125550210,written,2026-11-01,,,\n",
        "utf-8",
    )
    ended = imported("enroll", "people.csv")
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == "Nobody was enrolled."
    places = [line.split(": ")[1] for line in ended.err.splitlines()[:-1]]
    assert places == [
        "line 3, language",
        "line 3, specialist",
        "line 3, sms",
        "line 3, schedule",
        "line 3, start",
        "line 4, name",
        "line 4, consent_method",
        "line 5, ref",
        "line 5, consent_method",
        "line 6, consent_wording",
    ]
    assert "p7" not in imported("export").out


def test_an_address_that_is_taken_is_named(imported: Shell, tmp_path: Path) -> None:
    """Alex's number can't be given to somebody else by a sheet, and neither can Dana's."""
    rows = "p7,Sam,,,+13125550201,,,,,\np8,Kim,,,+12025550101,,,,,\n"
    (tmp_path / "people.csv").write_text(HEAD + rows, "utf-8")
    ended = imported("enroll", "people.csv")
    assert ended.code == 1
    assert "people.csv: line 2, sms: This address is somebody else's already" in ended.err
    assert "people.csv: line 3, sms: This address is somebody else's already" in ended.err
    assert "5550201" not in ended.err


def test_a_large_sheet_is_written_in_parts_and_once(imported: Shell, tmp_path: Path) -> None:
    """More rows than one transaction takes: all of them arrive, and again changes nothing."""
    rows = "".join(f"n{number},Name {number},,,,,,,first-weeks,\n" for number in range(620))
    (tmp_path / "people.csv").write_text(HEAD + rows, "utf-8")
    assert imported("enroll", "people.csv").out == "620 participants added, nothing else.\n"
    assert imported("enroll", "people.csv").out == "Nothing changed.\n"


def test_an_interrupted_run_says_how_far_it_came_and_goes_on(
    imported: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted after a hundred rows: these are kept and counted, and the next run adds the rest."""
    rows = "".join(f"n{number},Name {number},,,,,,,first-weeks,\n" for number in range(150))
    (tmp_path / "people.csv").write_text(HEAD + rows, "utf-8")
    begun: list[int] = []

    async def interrupted(tx: Tx, people: Sequence[Enrollee]) -> Imported:
        begun.append(len(people))
        if len(begun) == 2:
            raise KeyboardInterrupt
        return await enrol_people(tx, people)

    with monkeypatch.context() as patch:
        patch.setattr("bot.commands.enrolling.enrol_people", interrupted)
        try:
            said = imported("enroll", "people.csv").err
        except KeyboardInterrupt:
            said = capsys.readouterr().err
    assert begun == [100, 50]
    assert "100 of 150 rows are written, the rest are not. Run the same sheet again to go on" in said
    assert imported("enroll", "people.csv").out == "50 participants added, nothing else.\n"


def test_an_exported_sheet_imports_and_changes_nothing(imported: Shell, tmp_path: Path) -> None:
    """Out and in again; a corrected cell changes its schedule and nothing else."""
    sheet = imported("export", "--format", "csv").out
    (tmp_path / "texts.csv").write_text(sheet, "utf-8", newline="")
    assert imported("import", "texts.csv").out == "Nothing changed.\n"
    mended = sheet.replace("Three days of showing up counts.", "Showing up counts.")
    (tmp_path / "texts.csv").write_text(mended, "utf-8-sig", newline="")
    dry = imported("import", "texts.csv", "--dry-run")
    assert dry.out == "1 schedule changed, nothing else. Dry run: nothing was written.\n"
    assert imported("import", "texts.csv").out == "1 schedule changed, nothing else.\n"
    assert "Showing up counts." in imported("export").out


def test_a_bad_sheet_imports_nothing(imported: Shell, tmp_path: Path) -> None:
    """Each wrong cell is named with its line, and the good rows are not taken either."""
    sheet = imported("export", "--format", "csv").out.replace("instrumental", "instrument")
    (tmp_path / "texts.csv").write_text(sheet.replace("Three days", "Some days"), "utf-8", newline="")
    ended = imported("import", "texts.csv")
    assert ended.code == 1
    assert "texts.csv: line 5, support: This must be one of" in ended.err
    assert ended.err.splitlines()[-1] == "Nothing was imported."
    assert "Some days" not in imported("export").out


WORDY = """programme: {name: A, country: US, timezone: UTC, help_contact: us, languages: [en, es]}
staff:
  - {ref: dana, name: Dana Reyes, roles: [specialist]}
schedules:
  - name: s
    title: S
    prompts:
      - key: k
        at: {days: daily, time: "10:00"}
        support: emotional
        text: {en: "Dana Reyes says: reply YES if you are an addict, {nick|you}. bit.ly/x"}
        answer: {yes_no: true}
"""


def test_check_names_level_place_reason_and_mend(shell: Shell, tmp_path: Path) -> None:
    """No settings and no database are needed; an error-level finding ends with 1."""
    (tmp_path / "a.yaml").write_text(WORDY, "utf-8")
    ended = shell("check", "a.yaml")
    assert ended.code == 1
    lines = ended.out.splitlines()
    for start in (
        "error: schedule s, prompt k, en “Dana Reyes”: This is the whole name of somebody",
        "error: schedule s, prompt k, en “YES”: Phone companies act on this word",
        "warning: schedule s, prompt k, en “addict”: This word can shame the person who reads it. person in",
        "error: schedule s, prompt k, en “{nick|you}”: Nothing is known by this name. Use one of:",
        "error: schedule s, prompt k, en “bit.ly/x”: Phone companies block",
        "error: schedule s, prompt k, es: This has no text in one of the programme's languages.",
        "warning: schedule s, prompt k, en: By SMS there are no buttons",
    ):
        assert any(line.startswith(start) for line in lines), start
    assert lines[-1].startswith("1 texts, 0 over one SMS,")


def test_check_writes_json_for_programs(shell: Shell, tmp_path: Path) -> None:
    """The same as data, with places in the text, and what a text costs."""
    (tmp_path / "a.yaml").write_text(WORDY, "utf-8")
    data = json.loads(shell("check", "a.yaml", "--json", "--price", "0.01").out)
    found = {one["rule"]: one for one in data["findings"]}
    assert found["stigma"]["words"] == "addict"
    assert (found["stigma"]["from"], found["stigma"]["language"]) == (41, "en")
    assert data["sms"] == {
        "texts": 1,
        "over_one": 0,
        "dearest": 1,
        "dearest_price": 0.01,
        "average_price": 0.01,
    }


def test_check_names_faults_before_findings(shell: Shell, tmp_path: Path) -> None:
    """A file that can't be read is told like an import tells it; a sheet can be checked alone."""
    (tmp_path / "a.yaml").write_text(WORDY.replace("yes_no: true", "instrument: x"), "utf-8")
    assert "a.yaml: line 12" in shell("check", "a.yaml").err
    (tmp_path / "a.csv").write_text(
        'schedule,key,at,support,text_en\ns,k,"{days: daily, time: ""10:00""}",emotional,Hi there.\n', "utf-8"
    )
    ended = shell("check", "a.csv")
    assert (ended.code, ended.out) == (0, "1 texts, 0 over one SMS, 0 findings.\n")


def test_answers_of_somebody_who_was_asked_nothing(imported: Shell) -> None:
    """Nobody's silence is shown as a number; somebody unknown is said to be."""
    assert imported("answers", "--participant", "p1").out == "Nothing was asked.\n"
    data = json.loads(imported("answers", "--participant", "p1", "--json").out)
    assert (data["answers"], data["scores"], data["zone"]) == ([], [], "America/Chicago")
    assert imported("answers", "--participant", "p99").code == 1
