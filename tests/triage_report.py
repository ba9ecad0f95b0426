"""Print how triage does on labelled texts: `make triage-report DATA=file.jsonl`. They stay where they are.

With --write, what was promised and the peers beside go to their places in docs/triage.md too.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.domain.triage.assess import assess
from bot.domain.triage.report import Line, score
from tests.triage_sets.judges import contestants
from tests.triage_sets.promises import PROMISES, Kept, judge_all
from tests.triage_sets.report import Sheet, absent, write_page
from tests.triage_sets.splitting import held_back, interval

Rows = Sequence[Mapping[str, str]]


def main(path: str, *, write: bool) -> int:
    """Read, assess, print. Returns the exit code."""
    lines = Path(path).read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines if line.strip()]
    rows = [row for row in found if row.get("text") is not None]  # marks outlive the texts of the erased
    console = Console()
    parts = {
        "Held back": [row for row in rows if held_back(row)],
        "Tuned on": [row for row in rows if not held_back(row)],
    }
    for title, part in parts.items():
        shown = track(part, title, console=Console(stderr=True), disable=not sys.stderr.isatty())
        console.print(_table(title, score(_by_language(shown))))
    sheets = [_promised(parts), _beside(parts["Held back"])]
    for sheet in sheets:
        console.print(sheet.shown())
    console.print(f"rules {assess('').rules}")
    if write:
        write_page(sheets)
    return 0


def _by_language(rows: Iterable[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    for row in rows:
        yield dict(row) | {"source": f"{row.get('source', '')} ({row.get('lang', 'en')})"}


def _promised(parts: Mapping[str, Rows]) -> Sheet:
    """Return the promises on each part, ours alone."""
    ours = contestants()[0]
    assert ours.judge
    kept = [judge_all(part, ours.judge) for part in parts.values()]
    rows = [
        [one.what, one.limit, *(cell for each in kept for cell in _cells(each.get(one.what)))]
        for one in PROMISES
    ]
    heads = ["what", "promised", *(head for part in parts for head in (part.lower(), "texts", "kept"))]
    note = f"Rules {assess('').rules}, Python {platform.python_version()}; with 95% confidence intervals."
    return Sheet(name="promises", title="What was promised", heads=heads, rows=rows, note=note)


def _cells(kept: Kept | None) -> tuple[str, str, str]:
    if kept is None:
        return "-", "0", "-"
    return str(kept), str(kept.of), "yes" if kept.met else "no"


def _beside(texts: Rows) -> Sheet:
    """Return every judge beside the others, on what is held back."""
    judges = contestants()
    kept = {one.name: judge_all(texts, one.judge) for one in judges if one.judge}
    named = {one.name: f"{one.name} {one.note}".strip() for one in judges}
    rows = [
        [one.what, one.limit, *(_percent(each.get(one.what)) for each in kept.values())] for one in PROMISES
    ]
    heads = ["held back", "promised", *(named[name] for name in kept)]
    return Sheet(name="beside", title="Beside", heads=heads, rows=rows, note=absent(judges))


def _percent(kept: Kept | None) -> str:
    return f"{kept.share:.1%}" if kept is not None else "-"


def _table(title: str, lines: tuple[Line, ...]) -> Table:
    table = Table(title=title)
    for name in ("source", "label"):
        table.add_column(name)
    for name in ("texts", "flagged", "95%", "at crisis", "95%"):
        table.add_column(name, justify="right")
    for line in lines:
        cells = []
        for share in (line.flagged_share, line.crisis_share):
            low, high = interval(share, line.texts)
            cells += [f"{share:.1%}", f"{low:.0%}-{high:.0%}"]
        table.add_row(line.source, line.label, str(line.texts), *cells)
    return table


if __name__ == "__main__":
    paths = [arg for arg in sys.argv[1:] if arg != "--write"]
    if len(paths) != 1:
        sys.exit("Name one file: python -m tests.triage_report FILE.jsonl [--write]")
    sys.exit(main(paths[0], write="--write" in sys.argv))
