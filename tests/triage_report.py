"""Print how triage does on labelled texts: `make triage-report DATA=file.jsonl`. They stay where they are.

Beside it in the same run: forty plain phrases in one regular expression, and every peer in `PEERS`.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from math import sqrt
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.domain.triage.assess import assess, prepare
from bot.domain.triage.levels import Assessment, Level
from bot.domain.triage.report import Line, score, totals

SALT = "v2"  # which third is held back; change it when that third has been looked at

PLAIN = (
    "kill myself", "killing myself", "suicide", "suicidal", "end my life", "end it all", "want to die",
    "wanna die", "better off dead", "better off without me", "hurt myself", "cut myself",
    "cutting myself", "self harm", "overdose", "overdosed", "took all my pills", "not breathing",
    "won't wake up", "goodbye forever", "no reason to live", "don't want to live",
    "don't want to be here", "hearing voices", "hitting me", "has a gun", "going to kill", "relapsed",
    "relapse", "i used again", "drank again", "craving", "cravings", "want to use", "want to drink",
    "withdrawal", "hopeless", "panic attack", "can't go on", "need help",
)  # fmt: skip
_PLAIN = re.compile("|".join(re.escape(phrase) for phrase in PLAIN), re.IGNORECASE)

Judge = Callable[[str, str], Assessment]


def plain_phrases(text: str, language: str) -> Assessment:
    """Judge `text` by forty phrases alone, all of them urgent: what a first afternoon's work would do."""
    found = _PLAIN.search(text.replace("’", "'"))
    level = Level.NONE if found is None else Level.URGENT
    return Assessment(level=level, signals=(), why="", rules="plain")


# Others to measure beside ours, by name. Add what is installed; a peer that is not is left out.
PEERS: dict[str, Judge] = {"forty plain phrases": plain_phrases}


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
    prepare()
    console, progress = Console(), Console(stderr=True)
    for title, part in (
        ("Held back", [row for row in rows if held_back(row)]),
        ("Tuned on", [row for row in rows if not held_back(row)]),
    ):
        shown = track(part, title, console=progress, disable=not sys.stderr.isatty())
        started = time.perf_counter()
        found = score(shown)
        took = time.perf_counter() - started
        console.print(_table(title, [*found, *totals(found)]))
        console.print(f"{len(part)} texts, {len(part) / took:,.0f} a second")
        for name, judge in PEERS.items():
            console.print(_table(f"{title}: {name}", totals(score(part, judge))))
    console.print(f"rules {assess('').rules}")
    return 0


def _table(title: str, lines: Iterable[Line]) -> Table:
    table = Table(title=title)
    for name in ("source", "language", "label"):
        table.add_column(name)
    for name in ("texts", "flagged", "share", "95%", "at crisis", "share", "95%"):
        table.add_column(name, justify="right")
    for line in lines:
        cells = []
        for count, share in (
            (line.crisis + line.urgent, line.flagged_share),
            (line.crisis, line.crisis_share),
        ):
            low, high = interval(share, line.texts)
            cells += [str(count), f"{share:.1%}", f"{low:.0%}-{high:.0%}"]
        table.add_row(line.source, line.language, line.label, str(line.texts), *cells)
    return table


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name one file: python -m tests.triage_report FILE.jsonl")
    sys.exit(main(sys.argv[1]))
