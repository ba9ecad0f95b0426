"""Print how triage does on labelled texts: `make triage-report DATA=file.jsonl`. They stay where they are."""

from __future__ import annotations

import hashlib
import json
import sys
from math import sqrt
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.domain.triage.assess import assess
from bot.domain.triage.report import Line, score

SALT = "v2"  # which third is held back; change it when that third has been looked at


def held_back(row: dict[str, str]) -> bool:
    """Tell whether a text is in the third that rules are never tuned on."""
    return hashlib.sha256((SALT + row["id"]).encode()).digest()[0] % 3 == 0


def interval(share: float, texts: int) -> tuple[float, float]:
    """Return the 95% confidence interval of a share (Wilson's score)."""
    z = 1.96
    middle = (share + z * z / (2 * texts)) / (1 + z * z / texts)
    reach = z * sqrt(share * (1 - share) / texts + z * z / (4 * texts * texts)) / (1 + z * z / texts)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def main(path: str) -> int:
    """Read, assess, print. Returns the exit code."""
    lines = Path(path).read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    console = Console()
    for title, part in (
        ("Held back", [row for row in rows if held_back(row)]),
        ("Tuned on", [row for row in rows if not held_back(row)]),
    ):
        shown = track(part, title, console=Console(stderr=True), disable=not sys.stderr.isatty())
        console.print(_table(title, score(shown)))
    console.print(f"rules {assess('').rules}")
    return 0


def _table(title: str, lines: tuple[Line, ...]) -> Table:
    table = Table(title=title)
    for name in ("source", "label"):
        table.add_column(name)
    for name in ("texts", "flagged", "95%", "at crisis", "95%"):
        table.add_column(name, justify="right")
    for line in lines:
        flagged, crisis = line.flagged_share, line.crisis_share
        cells = []
        for share in (flagged, crisis):
            low, high = interval(share, line.texts)
            cells += [f"{share:.1%}", f"{low:.0%}-{high:.0%}"]
        table.add_row(line.source, line.label, str(line.texts), *cells)
    return table


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name one file: python -m tests.triage_report FILE.jsonl")
    sys.exit(main(sys.argv[1]))
