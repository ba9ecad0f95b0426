"""A schedule as a sheet (CSV): one row a prompt, safe to open in a spreadsheet program."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from bot.domain.programme import Schedule
from bot.domain.prompts import prompts_to_data
from bot.domain.yaml_writing import Inline, write_yaml

# What makes a spreadsheet program read a cell as a formula, full-width forms included
# (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_sheet(schedules: Iterable[Schedule], languages: Sequence[str]) -> str:
    """Return the prompts of `schedules`, with a column of text for each language.

    `at` and `answer` are written as in the programme file. A cell that would be a formula begins with an
    apostrophe.
    """
    sheet = StringIO()
    writer = csv.writer(sheet)
    texts = [f"text_{language}" for language in languages]
    writer.writerow(["schedule", "key", "at", "support", "answer", "expires", *texts])
    for schedule in schedules:
        for data in prompts_to_data(schedule.prompts):
            row = [schedule.name, data["key"], _flow(data["at"]), data["support"]]
            row += [_flow(data.get("answer")), data.get("expires", "")]
            row += [data["text"].get(language, "") for language in languages]
            writer.writerow([harmless(cell) for cell in row])
    return sheet.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell


def _flow(data: dict[str, Any] | None) -> str:
    return "" if data is None else write_yaml(_inline(data)).strip()


def _inline(data: dict[str, Any]) -> Inline:
    return Inline({key: _inline(value) if isinstance(value, dict) else value for key, value in data.items()})
