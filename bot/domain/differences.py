"""What differs between two versions of a schedule: prompts added, removed and changed, and in what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.prompts import Prompt, prompts_to_data

SPLIT = ("text",)  # shown by language


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """One field as it was and as it is, in the words of the programme file; None where there is none."""

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptChange:
    """A prompt that both versions have, and what differs."""

    key: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Differences:
    """From one version to another. `timing`: somebody may get something at another time, or not at all."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[PromptChange, ...] = ()
    reordered: bool = False
    timing: bool = False

    @property
    def nothing(self) -> bool:
        """Tell whether both say the same."""
        return not (self.added or self.removed or self.changed or self.reordered)


def differences(old: Sequence[Prompt], new: Sequence[Prompt]) -> Differences:
    """Compare two versions, prompt by prompt, by key."""
    before = {prompt.key: data for prompt, data in zip(old, prompts_to_data(old), strict=True)}
    after = {prompt.key: data for prompt, data in zip(new, prompts_to_data(new), strict=True)}
    shared = [key for key in after if key in before]
    found = [PromptChange(key=key, fields=tuple(_fields(before[key], after[key]))) for key in shared]
    added = tuple(key for key in after if key not in before)
    removed = tuple(key for key in before if key not in after)
    times = {prompt.key: prompt.times for prompt in old}
    return Differences(
        added=added,
        removed=removed,
        changed=tuple(change for change in found if change.fields),
        reordered=shared != [key for key in before if key in after],
        timing=bool(added or removed) or any(p.times != times[p.key] for p in new if p.key in times),
    )


def _fields(old: dict[str, Any], new: dict[str, Any]) -> Iterator[FieldChange]:
    before, after = dict(_flat(old)), dict(_flat(new))
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield FieldChange(field=name, old=before.get(name), new=after.get(name))


def _flat(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        if name in SPLIT and isinstance(value, dict):
            yield from ((f"{name}.{part}", str(one)) for part, one in value.items())
        else:
            yield (
                name,
                str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str),
            )
