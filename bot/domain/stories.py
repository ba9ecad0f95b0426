"""Made-up stories, which say so, for whoever asks for one and whose programme has none of its own."""

from __future__ import annotations

from functools import cache
from typing import Any

from bot.domain.phrases import load


def built_in_stories(language: str) -> list[str]:
    """Return the stories in a language, English where there are none; the order never changes."""
    every = _stories()
    found: list[str] = every.get(language) or every["en"]
    return found


@cache
def _stories() -> dict[str, Any]:
    stories: dict[str, Any] = load("stories")
    return stories
