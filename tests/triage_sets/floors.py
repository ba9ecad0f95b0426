"""What must be reached on our own sentences: read, measured, and raised when the rules get better."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil, floor
from pathlib import Path

import yaml

from bot.domain.triage.levels import Level
from tests.triage_sets import measuring, reading
from tests.triage_sets.changing import plain
from tests.triage_sets.judges import ours
from tests.triage_sets.reading import HYPERBOLE, SETS, Sentence

FILE = Path(__file__).with_name("floors.yaml")
CEILINGS = {"hyperbole flagged", "none flagged by variety"}
SLACK = 0.03  # a sentence or two
HALVES = ("held back", "tuned on")

Figures = dict[str, dict[str, float]]


def floors() -> Figures:
    """Return the limits, shares from 0 to 1, by what is measured; in `CEILINGS`, at most."""
    read: Figures = yaml.safe_load(FILE.read_text("utf-8"))
    return read


def half(name: str, which: str) -> list[Sentence]:
    """Return one half of a set."""
    return [each for each in reading.sentences(name) if each.held_back is (which == "held back")]


def measured() -> Figures:
    """Return what is reached today, in the form of the limits."""
    meanings = reading.meanings()
    halves = {f"{name} {which}": half(name, which) for name in SETS for which in HALVES}
    varieties = tuple(meanings[0].said)
    return {
        "crisis flagged": {
            name: measuring.flagged(part, ours, lambda each: each.label is Level.CRISIS).share
            for name, part in halves.items()
        },
        "hyperbole flagged": {
            name: measuring.flagged(part, ours, lambda each: each.kind == HYPERBOLE).share
            for name, part in halves.items()
        },
        "capabilities": {name: each.share for name, each in measuring.right(reading.cases(), ours).items()},
        "seeds at crisis": {language: _seeds(language) for language in ("en", "es")},
        "crisis flagged by variety": {
            name: measuring.found_in(meanings, ours, name, Level.CRISIS).share for name in varieties
        },
        "none flagged by variety": {
            name: measuring.found_in(meanings, ours, name, Level.NONE).share for name in varieties
        },
        "same level with identity": {
            name: measuring.with_identity(meanings, ours, mentions).same
            for name, mentions in reading.identities().items()
        },
    }


def raised(text: str, figures: Mapping[str, Mapping[str, float]]) -> str:
    """Return the file's text with every limit drawn close to what is reached; none gets easier."""
    section, lines = "", []
    for line in text.splitlines(keepends=True):
        if found := re.match(r"(\w[\w ]*):", line):
            section = found[1]
        elif found := re.match(r"(\s+)(\w[\w ]*): ([\d.]+)", line):
            indent, name, old = found[1], found[2], float(found[3])
            lines.append(f"{indent}{name}: {_limit(section, old, figures[section][name]):.2f}\n")
            continue
        lines.append(line)
    return "".join(lines)


def _limit(section: str, old: float, share: float) -> float:
    if section in CEILINGS:
        return min(old, ceil(100 * (share + SLACK)) / 100)
    return max(old, floor(100 * (share - SLACK)) / 100)


def _seeds(language: str) -> float:
    mine = [plain(text) for lang, text in reading.seeds() if lang == language]
    return sum(ours(text, language) is Level.CRISIS for text in mine) / len(mine)
