"""`handrail triage`: one text in words, or many as JSON lines."""

from __future__ import annotations

import json

from bot.commands.triage import verdicts
from tests.unit.cli import Shell


def test_a_text_gets_its_level_and_reasons(shell: Shell) -> None:
    """The level comes first, by itself, then why and by which words."""
    ended = shell("triage", "I want to kill myself")
    level, why, *rest = ended.out.splitlines()
    assert (ended.code, level) == (0, "crisis")
    assert why.startswith("why: ")
    assert any("want to kill myself" in line for line in rest)


def test_a_piped_text_is_read_whole(shell: Shell) -> None:
    """Without a TEXT, standard input is one text."""
    assert shell("triage", stdin="the bus was\nlate today").out.startswith("none\n")


def test_lines_come_out_in_order_with_their_ids(shell: Shell) -> None:
    """Every object gives one object, with the fields that scripts rely on."""
    lines = [
        {"id": 7, "text": "quiero morir", "lang": "es"},
        {"text": "see you at six"},
    ]
    ended = shell("triage", "--jsonl", stdin="\n".join(map(json.dumps, lines)) + "\n\n")
    first, second = map(json.loads, ended.out.splitlines())
    assert ended.code == 0
    assert set(first) == {"id", "level", "signals", "why", "rules"}
    assert (first["id"], first["level"]) == (7, "crisis")
    assert all(isinstance(signal, str) for signal in first["signals"])
    assert (second["id"], second["level"], second["signals"], second["why"]) == (None, "none", [], "")


def test_a_bad_line_is_reported_and_the_rest_goes_on(shell: Shell) -> None:
    """A spoilt line costs its own verdict and the exit code, nothing else."""
    stdin = (
        'no\n{"text": 3}\n{"text": "hi", "lang": 4}\n'
        + "[" * 100_000
        + '\n{"id": "\\ud800", "text": "\\ud800"}\n'
    )
    ended = shell("triage", "--jsonl", stdin=stdin)
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.code == 1
    assert ["error" in one for one in found] == [True, True, True, True, False]
    assert ended.err == "4 lines could not be read.\n"


def test_lines_are_taken_one_at_a_time() -> None:
    """A verdict is there before the next line is read: memory does not grow with the input."""
    read = []

    def lines() -> object:
        for number in range(3):
            read.append(number)
            yield '{"text": "hi"}'

    found = verdicts(lines(), "en")  # type: ignore[arg-type]
    next(found)
    assert read == [0]


def test_a_text_may_be_the_name_of_a_command(shell: Shell) -> None:
    """Behind `--`, or after an option, a word is a text whatever it is."""
    for words in (["--", "report"], ["--", "marks"], ["--lang", "es", "report"], ["text"]):
        assert shell("triage", *words).out.startswith("none\n")


def test_help_says_how_to_give_a_text_and_what_else_there_is(shell: Shell) -> None:
    """A text, a report, the marks."""
    said = shell("triage", "--help").out
    assert all(word in said for word in ("[TEXT]", "--jsonl", "report", "marks", "-- report"))


def test_a_report_without_data_says_so(keyed: Shell) -> None:
    """Nothing flagged is one sentence, and an empty list for programs."""
    assert keyed("triage", "report").out == "No text has been flagged or marked yet.\n"
    assert json.loads(keyed("triage", "report", "--json").out) == []
    assert keyed("triage", "marks").out == ""


def test_a_text_and_lines_together_are_wrong_usage(shell: Shell) -> None:
    """One or the other."""
    assert shell("triage", "--jsonl", "hello").code == 2
