"""Print how triage does on our own sentences: `make triage-sets`.

--write puts the tables into docs/triage.md too; --raise draws the limits in floors.yaml up.
"""

from __future__ import annotations

import sys

from rich.console import Console

from bot.domain.triage.assess import assess
from tests.triage_sets.floors import FILE, measured, raised
from tests.triage_sets.judges import contestants
from tests.triage_sets.report import all_sheets, write_page


def main(args: list[str]) -> int:
    """Measure, print, write. Returns the exit code."""
    if not set(args) <= {"--write", "--raise"}:
        print("Say python -m tests.triage_sets [--write] [--raise]", file=sys.stderr)
        return 2
    console = Console()
    sheets = []
    for sheet in all_sheets(contestants()):
        console.print(sheet.shown())
        sheets.append(sheet)
    console.print(f"rules {assess('').rules}")
    if "--write" in args:
        write_page(sheets)
    if "--raise" in args:
        FILE.write_text(raised(FILE.read_text("utf-8"), measured()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
