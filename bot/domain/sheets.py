"""Sheets (CSV) as spreadsheet programs write them: any of their encodings, every row with its line.

What comes out is safe to open in one: no cell is a formula. What goes in is read back exactly.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO

from bot.domain.errors import FieldError, ProgrammeFileError

MAX_BYTES = 20_000_000
_SEPARATORS = ",;\t"
# What makes a spreadsheet program read a cell as a formula, full-width forms included
# (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row: `line` is where it begins (1 is the first of the file), `cells` those that are filled in."""

    line: int
    cells: dict[str, str]


def read_rows(data: bytes, known: Collection[str], also: re.Pattern[str] | None = None) -> list[Row]:
    """Read a sheet whose columns are among `known`, or match `also`.

    Commas, semicolons or tabs; UTF-8 or UTF-16; with or without a byte order mark. Empty rows are passed
    over. Raises ProgrammeFileError naming lines and columns.
    """
    records = list(_records(_decode(data)))
    if not records:
        raise _refused(1, "file", "This sheet is empty; its first row names the columns.")
    (header_line, header), *rest = records
    names = [_column(cell) for cell in header]
    allowed = {*known, *(name for name in names if also is not None and also.fullmatch(name))}
    problems = list(_check_header(header_line, names, allowed, known))
    rows = []
    for line, cells in rest:
        filled = {place: plain(cell) for place, cell in enumerate(cells) if cell.strip()}
        for place, cell in filled.items():
            if place >= len(names) or not names[place]:
                problems.append(
                    FieldError(
                        line=line, field=f"column {place + 1}", sentence="This cell has no column above it."
                    )
                )
            elif any(ord(one) < 32 and one not in "\n\r\t" for one in cell):
                problems.append(
                    FieldError(
                        line=line,
                        field=names[place],
                        sentence="There is a control character here; take it out.",
                    )
                )
        if filled:
            rows.append(Row(line=line, cells={names[p]: c for p, c in filled.items() if p < len(names)}))
    if problems:
        raise ProgrammeFileError(tuple(problems))
    return rows


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula; `plain` is its inverse.

    >>> harmless("=1+1"), harmless("'=1+1")
    ("'=1+1", "''=1+1")
    """
    return f"'{cell}" if _runs(cell.lstrip("'")) else cell


def plain(cell: str) -> str:
    """Return what was meant by a cell that `harmless` wrote."""
    return cell[1:] if cell.startswith("'") and _runs(cell.lstrip("'")) else cell


def _runs(cell: str) -> bool:
    return cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA)


def _decode(data: bytes) -> str:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _refused(1, "file", "This is a workbook, not a sheet; save it as CSV UTF-8 first.")
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), None)
    if encoding is None and b"\x00" in data[:4]:
        encoding = "utf-16-be" if data[:1] == b"\x00" else "utf-16-le"
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        sentence = "This is not UTF-8; in the spreadsheet program, save it as CSV UTF-8."
        raise _refused(line, "file", sentence) from None


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every row that is not empty with the line it begins on."""
    stated = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)  # what Excel writes and reads
    begin = stated.end() if stated else 0
    reader = csv.reader(
        StringIO(text[begin:], newline=""), delimiter=stated[1] if stated else _separator(text), strict=True
    )
    skipped = 1 if stated else 0
    line = skipped + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + skipped + 1
    except csv.Error:
        sentence = (
            "The quotes here do not close, or a cell is far too long; look at this row in a text editor."
        )
        raise _refused(line, "row", sentence) from None


def _separator(text: str) -> str:
    """Return what separates the names of the first row."""
    first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    return max(_SEPARATORS, key=first.count)


def _column(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", cell.strip().casefold())


def _check_header(
    line: int, names: list[str], allowed: Collection[str], known: Collection[str]
) -> Iterator[FieldError]:
    for place, name in enumerate(names):
        if name and name not in allowed:
            close = get_close_matches(name[:60], list(known), n=1)
            hint = f"did you mean {close[0]}?" if close else f"known columns are {', '.join(known)}."
            yield FieldError(line=line, field=name[:60], sentence=f"This column is not known; {hint}")
        elif name and name in names[:place]:
            yield FieldError(line=line, field=name, sentence="This column is here twice.")


def _refused(line: int, field: str, sentence: str) -> ProgrammeFileError:
    return ProgrammeFileError((FieldError(line=line, field=field, sentence=sentence),))
