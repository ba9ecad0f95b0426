"""Say how soon a human is needed for a text, and why. Pure, quick, and it never raises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations

from bot.domain.triage.context import Surroundings, surroundings
from bot.domain.triage.fallback import plain_scan
from bot.domain.triage.levels import Assessment, Level, Phrase, Signal
from bot.domain.triage.lexicon import Concept, Hit, Lexicon, lexicon
from bot.domain.triage.normalise import Reading, read

__all__ = ["Assessment", "Level", "Phrase", "Signal", "assess", "assess_parts"]

MAX_CHARS = 10_000  # of a longer text the two ends are read: that is where people put what matters
ALL_ORDERS = 3  # parts of a message up to which every order is tried


def assess(text: str, language: str = "en", *, extra: tuple[Phrase, ...] = ()) -> Assessment:
    """Return the assessment of `text`.

    Every language's rules always run, because people mix them; the writer's `language` only breaks ties.
    `extra` are a programme's own phrases. An error inside falls back to a plain word scan and is flagged.
    """
    try:
        return _assess(text, language, extra)
    except (
        Exception
    ):  # a text somebody sent in distress is never lost to a fault of ours; it is flagged instead
        return plain_scan(str(text))


def assess_parts(texts: Sequence[str], language: str = "en") -> Assessment:
    """Return the highest assessment of `texts`, parts of one message that may have come out of order.

    Offsets of its signals are into the part or joined text that it was found in.
    """
    candidates = list(dict.fromkeys([*texts, *_joined(texts)])) or [""]
    found = [assess(candidate, language) for candidate in candidates]
    return max(found, key=lambda assessment: (assessment.level.rank, len(assessment.signals)))


def _joined(texts: Sequence[str]) -> Iterable[str]:
    """Yield the parts joined in the orders worth trying, as words and as a word cut in two."""
    orders: Iterable[Sequence[str]] = (
        permutations(texts) if len(texts) <= ALL_ORDERS else (tuple(texts), tuple(reversed(texts)))
    )
    for order in orders:
        yield " ".join(order)
        yield "".join(order)


def _assess(text: str, language: str, extra: tuple[Phrase, ...]) -> Assessment:
    rules = lexicon(extra)
    reading = read(_ends(text), rules.spelling)
    hits = list(rules.hits(reading))
    around = surroundings(reading, rules, hits)
    meant = _meant(hits, around, language)
    level, whys = _verdict([concept for _, concept in meant], rules)
    signals = tuple(_signal(hit, concept, reading, text) for hit, concept in meant)
    cut = len(text) > MAX_CHARS
    return Assessment(level=level, signals=signals, why="; ".join(whys), rules=rules.version, flagged=cut)


def _ends(text: str) -> str:
    """Blank out the middle of a text too long to read whole, so that offsets stay true."""
    if len(text) <= MAX_CHARS:
        return text
    half = MAX_CHARS // 2
    return text[:half] + "." * (len(text) - MAX_CHARS) + text[-half:]


def _meant(hits: Sequence[Hit], around: Surroundings, language: str) -> list[tuple[Hit, Concept]]:
    """Return what the text says and means, one hit a concept (its longest), the gravest first."""
    best: dict[str, tuple[Hit, Concept]] = {}
    for hit in hits:
        concept = hit.what
        if isinstance(concept, str) or around.excuses(hit, concept):
            continue
        held = best.get(concept.name)
        if held is None or _weight(hit, concept, language) > _weight(*held, language):
            best[concept.name] = (hit, concept)
    return sorted(best.values(), key=lambda pair: (-pair[1].level.rank, pair[0].first))


def _weight(hit: Hit, concept: Concept, language: str) -> tuple[int, int, bool]:
    return concept.level.rank, hit.last - hit.first, concept.language == language


def _verdict(concepts: Sequence[Concept], rules: Lexicon) -> tuple[Level, list[str]]:
    """Return the highest level, of single signals and of what they say together, and the reasons."""
    names = {concept.name for concept in concepts}
    reasons = [(concept.level, concept.why) for concept in concepts]
    reasons += [(c.level, c.why) for c in rules.combinations if c.needs <= names]
    level = max((level for level, _ in reasons), key=lambda level: level.rank, default=Level.NONE)
    if level is Level.NONE:
        return level, []
    return level, list(dict.fromkeys(why for _, why in sorted(reasons, key=lambda r: -r[0].rank)))


def _signal(hit: Hit, concept: Concept, reading: Reading, text: str) -> Signal:
    start, end = reading.starts[hit.first], reading.ends[hit.last - 1]
    return Signal(concept=concept.name, level=concept.level, words=text[start:end], start=start, end=end)
