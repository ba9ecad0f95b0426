"""Print how triage does on our own sentences: `make triage-sets`; with --write, into docs/triage.md too."""

from __future__ import annotations

import sys

from rich.console import Console

from bot.domain.triage.assess import assess
from tests.triage_sets.judges import contestants
from tests.triage_sets.report import all_sheets, write_page


def main(args: list[str]) -> int:
    """Measure, print, write. Returns the exit code."""
    if args not in ([], ["--write"]):
        print("Say python -m tests.triage_sets [--write]", file=sys.stderr)
        return 2
    console = Console()
    sheets = []
    for sheet in all_sheets(contestants()):
        console.print(sheet.shown())
        sheets.append(sheet)
    console.print(f"rules {assess('').rules}")
    if args:
        write_page(sheets)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
