"""The built-in schedules, as a programme file's `library: NAME` takes them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from bot.domain.programme import Schedule
from bot.domain.prompts import prompts_from_data
from bot.domain.yaml_content import load_yaml

LANGUAGES = ("en", "es")
DEFAULT = "default"  # the words of whoever has said no pathway


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
    prompts = [prompt | _worded(prompt["key"], texts) for prompt in data["prompts"]]
    return Schedule(name=data["name"], title=data["title"], prompts=prompts_from_data(prompts))


def _worded(key: str, texts: dict[str, Any]) -> dict[str, Any]:
    """Return the text of a prompt by language, and by pathway where it is worded for some."""
    own = {language: texts[language][key] for language in LANGUAGES if key in texts[language]}
    if not own:
        return {}  # an instrument brings its own
    if isinstance(own[LANGUAGES[0]], str):
        return {"text": own}
    ways = [way for way in own[LANGUAGES[0]] if way != DEFAULT]
    return {
        "text": {language: said[DEFAULT] for language, said in own.items()},
        "variants": {way: {language: said[way] for language, said in own.items()} for way in ways},
    }


def _read(name: str) -> Any:
    return load_yaml((files("schedules.library") / name).read_text("utf-8"))
