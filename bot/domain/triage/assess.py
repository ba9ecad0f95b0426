"""Say how soon a human is needed for a text, and why. Pure, quick, and it never raises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations

from bot.domain.triage.context import AnyHit, Surroundings, surroundings
from bot.domain.triage.fallback import plain_scan
from bot.domain.triage.levels import Assessment, Level, Phrase, Signal
from bot.domain.triage.lexicon import Combination, Concept, Lexicon, lexicon
from bot.domain.triage.normalise import Reading, read

__all__ = ["Assessment", "Level", "Phrase", "Signal", "assess", "assess_parts"]

MAX_CHARS = 5_000  # more than one text can hold; of more the two ends are read, where people put what matters
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


def assess_parts(texts: Sequence[str], language: str = "en", *, extra: tuple[Phrase, ...] = ()) -> Assessment:
    """Return the highest assessment of `texts`, parts of one message that may have come out of order.

    Offsets of its signals are into the part or joined text that it was found in.
    """
    candidates = list(dict.fromkeys([*texts, *_joined(texts)])) or [""]
    found = [assess(candidate, language, extra=extra) for candidate in candidates]
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
    hits = rules.phrases.found(reading)
    around = surroundings(reading, rules, hits)
    said = [
        (hit, hit.what) for hit in hits if isinstance(hit.what, Concept) and not around.excuses(hit, hit.what)
    ]
    meant = _meant(said, language)
    together = _together(said, around, rules)
    levels = {concept.name: concept.level for _, concept in meant}
    reasons: list[tuple[Level, str]] = [
        (concept.level, concept.why) for _, concept in meant if concept.level is not Level.NONE
    ]
    for combination in together:  # a hint counts, and is shown, once it says something with others
        reasons.append((combination.level, combination.why))
        levels |= {name: combination.level for name in combination.needs if levels[name] is Level.NONE}
    reasons.sort(key=lambda reason: -reason[0].rank)
    return Assessment(
        level=reasons[0][0] if reasons else Level.NONE,
        signals=tuple(
            _signal(hit, concept, levels[concept.name], reading, text)
            for hit, concept in meant
            if levels[concept.name] is not Level.NONE
        ),
        why="; ".join(dict.fromkeys(why for _, why in reasons)),
        rules=rules.version,
        flagged=len(text) > MAX_CHARS,
    )


def _ends(text: str) -> str:
    """Blank out the middle of a text too long to read whole, so that offsets stay true."""
    if len(text) <= MAX_CHARS:
        return text
    half = MAX_CHARS // 2
    return text[:half] + "." * (len(text) - MAX_CHARS) + text[-half:]


def _meant(said: Iterable[tuple[AnyHit, Concept]], language: str) -> list[tuple[AnyHit, Concept]]:
    """Return what the text says and means, one hit a concept (its longest), the gravest first."""
    best: dict[str, tuple[AnyHit, Concept]] = {}
    for hit, concept in said:
        held = best.get(concept.name)
        if held is None or _weight(hit, concept, language) > _weight(*held, language):
            best[concept.name] = (hit, concept)
    return sorted(best.values(), key=lambda pair: (-pair[1].level.rank, pair[0].first))


def _weight(hit: AnyHit, concept: Concept, language: str) -> tuple[int, int, bool]:
    return concept.level.rank, hit.last - hit.first, concept.language == language


def _together(
    said: Sequence[tuple[AnyHit, Concept]], around: Surroundings, rules: Lexicon
) -> list[Combination]:
    """Return the combinations that what is `said` makes up, in one sentence or in the whole text."""
    whole: set[str] = set()
    sentences: dict[int, set[str]] = {}
    for hit, concept in said:
        whole.add(concept.name)
        sentences.setdefault(around.sentences[hit.first], set()).add(concept.name)
    return [
        combination
        for combination in rules.combinations
        if combination.needs <= whole
        and (not combination.near or any(combination.needs <= names for names in sentences.values()))
    ]


def _signal(hit: AnyHit, concept: Concept, level: Level, reading: Reading, text: str) -> Signal:
    start, end = reading.starts[hit.first], reading.ends[hit.last - 1]
    return Signal(concept=concept.name, level=level, words=text[start:end], start=start, end=end)
