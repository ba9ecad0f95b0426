"""The built-in schedules as a programme file takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.errors import ProgrammeFileError
from bot.domain.programme_reading import parse_programme
from bot.domain.programme_writing import dump_programme
from schedules.built_in import library

EXAMPLE = (Path(__file__).parent.parent / "fixtures" / "programme.example.yaml").read_text("utf-8")


def test_a_schedule_from_the_library_has_its_prompts() -> None:
    """One line brings the ninety days in, under the programme's own name for it."""
    programme = parse_programme(EXAMPLE + "\n  - {name: ninety, library: first-90-days}\n", library())
    ninety = programme.schedules[-1]
    assert ninety.name == "ninety"
    assert ninety.prompts == library()["first-90-days"].prompts


def test_only_the_programmes_languages_come_along() -> None:
    """An English programme gets the English texts, and what it exports reads back the same."""
    head = "programme: {name: A, country: US, timezone: UTC, help_contact: us, languages: [en]}\n"
    text = head + "schedules:\n  - {name: ninety, library: first-90-days}\n"
    programme = parse_programme(text, library())
    assert {language for p in programme.schedules[0].prompts for language in p.text} == {"en"}
    assert parse_programme(dump_programme(programme)) == programme


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{name: x, library: first-9-days}", "library has no schedule"),
        ("{name: x, library: keeping-on, prompts: []}", "leave these out"),
    ],
)
def test_a_wrong_library_line_is_named(line: str, said: str) -> None:
    """A name that is not there, or prompts beside it, is an error with its line."""
    with pytest.raises(ProgrammeFileError, match=said):
        parse_programme(f"{EXAMPLE}\n  - {line}\n", library())
