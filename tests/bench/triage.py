"""Texts assessed a second, beside one regular expression of the same phrases."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from bot.domain.triage.assess import assess
from bot.domain.triage.lexicon import source
from bot.domain.triage.phrases import GAP, GAP_WORDS, Choice, parsed
from tests.bench.figures import Better, Figure, Run, middle

SENTENCES = Path(__file__).with_name("sentences.txt")


async def bench(run: Run) -> list[Figure]:
    """Return texts a second, with the context read and without."""
    texts = SENTENCES.read_text(encoding="utf-8").splitlines()
    assess("")  # loads the lexicon
    run.step("compiling the templates")
    expression = re.compile(rf"\b(?:{'|'.join(_templates())})\b", re.IGNORECASE)
    ours, theirs = [], []
    for turn in range(1, run.scale.repeats + 1):
        run.step(f"reading texts, {turn} of {run.scale.repeats}")
        ours.append(_rate(assess, texts, run.scale.texts))
        theirs.append(_rate(expression.findall, texts, run.scale.texts))
    note = "Python's re with the same templates; no spelling, denial or context read"
    return [
        Figure(what="texts assessed", unit="/s", ours=middle(ours), baseline=middle(theirs),
               better=Better.HIGHER, note=note)
    ]  # fmt: skip


def _rate(read: Callable[[str], object], texts: list[str], count: int) -> float:
    start = time.perf_counter()
    for number in range(count):
        read(texts[number % len(texts)])
    return count / (time.perf_counter() - start)


def _templates() -> list[str]:
    found = []
    for data in source().values():
        slots = data["slots"]

        def slot(name: str, slots: dict[str, list[str]] = slots) -> Choice:
            return Choice(tuple((parsed(str(template), slot),) for template in slots[name]))

        for concept in data["concepts"]:
            found += [_pattern(parsed(str(template), slot)) for template in concept["phrases"]]
    return found


def _pattern(choice: Choice) -> str:
    """Return a choice as an expression; every word brings the space before it along."""
    branches = []
    for row in choice.branches:
        parts = [_pattern(part) if isinstance(part, Choice) else _word(part) for part in row]
        branches.append("".join(parts))
    return f"(?:{'|'.join(branches)})"


def _word(word: str) -> str:
    return rf"(?:\W+\w+){{0,{GAP_WORDS}}}" if word == GAP else r"\W*\b" + re.escape(word)
