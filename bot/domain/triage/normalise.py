"""Turn what people type into plain words, each knowing where in the text it came from.

Disguises come off here (case, look-alike letters, accents, zero-width marks, "k!ll", "s*icide", "dieeee",
spaced-out letters) and short forms are written out ("im" becomes "i am"), so that the lexicon is plain words.
 Every step is linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

# How strongly a word is parted from the one before. Phrases cross SOFT, denial does not; none crosses CLAUSE.
NO_BREAK, SOFT, CLAUSE, SENTENCE = 0, 1, 2, 3

REPEATS = 3  # times a word counts in a row; ten thousand emoji say no more
MAX_TOKENS = 600  # words and marks of one text that are read
MAX_FOLDED = 8_000  # characters of a text, folded
MAX_PIECES = 60  # of a token full of marks
SHORT = 3  # letters of a word in which a doubled one is no slip of the thumb
MAX_WORD = 40  # letters; nothing in the lexicon is longer
_MEMORY = 20_000  # spellings remembered before starting afresh

_TOKEN = re.compile(
    r"(?P<word>[$@]?[^\W_]+(?:['*!@$|]+[^\W_]+)*)"
    r"|(?P<soft>\n|\.{2,}|\s[-–—]+\s|—)"
    r"|(?P<clause>[,:()])"
    r"|(?P<sentence>[.!?;]+)"
)
_BREAKS = {"soft": SOFT, "clause": CLAUSE, "sentence": SENTENCE}
_INNER = re.compile(r"[*!@$|]")
_LEET = str.maketrans("013457!@$|", "oieastiasi")
_SUFFIXES = {"m": "am", "ll": "will", "re": "are", "ve": "have", "d": "would"}
_LAUGHING = "haha"  # and however long it goes on
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A text as plain words. The four lists run side by side; offsets are into the text as given."""

    words: list[str]
    starts: list[int]
    ends: list[int]
    breaks: list[int]  # how strongly word i is parted from word i - 1
    whole: bool = True  # nothing was left out


class Spelling:
    """Knows the words of the lexicons and how people write them."""

    def __init__(
        self, *, known: Iterable[str], short_forms: Mapping[str, tuple[str, ...]], guarded: Iterable[str]
    ) -> None:
        """Take every word of the lexicons, short forms written out, and the words whose disguises matter."""
        self._known = frozenset(known)
        self._short = dict(short_forms)
        self._guarded: dict[tuple[str, int], list[str]] = {}
        for word in sorted(guarded):
            self._guarded.setdefault((word[0], len(word)), []).append(word)
        self._memory: dict[str, tuple[str, ...]] = {}

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

    def _work_out(self, token: str) -> tuple[str, ...]:
        if "'" in token:
            return self._apostrophe(token)
        for form in self._forms(token):
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
        """Give the spellings to try, the plainest first."""
        yield token
        if token.endswith("in"):
            yield token + "g"
        if token.startswith(_LAUGHING):
            yield _LAUGHING
        runs = [(char, len(list(run))) for char, run in groupby(token)]
        if any(count > 1 for _, count in runs):
            yield "".join(char * min(count, 2) for char, count in runs)
            yield "".join(char * (1 if count > 2 else count) for char, count in runs)
            if any(count > 2 for _, count in runs):
                yield "".join(char for char, _ in runs)
            # "odd" and "too" are words of their own; longer ones may have a letter too many.
            for doubled in (nth for nth, (_, count) in enumerate(runs) if count > 1 and len(token) > SHORT):
                yield "".join(
                    char * (1 if nth == doubled else min(count, 2)) for nth, (char, count) in enumerate(runs)
                )
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


