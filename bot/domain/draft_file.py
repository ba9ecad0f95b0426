"""A draft as a file: what a coordinator takes out, edits and brings back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.programme_words import read_name
from bot.domain.prompts import Prompt, parse_prompts, prompts_to_data
from bot.domain.yaml_fields import read_yaml
from bot.domain.yaml_writing import write_yaml

MOST = 1_000_000  # the highest revision


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftFile:
    """What the file says; `revision` is the one it was taken out at, None when it was left out."""

    schedule: str
    revision: int | None
    prompts: tuple[Prompt, ...]


def parse_draft(text: str, languages: Collection[str]) -> DraftFile:
    """Read a draft. Raises ProgrammeFileError carrying every wrong field."""
    problems: list[FieldError] = []
    keys = read_yaml(text, problems).keys(["schedule", "revision", "prompts"])
    found = DraftFile(
        schedule=keys.need("schedule", read_name, ""),
        revision=keys.get("revision", lambda field: field.whole(least=0, most=MOST), None),
        prompts=keys.need("prompts", lambda field: parse_prompts(field, languages), ()),
    )
    if problems:
        raise ProgrammeFileError(tuple(sorted(problems, key=lambda one: one.line)))
    return found


def dump_draft(schedule: str, revision: int, prompts: Sequence[Prompt]) -> str:
    """Write a draft as `parse_draft` reads it."""
    return write_yaml({"schedule": schedule, "revision": revision, "prompts": prompts_to_data(prompts)})
