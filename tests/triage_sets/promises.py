"""What was promised of triage on labelled texts, and how each who judges keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.triage.levels import Level
from tests.triage_sets.judges import Judge
from tests.triage_sets.splitting import interval

Row = Mapping[str, str]
RECOVERY = {"forum_opiates", "forum_drinking", "forum_cannabis", "forum_alcohol"}
SUPPORT = {"forum_crisis", "veterans", "peer_support"}
EVERYDAY = {"sms", "everyday"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """A share of some texts put at `level` or above: at least `floor` of them, or at most `ceiling`."""

    what: str
    asks: Callable[[Row], bool]
    level: Level = Level.URGENT
    floor: float | None = None
    ceiling: float | None = None

    @property
    def limit(self) -> str:
        """Return the promise as it stands in a table."""
        return f"≥ {self.floor:.0%}" if self.floor is not None else f"≤ {self.ceiling:.1%}"

    def kept(self, share: float) -> bool:
        """Tell whether a share keeps it."""
        return share >= self.floor if self.floor is not None else share <= (self.ceiling or 0.0)


def _none_of(sources: set[str]) -> Callable[[Row], bool]:
    return lambda row: row["source"] in sources and row["label"] == "none"


def _labelled(label: str) -> Callable[[Row], bool]:
    return lambda row: row["label"] == label


PROMISES = (
    Promise(what="crisis flagged", asks=_labelled("crisis"), floor=0.85),
    Promise(what="crisis at crisis", asks=_labelled("crisis"), level=Level.CRISIS, floor=0.75),
    Promise(what="urgent flagged", asks=_labelled("urgent"), floor=0.70),
    Promise(what="sms and everyday flagged", asks=_none_of(EVERYDAY), ceiling=0.005),
    Promise(what="idioms flagged", asks=_none_of({"idioms"}), ceiling=0.03),
    Promise(what="recovery forums, none flagged", asks=_none_of(RECOVERY), ceiling=0.08),
    Promise(what="support forums, none flagged", asks=_none_of(SUPPORT), ceiling=0.15),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """How one judge keeps one promise: `were` of `of` texts."""

    promise: Promise
    of: int
    were: int

    @property
    def share(self) -> float:
        """Return the share, from 0 to 1."""
        return self.were / self.of

    @property
    def met(self) -> bool:
        """Tell whether the promise is kept."""
        return self.promise.kept(self.share)

    def __str__(self) -> str:
        """Write the share with its interval."""
        low, high = interval(self.share, self.of)
        return f"{self.share:.1%} ({low:.0%}-{high:.0%})"


def judge_all(rows: Iterable[Row], judge: Judge) -> dict[str, Kept]:
    """Return how `judge` keeps every promise that `rows` have texts for, by what was promised."""
    judged = [(row, judge(row["text"], row.get("lang", "en"))) for row in rows]
    found = {}
    for promise in PROMISES:
        levels: Sequence[Level] = [level for row, level in judged if promise.asks(row)]
        if levels:
            were = sum(level.rank >= promise.level.rank for level in levels)
            found[promise.what] = Kept(promise=promise, of=len(levels), were=were)
    return found
