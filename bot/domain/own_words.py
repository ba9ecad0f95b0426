"""A programme's own words for triage, as its file writes them, and as the database holds them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from bot.domain.phrases import load
from bot.domain.triage.levels import Level, Phrase
from bot.domain.triage.own_words import is_common, read_as
from bot.domain.yaml_fields import Field, WrongFieldError
from bot.domain.yaml_writing import Inline, Lines, Quoted

LONGEST = 60  # characters
MOST_WORDS = 8
MOST = 100  # phrases a programme
LONGEST_ABOUT = 80
_ORDINARY = frozenset(word for words in load("ordinary").values() for word in words)
UNSAID = "uses a word of the programme's own"
LISTS = 64  # held ready at a time, as many as networks of them


class OwnLevel(StrEnum):
    """How soon a human is needed for a programme's own word."""

    URGENT = "urgent"
    CRISIS = "crisis"


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnWords:
    """Ways to say one thing, in any language; `about` is what specialists read as the reason."""

    say: tuple[str, ...]
    level: OwnLevel
    about: str | None = None


def read_own_words(field: Field) -> tuple[OwnWords, ...]:
    """Read the list under `words`, leaving wrong ones out. Raises WrongFieldError when it is too long."""
    seen: set[tuple[str, ...]] = set()
    found = field.each(lambda one: _entry(one, seen))
    if sum(len(entry.say) for entry in found) > MOST:
        raise WrongFieldError(f"A programme has at most {MOST} words and phrases of its own.")
    return found


def _entry(field: Field, seen: set[tuple[str, ...]]) -> OwnWords:
    keys = field.keys(["say", "level", "about"])
    return OwnWords(
        say=keys.need("say", lambda below: _ways(below, seen), ()),
        level=keys.need("level", lambda below: below.one_of(OwnLevel), OwnLevel.URGENT),
        about=keys.get("about", lambda below: below.text(most=LONGEST_ABOUT), None),
    )


def _ways(field: Field, seen: set[tuple[str, ...]]) -> tuple[str, ...]:
    if not field.is_list:
        return (_way(field, seen),)
    ways = field.each(lambda one: _way(one, seen))
    if not field.items():
        raise WrongFieldError("This is empty; write at least one word or phrase.")
    return ways


def _way(field: Field, seen: set[tuple[str, ...]]) -> str:
    # The sentences quote nothing: what a programme listens for stays out of logs.
    say = field.text(most=LONGEST)
    words = read_as(say)
    if words is None:
        raise WrongFieldError("A comma or full stop parts words; write them as two phrases, without marks.")
    if not words:
        raise WrongFieldError("There are no letters in this; write the words that people use.")
    if len(words) > MOST_WORDS:
        raise WrongFieldError(f"This is too long; at most {MOST_WORDS} words, the ones that matter.")
    if is_common(words, _ORDINARY):
        raise WrongFieldError(
            "Many people write this who need nobody; add a word that only somebody in need would write."
        )
    if words in seen:
        raise WrongFieldError("These words are here twice.")
    seen.add(words)
    return say


def own_words_to_data(words: tuple[OwnWords, ...]) -> list[Any]:
    """Return the list as a file holds it, one entry a line."""
    return Lines(_to_data(entry) for entry in words)


def _to_data(entry: OwnWords) -> dict[str, Any]:
    ways = [Quoted(way) for way in entry.say]
    data = Inline(say=ways[0] if len(ways) == 1 else ways, level=str(entry.level))
    if entry.about is not None:
        data["about"] = Quoted(entry.about)
    return data


def store_own_words(words: tuple[OwnWords, ...]) -> str | None:
    """Return the list as the database holds it; None for an empty one."""
    rows = [[list(entry.say), str(entry.level), entry.about] for entry in words]
    return json.dumps(rows, ensure_ascii=False) if rows else None


def stored_own_words(stored: str | None) -> tuple[OwnWords, ...]:
    """Read the list back from the database."""
    rows = json.loads(stored) if stored is not None else []
    return tuple(OwnWords(say=tuple(say), level=OwnLevel(level), about=about) for say, level, about in rows)


def phrases_of(words: tuple[OwnWords, ...]) -> tuple[Phrase, ...]:
    """Return what triage looks for, each way of saying a phrase."""
    return tuple(
        Phrase(words=way, level=Level(entry.level), why=entry.about or UNSAID)
        for entry in words
        for way in entry.say
    )


@lru_cache(maxsize=LISTS)
def stored_phrases(stored: str | None) -> tuple[Phrase, ...]:
    """Return what triage looks for; the same tuple for the same list, so that it is read in once."""
    return phrases_of(stored_own_words(stored))
