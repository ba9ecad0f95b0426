"""Show the figures: a table for the terminal, and the page docs/performance.md."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.table import Table

from tests.bench.figures import Better, Figure

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
HEADS = ("what", "Handrail", "baseline", "ratio", "target", "met", "beside")


def table(figures: Mapping[str, Sequence[Figure]]) -> Table:
    """Return everything as a table to print."""
    shown = Table(title="Each figure beside its baseline, in one run", title_justify="left")
    for head in HEADS:
        shown.add_column(head, justify="right" if head in HEADS[1:4] else "left", overflow="fold")
    for group in figures.values():
        for figure in group:
            cells = _cells(figure)
            colour = {True: "green", False: "red", None: ""}[figure.met]
            shown.add_row(*cells, style=colour)
        shown.add_section()
    return shown


def as_json(figures: Mapping[str, Sequence[Figure]]) -> str:
    """Return everything as JSON, by benchmark."""
    return json.dumps(
        {
            name: [asdict(f) | {"ratio": f.ratio, "met": f.met} for f in group]
            for name, group in figures.items()
        },
        indent=2,
    )


def write_page(figures: Mapping[str, Sequence[Figure]], page: Path = PAGE) -> None:
    """Put the tables between their markers on the page; what was not measured now stays as it was."""
    text = page.read_text(encoding="utf-8")
    for name, group in figures.items():
        begin, end = f"<!-- {name}: measured -->", f"<!-- {name}: end -->"
        between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        assert between.search(text), f"{page.name} has no place for {name}"
        new = f"{begin}\n{_markdown(group)}\n{end}"
        # A function, for in a replacement text a backslash would mean something.
        text = between.sub(partial(_same, new), text)
    page.write_text(text, encoding="utf-8")


def _same(new: str, _found: re.Match[str]) -> str:
    return new


def _markdown(group: Sequence[Figure]) -> str:
    when = f"Measured on two cores, Python {platform.python_version()}."
    lines = ["| " + " | ".join(HEADS) + " |", "| --- | ---: | ---: | ---: | --- | --- | --- |"]
    lines += ["| " + " | ".join(_cells(figure)) + " |" for figure in group]
    return "\n".join([when, "", *lines])


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.what,
        f"{_number(figure.ours)} {figure.unit}",
        f"{_number(figure.baseline)} {figure.unit}" if figure.baseline is not None else "-",
        _ratio(figure.ratio),
        _target(figure),
        {True: "yes", False: "no", None: ""}[figure.met],
        figure.note,
    )


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    sign = "≥" if figure.better is Better.HIGHER else "≤"
    limit = figure.target.limit
    return f"{sign} {limit:.0%} of it" if figure.target.share else f"{sign} {_number(limit)} {figure.unit}"


def _ratio(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if value >= 0.01 else f"{value:.1g}"


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
