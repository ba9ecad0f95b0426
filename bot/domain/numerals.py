"""Numbers as people write them, in digits or in words."""

from __future__ import annotations

import re

from bot.domain.phrases import load

_WORDS: dict[str, list[str]] = load("answers")["numbers"]
_ORDINALS: dict[str, list[str]] = load("answers")["ordinals"]
# Longer runs of digits are phone numbers and the like, and are out of every range anyway.
_LONGEST = 6
_DIGITAL_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|o|a|ro|ra|er|do|da|to|ta)")


def number(word: str, *, language: str) -> int | None:
    """Return the number a folded word stands for, None if it is no number.

    Both languages are read, as people mix them; a word that is something else in the reader's own
    language ("once") counts only there.

    >>> number("7", language="en"), number("siete", language="en"), number("once", language="en")
    (7, 7, None)
    """
    if word.isdecimal():
        return int(word) if len(word) <= _LONGEST else 10**_LONGEST
    for code, words in _WORDS.items():
        if word in words and (word != "once" or language == code):
            return words.index(word)
    if word in {"una", "un"} and language == "es":
        return 1
    return None


def ordinal(word: str) -> int | None:
    """Return 1 for "first", "1st", "primero" or "primera", and so on to ten, else None."""
    if found := _DIGITAL_ORDINAL.fullmatch(word):
        return int(found[1])
    for code, words in _ORDINALS.items():
        stem = word.rstrip("oa") if code == "es" else word
        if stem in words:
            return words.index(stem) + 1
    return None
