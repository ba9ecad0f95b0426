"""Sheets are read as spreadsheet programs write them, and every wrong cell is named."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.bending import OnHoliday
from bot.domain.courtesy import InQuiet, Priority
from bot.domain.errors import ProgrammeFileError
from bot.domain.schedule_sheet import read_sheet, write_sheet
from bot.domain.sheets import Row, harmless, plain, read_rows

COLUMNS = ("ref", "name", "first_day")
SHEET = 'ref,name,first_day\np1,José,\n\np2,"Lee, Ana",\'=x\n'
ROWS = [
    Row(line=2, cells={"ref": "p1", "name": "José"}),
    Row(line=4, cells={"ref": "p2", "name": "Lee, Ana", "first_day": "=x"}),
]


@pytest.mark.parametrize(
    "data",
    [
        SHEET.encode(),
        SHEET.encode("utf-8-sig"),
        SHEET.encode("utf-16"),
        SHEET.encode("utf-16-le"),
        SHEET.encode("utf-16-be"),
        SHEET.replace("\n", "\r\n").encode(),
        b'ref;name;first_day\np1;Jos\xc3\xa9;\n\np2;"Lee, Ana";\'=x\n',
        b"ref\tname\tfirst_day\np1\tJos\xc3\xa9\t\n\np2\tLee, Ana\t'=x\n",
        b'Ref , NAME,First day,,\np1,Jos\xc3\xa9,,,\n,,,,\np2,"Lee, Ana",\'=x,,\n',
    ],
    ids=["utf-8", "bom", "utf-16", "le", "be", "crlf", "semicolons", "tabs", "loose"],
)
def test_every_way_to_save_a_sheet_reads_the_same(data: bytes) -> None:
    """Marks, encodings, separators, line ends, capitals and empty columns make no difference."""
    assert read_rows(data, COLUMNS) == ROWS


def test_excels_own_first_line_is_taken() -> None:
    """`sep=;` says what separates, and lines are still counted from the top of the file."""
    assert read_rows(b"sep=;\nref;name\np1;A\n", COLUMNS) == [Row(line=3, cells={"ref": "p1", "name": "A"})]


def test_a_cell_with_new_lines_counts_them() -> None:
    """The row after a long cell is named by the line it begins on."""
    rows = read_rows(b'ref,name\np1,"a\nb\nc"\np2,d\n', COLUMNS)
    assert [row.line for row in rows] == [2, 5]


@pytest.mark.parametrize(
    ("data", "line", "field", "said"),
    [
        (b"", 1, "file", "empty"),
        (b"PK\x03\x04rest", 1, "file", "workbook"),
        (b"ref,name\np1,Jos\xe9\n", 2, "file", "CSV UTF-8"),
        (b"ref,nmae\n", 1, "nmae", "did you mean name?"),
        (b"ref,ref\n", 1, "ref", "twice"),
        (b"ref,name\np1,A,B\n", 2, "column 3", "no column above"),
        (b'ref,name\np1,"A\n', 2, "row", "quotes"),
        (b"ref,name\np1,A\x07\n", 2, "name", "control character"),
    ],
)
def test_what_is_wrong_with_a_sheet_is_named(data: bytes, line: int, field: str, said: str) -> None:
    """Each fault has its line, its column and what to do."""
    with pytest.raises(ProgrammeFileError) as caught:
        read_rows(data, COLUMNS)
    (error,) = caught.value.errors
    assert (error.line, error.field) == (line, field)
    assert said in error.sentence


@given(st.text())
@example("'=1+1")
@example("''+1")
@example("'hello")
def test_harmless_cells_come_back(cell: str) -> None:
    """A cell made safe is no formula, and is read back as it was."""
    safe = harmless(cell)
    assert not safe.lstrip().startswith(("=", "+", "-", "@", "\t"))
    assert plain(safe) == cell


HEAD = "schedule,key,at,support,answer,questions,text_en,text_es\n"
AT = '"{days: daily, time: ""09:30""}"'


def test_every_wrong_cell_of_a_schedule_is_named() -> None:
    """All faults of all rows at once, each with line and column."""
    sheet = (
        HEAD
        + f"daily,mood,{AT},emotional,{{scale: 0-10}},,How are you?,¿Qué tal?\n"
        + 'daily,mood,"{days: daily, time: noon}",kind,,,Hi,Hola\n'
        + f"daily,,{AT},emotional,,,Hi,Hola\n"
        + f"bad name,x,{AT},emotional,{{scale: 0-10,,Hi,Hola\n"
        + f"daily,y,{AT},emotional,,,,\n"
    )
    with pytest.raises(ProgrammeFileError) as caught:
        read_sheet(sheet.encode(), ["en", "es"])
    assert sorted((error.line, error.field) for error in caught.value.errors) == [
        (3, "at"),
        (3, "key"),
        (3, "support"),
        (4, "key"),
        (5, "answer"),
        (5, "schedule"),
        (6, "text"),
    ]


MANNERS = "schedule,key,at,support,on_holiday,skippable,priority,quiet,text_en,text_es\n"


def test_how_a_prompt_gives_way_has_columns() -> None:
    """Holidays, SKIP, priority and quiet hours are read from a sheet and written back; empty is the usual."""
    rows = f"daily,a,{AT},emotional,shift,false,high,drop,Hi,Hola\ndaily,b,{AT},emotional,,,,,Hi,Hola\n"
    (schedule,) = read_sheet((MANNERS + rows).encode(), ["en", "es"])
    first, second = schedule.prompts
    assert (first.on_holiday, first.skippable) == (OnHoliday.SHIFT, False)
    assert (first.priority, first.quiet) == (Priority.HIGH, InQuiet.DROP)
    assert (second.on_holiday, second.skippable) == (OnHoliday.SEND, None)
    assert (second.priority, second.quiet) == (Priority.NORMAL, InQuiet.MOVE)
    assert read_sheet(write_sheet([schedule], ["en", "es"]).encode(), ["en", "es"]) == (schedule,)


def test_a_wrong_way_to_give_way_is_named() -> None:
    """Each of these cells has its own line and column."""
    rows = "".join(f"daily,k{n},{AT},emotional,{cells},Hi,Hola\n" for n, cells in enumerate((
        "sometimes,,,", ",maybe,,", ",,urgent,", ",,,never",
    )))  # fmt: skip
    with pytest.raises(ProgrammeFileError) as caught:
        read_sheet((MANNERS + rows).encode(), ["en", "es"])
    assert [(error.line, error.field) for error in caught.value.errors] == [
        (2, "on_holiday"),
        (3, "skippable"),
        (4, "priority"),
        (5, "quiet"),
    ]


def test_rows_of_one_schedule_need_not_stand_together() -> None:
    """Sorted by time or by hand: a schedule is its rows, in their order."""
    rows = [f"{name},{key},{AT},emotional,,,Hi,Hola\n" for name, key in (("a", "1"), ("b", "2"), ("a", "3"))]
    schedules = read_sheet((HEAD + "".join(rows)).encode(), ["en", "es"])
    assert [(one.name, [prompt.key for prompt in one.prompts]) for one in schedules] == [
        ("a", ["1", "3"]),
        ("b", ["2"]),
    ]
