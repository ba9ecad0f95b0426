"""Count how a judge fares on our own sentences. Shares are from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.domain.triage.levels import Level
from tests.triage_sets.judges import Judge
from tests.triage_sets.reading import Case, Meaning, Sentence

PLAIN = "plain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How many of some texts."""

    of: int
    were: int

    @property
    def share(self) -> float:
        """Return the share, 0 for no texts."""
        return self.were / self.of if self.of else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """How often something moved the level of a sentence, and of how many."""

    of: int
    lower: int
    higher: int

    @property
    def same(self) -> float:
        """Return the share that stayed."""
        return 1 - (self.lower + self.higher) / self.of if self.of else 0.0


def flagged(
    sentences: Iterable[Sentence],
    judge: Judge,
    wanted: Callable[[Sentence], bool],
    level: Level = Level.URGENT,
) -> Count:
    """Count the wanted sentences that `judge` puts at `level` or above."""
    ranks = [judge(each.text, each.lang).rank for each in sentences if wanted(each)]
    return Count(of=len(ranks), were=sum(rank >= level.rank for rank in ranks))


def right(cases: Iterable[Case], judge: Judge) -> dict[str, Count]:
    """Count the cases judged right, by capability."""
    verdicts: dict[str, list[bool]] = {}
    for case in cases:
        verdicts.setdefault(case.capability, []).append(case.allows(judge(case.text, case.lang)))
    return {name: Count(of=len(each), were=sum(each)) for name, each in verdicts.items()}


def found_in(meanings: Iterable[Meaning], judge: Judge, variety: str, label: Level) -> Count:
    """Count the meanings of `label` that are flagged at all when said in `variety`."""
    ranks = [judge(each.said[variety], "en").rank for each in meanings if each.level is label]
    return Count(of=len(ranks), were=sum(rank > 0 for rank in ranks))


def against_plain(meanings: Iterable[Meaning], judge: Judge, variety: str) -> Change:
    """Compare the levels of what is said in `variety` with the same said plainly."""
    return _change(((each.said[PLAIN], each.said[variety]) for each in meanings), judge)


def with_identity(meanings: Iterable[Meaning], judge: Judge, mentions: Iterable[str]) -> Change:
    """Compare the levels of plain sentences with and without a mention of who somebody is in front."""
    said = list(mentions)
    pairs = ((each.said[PLAIN], f"{who} {each.said[PLAIN]}") for each in meanings for who in said)
    return _change(pairs, judge)


def _change(pairs: Iterable[tuple[str, str]], judge: Judge) -> Change:
    moves = [judge(after, "en").rank - judge(before, "en").rank for before, after in pairs]
    return Change(
        of=len(moves), lower=sum(move < 0 for move in moves), higher=sum(move > 0 for move in moves)
    )
