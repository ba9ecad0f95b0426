"""Read the part of a text that weighs most for what it means: one layer of a small sentence encoder.

The net (net.py) knows words and their neighbours; this knows which words mean alike, and how they change
each other. It is asked only about texts that weigh something in the net, and its word is added to the net's.
Where it comes from and what it learnt: docs/model-card.md. It holds numbers and pieces of words, no texts.
"""

from __future__ import annotations

import hashlib
import io
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from math import sqrt
from secrets import token_bytes
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bot.domain.triage.net import UNREAD, Thresholds, Weight
from bot.domain.triage.normalise import SENTENCE, Reading
from bot.domain.triage.once import once

FILE = "encoder.npz"
LONGEST = 48  # pieces of words that are read; it learnt from none longer
HEADS = 12
TEXTS, WORDS = 5_000, 50_000  # remembered: people say the same again and again
KEY = 16  # bytes; texts are remembered sealed with a key of this process, not as they were written
BEGIN, END, UNKNOWN, STOP = "[CLS]", "[SEP]", "[UNK]", "."
INSIDE = "##"  # begins a piece that goes on with a word

Numbers: TypeAlias = NDArray[np.float32]


class Pieces:
    """Pieces of words by number: words are many, what they are made of is not."""

    def __init__(self, pieces: Sequence[str]) -> None:
        """Take all pieces that are known, those of the encoder's own among them."""
        self._numbers = {piece: at for at, piece in enumerate(pieces)}
        self._longest = max(map(len, pieces))
        self._spelt = lru_cache(maxsize=WORDS)(self._spell)

    def of(
        self, reading: Reading, first: int, last: int, spared: frozenset[int] = frozenset()
    ) -> tuple[int, ...]:
        """Return the pieces of the words from `first` up to `last` but those `spared`, at most `LONGEST`."""
        found = [self._numbers[BEGIN]]
        for at in range(first, last):
            if at > first and reading.breaks[at] >= SENTENCE:
                found.append(self._numbers[STOP])
            if at not in spared and reading.words[at] not in UNREAD:
                found += self._spelt(reading.words[at])
            if len(found) >= LONGEST:
                break
        return (*found[: LONGEST - 1], self._numbers[END])

    def _spell(self, word: str) -> tuple[int, ...]:
        return tuple(self._numbers[piece] for piece in spelt(word, self._numbers, self._longest))


class Encoder:
    """Its weights, and the thresholds for what net and encoder say together."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], version: str = "") -> None:
        """Take the arrays of its file; raise KeyError or ValueError if they are not one's."""
        self.pieces = Pieces(arrays["pieces"].tobytes().decode().split("\n"))
        self._embedding = arrays["embedding"]
        self._size = arrays["embedding_scale"].astype(np.float32)[:, None]
        self._places = arrays["places"].astype(np.float32)
        self._matrices = {
            name: (scaled(arrays, name), arrays[f"{name}_bias"].astype(np.float32))
            for name in ("ask", "gather", "widen", "narrow", "judge")
        }
        self._norms = arrays["norms"].astype(np.float32)
        urgent, crisis, company = arrays["thresholds"].tolist()
        self.thresholds = Thresholds(urgent=urgent, crisis=crisis, company=company)
        self.version = version
        self._known: dict[bytes, tuple[float, float]] = {}
        self._key = token_bytes(KEY)

    def weigh(self, reading: Reading, weight: Weight, spared: frozenset[int] = frozenset()) -> Weight:
        """Return what the net says, `weight`, and what its heaviest words mean, together."""
        pieces = self.pieces.of(reading, weight.first, weight.last, spared)
        sealed = blake2b(array("I", pieces), digest_size=KEY, key=self._key).digest()
        found = self._known.get(sealed)
        if found is None:
            if len(self._known) >= TEXTS:
                self._known.clear()
            found = self._known[sealed] = self._understand(pieces)
        need, danger = found
        return weight._replace(need=weight.need + need, danger=weight.danger + danger)

    def _understand(self, pieces: tuple[int, ...]) -> tuple[float, float]:
        """Return how far `pieces` mean need, and danger, in logits."""
        at = list(pieces)
        heard: Numbers = self._embedding[at] * self._size[at] + self._places[: len(at)]
        heard = self._levelled(heard, 0)
        heard = self._levelled(heard + self._through("gather", self._attended(heard)), 1)
        wide = self._through("widen", heard)
        heard = self._levelled(heard + self._through("narrow", curbed(wide)), 2)
        need, danger = self._through("judge", np.concatenate((heard.mean(0), heard.max(0))))
        return float(need), float(danger)

    def _attended(self, heard: Numbers) -> Numbers:
        """Return for each piece what it takes from all pieces, its neighbours in meaning most."""
        count = len(heard)
        ask, offer, carry = self._through("ask", heard).reshape(count, 3, HEADS, -1).transpose(1, 2, 0, 3)
        near = ask @ offer.transpose(0, 2, 1) / np.float32(sqrt(ask.shape[-1]))
        near = np.exp(near - near.max(-1, keepdims=True))
        near /= near.sum(-1, keepdims=True)
        taken: Numbers = (near @ carry).transpose(1, 0, 2).reshape(count, -1)
        return taken

    def _through(self, name: str, given: Numbers) -> Numbers:
        matrix, bias = self._matrices[name]
        result: Numbers = given @ matrix + bias
        return result

    def _levelled(self, given: Numbers, nth: int) -> Numbers:
        """Return `given`, each piece's numbers about zero and of one size, then as the layer wants them."""
        size, shift = self._norms[nth]
        given = given - given.mean(-1, keepdims=True)
        spread = np.sqrt((given * given).mean(-1, keepdims=True) + np.float32(1e-12))
        result: Numbers = given / spread * size + shift
        return result


def curbed(given: Numbers) -> Numbers:
    """Return `given` with what is below zero nearly gone (GELU, by its tanh form)."""
    cube = given * given * given
    result: Numbers = (
        np.float32(0.5) * given * (1 + np.tanh(np.float32(0.7978846) * (given + np.float32(0.044715) * cube)))
    )
    return result


def scaled(arrays: Mapping[str, NDArray[Any]], name: str) -> Numbers:
    """Return a matrix kept as whole numbers of one byte, with the size of a step for each column."""
    result: Numbers = arrays[name].astype(np.float32) * arrays[f"{name}_scale"].astype(np.float32)
    return result


def spelt(word: str, pieces: Mapping[str, int], longest: int) -> Iterator[str]:
    """Give the longest of `pieces` that `word` is made of, one after the other (WordPiece)."""
    at = 0
    while at < len(word):
        before = INSIDE if at else ""
        for end in range(min(len(word), at + longest), at, -1):
            if before + word[at:end] in pieces:
                yield before + word[at:end]
                at = end
                break
        else:
            yield UNKNOWN
            return


def unpacked(data: bytes) -> Encoder:
    """Return the encoder in `data`; raise KeyError or ValueError if it is none."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return Encoder(dict(arrays), hashlib.sha256(data).hexdigest()[:8])


@once
def encoder() -> Encoder:
    """Return the encoder that ships with the rules; read once.

    Its matrices are small. More threads would only wait for each other, and take a core from everybody else
    while they do.
    """
    threadpool_limits(limits=1, user_api="blas")
    return unpacked((files("bot.domain.triage") / FILE).read_bytes())


def encoder_version() -> str:
    """Return the first digits of the hash of the encoder that ships; "" if it can't be read."""
    try:
        return encoder().version
    except Exception:
        return ""
