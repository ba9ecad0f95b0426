"""Show a person at a terminal how far a long piece of work is; nobody else is shown anything."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

FEW = 200  # fewer are done before a bar could be read


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """Counts what is done: call `one` after each, or `some` with how many."""

    some: Callable[[int], None]

    def one(self) -> None:
        """Count one."""
        self.some(1)


@contextmanager
def counting(what: str, total: int) -> Iterator[Steps]:
    """Show a bar over `total` steps on standard error, if somebody is watching and it takes a while."""
    if total < FEW or not sys.stderr.isatty():
        yield Steps(some=lambda count: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield Steps(some=lambda count: progress.advance(task, count))
