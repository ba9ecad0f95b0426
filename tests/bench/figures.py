"""What a benchmark gives: figures, each beside its baseline, and how large a run is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from statistics import median


class Better(StrEnum):
    """Which way is good."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What was promised: `limit` of our own figure, or of its share of the baseline."""

    limit: float
    share: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured thing: medians of several interleaved repetitions.

    `baseline` is None when there is none; `note` says why, or what the baseline is.
    """

    what: str
    unit: str
    ours: float
    better: Better
    baseline: float | None = None
    note: str = ""
    target: Target | None = None

    @property
    def ratio(self) -> float | None:
        """Return our figure as a multiple of the baseline's."""
        return self.ours / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Tell whether the target was met; None without one."""
        if self.target is None:
            return None
        value = self.ratio if self.target.share else self.ours
        if value is None:
            return None
        return value >= self.target.limit if self.better is Better.HIGHER else value <= self.target.limit


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """How large a run is. Seconds are how long each load lasts."""

    enrolled: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    due: int = 10_000
    apscheduler: int = 100_000  # jobs up to which the one-job-a-person baseline is run
    ticks: int = 300
    broadcast: int = 10_000
    broadcast_telegram: int = 1_500  # its client takes milliseconds a message, the bare loop's as well
    rates: tuple[tuple[float, float], ...] = ((30.0, 20.0), (100.0, 10.0))  # messages a second, seconds
    texters: int = 5_000
    load_seconds: float = 5.0
    queued: int = 100_000
    alerts: int = 5
    texts: int = 4_000
    published: int = 100_000
    repeats: int = 3


QUICK = Scale(
    enrolled=(1_000, 5_000),
    due=500,
    apscheduler=1_000,
    ticks=50,
    broadcast=600,
    broadcast_telegram=200,
    rates=((30.0, 3.0),),
    texters=300,
    load_seconds=1.0,
    queued=2_000,
    alerts=2,
    texts=400,
    published=1_000,
    repeats=1,
)

Step = Callable[[str], None]  # says what is being done now


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What a benchmark is given: how much, a folder that is thrown away, and a way to say where it is."""

    scale: Scale
    folder: Path
    step: Step


Bench = Callable[[Run], Awaitable[list[Figure]]]


def middle(values: Sequence[float]) -> float:
    """Return the median: other work on the machine spoils single runs."""
    return float(median(values))


def share_below(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed (0.99: the 99th percentile)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
