"""Texts assessed a second, beside one regular expression of the same phrases, and the slowest of bad ones."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random

from bot.domain.triage.assess import assess, prepare
from bot.domain.triage.lexicon import lexicon, templates
from bot.domain.triage.templates import GAP, GAP_WORDS, Choice
from tests.bench.figures import Better, Figure, Run, Target, middle
from tests.triage_sets.reading import learning

SENTENCES = Path(__file__).with_name("sentences.txt")
FEW = 40  # texts the expression is timed on: it is that slow
LONG = 10_000  # characters of a text made to be slow
TRIES = 10  # of each kind of them
STARTS = 2  # of a process for each repeat: the least of what a text takes is what it takes by itself
SLOW = f"texts made to be slow, {LONG:,} characters"


async def bench(run: Run) -> list[Figure]:
    """Return texts a second, known by heart and never met before, and what bad ones take."""
    texts = _sentences()
    starts = STARTS * run.scale.repeats
    slow_each: list[list[float]] = []
    for turn in range(1, starts + 1):
        run.step(f"reading texts made to be slow, in process {turn} of {starts}")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as afresh:
            slow_each.append(afresh.submit(_slow).result())
    slow = [*map(min, *slow_each)]
    prepare()
    unmet = [sentence.text for sentence in learning()][:: run.scale.repeats]
    run.step(f"reading {len(unmet):,} texts never met before")
    fresh = _rate(assess, unmet, len(unmet))
    patterns = [_pattern(choice) for choice in templates()]
    run.step(f"compiling {len(patterns):,} templates")
    expression = re.compile(r"\b(?:" + "|".join(patterns) + ")", re.IGNORECASE)
    ours, theirs = [], []
    for turn in range(1, run.scale.repeats + 1):
        run.step(f"reading texts, {turn} of {run.scale.repeats}")
        ours.append(_rate(assess, texts, run.scale.texts))
        theirs.append(_rate(expression.findall, texts, FEW))
    run.step("reading a text made to be slow by expression")
    theirs_slow = _milliseconds(expression.findall, next(_hostile(texts)))
    note = f"Python's re with the same {len(patterns):,} templates, no context read"
    return [
        Figure(what="texts assessed", unit="/s", ours=middle(ours), baseline=middle(theirs),
               better=Better.HIGHER, target=Target(limit=5_000), note=note),
        Figure(what="texts never met before, by a process just started", unit="/s", ours=fresh,
               better=Better.HIGHER, note=f"{sum(map(len, unmet)) // len(unmet)} characters in the mean"),
        Figure(what=f"{SLOW}: median", unit="ms", ours=middle(slow), baseline=theirs_slow,
               better=Better.LOWER, target=Target(limit=5), note="the same expression, one of them"),
        Figure(what=f"{SLOW}: slowest of {len(slow)}", unit="ms", ours=max(slow), better=Better.LOWER,
               target=Target(limit=5), note=f"the least in {starts} processes just started"),
        Figure(what=f"{SLOW}: slowest of {starts * len(slow)}", unit="ms", ours=max(map(max, slow_each)),
               better=Better.LOWER, note="in any of these, with what the machine did besides"),
    ]  # fmt: skip


def _slow() -> list[float]:
    """Return the milliseconds of processor time that texts made to be slow take, in this process."""
    prepare()
    return [_milliseconds(assess, text) for text in _hostile(_sentences())]


def _milliseconds(read: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    read(text)
    return (time.process_time() - start) * 1000


def _sentences() -> list[str]:
    return SENTENCES.read_text(encoding="utf-8").splitlines()


def _hostile(texts: list[str]) -> Iterator[str]:
    """Yield long texts of each kind that is much work: what nobody ever wrote before."""
    random, words = Random(1), sorted(lexicon().phrases.words)
    for _ in range(TRIES):
        some = random.choices(words, k=2_000)
        yield " ".join(some)[:LONG]
        yield " ".join("".join(random.sample(word, len(word))) for word in some)[:LONG]
        yield " ".join("".join(some[at : at + 4])[:28] for at in range(0, len(some), 4))[:LONG]
        yield " ".join(random.choices(texts, k=600))[:LONG]
        yield (" ".join(random.sample(some, 4)) + " i want to die and ") * 400
        yield "".join(random.choices("😭💊🔪🩸💔", k=LONG))


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
