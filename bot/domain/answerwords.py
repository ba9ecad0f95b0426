"""The words around an answer: what may stand before and after it, and what makes it no answer at all."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from itertools import chain, islice, takewhile

from bot.domain.numerals import number
from bot.domain.phrases import bare, fold, load

_DATA = load("answers")
SAME = frozenset(_DATA["same"])
SKIP = frozenset(_DATA["skip"])
VAGUE = frozenset(_DATA["vague"])
_YES, _NO = frozenset(_DATA["yes"]), frozenset(_DATA["no"])
_HEDGES = frozenset(chain.from_iterable(_DATA["hedges"].values()))
_TRAILING = frozenset(_DATA["trailing"])
_REMARKS = frozenset(_DATA["remarks"])
_PLAIN_YES = frozenset(_DATA["plain_yes"])
_ASIDES = frozenset(_DATA["asides"])
_RANGES = frozenset(_DATA["ranges"])

# "I would say that it is probably about a 7"; the last part of "rough night, call me, 3".
_MOST_HEDGES = 12
_LONGEST_PART = 200
_LARGEST_SCALE = 100

_DASHES = "-–—−‑‐"
_NEGATIVE = re.compile(rf"(?:^|\s)[{_DASHES}]$|\b(?:minus |negative |negativo |(?<!o )menos )$")
_PIECE = re.compile(r"\d+|[^\W\d_]+")
_OUT_OF = re.compile(rf"\s*(?:/|⁄|\\|\b(?:{'|'.join(_DATA['out_of'])})\s)\s*(\w+)(?![/\w])")
_HALF = re.compile(rf"\s*(?:{'|'.join(_DATA['halves'])})\b|[.,]\d")
_SEPARATOR = re.compile(r"\s*[^\w\s]|\s*\n")
_LAST_PART = re.compile(r"[.,:;!\n…]\s*([^.,:;!\n…]+?)[\s.!]*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lead:
    """A text that answers with a number; None as `number` when it is a half, a range or below zero."""

    number: int | None
    out_of: int | None = None
    remark: str = ""  # folded, what else was said


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reader:
    """Who reads: their language, the words that may stand before a number, the labels that may follow it."""

    language: str
    known: frozenset[str]
    labels: Container[str]

    def number(self, word: str) -> int | None:
        return number(word, language=self.language)

    def lead(self, folded: str) -> Lead | None:
        """Read known words, a number and what follows from the start of `folded`."""
        for hedges, piece in enumerate(islice(_PIECE.finditer(folded), _MOST_HEDGES)):
            word, tail = piece[0], folded[piece.end() :]
            found = self.number(word)
            # "Un" and "una" are articles unless they stand last.
            if found is not None and not (word in self.known and _PIECE.search(tail)):
                if _NEGATIVE.search(folded[: piece.start()]) or _HALF.match(tail):
                    return Lead(number=None)
                return self.after(found, tail, plain=word.isdecimal() and not hedges)
            if word not in self.known:
                return None
        return None

    def after(self, found: int, tail: str, *, plain: bool) -> Lead | None:
        """Judge what follows a number: nothing, an aside, a remark; or words that make it mere talk."""
        out_of = None
        if most := _OUT_OF.match(tail):
            out_of = self.number(most[1])
            tail = tail if out_of is None else tail[most.end() :]
        words = _PIECE.findall(tail)
        if not words or all(word in _TRAILING for word in words):
            return Lead(number=found, out_of=out_of)
        meant = [word for word in words if word not in _RANGES | _TRAILING | self.known]
        other = self.number(meant[0]) if meant else None
        if other is not None:
            # Two ordinary numbers are a range; anything larger is a telephone number or a date.
            return Lead(number=None) if max(found, other) <= _LARGEST_SCALE else None
        follows = words[0] in _REMARKS | _TRAILING | _YES | _NO or " ".join(words) in self.labels
        if follows or _SEPARATOR.match(tail):
            return Lead(number=found, out_of=out_of, remark=tail.strip())
        # "7 slept badly" is worth asking about; "I feel like 7 people ..." and "one of those days" are talk.
        return Lead(number=None) if plain and len(words) <= 3 else None


def read_lead(
    text: str, *, language: str, about: str | None = None, labels: Container[str] = ()
) -> Lead | None:
    """Return the number that `text` answers with, past words like "about a", or None if it is talk.

    A remark may follow ("7 porque dormi mal") or come first ("rough night, 3"). `about` is what is measured,
    which people repeat ("mood 7"); `labels` are folded words that may be said after a number.
    """
    folded = fold(text)
    known = _HEDGES | frozenset(bare(about or "").split())
    reader = _Reader(language=language, known=known, labels=labels)
    lead = reader.lead(folded)
    last = _LAST_PART.search(folded[-_LONGEST_PART:])
    if lead is not None or last is None:
        return lead
    first = _PIECE.findall(folded[: -len(last[0])])
    lead = reader.lead(last[1])
    if lead is None or lead.remark or any(reader.number(word) is not None for word in first):
        return None
    return Lead(number=lead.number, out_of=lead.out_of, remark=folded)


def yes_or_no(text: str, *, whole: bool = False) -> str | None:
    """Return "yes" or "no" if `text` says so: all of it, or unless `whole` before a remark."""
    said = bare(text)
    for key, words in (("yes", _YES), ("no", _NO)):
        if said in words:
            return key
    if whole or said in VAGUE:
        return None
    first = re.match(r"\W*(\w+)(\W+)", fold(text))
    if first is None:
        return None
    word, gap = first[1], first[2]
    rest = bare(fold(text)[first.end() :]).split()
    if word in _PLAIN_YES and rest and rest[0] not in _NO:
        return "yes"
    if not (gap.strip() or "\n" in gap) and not (rest and rest[0] in _ASIDES):
        return None
    return "yes" if word in _YES else "no" if word in _NO else None


def begins_with(name: str, text: str) -> bool:
    """Tell whether `text` is the folded `name` and then an aside or a remark."""
    words = r"\W+".join(re.escape(word) for word in name.split())
    begun = re.match(rf"\W*{words}(\W+)(\w*)", fold(text))
    return begun is not None and bool(begun[1].strip() or begun[2] in _REMARKS | _TRAILING)


def without_hedges(said: str) -> list[str]:
    """Return what may be meant by folded words: fewer and fewer hedges before, no asides after."""
    words = said.split()
    while words and words[-1] in _TRAILING:
        words.pop()
    leading = sum(1 for _ in takewhile(_HEDGES.__contains__, words))
    return [" ".join(words[first:]) for first in range(min(leading, _MOST_HEDGES) + 1)]


def thumb(text: str) -> str | None:
    """Return "yes" or "no" for a text that is one such emoji, whatever its skin tone."""
    signs = {one for one in text if not one.isspace()}
    for key, thumbs in _DATA["thumbs"].items():
        if signs and signs & set(thumbs) and not any(one.isalnum() for one in signs):
            return str(key)
    return None
