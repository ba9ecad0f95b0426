"""Schedules as a sheet (CSV): one row a prompt, out and in again, safe to open in a spreadsheet program."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from io import StringIO

from bot.domain.cells import Cell, Flow, Tree, read_row
from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.programme import Programme, Schedule
from bot.domain.programme_words import read_name
from bot.domain.prompts import Prompt, prompts_to_data, read_prompt
from bot.domain.sheets import Row, harmless, read_rows
from bot.domain.yaml_writing import write_flow

_ABOUT = ("schedule", "title")
_WHETHER = ("expires", "nudge", "closes", "on_holiday", "skippable", "priority", "quiet")
_SINGLE = ("key", "support", "instrument", *_WHETHER)
_FLOWS = ("at", "answer", "questions", "follow_up", "variants")
_COLUMNS = (*_ABOUT, "key", "at", "support", "answer", "instrument", "questions", "follow_up", "variants")
_NEEDED = ("schedule", "key", "at", "support")
_TEXT = re.compile(r"text_([a-z]{2,3})(?:_([a-z]{2}))?")


def write_sheet(schedules: Iterable[Schedule], languages: Sequence[str]) -> str:
    """Return the prompts of `schedules`, with a column of text for each language.

    `at`, `answer` and what else has parts are written as in the programme file. A cell that would be a
    formula begins with an apostrophe. A schedule without prompts has no row.
    """
    sheet = StringIO()
    writer = csv.writer(sheet)
    writer.writerow([*_COLUMNS, *_WHETHER, *map(_text_column, languages)])
    for schedule in schedules:
        for data in prompts_to_data(schedule.prompts):
            row = {"schedule": schedule.name, "title": schedule.title}
            row |= {name: _word(data[name]) for name in _SINGLE if name in data}
            row |= {name: write_flow(data[name]) for name in _FLOWS if name in data}
            row |= {_text_column(language): text for language, text in data.get("text", {}).items()}
            names = [*_COLUMNS, *_WHETHER, *map(_text_column, languages)]
            writer.writerow([harmless(row.get(name, "")) for name in names])
    return sheet.getvalue()


def read_sheet(data: bytes, languages: Collection[str]) -> tuple[Schedule, ...]:
    """Read what `write_sheet` wrote, or somebody after it. Raises ProgrammeFileError: lines and columns.

    Schedules come in the order of their first rows; rows of one schedule need not stand together.
    """
    known = [*_COLUMNS, *_WHETHER, *map(_text_column, languages)]
    return _schedules(read_rows(data, known), {_text_column(one): one for one in languages})


def read_sheet_alone(data: bytes) -> Programme:
    """Read a sheet without its programme, in the languages it is written in: enough to look at its texts."""
    rows = read_rows(data, [*_COLUMNS, *_WHETHER], also=_TEXT)
    columns = {name: _language(name) for row in rows for name in row.cells if _TEXT.fullmatch(name)}
    return Programme(
        name="",
        country="US",
        timezone="UTC",
        help_contact="",
        languages=tuple(columns.values()),
        schedules=_schedules(rows, columns),
    )


def _schedules(rows: Sequence[Row], texts: dict[str, str]) -> tuple[Schedule, ...]:
    problems: list[FieldError] = []
    prompts: dict[str, list[Prompt]] = {}
    titles: dict[str, str] = {}
    seen: dict[str, set[str]] = {}
    for row in rows:
        name = row.cells.get("schedule", "")
        problems += [
            FieldError(line=row.line, field=column, sentence="This cell is empty; it is needed.")
            for column in _NEEDED
            if column not in row.cells
        ]
        problems += _check_title(row, name, titles)
        tree = _tree(row, texts)
        if "schedule" in row.cells:
            read_row(Cell(name), row.line, lambda _: "schedule", read_name, problems)
        keys = seen.setdefault(name, set())
        if all(column in row.cells for column in _NEEDED):
            found = read_row(
                tree,
                row.line,
                _column_of,
                partial(read_prompt, languages=texts.values(), seen=keys),
                problems,
            )
            prompts.setdefault(name, []).extend(found)
    if problems:
        raise ProgrammeFileError(tuple(problems))
    return tuple(
        Schedule(name=name, title=titles.get(name, name), prompts=tuple(own)) for name, own in prompts.items()
    )


def _tree(row: Row, texts: dict[str, str]) -> Tree:
    tree: dict[str, Tree] = {name: Cell(row.cells[name]) for name in _SINGLE if name in row.cells}
    tree |= {name: Flow(row.cells[name]) for name in _FLOWS if name in row.cells}
    said: dict[str, Tree] = {code: Cell(row.cells[name]) for name, code in texts.items() if name in row.cells}
    return tree | {"text": said} if said else tree


def _check_title(row: Row, name: str, titles: dict[str, str]) -> list[FieldError]:
    title = row.cells.get("title")
    if title is None or titles.setdefault(name, title) == title:
        return []
    sentence = "This schedule has another title further up; a schedule has one."
    return [FieldError(line=row.line, field="title", sentence=sentence)]


def _column_of(path: str) -> str:
    first, _, rest = path.partition(".")
    if first == "text" and rest:
        return _text_column(rest)
    return re.sub(r"\[.*", "", first) or "row"


def _text_column(language: str) -> str:
    return f"text_{language.replace('-', '_').lower()}"


def _language(column: str) -> str:
    code, _, region = column.removeprefix("text_").partition("_")
    return f"{code}-{region.upper()}" if region else code


def _word(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value
