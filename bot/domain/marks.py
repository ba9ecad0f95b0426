"""What people say of triage: a false alarm, or something it missed. Reads their marks and counts them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.phrases import load
from bot.domain.triage.levels import Level

LONGEST_REASON = 500
TOP = 5  # kinds of wrong words that are listed
SAID_BY = 2  # texts that must hold the same words before a report shows them: what is said once stays out


class Mark(StrEnum):
    """A specialist's judgement of one text."""

    FALSE_ALARM = "false_alarm"
    MISSED = "missed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A mark that somebody wrote: for which alert, if they said so, and why."""

    mark: Mark
    ref: str | None
    reason: str | None


def read_mark(text: str) -> Asked | None:
    """Return the mark a text begins with, or None. "FALSE K7", "missed, Ref K7: he said goodbye"."""
    found = _MARK.match(text)
    if found is None:
        return None
    ref, reason = found["ref"], found["rest"].strip()[:LONGEST_REASON]
    return Asked(
        mark=_WORDS[found["word"].casefold()], ref=ref.upper() if ref else None, reason=reason or None
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A text that opened an alert or was marked. `at`: aware UTC. `signals`: (concept, words as written)."""

    at: datetime
    level: Level
    mark: Mark | None
    signals: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """What false alarms had in them: `words` where enough texts hold the same, else the concept alone."""

    concept: str
    words: str | None
    texts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """One calendar month (UTC, "2026-11"). `flagged` texts include the false alarms."""

    month: str
    flagged: int
    false_alarms: int
    missed: int
    wrong: tuple[Wrong, ...]

    @property
    def precision(self) -> float | None:
        """Return the share of flagged texts that nobody called a false alarm, None when none was flagged."""
        return 1 - self.false_alarms / self.flagged if self.flagged else None


def by_month(texts: Iterable[Judged]) -> tuple[Month, ...]:
    """Count marks by the month the texts came in, oldest first."""
    months: dict[str, list[Judged]] = {}
    for text in texts:
        months.setdefault(text.at.strftime("%Y-%m"), []).append(text)
    return tuple(_month(month, rows) for month, rows in sorted(months.items()))


def _month(month: str, rows: Sequence[Judged]) -> Month:
    flagged = [row for row in rows if row.level is not Level.NONE]
    false = [row for row in flagged if row.mark is Mark.FALSE_ALARM]
    return Month(
        month=month,
        flagged=len(flagged),
        false_alarms=len(false),
        missed=sum(row.mark is Mark.MISSED for row in rows),
        wrong=_wrong(false),
    )


def _wrong(false: Sequence[Judged]) -> tuple[Wrong, ...]:
    said = Counter(pair for row in false for pair in {(c, words.casefold()) for c, words in row.signals})
    shown = {key for key, count in said.items() if count >= SAID_BY}
    # A text counts once for each concept whose words are not shown, however often it says them.
    hidden = Counter(
        concept
        for row in false
        for concept in {c for c, words in row.signals if (c, words.casefold()) not in shown}
    )
    found = [Wrong(concept=c, words=words, texts=said[c, words]) for c, words in shown]
    found += [Wrong(concept=concept, words=None, texts=count) for concept, count in hidden.items()]
    found.sort(key=lambda one: (-one.texts, one.concept, one.words or ""))
    return tuple(found[:TOP])


def _by_word() -> dict[str, Mark]:
    return {
        phrase: Mark(name)
        for name, languages in load("marks").items()
        for phrases in languages.values()
        for phrase in phrases
    }


_WORDS = _by_word()
_WORD = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_REF = r"(?:ref\W*)?(?P<ref>[a-z]\d{1,5})\b"
_MARK = re.compile(rf"\W*(?P<word>{_WORD})\b\W*(?:{_REF})?\W*(?P<rest>.*)", re.DOTALL | re.IGNORECASE)
