"""Turn what people type into plain words, each knowing where in the text it came from.

Disguises come off here (case, look-alike letters, accents, zero-width marks, "k!ll", "s*icide", "dieeee",
spaced-out letters) and short forms are written out ("im" becomes "i am"), so that the lexicon is plain words.
 Every step is linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.triage.spelling import MAX_WORD, OR, Spelling

# How strongly a word is parted from the one before. Phrases cross SOFT, denial does not; none crosses CLAUSE.
NO_BREAK, SOFT, CLAUSE, SENTENCE = 0, 1, 2, 3

REPEATS = 3  # times a word counts in a row; ten thousand emoji say no more
MAX_TOKENS = 320  # words and marks of one text that are read
MAX_FOLDED = 8_000  # characters of a text, folded
MAX_PIECES = 60  # of a token full of marks
MAX_GUESSED = 20  # words of a text that are guessed about, in vain or not; more are no slips of the thumb
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
    folded, origin = _fold(text)
    tokens = _tokens(folded)
    reading = Reading(words=[], either=[], starts=[], ends=[], breaks=[], whole=None not in tokens)
    parted, guessed, before = NO_BREAK, 0, ""
    words, plainly, runs = reading.words, spelling.plainly, spelling.runs
    for nth, found in enumerate(tokens):
        if found is None:
            parted = SENTENCE
            continue
        kind, token = found.lastgroup or "", found.group()
        if kind != "word":
            parted = max(parted, _BREAKS[kind])
            continue
        word = plainly.get(token)
        # Most words are just that; what follows is for the others.
        if word and (parted or not before or before + token not in runs) and words[-1:] != [word]:
            first, end = found.span()
            if origin:
                first, end = origin[first], origin[end - 1] + 1
            words.append(word)
            reading.either.append("")
            reading.starts.append(first)
            reading.ends.append(end)
            reading.breaks.append(parted)
            parted, before = NO_BREAK, token
            continue
        at = found.start()
        for piece, offset, inner in _pieces(token, spelling) if not token.isalnum() else ((token, 0, 0),):
            first = at + offset
            end = first + len(piece)
            if origin:
                first, end = origin[first], origin[end - 1] + 1
            parted = max(parted, inner)
            if (
                before
                and not parted
                and (whole := spelling.joined(before, piece))
                and not _onward(tokens, nth)
            ):
                reading.words[-1], reading.either[-1] = whole[0], ""
                reading.ends[-1] = reading.ends[-1] if len(whole) > 1 else end
                meant = tuple((plain, "") for word in whole[1:] for plain in spelling.plain(word))
            else:
                meant = spelling.meant(piece) if guessed < MAX_GUESSED else spelling.unguessed(piece)
                guessed += piece in spelling.guessed
                if len(piece) == 1:
                    meant = ((piece, ""),)
                elif (
                    (len(meant) != 1 or meant[0][1])
                    and reading.words
                    and parted < SENTENCE
                    and _is_name(text, first, end)
                ):
                    meant = spelling.unguessed(piece)
            for word, either in meant:
                _put(reading, word, either, (first, end, parted))
                parted = NO_BREAK
            before = piece if len(meant) == 1 and reading.words[-1:] == [meant[0][0]] else ""
    return _write_out(_join_letters(reading, spelling), spelling)


def _put(reading: Reading, word: str, either: str, place: tuple[int, int, int]) -> None:
    """Add `word`, unless it has been said so often in a row that once more says nothing."""
    words = reading.words
    first, end, parted = place
    if words and words[-1] == word and words[-REPEATS:] == [word] * REPEATS:
        reading.ends[-1] = end
        return
    words.append(word)
    reading.either.append(either)
    reading.starts.append(first)
    reading.ends.append(end)
    reading.breaks.append(parted)


def _onward(tokens: Sequence[re.Match[str] | None], nth: int) -> bool:
    """Tell whether a word belongs to the next rather than to the last: "my self harm"."""
    word, follows = tokens[nth], tokens[nth + 1] if nth + 1 < len(tokens) else None
    return word is not None and follows is not None and follows.group() in ONWARD.get(word.group(), ())


def _is_name(text: str, first: int, end: int) -> bool:
    """Tell whether a word inside a sentence is written as names are, or as letters that stand for words."""
    word = text[first:end]
    return word.istitle() or (word.isupper() and not text.isupper())


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
            for kept, given in zip(_columns(joined), _columns(reading), strict=True):
                kept.extend(given[at:upto])
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
    for word, either, start, end, parted in zip(*_columns(reading), strict=True):
        for nth, form in enumerate(plain.get(word, (word,))):
            values = (form, either, start, end, NO_BREAK if nth else parted)
            for column, value in zip(_columns(written), values, strict=True):
                column.append(value)
    return written


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
