"""Know the words of the lexicons and how people write them: short, disguised, torn apart, misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bot.domain.triage.mending import Mender

OR = "|"  # between the words that one word may stand for
MAX_WORD = 40  # letters; nothing in the lexicon is longer
SHORT = 3  # letters of a word in which a doubled one is no slip of the thumb
JOINED = 6  # letters of a word that may have come apart
_MEMORY = 50_000  # spellings remembered before starting afresh

_LEET = str.maketrans("013457!@$|", "oieastiasi")
_SUFFIXES = {"m": "am", "ll": "will", "re": "are", "ve": "have", "d": "would"}
_STRETCHED, _LONG_STRETCHED = re.compile(r"(.)\1+"), re.compile(r"(.)\1\1+")
_AS_IT_STANDS = re.compile(r"(?!haha)(?:([a-z])(?!\1))*(?<!in)")  # a word that may be no other, as a whole
_LAUGHING = "haha"  # and however long it goes on


class Spelling:
    """Knows the words of the lexicons and how people write them."""

    def __init__(
        self,
        *,
        known: Iterable[str],
        short_forms: Mapping[str, tuple[str, ...]],
        guarded: Iterable[str],
        joined: Iterable[str] = (),
        pairs: Mapping[str, str] | None = None,
        mender: Mender | None = None,
    ) -> None:
        """Take every word of the lexicons, short forms written out, and the words whose disguises matter.

        `joined` are words people write as two, `pairs` two words written for others; `mender` guesses at what
        is left.
        """
        self._known = frozenset(known)
        self._short = dict(short_forms)
        self.letters = {short: words for short, words in self._short.items() if len(short) == 1}
        self._guarded: dict[tuple[str, int], list[str]] = {}
        for word in sorted(guarded):
            self._guarded.setdefault((word[0], len(word)), []).append(word)
        self._joined: dict[tuple[str, ...], tuple[str, ...]] = {
            (word[:at], word[at:]): (word,) for word in joined for at in range(1, len(word))
        } | {tuple(pair.split()): tuple(words.split()) for pair, words in (pairs or {}).items()}
        self.runs = self._known.union(map("".join, self._joined))  # what two words may be written for
        self.plainly: dict[str, str] = {}  # words met that are just what they look like
        self.guessed: set[str] = set()  # words met that had to be guessed about, in vain or not
        self._mender = mender
        self._memory: dict[str, tuple[str, ...]] = {}
        self._meant: dict[str, tuple[tuple[str, str], ...]] = {}

    def plain(self, token: str) -> tuple[str, ...]:
        """Return the plain words for one folded `token` ("cant" gives "can", "not")."""
        found = self._memory.get(token)
        if found is None:
            found = self._work_out(token[:MAX_WORD])
            if len(self._memory) >= _MEMORY:
                self._memory.clear()
            self._memory[token] = found
        return found

    def knows(self, word: str) -> bool:
        """Tell whether `word` is in a lexicon."""
        return word in self._known

    def meant(self, token: str) -> tuple[tuple[str, str], ...]:
        """Return the words meant by `token`, each with what else it may stand for (see `Reading.either`)."""
        found = self._meant.get(token)
        if found is None:
            found = self._guess(token[:MAX_WORD])
            if len(self._meant) >= _MEMORY:
                self._meant.clear()
                self.plainly.clear()
                self.guessed.clear()
            self._meant[token] = found
            if self.is_odd(token[:MAX_WORD]):
                self.guessed.add(token)
            elif len(token) == 1:
                self.plainly[token] = token  # until it is known that it spells no word with others
            elif len(found) == 1 and not found[0][1] and token.isalnum():
                self.plainly[token] = found[0][0]
        return found

    def unguessed(self, token: str) -> tuple[tuple[str, str], ...]:
        """Return the plain words for `token`, as `meant` does, without a guess."""
        plain = self.plain(token)
        return ((plain[0], ""),) if len(plain) == 1 else tuple([(word, "") for word in plain])

    def is_odd(self, token: str) -> bool:
        """Tell whether `token` is nothing that people write, so that it is worth guessing what it means."""
        if (
            self._mender is None
            or not token.isalpha()
            or token in self._known
            or self._mender.is_common(token)
        ):
            return False
        return self.plain(token) == (token,)

    def joined(self, before: str, token: str) -> tuple[str, ...]:
        """Return the word that came apart into `before` and `token`, or the words they are written for."""
        words = self._joined.get((before, token))
        if words is None and len(before) + len(token) >= JOINED and before + token in self._known:
            return (before + token,) if self.is_odd(before) or self.is_odd(token) else ()
        return words or ()

    def _guess(self, token: str) -> tuple[tuple[str, str], ...]:
        plain, mender = self.plain(token), self._mender
        if mender is None:
            return self.unguessed(token)
        if not self.is_odd(token):
            alone = mender.mistaken(token) if len(plain) == 1 else ()
            return tuple((word, self._either(word, (*alone, *mender.mistaken(word)))) for word in plain)
        guesses = mender.guesses(token)
        if guesses and guesses[0] in self._short:
            return tuple((word, "") for word in self._short[guesses[0]])
        if parted := () if guesses else mender.parted(token):
            return tuple((word, "") for piece in parted for word in self.plain(piece))
        others = (*mender.mistaken(token), *guesses, *(o for word in guesses for o in mender.mistaken(word)))
        return ((others[0] if others else token, self._either(token, dict.fromkeys(others))),)

    def _either(self, word: str, others: Iterable[str]) -> str:
        """Return `word` and those of `others` that the lexicons know, as one; nothing if there are none."""
        known = [other for other in others if other in self._known]
        return OR.join((word, *known)) if known else ""

    def _work_out(self, token: str) -> tuple[str, ...]:
        if "'" in token:
            return self._apostrophe(token)
        if token in self._short:
            return self._short[token]
        if token in self._known:
            return (token,)
        for form in self._forms(token) if not _AS_IT_STANDS.fullmatch(token) else ():
            if form in self._short:
                return self._short[form]
            if form in self._known:
                return (form,)
        return (token,)

    def _apostrophe(self, token: str) -> tuple[str, ...]:
        stem, _, suffix = token.rpartition("'")
        joined = token.replace("'", "")
        if token in self._short:
            return self._short[token]
        if joined in self._short:
            return self._short[joined]
        if suffix in _SUFFIXES:
            return (*self.plain(stem), _SUFFIXES[suffix])
        return self.plain(joined) if joined else ()

    def _forms(self, token: str) -> Iterable[str]:
        """Give the spellings to try of a word that is not known as it stands, the plainest first."""
        if token.endswith("in"):
            yield token + "g"
        if token.startswith(_LAUGHING):
            yield _LAUGHING
        if _STRETCHED.search(token):
            twice = _STRETCHED.sub(r"\1\1", token)
            yield twice
            if twice != token:
                yield _LONG_STRETCHED.sub(r"\1", token)
                yield _STRETCHED.sub(r"\1", token)
            # "odd" and "too" are words of their own; longer ones may have a letter too many.
            for doubled in _STRETCHED.finditer(twice) if len(token) > SHORT else ():
                yield twice[: doubled.start()] + twice[doubled.start() + 1 :]
        if not token.isalpha():
            straight = token.translate(_LEET)
            if straight != token and not token.isdigit():
                yield straight
            if "*" in token:
                alike = self._guarded.get((token[0], len(token)), ())
                yield from (word for word in alike if _hides(token, word))


def _hides(token: str, word: str) -> bool:
    """Tell whether `token` is `word`, as long, with stars for some letters."""
    return all(shown in {"*", letter} for shown, letter in zip(token, word, strict=True))
