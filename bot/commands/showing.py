"""How the schedule commands show things: differences, impact, progress; to people and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bot.actions.impact import Example, Impact
from bot.domain.differences import Differences
from bot.domain.impact import Effect

SAYS = {
    Effect.MOVED: "come at another time",
    Effect.ADDED: "are new",
    Effect.REMOVED: "no longer come",
    Effect.SKIPPED: "are left out: their new time is past, and nothing is sent for the past",
    Effect.ALREADY_SENT: "were sent already, and are not sent again at their new time",
    Effect.UNCHANGED: "stay as they are",
}


def print_json(data: object) -> None:
    """Print data as JSON."""
    print(json.dumps(data, ensure_ascii=False, indent=2))


def differences_to_data(found: Differences) -> dict[str, Any]:
    """Return differences as JSON data."""
    return {
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": [
            {
                "prompt": change.key,
                "fields": [{"field": f.field, "old": f.old, "new": f.new} for f in change.fields],
            }
            for change in found.changed
        ],
        "reordered": found.reordered,
        "timing": found.timing,
    }


def print_differences(found: Differences) -> None:
    """Print what differs, a line each: + added, - removed, ~ changed."""
    for key in found.added:
        print(f"+ {key}")
    for key in found.removed:
        print(f"- {key}")
    for change in found.changed:
        print(f"~ {change.key}")
        for one in change.fields:
            print(f"    {one.field}: {one.old or 'nothing'} -> {one.new or 'nothing'}")
    if found.reordered:
        print("The order differs.")
    if found.nothing:
        print("Nothing differs.")


def impact_to_data(found: Impact) -> dict[str, Any]:
    """Return an impact as JSON data."""
    return {
        "schedule": found.schedule,
        "at": found.at.isoformat(),
        "days": found.days,
        "enrolled": found.enrolled,
        **{str(effect): count for effect, count in found.counts.items()},
        "doubled": found.doubled,
        "people": {str(effect): count for effect, count in found.people.items()},
        "examples": {
            str(effect): [
                {
                    "participant": one.participant,
                    "prompt": one.prompt,
                    "old": _iso(one.old),
                    "new": _iso(one.new),
                }
                for one in examples
            ]
            for effect, examples in found.examples.items()
        },
        "changes": differences_to_data(found.changes),
    }


def print_impact(found: Impact) -> None:
    """Print an impact: the numbers, then who for example."""
    print(f"{found.schedule}: {found.enrolled} enrolled, the next {found.days} days")
    if not found.changes.timing:
        print("Only texts change; nobody gets anything at another time.")
    for effect, says in SAYS.items():
        count = found.counts[effect]
        if not count:
            continue
        print(f"{count:>9,} {says} ({found.people[effect]:,} people)")
        if effect is not Effect.UNCHANGED:
            for one in found.examples[effect]:
                print(f"            {_line(one)}")
    print(f"{found.doubled:>9,} doubled")


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far something is, to a person at a terminal only; yields what is told done and total."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _line(one: Example) -> str:
    times = [f"{at:%a %d %b %H:%M}" for at in (one.old, one.new) if at is not None]
    return f"{one.participant}: {one.prompt} {' -> '.join(times)}"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="minutes") if at is not None else None
