"""`handrail triage report` and `triage marks`: what staff said of triage, as figures and as JSON lines."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from bot.actions.mark_figures import Marked, judged, marked
from bot.commands.opening import opened
from bot.domain.marks import Judged, Month, Wrong, by_month
from bot.settings import Settings, load

HEADS = ("month", "flagged", "false alarms", "precision", "missed", "most often wrong")


def report(*, as_json: bool) -> None:
    """Print precision, missed texts and the words most often wrong, by month (UTC)."""
    months = by_month(asyncio.run(_judged(load())))
    if as_json:
        print(json.dumps([to_data(month) for month in months], ensure_ascii=False, indent=2))
    elif not months:
        print("No text has been flagged or marked yet.")
    else:
        for line in lines(months):
            print(line)


def marks(*, with_texts: bool) -> None:
    """Print one JSON object for each marked text. No name, number or ref; texts only if asked for."""
    for one in asyncio.run(_marked(load(), with_texts=with_texts)):
        print(json.dumps(line_of(one, with_texts=with_texts), ensure_ascii=False))
    if with_texts:
        print("These lines hold what people wrote. Keep them as you keep the database.", file=sys.stderr)


def to_data(month: Month) -> dict[str, Any]:
    """Return a month as JSON data."""
    return {
        "month": month.month,
        "flagged": month.flagged,
        "false_alarms": month.false_alarms,
        "precision": None if month.precision is None else round(month.precision, 4),
        "missed": month.missed,
        "wrong": [{"concept": one.concept, "words": one.words, "texts": one.texts} for one in month.wrong],
    }


def line_of(one: Marked, *, with_texts: bool) -> dict[str, Any]:
    """Return a marked text as JSON data, in the form that `make triage-report` reads when it holds texts."""
    line: dict[str, Any] = {
        "id": one.message_id,
        "source": "marks",
        "lang": one.lang,
        "label": str(one.label),
        "mark": str(one.mark),
        "level": str(one.level),
        "concepts": list(one.concepts),
        "rules": one.rules,
        "day": one.day,
    }
    if with_texts:
        line |= {"text": one.text, "words": list(one.words or ()), "reason": one.reason}
    return line


def _cells(month: Month) -> tuple[str, ...]:
    precision = "-" if month.precision is None else f"{month.precision:.1%}"
    wrong = ", ".join(map(_wrong, month.wrong)) or "-"
    return (
        month.month, str(month.flagged), str(month.false_alarms), precision, str(month.missed), wrong
    )  # fmt: skip


def _wrong(one: Wrong) -> str:
    said = f" “{one.words}”" if one.words else ""
    return f"{one.concept}{said} ({one.texts})"


def lines(months: Sequence[Month]) -> Iterator[str]:
    """Yield the report as aligned lines, the heads first."""
    rows = [HEADS, *map(_cells, months)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()


async def _judged(settings: Settings) -> list[Judged]:
    async with opened(settings) as database, database.read() as tx:
        return await judged(tx)


async def _marked(settings: Settings, *, with_texts: bool) -> list[Marked]:
    async with opened(settings) as database, database.read() as tx:
        return await marked(tx, with_texts=with_texts)
