"""Say how soon a human is needed for a text, and why. Pure, quick, and it never raises."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import NamedTuple

from bot.domain.triage.context import AnyHit, Surroundings, surroundings
from bot.domain.triage.encoder import encoder
from bot.domain.triage.fallback import plain_scan
from bot.domain.triage.levels import Assessment, Level, Phrase, Signal
from bot.domain.triage.lexicon import COMPANY_WORDS, Combination, Concept, Lexicon, lexicon
from bot.domain.triage.net import Thresholds, Weight, net
from bot.domain.triage.normalise import Reading, read
from bot.domain.triage.own_words import own_hits
from bot.domain.triage.sources import source
from bot.domain.triage.spelling import OR

__all__ = ["Assessment", "Level", "Phrase", "Signal", "assess", "assess_parts", "prepare"]

MAX_CHARS = 3_000  # nearly twice an SMS; of more the two ends are read, where people put what matters
HALF = MAX_CHARS // 2
LEFT_OUT = " . "  # stands for the middle; phrases do not reach across
SHOWN = 3  # reasons in an explanation, the gravest: it is read on a phone, in a hurry
LONG_ENOUGH = 5  # letters of a word that may be guessed at when only little words stand beside it
LONG_ALONE = 6  # and when nothing does
ALL_ORDERS = 3  # parts of a message up to which every order is tried
NET = "second_net"  # what a signal is called that no phrase stands behind
WHY = {
    Level.URGENT: "reads like somebody who needs help, in words the rules do not know",
    Level.CRISIS: "reads like danger now, in words the rules do not know",
}


class _Below(NamedTuple):
    """What the second net says: how far a text weighs, and from where on that counts."""

    weight: Weight
    thresholds: Thresholds
    asked: bool = False  # the net takes everyday words at their word, so the encoder was asked as well


def assess(text: str, language: str = "en", *, extra: tuple[Phrase, ...] = ()) -> Assessment:
    """Return the assessment of `text`.

    Every language's rules always run, because people mix them; the writer's `language` only breaks ties.
    `extra` are a programme's own phrases; they only ever raise the level. An error inside falls back to a
    plain word scan and is flagged.
    """
    try:
        return _assess(text, language, extra)
    except (
        Exception
    ):  # a text somebody sent in distress is never lost to a fault of ours; it is flagged instead
        return plain_scan(str(text), extra)


def prepare() -> None:
    """Load the rules and read their examples, so that the first person to write waits for nothing."""
    rules = lexicon()
    rules.phrases.prepare()
    for word in rules.phrases.words:
        rules.spelling.meant(word)
    for data in source().values():
        for concept in data["concepts"]:
            for text in concept["examples"][:1]:
                assess(text, data["language"])
            for text in (*concept["examples"], *concept["counter"]):
                rules.phrases.found(read(text, rules.spelling))
    gc.freeze()  # as after the lexicons were built: what was worked out stays, too


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
    rules = lexicon()
    kept, left_out = _ends(text)
    reading = read(kept, rules.spelling)
    hits = rules.phrases.found(reading)
    if extra:
        hits = [*hits, *own_hits(reading, rules, extra)]
    around = surroundings(reading, rules, hits)
    standing = _standing(hits, around)
    grave = any(concept.level is Level.CRISIS and not concept.in_company for _, concept in standing)
    below = _net_below(reading, around.denied(hits), grave=grave, whole=reading.whole and not left_out)
    said = _said(standing, around, below)
    meant = _meant(said, language)
    together = _together(said, around, rules)
    levels = {concept.name: concept.level for _, concept in meant}
    for combination in together:  # a hint counts, and is shown, once it says something with others
        levels |= {name: combination.level for name in combination.needs if levels[name] is Level.NONE}
    reasons = _reasons(meant, together)
    found = Assessment(
        level=reasons[0][0] if reasons else Level.NONE,
        signals=tuple(
            _signal(concept.name, levels[concept.name], text, _span(hit.first, hit.last, reading, left_out))
            for hit, concept in meant
            if levels[concept.name] is not Level.NONE
        ),
        why="; ".join([why for _, why in reasons][:SHOWN]),
        rules=rules.version,
        flagged=bool(left_out) or not reading.whole or below is None,
    )
    return found if below is None else _raised(found, below, text, reading, left_out)


def _net_below(reading: Reading, denied: frozenset[int], *, grave: bool, whole: bool) -> _Below | None:
    """Return what the words weigh in the net, those `denied` left out; None where it fails.

    The net knows words, and hardly what "not" does to them; where the rules do, they are believed. Where
    everyday words would count by it, and nothing as `grave` as can be is said anyway, the encoder reads what
    weighs most. Of a text that is not `whole` it reads nothing: a human looks at that one.
    """
    try:
        learnt = net()
        weight = learnt.weigh(reading, denied)
        if grave or not whole or weight.need <= learnt.thresholds.company:
            return _Below(weight, learnt.thresholds)
        reader = encoder()
        return _Below(reader.weigh(reading, weight, denied), reader.thresholds, asked=True)
    except Exception:  # a person then looks, as after any fault of ours
        return None


def _raised(found: Assessment, below: _Below, text: str, reading: Reading, left_out: int) -> Assessment:
    """Return `found`, or higher where the words weigh more than the rules know of."""
    weight = below.weight
    level = below.thresholds.level(weight, found.level)
    if level is found.level:
        return found
    signal = _signal(NET, level, text, _span(weight.first, weight.last, reading, left_out))
    why = "; ".join(filter(None, (WHY[level], found.why)))
    return replace(found, level=level, signals=(signal, *found.signals), why=why)


def _reasons(
    meant: Sequence[tuple[AnyHit, Concept]], together: Sequence[Combination]
) -> list[tuple[Level, str]]:
    """Return why the text has its level, the gravest first, each thing said once.

    What a combination says is not said again by its parts, nor by a combination of the same parts that is
    no graver. "Asks for help in a word" adds nothing to words as grave.
    """
    reasons: list[tuple[Level, str]] = []
    told: set[str] = set()
    for combination in sorted(together, key=lambda combination: -combination.level.rank):
        if told.isdisjoint(combination.needs):
            reasons.append((combination.level, combination.why))
        told |= combination.needs
    single = [concept for _, concept in meant if concept.level is not Level.NONE]
    said = max((concept.level.rank for concept in single if concept.alone is None), default=-1)
    gravest = max((level.rank for level, _ in reasons), default=-1)
    for concept in single:
        if concept.alone is not None and concept.level.rank <= said:
            continue
        if concept.name not in told or concept.level.rank > gravest:
            reasons.append((concept.level, concept.why))
    reasons.sort(key=lambda reason: -reason[0].rank)
    return list(dict.fromkeys(reasons))


def _ends(text: str) -> tuple[str, int]:
    """Leave out the middle of a text too long to read whole; return how many characters that takes away."""
    if len(text) <= MAX_CHARS:
        return text, 0
    kept = text[:HALF] + LEFT_OUT + text[-HALF:]
    return kept, len(text) - len(kept)


def _span(first: int, last: int, reading: Reading, left_out: int) -> tuple[int, int]:
    """Return where in the text as given the words from `first` up to `last` stand."""
    start, end = reading.starts[first], reading.ends[last - 1]
    return start + left_out * (start >= HALF), end + left_out * (end > HALF)


def _standing(hits: Sequence[AnyHit], around: Surroundings) -> list[tuple[AnyHit, Concept]]:
    """Return the hits that mean what they say; of one concept in one sentence, those that are longest."""
    longest: dict[tuple[str, Level, bool, int], int] = {}
    standing: list[tuple[AnyHit, Concept]] = []
    for hit in hits:
        concept = hit.what
        if isinstance(concept, str) or not _stands(hit, around.reading, around.lexicon):
            continue
        key = (concept.name, concept.level, concept.in_company, around.sentences[hit.first])
        size = hit.last - hit.first
        if size > longest.get(key, 0) and not around.excuses(hit, concept):
            longest[key] = size
            standing.append((hit, concept))
    return standing


def _said(
    standing: Sequence[tuple[AnyHit, Concept]], around: Surroundings, below: _Below | None
) -> list[tuple[AnyHit, Concept]]:
    """Return the hits that count: everyday words in company, or where the net takes them at their word.

    For words of danger, and hints of it, the net is enough; for those of need the encoder has to agree.
    """
    heavy = below is None or below.weight.need > below.thresholds.company
    asked = below is not None and below.asked
    return [
        (hit, concept)
        for hit, concept in standing
        if heavy
        or not concept.in_company
        or (asked and concept.level is not Level.URGENT)
        or _in_company(hit, standing, around)
    ]


def _in_company(hit: AnyHit, said: Sequence[tuple[AnyHit, Concept]], around: Surroundings) -> bool:
    """Tell whether everyday words count: as nearly the whole text, or beside another sign nearby."""
    if len(around.reading.words) <= (hit.last - hit.first) + COMPANY_WORDS and not around.laughs:
        return True
    sentence = around.sentences[hit.first]
    return any(
        (other.last <= hit.first or other.first >= hit.last)
        and abs(around.sentences[other.first] - sentence) <= 1
        and not (concept.in_company and concept.level is Level.NONE)  # a hint in everyday words is no sign
        for other, concept in said
    )


def _stands(hit: AnyHit, reading: Reading, rules: Lexicon) -> bool:
    """Tell whether `hit` rests on more than a guess at a short word."""
    others = reading.either[hit.first : hit.last]
    if not any(others):
        return True
    said = guessed = size = 0
    for word, either in zip(reading.words[hit.first : hit.last], others, strict=True):
        written = either.partition(OR)[0]
        if either and not rules.spelling.knows(written):
            guessed, size = guessed + 1, max(size, len(written))
        elif word not in rules.weak:
            return True
        else:
            said += 1
    if not guessed or guessed > 1:
        return True
    alone = isinstance(hit.what, Concept) and hit.what.alone is not None
    return size >= LONG_ALONE or (said > 0 and (alone or size >= LONG_ENOUGH - (said > 1)))


def _meant(said: Iterable[tuple[AnyHit, Concept]], language: str) -> list[tuple[AnyHit, Concept]]:
    """Return what the text says and means, one hit a concept (its longest), the gravest first."""
    best: dict[str, tuple[AnyHit, Concept]] = {}
    for hit, concept in said:
        held = best.get(concept.name)
        if held is None or _weight(hit, concept, language) > _weight(*held, language):
            best[concept.name] = (hit, concept)
    return sorted(best.values(), key=lambda pair: (-pair[1].level.rank, *pair[0][1:], pair[1].name))


def _weight(hit: AnyHit, concept: Concept, language: str) -> tuple[int, int, bool]:
    return concept.level.rank, hit.last - hit.first, concept.language == language


def _together(
    said: Sequence[tuple[AnyHit, Concept]], around: Surroundings, rules: Lexicon
) -> list[Combination]:
    """Return the combinations that what is `said` makes up, within a sentence or two or in the whole text."""
    sentences: dict[int, set[str]] = {}
    for hit, concept in said:
        sentences.setdefault(around.sentences[hit.first], set()).add(concept.name)
    whole = set().union(*sentences.values())
    filed = sorted(number for name in whole for number in rules.by_need.get(name, ()))
    return [each for number in filed if _holds(each := rules.combinations[number], whole, sentences)]


def _holds(combination: Combination, whole: set[str], sentences: Mapping[int, set[str]]) -> bool:
    """Tell whether a text says all that `combination` needs, as near as it needs it."""
    needs = combination.needs
    if not needs <= whole:
        return False
    if combination.near:
        return any(needs <= names for names in sentences.values())
    if combination.close:
        return any(needs <= names | sentences.get(at + 1, set()) for at, names in sentences.items())
    return True


def _signal(concept: str, level: Level, text: str, span: tuple[int, int]) -> Signal:
    return Signal(concept=concept, level=level, words=text[slice(*span)], start=span[0], end=span[1])
