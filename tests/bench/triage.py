"""Texts assessed a second, beside a regular expression of the same phrases."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.domain.triage.assess import assess
from bot.domain.triage.lexicon import GAP, GAP_WORDS, lexicon
from tests.bench.figures import Better, Figure, Run, middle

SENTENCES = Path(__file__).with_name("sentences.txt")
EVERY = 20  # of the phrases, each so-manieth: Python needs minutes to compile all of them
FEW = 40  # texts the expression is timed on: it is that slow


async def bench(run: Run) -> list[Figure]:
    """Return texts a second, and how many phrases the baseline had to make do with."""
    texts = SENTENCES.read_text(encoding="utf-8").splitlines()
    assess("")  # loads the lexicon
    phrases = [_pattern(words) for words in _phrases(lexicon().root, ())]
    run.step(f"compiling one in {EVERY} of {len(phrases):,} phrases")
    expression = re.compile(r"\b(?:" + "|".join(phrases[::EVERY]) + r")\b", re.IGNORECASE)
    ours, theirs = [], []
    for turn in range(1, run.scale.repeats + 1):
        run.step(f"reading texts, {turn} of {run.scale.repeats}")
        ours.append(_rate(assess, texts, run.scale.texts))
        theirs.append(_rate(expression.findall, texts, FEW))
    note = f"Python's re with one in {EVERY} of the same {len(phrases):,} phrases, no context read"
    return [
        Figure(what="texts assessed", unit="/s", ours=middle(ours), baseline=middle(theirs),
               better=Better.HIGHER, note=note)
    ]  # fmt: skip


def _rate(read: Any, texts: list[str], count: int) -> float:
    start = time.perf_counter()
    for number in range(count):
        read(texts[number % len(texts)])
    return count / (time.perf_counter() - start)


def _phrases(node: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if node.ends:
        yield words
    for word, following in node.after.items():
        yield from _phrases(following, (*words, word))
    if node.gap is not None:
        yield from _phrases(node.gap, (*words, GAP))


def _pattern(words: tuple[str, ...]) -> str:
    gap = rf"(?:\W+\w+){{0,{GAP_WORDS}}}"
    parts = [
        gap if word == GAP else (r"\W+" if at else "") + re.escape(word) for at, word in enumerate(words)
    ]
    return "".join(parts)
