"""Guess which word somebody meant by one that nobody writes: "shuld", "tok", "brething", "cnat", "hlp".

Words are laid down by how they sound, each with every letter left out once, so that guessing is a few
look-ups and never a comparison with the whole list. A guess is only offered: the phrases decide whether it
makes sense where it stands. About a word in common use nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import log10

from bot.domain.triage.slips import (
    ENGLISH,
    SPANISH,
    VOWELS,
    Rules,
    bones,
    cost,
    shortened,
    sound,
    turned,
)

MOST = 4  # guesses at a word
SHORTEST, LONGEST = 2, 20  # letters of a word that is guessed about
RIVALS = 6_000  # of the commonest words, which a guess must beat
PIECES = 6  # words that may be run together
RUN_TOGETHER = range(5, 29)  # letters of words run together

_LIMITS = ((3, 0.7), (4, 0.95), (6, 1.15), (8, 1.6), (LONGEST, 1.7))  # letters, and what a slip may cost
_TWO_SLIPS = 8  # letters, as they sound, of a word that may hold two slips far apart
_OTHER_LETTER = 0.3  # what it costs to begin with a letter that only sounds alike
_LONGER = 0.1  # what a letter costs that does not sound
_NO_VOWELS = 0.5  # what it costs to leave all vowels out
_TURNED = 0.4  # or to turn two letters round
_DOUBLED, _ONE_MORE = 0.4, 0.7  # or to type a letter twice, or one too many
_SPANISH_SOUND = 0.2
_SPANISH_LIMIT = 0.85  # one letter lost, turned or mistaken for one alike: we hold no list of its words
_SPANISH_ENDING = 2  # letters that say who and when: "ayudan" is no slip for "ayuden"
_PER_TENFOLD = 0.06  # how much it counts to be ten times as common
_UNCOUNTED = 3_000  # rank of a word the lexicons want that is not among the common ones
_FURTHER, _BEATEN = 0.6, 0.25  # how much dearer than the best a guess may be; than a word not wanted
_SHORT_FORM, _GRAVE_FORM = 4, 6  # letters of a short form guessed at: one of little words, one of others
_LITTLE_WORD = 5  # letters of little words
_STEM, _FORM = 3, 5  # letters of a word that has forms, and of a form
_ENDINGS = ("ing", "ed", "er", "ly", "s")
_ONE_LETTER = "ia"  # words of one letter; "u" and "r" would part Spanish ones
_PIECE_WORDS = 4_000  # of the commonest words, into which words run together are parted
_PIECE, _PER_LETTER, _PIECE_TENFOLD = 1.5, 0.35, 0.4
_LITTLE = frozenset((
    "i", "a", "im", "id", "to", "me", "my", "is", "it", "do", "no", "be", "in", "on", "of", "am", "he", "we",
    "go", "so", "up", "at", "if", "or", "by", "us", "u", "ur",
))  # fmt: skip


class _Ear:
    """Words by how they sound, and by how they sound with a letter left out."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._sounds: dict[str, list[str]] = {}
        self._gaps: dict[str, list[str]] = {}

    def learn(self, word: str) -> str:
        """Lay down `word`; return how it sounds."""
        heard = sound(word, self._rules)
        if SHORTEST <= len(word) <= LONGEST:
            alike = self._sounds.setdefault(heard, [])
            alike.append(word)
            if len(alike) == 1:
                for gap in {heard, *shortened(heard)}:
                    self._gaps.setdefault(gap, []).append(heard)
        return heard

    def near(self, heard: str, limit: float) -> Iterable[tuple[str, float]]:
        """Give words that sound nearly as `heard`, each with what the slip costs, up to `limit`."""
        gaps = {heard, *shortened(heard)}
        if len(heard) >= _TWO_SLIPS and limit > 1:
            gaps.update(*map(shortened, tuple(gaps)))
        for near in {near for gap in gaps for near in self._gaps.get(gap, ())}:
            price = cost(heard, near)
            if price <= limit:
                for word in self._sounds[near]:
                    yield word, price


