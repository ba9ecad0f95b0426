"""Handrail's own words: filled in from the content files, by language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from bot.domain.yaml_content import load_yaml

DEFAULT_LANGUAGE = "en"


def say(key: str, language: str, /, **values: object) -> str:
    """Return the reply `key` in `language` (English where there is none), with its values filled in.

    Values go in once and are never read as templates. Raises KeyError for a missing one.
    """
    replies = _replies(language) or _replies(DEFAULT_LANGUAGE)
    return replies[key].format_map(values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Where somebody in danger can turn, in their country and language. `emergency` is a number to call."""

    emergency: str
    lines: str


def crisis_lines(country: str, language: str) -> Lines:
    """Return the lines of an ISO 3166 country; elsewhere, none of another country's numbers."""
    data = _crisis_data()
    entry = data["countries"].get(country.upper()) or data["elsewhere"]
    lines: dict[str, str] = entry["lines"]
    generic = {"en": "your emergency number", "es": "numero de emergencias"}
    emergency = entry["emergency"] or generic.get(language, generic[DEFAULT_LANGUAGE])
    return Lines(emergency=emergency, lines=lines.get(language) or lines[DEFAULT_LANGUAGE])


def crisis_lines_due() -> date:
    """Return the day by which a person must have reviewed the lines again."""
    due: date = _crisis_data()["review_by"]
    return due


@cache
def _replies(language: str) -> dict[str, str]:
    path = files("bot.domain.content") / f"replies.{language}.yaml"
    if language not in ("en", "es") or not path.is_file():
        return {}
    replies: dict[str, str] = load_yaml(path.read_text("utf-8"))
    return replies


@cache
def _crisis_data() -> dict[str, Any]:
    data: dict[str, Any] = load_yaml((files("bot.domain.content") / "crisis_lines.yaml").read_text("utf-8"))
    return data
