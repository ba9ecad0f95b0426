"""Those who judge, beside each other: our rules, plain keywords, and peer packages where installed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import yaml

from bot.domain.triage.assess import assess
from bot.domain.triage.levels import Level

Judge = Callable[[str, str], Level]  # text, language

PEERS = ("rrt-advocate", "pantheon-guardrails")
LEFT_OUT = {
    "paxmod-guard": "fetches its model when first used",
    "suicide-text-predictor": "needs torch and its CUDA libraries, some gigabytes",
    "nope-crisis-screen": "asks a server",
    "safetype": "looks for profanity and hate, not for danger",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    """Somebody who judges. Without a `judge`, `note` says why not."""

    name: str
    judge: Judge | None
    note: str = ""


def contestants() -> tuple[Contestant, ...]:
    """Return ours first. A peer takes part when it is installed beside; none is ever required."""
    return (
        Contestant(name="Handrail", judge=ours),
        Contestant(name="keywords", judge=keywords()),
        *_peers(),
    )


def ours(text: str, language: str) -> Level:
    """Judge by the rules."""
    return assess(text, language).level


def keywords() -> Judge:
    """Judge by one regular expression of plain phrases: forty in English, twenty in Spanish."""
    listed = yaml.safe_load(Path(__file__).with_name("keywords.yaml").read_text("utf-8"))
    phrases = [str(phrase) for texts in listed.values() for phrase in texts]
    found = re.compile(r"\b(?:" + "|".join(map(re.escape, phrases)) + r")\b", re.IGNORECASE)
    return lambda text, _language: Level.CRISIS if found.search(text) else Level.NONE


def _peers() -> Iterator[Contestant]:
    for name, make in zip(PEERS, (_rrt_advocate, _pantheon), strict=True):
        try:
            yield Contestant(name=name, judge=make(), note=version(name))
        except ImportError:
            yield Contestant(name=name, judge=None, note="not installed")


def _rrt_advocate() -> Judge:
    peer = import_module("rrt_advocate")
    levels = {"GREEN": Level.NONE, "YELLOW": Level.URGENT, "ORANGE": Level.URGENT}

    def judge(text: str, _language: str) -> Level:
        # A fresh engine for each text: it remembers what the same person said before.
        verdict = peer.CrisisEngine("someone").assess(text)
        return levels.get(verdict.crisis_level.name, Level.CRISIS)

    return judge


def _pantheon() -> Judge:
    protocol = import_module("pantheon_guardrails.crisis").CrisisProtocol()
    return lambda text, _language: Level.CRISIS if protocol.check(text).triggered else Level.NONE
