"""A paper for staff: titled parts with lines, read in a chat or printed from a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.domain.charts import Series
from bot.domain.plans import cut
from bot.domain.situations import LONGEST

QUOTED = 200  # characters of anything somebody wrote


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
