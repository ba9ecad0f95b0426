"""A second net under the rules: how far a text's words, and pairs of them, weigh towards need.

It was learnt from labelled sentences (docs/model-card.md) and holds numbers alone, no words. It raises a
level or lends everyday words weight; it never lowers anything. It says one number for "needs somebody" and
one for "in danger", each the highest over the whole text, its sentences and its sentences two by two, so
that small talk around a sentence takes nothing away from it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import sqrt
from typing import NamedTuple
from zlib import crc32

from bot.domain.triage.levels import Level
from bot.domain.triage.normalise import SENTENCE, Reading
from bot.domain.triage.once import once

FILE = "net.bin"
SLOTS = 2**18  # a word or a pair of words falls into one of them by its checksum
FEWEST = 3  # words of a text that say anything
MOST = (
    400  # slots, of about a hundred words, of a text that is weighed whole: it learnt from none much longer
)
_LAST = SLOTS - 1
WORDS = 50_000  # whose checksums are remembered
STEM = 5  # letters that stand for all forms of a longer word
# Who somebody is must move nothing: these words are not read.
UNREAD = frozenset((
    "african", "american", "americans", "army", "asian", "atheist", "autistic", "bi", "bisexual", "black",
    "blind", "boy", "boys", "brown", "buddhist", "catholic", "christian", "deaf", "disabled", "female",
    "gay", "girl", "girls", "god", "grandma", "grandmother", "grandpa", "hindu", "hispanic", "indian",
    "jewish", "latina", "latino", "lesbian", "male", "man", "marine", "marines", "men", "mexican", "muslim",
    "native", "navy", "nonbinary", "old", "queer", "straight", "trans", "transgender", "vet", "veteran",
    "veterans", "wheelchair", "white", "woman", "women", "year", "years",
))  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """From which weight on a text counts."""

    urgent: float  # need: for a text in which the rules found nothing
    crisis: float  # danger: for a text that is urgent, by the rules or by its need
    company: float  # need: for everyday words that count only in company

    def level(self, weight: Weight, found: Level) -> Level:
        """Return the level of a text that the rules hold `found`: never a lower one."""
        if found is Level.NONE and weight.need <= self.urgent:
            return found
        if weight.danger > self.crisis:
            return Level.CRISIS
        return Level.URGENT if found is Level.NONE else found


class Weight(NamedTuple):
    """How far the words that weigh most do so, and where they stand: words `first` up to `last`."""

    need: float
    danger: float
    first: int
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Net:
    """The weights of all slots, in steps of `step`."""

    need: array[int]
    danger: array[int]
    step: float
    rest: tuple[float, float]  # what an empty text weighs
    thresholds: Thresholds
    version: str

    def weigh(self, reading: Reading, spared: frozenset[int] = frozenset()) -> Weight:
        """Return how far `reading` weighs towards need and danger, but for the words numbered in `spared`."""
        parts = sentences(reading) if len(reading.words) - len(spared) >= FEWEST else []
        sums = [self._sum(reading, first, last, spared) for first, last in parts]
        best = Weight(self.rest[0], self.rest[1], 0, 0)
        for at, one in enumerate(sums):
            best = self._heavier(best, one, parts[at])
            if at:
                best = self._heavier(best, _added(sums[at - 1 : at + 1]), (parts[at - 1][0], parts[at][1]))
        if len(parts) > 2 and (whole := _added(sums))[2] <= MOST:
            best = self._heavier(best, whole, (parts[0][0], parts[-1][1]))
        return best

    def _heavier(self, best: Weight, part: tuple[int, int, int], span: tuple[int, int]) -> Weight:
        """Return `best`, or what `part` weighs where that is more."""
        count = part[2]
        if not count:
            return best
        size = self.step / sqrt(count)
        need, danger = self.rest[0] + size * part[0], self.rest[1] + size * part[1]
        if need > best.need or not best.last:
            return Weight(need, max(best.danger, danger), *span)
        return best if danger <= best.danger else best._replace(danger=danger)

    def _sum(self, reading: Reading, first: int, last: int, spared: frozenset[int]) -> tuple[int, int, int]:
        """Return what the words from `first` up to `last` weigh, in steps, and how many slots they have."""
        found = slots(reading, first, last, spared)
        return sum(map(self.need.__getitem__, found)), sum(map(self.danger.__getitem__, found)), len(found)


def slots(reading: Reading, first: int, last: int, spared: frozenset[int] = frozenset()) -> list[int]:
    """Return the slots of the words from `first` up to `last` but those in `spared`, as often as they occur.

    Each word has one, each pair of neighbours, each pair with a word between, and the stem of a long word.
    """
    found: list[int] = []
    add = found.append
    before = earlier = 0  # checksums: one goes on where the last left off, so that no pair is written out
    words = map(_parts, reading.words[first:last])
    for at, (itself, alone, stem, behind, beyond) in enumerate(words, first):
        if alone is None or at in spared:
            before = earlier = 0
            continue
        add(alone)
        if stem is not None:
            add(stem)
        if before:
            add(crc32(behind, before) & _LAST)
            if earlier:
                add(crc32(beyond, earlier) & _LAST)
        before, earlier = itself, before
    return found


@lru_cache(maxsize=WORDS)
def _parts(word: str) -> tuple[int, int | None, int | None, bytes, bytes]:
    """Return a word's checksum, its slot (None if it is not read), its stem's, and what pairs go on with."""
    if word in UNREAD or word.isdigit():
        return 0, None, None, b"", b""
    plain = word.encode()
    itself = crc32(plain)
    stem = _slot(f"^{word[:STEM]}") if len(word) > STEM else None
    return itself, itself & _LAST, stem, b" " + plain, b"_" + plain


def _slot(gram: str) -> int:
    return crc32(gram.encode()) & _LAST


def _added(sums: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    need, danger, count = map(sum, zip(*sums, strict=True))
    return need, danger, count


def sentences(reading: Reading) -> list[tuple[int, int]]:
    """Return the first word of each sentence and the first after it."""
    firsts = [0, *(at for at, parted in enumerate(reading.breaks) if at and parted >= SENTENCE)]
    return [*zip(firsts, [*firsts[1:], len(reading.words)], strict=True)] if reading.words else []


def packed(
    need: array[int], danger: array[int], *, step: float, rest: tuple[float, float], thresholds: Thresholds
) -> bytes:
    """Return a net as the bytes of its file: one line of JSON, then the weights, compressed."""
    head = {
        "step": step,
        "rest": rest,
        "thresholds": {name: getattr(thresholds, name) for name in Thresholds.__slots__},
    }
    return json.dumps(head).encode() + b"\n" + zlib.compress(need.tobytes() + danger.tobytes(), 9)


def unpacked(data: bytes) -> Net:
    """Return the net in `data`; raise ValueError if it is not one of this size."""
    line, _, body = data.partition(b"\n")
    head, weights = json.loads(line), zlib.decompress(body)
    if len(weights) != 2 * SLOTS:
        raise ValueError("not a net of this size")
    need, danger = array("b", weights[:SLOTS]), array("b", weights[SLOTS:])
    return Net(
        need=need,
        danger=danger,
        step=head["step"],
        rest=(head["rest"][0], head["rest"][1]),
        thresholds=Thresholds(**head["thresholds"]),
        version=hashlib.sha256(data).hexdigest()[:8],
    )


@once
def net() -> Net:
    """Return the net that ships with the rules; read once."""
    return unpacked((files("bot.domain.triage") / FILE).read_bytes())


def net_version() -> str:
    """Return the first digits of the hash of the net that ships; "" if it can't be read."""
    try:
        return net().version
    except Exception:
        return ""
