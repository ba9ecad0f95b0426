"""Turn what people type into plain words, each knowing where in the text it came from.

Disguises come off here (case, look-alike letters, accents, zero-width marks, "k!ll", "s*icide", "dieeee",
spaced-out letters) and short forms are written out ("im" becomes "i am"), so that the lexicon is plain words.
 Every step is linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import Any, TypeAlias

from bot.domain.triage.spelling import MAX_WORD, OR, Spelling

# How strongly a word is parted from the one before. Phrases cross SOFT, denial does not; none crosses CLAUSE.
NO_BREAK, SOFT, CLAUSE, SENTENCE = 0, 1, 2, 3

REPEATS = 3  # times a word counts in a row; ten thousand emoji say no more
MAX_TOKENS = 192  # words and marks of one text that are read
HALF = MAX_TOKENS // 2
TAIL = 10 * HALF  # characters in which the last half of them is looked for
MAX_PIECES = 60  # of a token full of marks
MAX_GUESSED = 20  # words of a text that are guessed about; more are no slips of the thumb
MAX_VAIN = 8  # and those guessed about in vain
ONWARD = {
    "self": frozenset(("harm", "harming", "injury", "esteem", "respect", "worth", "care", "control", "help"))
}
_MEMORY = 20_000  # spellings remembered before starting afresh

_TOKEN = re.compile(
    r"(?P<word>[$@]?[^\W_]+(?:['*!@$|]+[^\W_]+)*)"
    r"|(?P<soft>\n|\.{2,}|\s[-–—]+\s|—)"
    r"|(?P<clause>[,:()])"
    r"|(?P<sentence>[.!?;]+)"
)
_BREAKS = {"soft": SOFT, "clause": CLAUSE, "sentence": SENTENCE}
_SPELT = bytes([True] * 3)  # words of one letter, in a row, that may spell another
_INNER = re.compile(r"[*!@$|]")
_APOSTROPHES = "’‘ʼ´`＇"
_LOOKALIKES = dict(zip("аеорсухіјѕԁһӏтмкнвαορικν", "aeopcyxijsdhltmknbaopikv", strict=True))
_EMOJI = {
    "💊": "pills",
    "🔪": "knife",
    "🗡": "knife",
    "⚰": "coffin",
    "🪦": "grave",
    "🔫": "gun",
    "🩸": "blood",
    "💉": "needle",
    "😭": "tears",
    "😢": "tears",
    "🍺": "beer",
    "🍻": "beer",
    "🍷": "wine",
    "🥃": "whiskey",
    "🌉": "bridge",
    "🪢": "rope",
    "🪒": "razor",
    "🚆": "train",
    "🚂": "train",
    "👋": "bye",
    "💔": "heartbroken",
    "😂": "haha",
    "🤣": "haha",
}


class _Folding(dict[str, str]):
    """What each character becomes; worked out once a character."""

    def __missing__(self, char: str) -> str:
        folded = self._fold(char)
        if len(self) < _MEMORY:
            self[char] = folded
        return folded

    @staticmethod
    def _fold(char: str) -> str:
        if char in _EMOJI:
            return f" {_EMOJI[char]} "
        if char in _APOSTROPHES:
            return "'"
        if char == "…":
            return ".."
        plain = unicodedata.normalize("NFKD", char).casefold()
        kept = "".join(c for c in plain if unicodedata.category(c) not in {"Mn", "Me", "Cf", "Cs"})
        return "".join(_LOOKALIKES.get(c, c) for c in kept)


_FOLD = _Folding()
Meant: TypeAlias = tuple[tuple[str, str], ...]  # plain words, each with what else it may stand for


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A text as plain words. The lists run side by side; offsets are into the text as given."""

    words: list[str]
    either: list[
        str
    ]  # what else a word may stand for, parted by OR, as it was written first; "" if it is plain
    starts: list[int]
    ends: list[int]
    breaks: list[int]  # how strongly word i is parted from word i - 1
    whole: bool = True  # nothing was left out

    def as_written(self) -> Reading:
        """Return the reading without guesses."""
        words = [either.split(OR)[0] or word for word, either in zip(self.words, self.either, strict=True)]
        return replace(self, words=words, either=[""] * len(words))


def read(text: str, spelling: Spelling) -> Reading:
    """Return `text` as plain words. Any text will do, also one no database can hold.

    Of a text of more than `MAX_TOKENS` the middle is left out: no person writes so many in a message.
    """
    reader = _Reader(text, spelling)
    reader.read()
    return _write_out(_join_letters(reader.reading, spelling), spelling)


