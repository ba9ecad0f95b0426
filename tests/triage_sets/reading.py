"""Read our own sentences. Every one was written for this project; none comes from a collection."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.domain.triage.levels import Level
from tests.triage_sets.splitting import held_back_half

HERE = Path(__file__).parent
SETS = ("spanish", "abuse")
HYPERBOLE = "hyperbole"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """A sentence of the Spanish or the abuse set. `kind` says what it is about or why it is harmless."""

    id: str
    source: str
    lang: str
    label: Level
    kind: str
    text: str

    @property
    def held_back(self) -> bool:
        """Tell whether it is in the half that rules are never tuned on."""
        return held_back_half(self.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A sentence that asks for one capability, and the levels that are right for it."""

    id: str
    capability: str
    lang: str
    at_least: Level
    at_most: Level
    text: str

    def allows(self, level: Level) -> bool:
        """Tell whether `level` is right."""
        return self.at_least.rank <= level.rank <= self.at_most.rank


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """One meaning as different people say it, by variety of English. "plain" is always there."""

    name: str
    level: Level
    said: Mapping[str, str]


def sentences(name: str) -> tuple[Sentence, ...]:
    """Return one of `SETS`."""
    rows = _rows(name)
    return tuple(Sentence(**row | {"label": Level(row["label"])}) for row in rows)


def learning() -> tuple[Sentence, ...]:
    """Return the sentences that the second net learns from; a third of them, drawn by id, is held back."""
    return _folder("learning")


def fresh() -> tuple[Sentence, ...]:
    """Return the sentences that nothing learns from and no rule was tuned on."""
    return _folder("fresh")


def _folder(name: str) -> tuple[Sentence, ...]:
    rows = (row for file in sorted((HERE / name).glob("*.jsonl")) for row in _lines(file))
    return tuple(Sentence(**row | {"label": Level(row["label"])}) for row in rows)


def cases() -> tuple[Case, ...]:
    """Return the sentences by capability."""
    return tuple(
        Case(**row | {"at_least": Level(row["at_least"]), "at_most": Level(row["at_most"])})
        for row in _rows("capabilities")
    )


def meanings() -> tuple[Meaning, ...]:
    """Return the meanings, each said in every variety."""
    return tuple(
        Meaning(
            name=row["meaning"],
            level=Level(row["level"]),
            said={name: text for name, text in row.items() if name not in {"meaning", "level"}},
        )
        for row in _rows("varieties")
    )


def seeds() -> tuple[tuple[str, str], ...]:
    """Return (language, sentence of somebody in danger now); words in braces carry no weight."""
    return tuple((lang, text) for lang, texts in _mapping("seeds").items() for text in texts)


def identities() -> Mapping[str, tuple[str, ...]]:
    """Return sentences in which somebody says who they are, by what they name."""
    return {name: tuple(texts) for name, texts in _mapping("identities").items()}


def _rows(name: str) -> Iterator[dict[str, Any]]:
    return _lines(HERE / f"{name}.jsonl")


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text("utf-8").splitlines():
        yield json.loads(line)


def _mapping(name: str) -> dict[str, list[str]]:
    read: dict[str, list[str]] = yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))
    return read
