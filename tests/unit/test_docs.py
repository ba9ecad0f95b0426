"""The docs cannot rot: settings, commands, make targets and links they name are the ones that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from bot.domain.commands import read_command
from bot.domain.plans import read_plan
from bot.domain.wishes import read_wish
from bot.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
NAMES = {PREFIX + name.upper() for name in Settings.model_fields}
EXAMPLE_LINE = re.compile(rf"^#?({PREFIX}[A-Z_]+)=(.*)$", re.MULTILINE)
MARKDOWN_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def pages() -> pytest.MarkDecorator:
    """Run a test once for each page."""
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def code_in(page: Path) -> Iterator[str]:
    """Yield what the page shows as code, in a line or in a block."""
    for match in MARKDOWN_CODE.finditer(page.read_text(encoding="utf-8")):
        yield match.group()


def words_after(program: str, page: Path) -> set[tuple[str, str]]:
    """Return the two words that follow `program` in the page's code; the second may be empty."""
    pattern = re.compile(rf"(?:^|[\s`/]){program} ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")
    return {(first, second) for code in code_in(page) for first, second in pattern.findall(code)}


def test_every_setting_is_in_the_example_file_once() -> None:
    """`.env.example` lists exactly the settings there are."""
    listed = [name for name, _ in EXAMPLE_LINE.findall((ROOT / ".env.example").read_text(encoding="utf-8"))]
    assert sorted(listed) == sorted(NAMES)


def test_the_example_file_shows_the_real_defaults() -> None:
    """A default in `.env.example` is the one the code has; where there is none, only an example may stand."""
    shown = dict(EXAMPLE_LINE.findall((ROOT / ".env.example").read_text(encoding="utf-8")))
    for name, field in Settings.model_fields.items():
        if field.default is not None:
            value = shown[PREFIX + name.upper()]
            assert type(field.default)(value) == field.default, name


def test_every_setting_has_its_section_on_the_configuration_page() -> None:
    """The configuration page explains exactly the settings there are, each with its four parts."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert sorted(section.splitlines()[0] for section in sections) == sorted(NAMES)
    for section in sections:
        for part in ("- Default: ", "- Example: ", "- What goes wrong: "):
            assert part in section, f"{section.splitlines()[0]} lacks “{part}”"


@pages()
def test_no_page_names_a_setting_that_does_not_exist(page: Path) -> None:
    """A misspelt setting in the docs would be set in vain."""
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]", page.read_text(encoding="utf-8"))) <= NAMES


@pages()
def test_every_command_named_works(page: Path) -> None:
    """Each `handrail word` in the docs is a command of the program."""
    if find_spec("bot.__main__") is None:
        pytest.skip("the command line is not there yet")
    program = typer.main.get_command(import_module("bot.__main__").app)
    assert isinstance(program, TyperGroup)
    context = typer.Context(program)
    for first, second in words_after("handrail", page):
        command = program.get_command(context, first)
        assert command is not None, f"handrail {first}"
        if isinstance(command, TyperGroup) and second:
            assert command.get_command(typer.Context(command), second), f"handrail {first} {second}"


@pages()
def test_every_make_target_named_exists(page: Path) -> None:
    """Each `make word` in the docs is a target that `make` alone lists."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, flags=re.MULTILINE))
    assert {first for first, _ in words_after("make", page)} <= targets


@pages()
def test_every_local_link_leads_somewhere(page: Path) -> None:
    """A link inside the project points at a file that is there."""
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_word_people_can_text_works() -> None:
    """Each word that the page of words offers is read as something, in both languages."""
    table = re.findall(
        r"^\| (.+?) \| (.+?) \|", (ROOT / "docs" / "words.md").read_text("utf-8"), flags=re.MULTILINE
    )
    offered = [
        word for cells in table for cell in cells for word in re.findall(r"`([^`]+)`|\"([^\"]+)\"", cell)
    ]
    assert len(offered) > 40
    unread = [
        text
        for text in (code or said for code, said in offered)
        if read_plan(text) is None and read_command(text) is None and not read_wish(text)
    ]
    assert unread == []


def test_decisions_have_four_parts_and_stay_short() -> None:
    """Each decision record says why, what, what follows and on what evidence, within forty lines."""
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert records
    for number, record in enumerate(records, start=1):
        text = record.read_text(encoding="utf-8")
        assert record.name.startswith(f"{number:04}-")
        assert len(text.splitlines()) <= 40, record.name
        assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
            "Measured and sources",
        ], record.name
