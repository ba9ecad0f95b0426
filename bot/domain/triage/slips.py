"""How words sound, and what it costs to slip from one to another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

VOWELS = "aeiou"
TOO_FAR = 9.0

_MISSING, _EXTRA, _MISSING_VOWEL, _EXTRA_VOWEL = 0.85, 0.9, 0.6, 0.7
_VOWEL_FOR_VOWEL, _ALIKE_FOR_ALIKE, _NEIGHBOUR, _ANY = 0.6, 0.65, 0.85, 1.1
_TURNED_ROUND = 0.5
_AT_THE_START = 0.6  # people rarely mistake the first letter

_SILENT = VOWELS + "h"
_ALIKE = {frozenset(pair) for pair in ("sc", "ck", "kg", "td", "bp", "fv", "mn", "gj", "vb", "lr")}
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "")
_NEIGHBOURS = {
    frozenset((key, other))
    for row, below in pairwise(_ROWS)
    for at, key in enumerate(row)
    for other in row[at + 1 : at + 2] + below[max(0, at - 1) : at + 1]
}

Rules = Sequence[tuple[str, re.Pattern[str], str]]


def _rules(*given: tuple[str, str, str]) -> Rules:
    return [(needs, re.compile(pattern), by) for needs, pattern, by in given]


# What a rule needs in a word to be worth trying, its pattern, and what takes the pattern's place.
ENGLISH = _rules(
    ("n", r"^(kn|gn)", "n"), ("wr", r"^wr", "r"), ("wh", r"^wh", "w"), ("ph", r"ph", "f"),
    ("ght", r"ght", "t"), ("ge", r"dge|(?<=[aeiou])ge$", "j"), ("tch", r"tch", "ch"), ("ck", r"ck", "k"),
    ("q", r"q", "k"), ("c", r"c(?=[eiy])", "s"), ("c", r"c(?!h)", "k"),
    ("x", r"x", "ks"), ("z", r"z", "s"), ("y", r"y", "i"), ("", r"(.)\1+", r"\1"),
    ("ed", r"(?<=[pkf])ed$", "t"), ("e", r"(?<=[^aeiou])e$", ""), ("mb", r"mb$", "m"),
)  # fmt: skip
SPANISH = _rules(
    ("ch", r"ch", "x"), ("h", r"h", ""), ("ll", r"ll", "y"), ("qu", r"qu(?=[ei])", "k"),
    ("c", r"c(?=[ei])", "s"), ("c", r"c", "k"),
    ("z", r"z", "s"), ("v", r"v", "b"), ("g", r"g(?=[ei])", "j"),
    ("", r"(.)\1+", r"\1"), ("m", r"m(?=[bp])", "n"), ("gu", r"gu(?=[aei])", "u"), ("w", r"w", "u"),
)  # fmt: skip


def sound(word: str, rules: Rules) -> str:
    """Return `word` as it sounds: "knife" and "nife", "bolver" and "volver" are one."""
    for needs, pattern, by in rules:
        if needs in word:
            word = pattern.sub(by, word)
    return word


def bones(sounded: str) -> str:
    """Return a word without its vowels, but for one it begins with: "smthng"."""
    return sounded[:1] + "".join(letter for letter in sounded[1:] if letter not in VOWELS)


def shortened(word: str) -> list[str]:
    """Return `word` with each of its letters left out once."""
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


def turned(word: str) -> Iterable[str]:
    """Give `word` with each two letters that stand together turned round."""
    return (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        for at in range(len(word) - 1)
        if word[at] != word[at + 1]
    )


def cost(typed: str, meant: str) -> float:
    """Return what it costs to slip from `meant` to `typed`: 0 for the same, about 1 for a slip."""
    if typed == meant:
        return 0.0
    start, shorter = 0, min(len(typed), len(meant))
    while start < shorter and typed[start] == meant[start]:
        start += 1
    end = 0
    while end < shorter - start and typed[-1 - end] == meant[-1 - end]:
        end += 1
    here, there = typed[start : len(typed) - end], meant[start : len(meant) - end]
    return (0.0 if start else _AT_THE_START) + _differing(here, there)


def _differing(here: str, there: str) -> float:
    """Return the cost of `here` for `there`, which begin and end differently."""
    if not here:
        return sum(_MISSING_VOWEL if letter in _SILENT else _MISSING for letter in there)
    if not there:
        return sum(_EXTRA_VOWEL if letter in _SILENT else _EXTRA for letter in here)
    if len(here) == len(there):
        return _TURNED_ROUND if len(here) == 2 and here == there[::-1] else _letter_by_letter(here, there)
    longer, shorter, one = (here, there, _EXTRA) if len(here) > len(there) else (there, here, _MISSING)
    if len(longer) - len(shorter) > 1:
        return TOO_FAR
    return one + min(_letter_by_letter(without, shorter) for without in shortened(longer))


def _letter_by_letter(here: str, there: str) -> float:
    return sum(_swapped(one, other) for one, other in zip(here, there, strict=True))


def _swapped(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if one in VOWELS and other in VOWELS:
        return _VOWEL_FOR_VOWEL
    pair = frozenset((one, other))
    if pair in _ALIKE:
        return _ALIKE_FOR_ALIKE
    return _NEIGHBOUR if pair in _NEIGHBOURS else _ANY
