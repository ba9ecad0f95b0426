"""The page's own words, from the data file beside this one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from bot.domain.yaml_content import load_yaml


@cache
def words() -> dict[str, Any]:
    """Return all words of the simulator's page, by subject."""
    data: dict[str, Any] = load_yaml((files("handlers.simulation") / "words.yaml").read_text("utf-8"))
    return data


def reason(code: str | None) -> str:
    """Return why a text did not arrive, in words."""
    reasons: dict[str, str] = words()["reasons"]
    return reasons.get(code or "other", reasons["other"])


def intent(dedupe_key: str | None) -> str | None:
    """Return what a reply was for, by the name that starts its dedupe key."""
    intents: dict[str, str] = words()["intents"]
    return intents.get((dedupe_key or "").partition(":")[0])


def shortcuts(who: str, language: str) -> list[dict[str, str]]:
    """Return the texts one tap away for a participant, a stranger or staff."""
    by_language: dict[str, list[dict[str, str]]] = words()["shortcuts"][who]
    return by_language.get(language) or by_language["en"]
