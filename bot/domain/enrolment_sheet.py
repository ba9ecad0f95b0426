"""People to enrol, as a sheet (CSV): one row a person, with the proof that they agreed to be texted."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from bot.domain.cells import Cell, Tree, read_row
from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.messages import ChannelName
from bot.domain.programme import Participant
from bot.domain.programme_reading import Around, participant_reader
from bot.domain.sheets import Row, read_rows

ALSO = {"phone": "sms", "mobile": "sms", "start_date": "start"}
COLUMNS = (
    *("ref", "name", "language", "timezone", "specialist", "sms", "telegram"),
    *("consent_method", "consent_on", "consent_wording"),
    *("telegram_consent_method", "telegram_consent_on", "telegram_consent_wording"),
    *("schedule", "start", "recovery_date", "pathway", "status"),
)
_SINGLE = ("ref", "name", "language", "timezone", "specialist", "recovery_date", "pathway", "status")
_PROOF = {ChannelName.SMS: "consent_", ChannelName.TELEGRAM: "telegram_consent_"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrollee:
    """One row: the person as far as the row says, and which of their values it says."""

    line: int
    person: Participant
    given: frozenset[str]


def read_enrolments(
    data: bytes, around: Around, *, known: Collection[str], today: date
) -> tuple[Enrollee, ...]:
    """Read a sheet of people. An empty cell says nothing: it changes nothing of somebody who is here already.

    `known` are the refs of those, who need no name. Without `start` people start `today`. Raises
    ProgrammeFileError with every wrong cell's line and column.
    """
    problems: list[FieldError] = []
    read = participant_reader(around)
    seen: dict[str, int] = {}
    people = []
    for row in map(_renamed, read_rows(data, [*COLUMNS, *ALSO])):
        problems += _checked(row, known, today, seen)
        tree = _tree(row, today)
        for person in read_row(tree, row.line, _column_of, read, problems):
            people.append(Enrollee(line=row.line, person=person, given=frozenset(row.cells)))
    if problems:
        raise ProgrammeFileError(tuple(sorted(problems, key=lambda one: one.line)))
    return tuple(people)


def _renamed(row: Row) -> Row:
    return Row(line=row.line, cells={ALSO.get(name, name): cell.strip() for name, cell in row.cells.items()})


def _checked(row: Row, known: Collection[str], today: date, seen: dict[str, int]) -> list[FieldError]:
    """Return what is wrong with a row as a whole."""
    problems = []

    def say(column: str, sentence: str) -> None:
        problems.append(FieldError(line=row.line, field=column, sentence=sentence))

    ref = row.cells.get("ref", "")
    if not ref:
        say("ref", "This cell is empty; everybody needs a ref of their own.")
    elif ref in seen:
        say("ref", f"This ref is on line {seen[ref]} already; one row a person.")
    elif "name" not in row.cells and ref not in known:
        say("name", "This cell is empty; somebody new needs a name.")
    seen.setdefault(ref, row.line)
    for channel, prefix in _PROOF.items():
        proof = [f"{prefix}{part}" for part in ("method", "on", "wording")]
        given = [column for column in proof if column in row.cells]
        if given and channel not in row.cells:
            say(given[0], f"This is proof for {channel}, and the cell under `{channel}` is empty.")
        elif given and len(given) < len(proof):
            missing = next(column for column in proof if column not in row.cells)
            say(missing, "Proof of consent is method, date and wording; this one is empty.")
        on = row.cells.get(f"{prefix}on", "")
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", on) and on > today.isoformat():
            say(f"{prefix}on", "Nobody can have agreed on a day to come.")
    if "start" in row.cells and "schedule" not in row.cells:
        say("start", "This goes with a schedule, and the cell under `schedule` is empty.")
    return problems


def _tree(row: Row, today: date) -> Tree:
    cells = row.cells
    tree: dict[str, Tree] = {name: Cell(cells[name]) for name in _SINGLE if name in cells}
    tree.setdefault("ref", Cell("-"))
    tree.setdefault("name", tree["ref"])
    contacts: list[Tree] = []
    for channel, prefix in _PROOF.items():
        if channel in cells:
            contact: dict[str, Tree] = {str(channel): Cell(cells[channel])}
            proof: dict[str, Tree] = {
                part: Cell(cells[prefix + part])
                for part in ("method", "on", "wording")
                if prefix + part in cells
            }
            contacts.append(contact | {"consent": proof} if len(proof) == 3 else contact)
    start = Cell(cells.get("start", today.isoformat()))
    names = re.split(r"[\s|;]+", cells["schedule"]) if "schedule" in cells else []
    schedules: list[Tree] = [{"name": Cell(name), "start": start} for name in names if name]
    return tree | {"contacts": contacts, "schedules": schedules}


def _column_of(path: str) -> str:
    if path.startswith("schedules"):
        return "start" if path.endswith(".start") else "schedule"
    if not path.startswith("contacts"):
        return path or "row"
    telegram = path.startswith("contacts[1]") or path.endswith(".telegram")
    if ".consent" not in path:
        return "telegram" if telegram else "sms"
    return f"{'telegram_' if telegram else ''}consent_{path.rpartition('.')[2]}"
