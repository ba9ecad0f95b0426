"""A paper for staff: titled parts with lines, read in a chat or printed from a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.domain.charts import Series
from bot.domain.plans import DOTS, cut
from bot.domain.situations import LONGEST

QUOTED = 200  # characters of anything somebody wrote
ALARMING = 600  # and of what raised an alert


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One heading and what stands below it."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """What there is to say of one person. `trends` are drawn where pictures can be."""

    title: str
    parts: tuple[Part, ...]
    trends: tuple[Series, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """Something to read before one meets people. `about` says what it covers, in a line."""

    title: str
    about: str
    articles: tuple[Article, ...]


def quote(text: str) -> str:
    """Return somebody's words on one line, shortened where they are long."""
    return cut(" ".join(text.split()), QUOTED)


def quote_around(words: str, text: str) -> str:
    """Return somebody's text that raised an alert; of a long one, what stands around the `words` that did.

    Dots stand for what is left out. Words that are not in it, as where a text came in parts, are looked for
    no further: its beginning is shown.
    """
    if len(text) <= ALARMING:
        return text
    at = max(text.find(words), 0)
    start = min(at - max(ALARMING - len(words), 0) // 2, len(text) - ALARMING + len(DOTS))
    if start <= len(DOTS):
        return cut(text, ALARMING)
    start = text.find(" ", start, at) + 1 or start
    return DOTS + cut(text[start:], ALARMING - len(DOTS))


def chat_texts(article: Article, about: str = "") -> list[str]:
    """Return an article as chat messages of at most `LONGEST` characters, cut between lines."""
    lines = [article.title, *([about] if about else [])]
    for part in article.parts:
        lines += ["", part.title, *(f"- {line}" for line in part.lines)]
    return ["\n".join(page).strip() for page in _pages(lines)]


def _pages(lines: Sequence[str]) -> Iterator[list[str]]:
    page: list[str] = []
    for line in lines:
        if page and sum(len(one) + 1 for one in page) + len(line) > LONGEST:
            yield page
            page = []
        page.append(line)
    yield page
