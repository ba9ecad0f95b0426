"""A programme's own words: looked for beside the rules, and never in their place.

They have a network of their own, so that one programme's words cost another nothing, and a new list takes no
time to read in. What they find is added to what the rules find; nothing they do takes anything away.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from bot.domain.triage.context import AnyHit
from bot.domain.triage.levels import Phrase
from bot.domain.triage.lexicon import Concept, Lexicon, lexicon
from bot.domain.triage.normalise import CLAUSE, Reading, read
from bot.domain.triage.phrases import Phrases
from bot.domain.triage.sources import source
from bot.domain.triage.templates import Choice

CONCEPT = "programme_words"
LISTS = 64  # held ready at a time; more programmes than that begin afresh
SHORTEST = 4  # letters of a word that may stand alone


class _Held(NamedTuple):
    extra: tuple[Phrase, ...]  # held, for lists are known by identity
    rules: Lexicon
    phrases: Phrases[Concept | str]


_held: dict[int, _Held] = {}


def own_hits(reading: Reading, rules: Lexicon, extra: tuple[Phrase, ...]) -> list[AnyHit]:
    """Return where `reading` holds the words of `extra`.

    A list is read in once: pass the same tuple again, and not an equal one, for it to cost nothing more.
    """
    held = _held.get(id(extra))
    if held is None or held.extra is not extra or held.rules is not rules:
        if len(_held) >= LISTS:
            _held.clear()
        held = _held[id(extra)] = _Held(extra, rules, _network(extra, rules))
    return list(held.phrases.found(reading.as_written()))


def _network(extra: tuple[Phrase, ...], rules: Lexicon) -> Phrases[Concept | str]:
    # The spelling stays the rules' own: a word made known here might keep a misspelt one from being mended.
    phrases: Phrases[Concept | str] = Phrases(fillers=rules.fillers, short_forms={})
    for phrase in extra:
        if words := tuple(read(phrase.words, rules.spelling).as_written().words):
            phrases.add(Choice((words,)), _concept(phrase))
    return phrases


def _concept(phrase: Phrase) -> Concept:
    return Concept(
        name=CONCEPT, level=phrase.level, why=phrase.why, masks=frozenset({"negation"}), language=""
    )


def read_as(say: str) -> tuple[str, ...] | None:
    """Return the words `say` is looked for by; None if a mark in it parts them, so that nothing is found."""
    reading = read(say, lexicon().spelling)
    return (
        None if any(parted >= CLAUSE for parted in reading.breaks[1:]) else tuple(reading.as_written().words)
    )


def is_common(words: tuple[str, ...], ordinary: Collection[str] = ()) -> bool:
    """Tell whether nearly everybody writes these words: short or `ordinary` ones, or in harmless texts."""
    rules = lexicon()
    little = {*ordinary, *rules.fillers, *(word for role in rules.roles.values() for word in role)}
    if all(word in little or word.isdigit() for word in words):
        return True
    if len(words) == 1 and len(words[0]) < SHORTEST:
        return True
    return any(f" {' '.join(words)} " in text for text in _harmless())


@lru_cache(maxsize=1)
def _harmless() -> tuple[str, ...]:
    """Return the lexicons' counter-examples, as plain words."""
    spelling = lexicon().spelling
    return tuple(
        f" {' '.join(read(text, spelling).words)} "
        for data in source().values()
        for concept in data["concepts"]
        for text in concept["counter"]
    )