class _Reader:
    """Reads the words of one text after the other."""

    def __init__(self, text: str, spelling: Spelling) -> None:
        self._text, self._spelling = text, spelling
        folded, self._grown = _fold(text)
        self._tokens = _tokens(folded)
        self.reading = Reading(
            words=[], either=[], starts=[], ends=[], breaks=[], whole=None not in self._tokens
        )
        self._parted = NO_BREAK
        self._before = ""  # the word before, where this one may belong to it
        self._guessed = self._vain = 0
        self._tired = False  # of guessing

    def read(self) -> None:
        """Read them all."""
        plainly, runs, reading, grown = self._spelling.plainly, self._spelling.runs, self.reading, self._grown
        words = reading.words
        for nth, found in enumerate(self._tokens):
            if found is None:
                self._parted = SENTENCE
                continue
            kind, token = found.lastgroup or "", found.group()
            if kind != "word":
                self._parted = max(self._parted, _BREAKS[kind])
                continue
            word, before, parted = plainly.get(token), self._before, self._parted
            if word is None and self._tired and len(token) > 1 and token.isalpha():
                plain = self._spelling.plain(token)
                word = plain[0] if len(plain) == 1 else None
            # Most words are just that, stand for nothing with the one before, and are not said twice.
            if (
                word
                and (parted or not before or before + token not in runs)
                and not (words and words[-1] == word)
            ):
                first, end = found.span()
                words.append(word)
                reading.either.append("")
                reading.starts.append(bisect_right(grown, first) if grown else first)
                reading.ends.append(bisect_right(grown, end - 1) + 1 if grown else end)
                reading.breaks.append(parted)
                self._before, self._parted = token, NO_BREAK
                continue
            pieces = ((token, 0, 0),) if token.isalnum() else _pieces(token, self._spelling)
            for piece, offset, inner in pieces:
                self._parted = max(self._parted, inner)
                self._read_piece(piece, found.start() + offset, nth)

    def _read_piece(self, piece: str, at: int, nth: int) -> None:
        """Add what `piece`, which stands at `at` of the folded text, means."""
        first, end = self._place(at, at + len(piece))
        words = self.reading.words
        meant = None
        if self._before and not self._parted and self._before + piece in self._spelling.runs:
            meant = self._joined(piece, end, nth)
        if meant is None:
            meant = self._meant(piece, first, end)
        for word, either in meant:
            # Said so often in a row, once more says nothing.
            if words and words[-1] == word and words[-REPEATS:] == [word] * REPEATS:
                self.reading.ends[-1], self._parted = end, NO_BREAK
            else:
                self._add(word, first, end, either)
        self._before = piece if len(meant) == 1 and words[-1] == meant[0][0] else ""

    def _joined(self, piece: str, end: int, nth: int) -> Meant | None:
        """Put the word before and `piece` right where they are one torn apart; return what is left to add."""
        whole = self._spelling.joined(self._before, piece)
        if not whole or _onward(self._tokens, nth):
            return None
        reading = self.reading
        reading.words[-1], reading.either[-1] = whole[0], ""
        reading.ends[-1] = reading.ends[-1] if len(whole) > 1 else end
        return tuple((plain, "") for word in whole[1:] for plain in self._spelling.plain(word))

    def _meant(self, piece: str, first: int, end: int) -> Meant:
        """Return what `piece` means: itself, a short form, or a guess, but none about a name."""
        if len(piece) == 1:
            return ((piece, ""),)
        if self._tired:
            return self._spelling.unguessed(piece)
        meant = self._spelling.meant(piece)
        told = len(meant) == 1 and not meant[0][1]
        if piece in self._spelling.guessed:
            self._guessed += 1
            self._vain += told and meant[0][0] == piece
            self._tired = self._guessed >= MAX_GUESSED or self._vain >= MAX_VAIN
        inside = bool(self.reading.words) and self._parted < SENTENCE
        return self._spelling.unguessed(piece) if not told and inside and self._is_name(first, end) else meant

    def _is_name(self, first: int, end: int) -> bool:
        """Tell whether a word is written as names are, or as letters that stand for words."""
        word = self._text[first:end]
        return word.istitle() or (word.isupper() and not self._text.isupper())

    def _place(self, first: int, end: int) -> tuple[int, int]:
        """Return where in the text as given the folded characters from `first` up to `end` stand."""
        if not self._grown:
            return first, end
        return bisect_right(self._grown, first), bisect_right(self._grown, end - 1) + 1

    def _add(self, word: str, first: int, end: int, either: str = "") -> None:
        reading = self.reading
        reading.words.append(word)
        reading.either.append(either)
        reading.starts.append(first)
        reading.ends.append(end)
        reading.breaks.append(self._parted)
        self._parted = NO_BREAK