class Mender:
    """Knows the words worth guessing, and how far a slip may be from one."""

    def __init__(
        self,
        *,
        wanted: Iterable[str],
        spanish: Iterable[str],
        short_forms: Mapping[str, tuple[str, ...]],
        common: Sequence[str],
        mistaken: Mapping[str, tuple[str, ...]],
        left: Iterable[str] = (),
    ) -> None:
        """Take the words the lexicons want, English and `spanish`, and the short forms.

        Also words in `common` use, the commonest first; words that are `mistaken` for others although they
        are words; and what is `left` alone.
        """
        self._rank = {word: rank for rank, word in enumerate(common)}
        self._left, self._short, self._mistaken = frozenset(left), short_forms, mistaken
        self._wanted = frozenset(word for word in (*wanted, *short_forms) if word.isalpha())
        self._english, self._spanish = _Ear(ENGLISH), _Ear(SPANISH)
        self._bones: dict[str, list[str]] = {}
        for word in sorted({*self._wanted, *common[:RIVALS]}, key=self._by_rank):
            heard = self._english.learn(word)
            bare = bones(heard)
            if len(bare) >= SHORTEST and bare != heard and word in self._wanted and heard[0] not in VOWELS:
                self._bones.setdefault(bare, []).append(word)
        for word in sorted(spanish):
            if word.isalpha() and word not in self._rank:
                self._spanish.learn(word)
        pieces = (*common[:_PIECE_WORDS], *self._wanted)
        self._parts = _LITTLE.union(word for word in pieces if _STEM <= len(word) <= LONGEST)
        self._longest = max(map(len, self._parts))

    def is_common(self, word: str) -> bool:
        """Tell whether people often write `word`, or one it is a form of, so that it is no slip."""
        known = self._rank
        return word in known or word in self._left or any(base in known for base in _bases(word))

    def mistaken(self, word: str) -> tuple[str, ...]:
        """Return the words that `word` is often written for, although it may be one itself."""
        return self._mistaken.get(word, ())

    def guesses(self, token: str) -> tuple[str, ...]:
        """Return the words that `token`, no word itself, may stand for, the likeliest first."""
        if not (SHORTEST <= len(token) <= LONGEST and token.isalpha()):
            return ()
        found: dict[str, float] = {}
        for word, price in self._candidates(token):
            if price < found.get(word, LONGEST):
                found[word] = price
        if not found:
            return ()
        ordered = sorted(found, key=lambda word: (found[word] + _PER_TENFOLD * self._tenfolds(word), word))
        best = ordered[0]
        if best in self._short and not self._may_be_short(token, best):
            return ()
        worst = found[best] + (_FURTHER if best in self._wanted else _BEATEN)
        rest = [
            word
            for word in ordered[1:]
            if found[word] <= worst and word not in self._short
            if word in self._wanted or word not in self._rank
        ]
        return (best, *rest[: MOST - 1])

    def parted(self, token: str) -> tuple[str, ...]:
        """Return the words that are run together in `token`; nothing if that is not what it is."""
        if len(token) not in RUN_TOGETHER or not token.isalpha():
            return ()
        best: list[tuple[float, tuple[str, ...]] | None] = [(0.0, ())] + [None] * len(token)
        for start in range(len(token)):
            before = best[start]
            if before is None or len(before[1]) == PIECES:
                continue
            for end in range(start + 1, min(len(token), start + self._longest) + 1):
                piece = token[start:end]
                if piece not in self._parts or (len(piece) == 1 and piece not in _ONE_LETTER):
                    continue
                price = before[0] + _PIECE + _PIECE_TENFOLD * self._tenfolds(piece) - _PER_LETTER * len(piece)
                held = best[end]
                if held is None or price < held[0]:
                    best[end] = (price, (*before[1], piece))
        pieces = best[-1][1] if best[-1] else ()
        return pieces if any(piece in self._wanted and len(piece) >= _STEM for piece in pieces) else ()

    def _candidates(self, token: str) -> Iterable[tuple[str, float]]:
        """Give words near `token`, each with what the slip costs; one may come more than once."""
        heard = sound(token, ENGLISH)
        limit = next(price for letters, price in _LIMITS if len(token) <= letters)
        for word, price in self._english.near(heard, limit):
            if price:
                yield word, price + (0.0 if word[0] == token[0] else _OTHER_LETTER)
            else:
                yield word, _LONGER * abs(len(word) - len(token))
        if len(token) > _STEM:
            ending = sorted(token[-_SPANISH_ENDING:])
            for word, price in self._spanish.near(sound(token, SPANISH), _SPANISH_LIMIT):
                if not price or sorted(word[-_SPANISH_ENDING:]) == ending:
                    yield word, price + _SPANISH_SOUND
        if not any(vowel in heard for vowel in VOWELS):
            for word in self._bones.get(heard, ()):
                yield word, _NO_VOWELS + _LONGER * (len(word) - len(token))
        for word in turned(token):
            if word in self._wanted or self._rank.get(word, RIVALS) < RIVALS:
                yield word, _TURNED
        for at, word in enumerate(shortened(token)):
            if word in self._rank and len(word) > _STEM:
                yield word, _DOUBLED if at and token[at] == token[at - 1] else _ONE_MORE

    def _may_be_short(self, token: str, form: str) -> bool:
        """Tell whether a short form may be guessed at: a few letters are near too many of them."""
        grave = any(len(word) > _LITTLE_WORD for word in self._short[form])
        return len(token) >= (_GRAVE_FORM if grave else _SHORT_FORM)

    def _by_rank(self, word: str) -> tuple[int, str]:
        return self._rank.get(word, len(self._rank)), word

    def _tenfolds(self, word: str) -> float:
        return log10(1 + self._rank.get(word, _UNCOUNTED))


def _bases(word: str) -> Iterable[str]:
    """Give the words that `word` may be a regular form of: "snipped" of "snip", "caged" of "cage"."""
    for ending in _ENDINGS if len(word) >= _FORM else ():
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < _STEM:
            continue
        if ending in {"s", "ly"}:
            yield stem
        elif stem[-1] == stem[-2]:
            yield stem[:-1]
            yield stem
        else:
            yield stem + "e"
            # "shadow" doubles nothing, "hit" does: "hiting" is a slip. So is "chokeing".
            if stem[-1] != "e" and (stem[-1] in "wxy" or stem[-2] not in VOWELS or stem[-3] in VOWELS):
                yield stem
