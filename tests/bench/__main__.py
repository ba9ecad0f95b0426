"""`python -m tests.bench [--only planner,idle] [--quick] [--json]`: measure, print, write the page."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tests.bench import alerts, forecast, idle, inbound, planner, publishing, report, sending, triage
from tests.bench.figures import QUICK, Bench, Figure, Run, Scale

BENCHES: dict[str, Bench] = {
    "planner": planner.bench,
    "idle": idle.bench,
    "sending": sending.bench,
    "inbound": inbound.bench,
    "alerts": alerts.bench,
    "triage": triage.bench,
    "publishing": publishing.bench,
    "forecast": forecast.bench,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that were asked for; return 2 for an unknown name. Targets missed are no failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", metavar="NAMES", help=f"some of {','.join(BENCHES)}")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, one repetition; the page stays as it is"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    names = given.only.split(",") if given.only else list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"There is no benchmark named {unknown[0]}; there are {', '.join(BENCHES)}.", file=sys.stderr)
        return 2
    figures = asyncio.run(measure(names, QUICK if given.quick else Scale()))
    if given.json:
        print(report.as_json(figures))
    else:
        Console().print(report.table(figures))
    if not given.quick:
        report.write_page(figures)
    return 0


async def measure(names: Sequence[str], scale: Scale) -> dict[str, list[Figure]]:
    """Run these benchmarks, saying on standard error where they are."""
    hush()
    console = Console(stderr=True)
    bar = Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console)
    figures: dict[str, list[Figure]] = {}
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as folder, bar:
        for name in names:
            task = bar.add_task(name)

            def step(what: str, name: str = name, task: int = task) -> None:
                bar.update(task, description=f"{name}: {what}")  # type: ignore[arg-type]  # rich's TaskID is an int

            figures[name] = await BENCHES[name](Run(scale=scale, folder=Path(folder), step=step))
            bar.update(task, description=f"{name}: done", total=1, completed=1)
    return figures


def hush() -> None:
    """Keep the log off the terminal while measuring; its lines are still made, as in real use."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


if __name__ == "__main__":
    sys.exit(main())
