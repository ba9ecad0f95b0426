r"""How a text travels as SMS: its alphabet, its units, its segments, and the characters that cost.

GSM 03.38 (3GPP TS 23.038) packs 160 seven-bit units in one message, or 153 in each part of a longer one.
Nine characters and the form feed sit in the extension table and take two units, escape and code. One
character outside both tables turns the whole text to UCS-2: 70 units alone, 67 in each part.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENDED

# What decomposition alone does not find; everything else loses its accent (á -> a, … -> ...).
_INSTEAD = {
    **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("•·●▪", "-"),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f\u00ad", ""),
    **dict.fromkeys("\u2028\u2029", "\n"),
    "\t": " ",
    "⁄": "/",
    "×": "x",
    "→": "->",
    "ı": "i",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "œ": "oe",
    "Œ": "OE",
}

_CLUSTER = re.compile(r"[^\u0300-\u036f]?[\u0300-\u036f]*", re.DOTALL)


class Encoding(StrEnum):
    """The alphabet a text travels in; one character decides for the whole text."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, kw_only=True, slots=True)
class Segments:
    """What a text costs: `units` are septets (GSM-7) or UTF-16 code units, `per_segment` fit in each."""

    encoding: Encoding
    units: int
    count: int
    per_segment: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Trap:
    """A character that forces UCS-2. `place` is its start and end; `instead` is None when nothing fits."""

    place: tuple[int, int]
    text: str
    instead: str | None


def segments(text: str) -> Segments:
    """Count the units and segments of a text as sent; an empty text has no segment.

    Neither an escape pair nor a surrogate pair is split: a part that cannot hold both stays one short.
    """
    if all(character in _GSM for character in text):
        encoding, single, part = Encoding.GSM7, 160, 153
        costs = [2 if character in _EXTENDED else 1 for character in text]
    else:
        encoding, single, part = Encoding.UCS2, 70, 67
        costs = [2 if ord(character) > 0xFFFF else 1 for character in text]
    units = sum(costs)
    if units <= single:
        return Segments(encoding=encoding, units=units, count=min(units, 1), per_segment=single)
    return Segments(encoding=encoding, units=units, count=_parts(costs, part), per_segment=part)


def traps(text: str) -> tuple[Trap, ...]:
    """List the characters that force UCS-2, in order, each with what GSM-7 offers instead.

    A letter and the accents typed after it are one trap, so that a decomposed é is mended to é, not to e.
    """
    bounds = [match.start() for match in _CLUSTER.finditer(text)]
    found = []
    for start, end in pairwise(bounds):
        cluster = text[start:end]
        if any(character not in _GSM for character in cluster):
            found.append(Trap(place=(start, end), text=cluster, instead=_instead(cluster)))
    return tuple(found)


def _parts(costs: list[int], size: int) -> int:
    """Fill parts of `size` units one after another, never splitting a character."""
    count, used = 1, 0
    for cost in costs:
        if used + cost > size:
            count, used = count + 1, 0
        used += cost
    return count


def _instead(cluster: str) -> str | None:
    """Find the nearest GSM-7 text, or None."""
    composed = unicodedata.normalize("NFC", cluster)
    if all(character in _GSM for character in composed):
        return composed
    if composed in _INSTEAD:
        return _INSTEAD[composed]
    bare = [c for c in unicodedata.normalize("NFKD", composed) if not unicodedata.combining(c)]
    plain = "".join(_INSTEAD.get(c, c) for c in bare)
    return plain if plain and all(character in _GSM for character in plain) else None
