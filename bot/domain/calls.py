"""What a call says: short sentences for the ear, filled in from the content file, by language."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from bot.domain.replies import DEFAULT_LANGUAGE
from bot.domain.yaml_content import load_yaml


@dataclass(frozen=True, kw_only=True, slots=True)
class Speech:
    """What is said to somebody on the phone. `voice` is a tag such as "es-MX".

    `otherwise` is set when a key is waited for: it is said when none comes.
    """

    text: str = field(repr=False)
    voice: str
    otherwise: str | None = field(default=None, repr=False)


def say_aloud(key: str, language: str, /, **values: str) -> str:
    """Return a sentence in `language` (English where there is none). Raises KeyError for a missing value."""
    return _sentences(language)[key].format_map(values)


def voice_of(language: str) -> str:
    """Return the tag of the voice that reads a language."""
    return _sentences(language)["voice"]


def spell(ref: str) -> str:
    """Return a reference as it is read aloud, letter by letter.

    >>> spell("K71")
    'K 7 1'
    """
    return " ".join(ref)


def _sentences(language: str) -> dict[str, str]:
    languages = _content()
    found: dict[str, str] = languages.get(language) or languages[DEFAULT_LANGUAGE]
    return found


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = load_yaml((files("bot.domain.content") / "calls.yaml").read_text("utf-8"))
    return content
