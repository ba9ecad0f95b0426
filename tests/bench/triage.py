"""Texts assessed a second, beside one regular expression of the same phrases."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from bot.domain.triage.assess import assess
from bot.domain.triage.lexicon import templates
from bot.domain.triage.templates import GAP, GAP_WORDS, Choice
from tests.bench.figures import Better, Figure, Run, middle

SENTENCES = Path(__file__).with_name("sentences.txt")
FEW = 40  # texts the expression is timed on: it is that slow


async def bench(run: Run) -> list[Figure]:
    """Return texts a second, with the context read and without."""
    texts = SENTENCES.read_text(encoding="utf-8").splitlines()
    assess("")  # loads the lexicon
    patterns = [_pattern(choice) for choice in templates()]
    run.step(f"compiling {len(patterns):,} templates")
    expression = re.compile(r"\b(?:" + "|".join(patterns) + ")", re.IGNORECASE)
    ours, theirs = [], []
    for turn in range(1, run.scale.repeats + 1):
        run.step(f"reading texts, {turn} of {run.scale.repeats}")
        ours.append(_rate(assess, texts, run.scale.texts))
        theirs.append(_rate(expression.findall, texts, FEW))
    note = f"Python's re with the same {len(patterns):,} templates, no context read"
    return [
        Figure(what="texts assessed", unit="/s", ours=middle(ours), baseline=middle(theirs),
               better=Better.HIGHER, note=note)
    ]  # fmt: skip


def _rate(read: Callable[[str], object], texts: list[str], count: int) -> float:
    start = time.perf_counter()
    for number in range(count):
        read(texts[number % len(texts)])
    return count / (time.perf_counter() - start)


def _pattern(choice: Choice) -> str:
    """Return a template as a regular expression."""
    return "(?:" + "|".join("".join(_part(part) for part in row) for row in choice.branches) + ")"


def _part(part: str | Choice) -> str:
    if isinstance(part, Choice):
        return _pattern(part)
    return rf"(?:\w+\W+){{0,{GAP_WORDS}}}" if part == GAP else re.escape(part) + r"(?:\W+|$)"
