"""The programme file's page and example are true."""

from __future__ import annotations

from pathlib import Path

from bot.domain.programme_reading import parse_programme
from schedules.built_in import library

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "programme-file.md").read_text("utf-8")


def test_the_example_reads() -> None:
    """The file people start from is accepted as it stands, and is the one the tests use."""
    example = (ROOT / "docs" / "programme.example.yaml").read_text("utf-8")
    assert parse_programme(example).participants
    assert example == (ROOT / "tests" / "fixtures" / "programme.example.yaml").read_text("utf-8")


def test_every_built_in_schedule_is_named() -> None:
    """What the library holds stands on the page."""
    assert [name for name in library() if f"`{name}`" not in PAGE] == []
