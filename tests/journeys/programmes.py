"""Programme files for stories: the example, and the few changes a story needs."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from bot.domain.yaml_content import load_yaml

EXAMPLE = Path(__file__).parent.parent / "fixtures" / "programme.example.yaml"

ALEX, MARISOL, MARISOL_CHAT = "+13125550201", "+13125550202", 800002
DANA, DANA_CHAT, JO, LEE = "+12025550101", 700001, "+12025550102", "+12025550103"
UNKNOWN = "+12025550177"


def example() -> dict[str, Any]:
    """Return the example programme, fresh for changes; staff hear nothing by the clock alone.

    Stories about the word in the morning and about summaries take those keys out again.
    """
    return deepcopy(_example())


@cache
def _example() -> dict[str, Any]:
    # Plain YAML reads the key `on` as true.
    file: dict[str, Any] = load_yaml(EXAMPLE.read_text("utf-8").replace(" on: ", ' "on": '))
    file["programme"] |= {"morning_digest": False, "before_session": "none"}
    return file


def only_mood() -> dict[str, Any]:
    """Return the example with no prompt but the daily mood question."""
    file = example()
    file["schedules"][0]["prompts"] = [p for p in file["schedules"][0]["prompts"] if p["key"] == "mood"]
    return file


def no_prompts() -> dict[str, Any]:
    """Return the example with nobody on a schedule."""
    file = example()
    for person in file["participants"]:
        person["schedules"] = []
    return file


def person(file: dict[str, Any], ref: str) -> dict[str, Any]:
    """Return the staff member or participant with this ref, to change them."""
    found: dict[str, Any] = next(p for p in [*file["staff"], *file["participants"]] if p["ref"] == ref)
    return found
