"""The word lists of `content/wording.yaml`, compiled by language for the lint in `wording.py`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from bot.domain.yaml_content import load_yaml

_FILE = Path(__file__).parent / "content" / "wording.yaml"
_STRAIGHT = str.maketrans("’‘“”", "''\"\"")


class Severity(StrEnum):
    """Whether a text may go out as it is: an error must be mended, a warning looked at."""

    WARNING = "warning"
    ERROR = "error"


class Rule(StrEnum):
    """What a finding is about."""

    LOCK_SCREEN = "lock_screen"
    DAY_COUNT = "day_count"
    STIGMA = "stigma"
    CARRIER_WORD = "carrier_word"
    LENGTH = "length"
    LINK = "link"
    ENCODING = "encoding"
    READING = "reading"
    QUESTIONS = "questions"
    VARIABLE = "variable"
    NAME = "name"
    LANGUAGE = "language"
    ANSWERS = "answers"


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """One compiled list: over the folded text, or over the text as written for words in capitals."""

    pattern: re.Pattern[str]
    rule: Rule
    level: Severity
    reason: str
    folded: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class WordList:
    """All lists of one language, ready to search."""

    searches: tuple[Search, ...]
    fine: re.Pattern[str]
    better: Mapping[str, str]

    def mend(self, search: Search, place: tuple[int, int], plain: str) -> str | None:
        """Return the better word for a stigma word found in `plain`, if it is one."""
        if search.rule is not Rule.STIGMA:
            return None
        return self.better[" ".join(plain[slice(*place)].split())]


@cache
def content() -> Mapping[str, Any]:
    """Read the lists and sentences once, on first use: parsing them takes longer than `--help` may."""
    found: Mapping[str, Any] = load_yaml(_FILE.read_text(encoding="utf-8"))
    return found


def folded(text: str) -> str:
    """Return small letters without accents, character for character, so that places stay true."""
    plain = "".join(unicodedata.normalize("NFKD", one)[0].lower()[0] for one in text)
    return plain.translate(_STRAIGHT)


@cache
def word_list(code: str) -> WordList:
    """Compile the lists of a language; the empty code has the carrier words alone."""
    lists: Mapping[str, Any] = content()["languages"].get(code, {})
    searches = [*_carrier_searches(lists)]
    for category, by_level in lists.get("words", {}).items():
        for name, level in (("certain", Severity.ERROR), ("maybe", Severity.WARNING)):
            searches += _word_searches(by_level.get(name, ()), Rule.LOCK_SCREEN, level, category)
    searches += _word_searches(tuple(lists.get("stigma", ())), Rule.STIGMA, Severity.WARNING, "stigma")
    number = lists.get("number", "")
    for name, level in (("certain", Severity.ERROR), ("maybe", Severity.WARNING)):
        for form in lists.get("counts", {}).get(name, ()):
            pattern = re.compile(form.replace("{n}", number))
            searches.append(Search(pattern=pattern, rule=Rule.DAY_COUNT, level=level, reason="day_count"))
    fine = [*lists.get("fine", ()), *(one.replace("{n}", number) for one in lists.get("counts_fine", ()))]
    return WordList(
        searches=tuple(searches),
        fine=re.compile("|".join(rf"\b(?:{one})" for one in fine) or r"(?!)", re.IGNORECASE),
        better={folded(word): better for word, better in lists.get("stigma", {}).items()},
    )


def _carrier_searches(lists: Mapping[str, Any]) -> Iterator[Search]:
    """Look for carrier words in capitals anywhere, and in any case right after "reply"."""
    words = [*content()["carrier_words"], *lists.get("own_words", ())]
    either = "|".join(_entry(word) for word in sorted(words, key=len, reverse=True))
    shouted = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    verbs, fillers = "|".join(lists.get("verbs", ["(?!)"])), "|".join(lists.get("fillers", ["(?!)"]))
    asked = (
        rf"\b(?:{verbs})\s+(?:(?:{fillers})\s+)*(?:['\"]?\w+['\"]?\s*(?:,|/|\bor\b|\bo\b)\s*){{0,3}}"
        rf"['\"]?(?P<word>{either})(?!\w)"
    )
    rule, level = Rule.CARRIER_WORD, Severity.ERROR
    for pattern, plain in ((asked, True), (rf"(?<!\w)(?P<word>{shouted})(?!\w)", False)):
        yield Search(pattern=re.compile(pattern), rule=rule, level=level, reason="carrier", folded=plain)


def _word_searches(entries: Collection[str], rule: Rule, level: Severity, reason: str) -> Iterator[Search]:
    """Compile a list, longest first: words in capitals apart, as they are written."""
    ordered = sorted(entries, key=len, reverse=True)
    names = [entry for entry in ordered if entry.isupper() and len(entry) <= 4]
    words = [entry for entry in ordered if entry not in names]
    for group, plain in ((words, True), (names, False)):
        if group:
            body = "|".join(_entry(one) if plain else re.escape(one) for one in group)
            pattern = re.compile(rf"(?<!\w)(?:{body})(?!\w)")
            yield Search(pattern=pattern, rule=rule, level=level, reason=reason, folded=plain)


def _entry(entry: str) -> str:
    """Write one list entry as a pattern over the folded text."""
    stem = re.escape(folded(entry.rstrip("*"))).replace(r"\ ", r"\s+")
    return stem + (r"\w*" if entry.endswith("*") else "")
