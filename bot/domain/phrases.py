"""Make what people type comparable, and load the word lists it is compared with."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.domain.yaml_content import load_yaml

# Longer than any provider delivers (Telegram 4,096, SMS 1,600), short enough for every rule here.
LONGEST = 10_000

_CONTENT = Path(__file__).with_name("content")
_TEN = "\N{KEYCAP TEN}"
_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´′")
_SIGNATURE = re.compile(r"\n[ \t]*(?:sent from|enviado desde|get outlook for)\b.*", re.DOTALL)
_TOKEN = re.compile(r"[^\W_]+")


def load(name: str) -> Any:
    """Return the word list `content/<name>.yaml`."""
    return load_yaml((_CONTENT / f"{name}.yaml").read_text(encoding="utf-8"))


@lru_cache(maxsize=8)  # one text is asked about by many rules, one after the other
def fold(text: str) -> str:
    r"""Return `text` in plain lower case: no accents, apostrophes, invisible characters or phone signature.

    Full-width letters and keycap digits become ordinary ones. Only the first `LONGEST` characters are read.

    >>> fold("\u200bDÉJENME\u00a0en ｐａｚ, don’t 7️⃣")
    'dejenme en paz, dont 7'
    """
    text = text[:LONGEST]
    if text.isascii():  # most texts: nothing in them has an accent or another width
        plain = text.translate(_APOSTROPHES).replace("\r", "\n").lower()
        return (_SIGNATURE.sub("", plain) if "\n" in plain else plain).strip()
    text = text.replace(_TEN, "10").translate(_APOSTROPHES)
    wide = unicodedata.normalize("NFKD", text.replace("\r", "\n"))
    kept = "".join(c for c in wide if unicodedata.category(c) not in {"Mn", "Me", "Cf", "Cs", "Co"})
    return _SIGNATURE.sub("", kept.casefold()).strip()


def tokens(folded: str) -> list[str]:
    """Return the words and numbers of a folded text, punctuation and emoji left out."""
    return _TOKEN.findall(folded)


def bare(text: str) -> str:
    """Return the words of `text`, folded, one space between; spaced-out letters are joined.

    >>> bare(' "S.T.O.P." '), bare("Opt-out!!")
    ('stop', 'opt out')
    """
    return bare_of(fold(text))


def bare_of(folded: str) -> str:
    """Return the words of a text that is folded already, as `bare` does."""
    words = tokens(folded)
    if len(words) > 1 and all(len(word) == 1 and word.isalpha() for word in words):
        return "".join(words)
    return " ".join(words)
