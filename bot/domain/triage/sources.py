"""Read the lexicons' files: by language, `en.yaml` and every `SUBJECT.en.yaml` in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

LANGUAGES = ("en", "es")
SUFFIX = ".yaml"


@lru_cache(maxsize=1)
def source() -> Mapping[str, Any]:
    """Return the lexicons by language: `en.yaml` and every `SUBJECT.en.yaml` in one.

    A file of a subject may hold any of a lexicon's sections; its slots and short forms serve the whole
    language. A name given twice is refused.
    """
    folder = files("bot.domain.triage") / "lexicon"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(SUFFIX))
    made: dict[str, Any] = {}
    for language in LANGUAGES:
        main = made[language] = _read(folder / f"{language}{SUFFIX}")
        for name in names:
            if name.endswith(f".{language}{SUFFIX}"):
                merge(main, _read(folder / name), where=name)
        _refuse_twice([concept["name"] for concept in main["concepts"]], where=language)
    return made


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _read(file: Any) -> dict[str, Any]:
    data: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - safe loader
    return data


def merge(main: dict[str, Any], more: Mapping[str, Any], *, where: str) -> None:
    """Put the sections of `more` into `main`: lists join, names are added, the newest revision stays."""
    for section, value in more.items():
        held = main.get(section)
        if section == "revision":
            main[section] = max(str(held), str(value))
        elif held is None or section == "language":
            main[section] = value
        elif isinstance(held, list):
            held.extend(value)
        elif section == "context":
            merge(held, value, where=where)
        else:
            _refuse_twice([*held, *value], where=where)
            held.update(value)


def _refuse_twice(names: Sequence[str], *, where: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{where}: given twice: {', '.join(twice)}")
