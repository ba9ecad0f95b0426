"""The built-in schedules, as a programme file's `library: NAME` takes them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from bot.domain.programme import Schedule
from bot.domain.prompts import prompts_from_data

LANGUAGES = ("en", "es")


@cache
def library() -> dict[str, Schedule]:
    """Return every built-in schedule by name, in all its languages."""
    return {schedule.name: schedule for schedule in map(_schedule, _names())}


def _names() -> list[str]:
    found = (path.name for path in files("schedules.library").iterdir())
    return sorted(
        name.removesuffix(".yaml") for name in found if name.count(".") == 1 and name.endswith(".yaml")
    )


def _schedule(name: str) -> Schedule:
    data = _read(f"{name}.yaml")
    texts = {language: _read(f"{name}.{language}.yaml") for language in LANGUAGES}
    prompts = [
        prompt | {"text": {language: texts[language][prompt["key"]] for language in LANGUAGES}}
        for prompt in data["prompts"]
    ]
    return Schedule(name=data["name"], title=data["title"], prompts=prompts_from_data(prompts))


def _read(name: str) -> Any:
    return yaml.safe_load((files("schedules.library") / name).read_text("utf-8"))
