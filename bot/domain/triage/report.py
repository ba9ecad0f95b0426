"""Score triage against texts whose level people have given."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.domain.triage.assess import assess
from bot.domain.triage.levels import Assessment, Level


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """How the texts of one source and label fared. Counts are of texts; shares are from 0 to 1."""

    source: str
    label: str
    texts: int
    crisis: int
    urgent: int

    @property
    def flagged_share(self) -> float:
        """Return the share found at any level."""
        return (self.crisis + self.urgent) / self.texts

    @property
    def crisis_share(self) -> float:
        """Return the share found at crisis."""
        return self.crisis / self.texts


def score(
    rows: Iterable[Mapping[str, str]], judge: Callable[[str, str], Assessment] = assess
) -> tuple[Line, ...]:
    """Return a line for each source and label in `rows`, sorted.

    A row has `text` and `label`, and may have `source` and `lang`. Labels are taken as they stand, so that
    "review" keeps a line of its own, counted neither as a miss nor as a false alarm.
    """
    found: dict[tuple[str, str], Counter[Level]] = defaultdict(Counter)
    for row in rows:
        verdict = judge(row["text"], row.get("lang", "en"))
        found[row.get("source", ""), row["label"]][verdict.level] += 1
    return tuple(
        Line(
            source=source,
            label=label,
            texts=sum(levels.values()),
            crisis=levels[Level.CRISIS],
            urgent=levels[Level.URGENT],
        )
        for (source, label), levels in sorted(found.items())
    )