def read(text: str, spelling: Spelling) -> Reading:
    """Return `text` as plain words. Any text will do, also one no database can hold.

    Of a text of more than `MAX_TOKENS` the middle is left out: no person writes so many in a message.
    """
    folded, origin = _fold(text)
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    breaks: list[int] = []
    parted, last, times = NO_BREAK, "", 0
    tokens = _tokens(folded)
    for found in tokens:
        if found is None:
            parted = SENTENCE
            continue
        kind, token = found.lastgroup or "", found.group()
        if kind != "word":
            parted = max(parted, _BREAKS[kind])
            continue
        at = found.start()
        for piece, offset, inner in _pieces(token, spelling) if not token.isalnum() else ((token, 0, 0),):
            first = at + offset
            end = first + len(piece)
            if origin:
                first, end = origin[first], origin[end - 1] + 1
            parted = max(parted, inner)
            for word in spelling.plain(piece) if len(piece) > 1 else (piece,):
                times = times + 1 if word == last else 1
                if times > REPEATS:
                    ends[-1] = end
                    continue
                last = word
                words.append(word)
                starts.append(first)
                ends.append(end)
                breaks.append(parted)
                parted = NO_BREAK
    whole = None not in tokens
    reading = Reading(words=words, starts=starts, ends=ends, breaks=breaks, whole=whole)
    return _write_out(_join_letters(reading, spelling), spelling)


def _tokens(folded: str) -> list[re.Match[str] | None]:
    """Return the words and marks of a text, with None in the place of a middle that is left out."""
    found: list[re.Match[str] | None]
    if len(folded) > MAX_FOLDED:  # emoji grow when they become words
        half = MAX_FOLDED // 2
        found = [*_TOKEN.finditer(folded, 0, half), None, *_TOKEN.finditer(folded, len(folded) - half)]
    else:
        found = [*_TOKEN.finditer(folded)]
    if len(found) <= MAX_TOKENS:
        return found
    half = MAX_TOKENS // 2
    return [*found[:half], None, *found[-half:]]


def _fold(text: str) -> tuple[str, list[int]]:
    """Return `text` folded, and for each folded character where it came from (empty: the same place)."""
    if text.isascii():
        return text.lower(), []
    pieces = [_FOLD[char] for char in text]
    folded = "".join(pieces)
    if len(folded) == len(text) and all(pieces):
        return folded, []
    return folded, [at for at, piece in enumerate(pieces) for _ in piece]


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
    if sum(single) < 3:
        return reading
    joined = Reading(words=[], starts=[], ends=[], breaks=[], whole=reading.whole)
    at = 0
    while at < len(single):
        upto = at + 1
        while upto < len(single) and single[upto] == single[at] and (upto - at < MAX_WORD or not single[at]):
            upto += 1
        spelt = _letters(reading.words[at:upto], spelling) if single[at] else ()
        if not spelt:
            for kept, given in zip(_columns(joined), _columns(reading), strict=True):
                kept.extend(given[at:upto])
        for nth, word in enumerate(spelt):
            joined.words.append(word)
            joined.starts.append(reading.starts[at])
            joined.ends.append(reading.ends[upto - 1])
            joined.breaks.append(reading.breaks[at] if nth == 0 else NO_BREAK)
        at = upto
    return joined


def _write_out(reading: Reading, spelling: Spelling) -> Reading:
    """Write single letters out ("u" is "you", "k" is "que"), once it is known that they spell no word."""
    plain = {word: spelling.plain(word) for word in set(reading.words) if len(word) == 1}
    if all(forms == (word,) for word, forms in plain.items()):
        return reading
    written = Reading(words=[], starts=[], ends=[], breaks=[], whole=reading.whole)
    for word, start, end, parted in zip(*_columns(reading), strict=True):
        for nth, form in enumerate(plain.get(word, (word,))):
            for column, value in zip(
                _columns(written), (form, start, end, NO_BREAK if nth else parted), strict=True
            ):
                column.append(value)
    return written


def _columns(reading: Reading) -> tuple[list[Any], ...]:
    return reading.words, reading.starts, reading.ends, reading.breaks


def _letters(letters: list[str], spelling: Spelling) -> tuple[str, ...]:
    """Return what single `letters` spell, if anything."""
    if len(letters) >= 3:
        for first in (0, 1):  # "i k i l l": the first letter may be the word "I"
            run = "".join(letters[first:])
            spelt = spelling.plain(run)
            if spelling.knows(run) or spelt != (run,):
                return (*letters[:first], *spelt)
    return ()