def _onward(tokens: Sequence[re.Match[str] | None], nth: int) -> bool:
    """Tell whether a word belongs to the next rather than to the last: "my self harm"."""
    word, follows = tokens[nth], tokens[nth + 1] if nth + 1 < len(tokens) else None
    return word is not None and follows is not None and follows.group() in ONWARD.get(word.group(), ())


def _tokens(folded: str) -> list[re.Match[str] | None]:
    """Return the words and marks of a text, with None in the place of a middle that is left out."""
    found = [*islice(_TOKEN.finditer(folded), MAX_TOKENS + 1)]
    if len(found) <= MAX_TOKENS:
        return [*found]
    del found[HALF:]
    rest = max(found[-1].end(), len(folded) - TAIL)
    return [*found, None, *[*_TOKEN.finditer(folded, rest)][-HALF:]]


def _fold(text: str) -> tuple[str, list[int]]:
    """Return `text` folded, and how long that is after each character (empty: characters stayed in place)."""
    if text.isascii():
        return text.lower(), []
    pieces = [*map(_FOLD.__getitem__, text)]
    folded = "".join(pieces)
    if len(folded) == len(text) and all(pieces):
        return folded, []
    return folded, [*accumulate(map(len, pieces))]


def _pieces(token: str, spelling: Spelling) -> list[tuple[str, int, int]]:
    """Part "no!stop" but not "k!ll": give each piece, its offset and the break before it."""
    if not _INNER.search(token):
        return [(token, 0, NO_BREAK)]
    if spelling.plain(token) != (token[:MAX_WORD],):
        return [(token, 0, NO_BREAK)]
    pieces: list[tuple[str, int, int]] = []
    at = 0
    for piece in _INNER.split(token):
        if piece:
            pieces.append((piece, at, SENTENCE if pieces and token[at - 1] == "!" else NO_BREAK))
        at += len(piece) + 1
    return pieces if len(pieces) <= MAX_PIECES else pieces[: MAX_PIECES // 2] + pieces[-MAX_PIECES // 2 :]


def _join_letters(reading: Reading, spelling: Spelling) -> Reading:
    """Join spaced-out letters: "k i l l" is "kill". Runs of fewer than three are left alone."""
    single = [len(word) == 1 for word in reading.words]
    if _SPELT not in bytes(single):
        return reading
    joined = Reading(words=[], either=[], starts=[], ends=[], breaks=[], whole=reading.whole)
    at = 0
    while at < len(single):
        upto = at + 1
        while upto < len(single) and single[upto] == single[at] and (upto - at < MAX_WORD or not single[at]):
            upto += 1
        spelt = _letters(reading.words[at:upto], spelling) if single[at] else ()
        if not spelt:
            _copy(reading, at, upto, joined)
        for nth, word in enumerate(spelt):
            joined.words.append(word)
            joined.either.append("")
            joined.starts.append(reading.starts[at])
            joined.ends.append(reading.ends[upto - 1])
            joined.breaks.append(reading.breaks[at] if nth == 0 else NO_BREAK)
        at = upto
    return joined


def _write_out(reading: Reading, spelling: Spelling) -> Reading:
    """Write single letters out ("u" is "you", "k" is "que"), once it is known that they spell no word."""
    plain = spelling.letters
    if plain.keys().isdisjoint(reading.words):
        return reading
    written = Reading(words=[], either=[], starts=[], ends=[], breaks=[], whole=reading.whole)
    upto = 0
    for at, word in enumerate(reading.words):
        if word not in plain:
            continue
        _copy(reading, upto, at, written)
        upto = at + 1
        for nth, form in enumerate(plain[word]):
            _copy(reading, at, upto, written)
            written.words[-1] = form
            if nth:
                written.breaks[-1] = NO_BREAK
    _copy(reading, upto, len(reading.words), written)
    return written


def _copy(reading: Reading, first: int, last: int, to: Reading) -> None:
    """Add the words of `reading` from `first` up to `last`."""
    for kept, given in zip(_columns(to), _columns(reading), strict=True):
        kept.extend(given[first:last])


def _columns(reading: Reading) -> tuple[list[Any], ...]:
    return reading.words, reading.either, reading.starts, reading.ends, reading.breaks


def _letters(letters: list[str], spelling: Spelling) -> tuple[str, ...]:
    """Return what single `letters` spell, if anything."""
    if len(letters) >= 3:
        for first in (0, 1):  # "i k i l l": the first letter may be the word "I"
            run = "".join(letters[first:])
            spelt = spelling.plain(run)
            if spelling.knows(run) or spelt != (run,):
                return (*letters[:first], *spelt)
    return ()
