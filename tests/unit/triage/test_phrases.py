"""Templates stand for the phrases they should, and for no others."""

from __future__ import annotations

import gc

import pytest

from bot.domain.triage import phrases as module
from bot.domain.triage.normalise import Reading, read
from bot.domain.triage.phrases import Phrases
from bot.domain.triage.spelling import Spelling
from bot.domain.triage.templates import Choice, parsed

SLOTS = {"act": Choice((("go",), ("run", "away")))}


def phrases(*templates: str) -> Phrases[str]:
    """Return a network of `templates`, each its own meaning."""
    network: Phrases[str] = Phrases(fillers=frozenset({"just", "really"}), short_forms={"im": ("i", "am")})
    for template in templates:
        network.add(parsed(template, SLOTS.__getitem__), template)
    return network


def reading(text: str) -> Reading:
    """Return `text` as plain words."""
    return read(text, Spelling(known=(), short_forms={}, guarded=()))


def spans(network: Phrases[str], text: str) -> set[tuple[int, int]]:
    """Return where phrases are found in `text`, in words."""
    return {(hit.first, hit.last) for hit in network.found(reading(text))}


@pytest.mark.parametrize(
    ("template", "text", "found"),
    [
        ("i (may|) {act}", "i may run away", {(0, 4)}),
        ("i (may|) {act}", "i go", {(0, 2)}),
        ("i (may|) {act}", "i run", set()),
        ("i (may|) {act}", "may go", set()),
        ("im (here|(not|never) there)", "so i am never there", {(1, 5)}),
        ("i go", "i just really go", {(0, 4)}),
        ("i go", "i just really just really go", set()),
        ("i go", "i, go", set()),
        ("i ... go", "i want to go", {(0, 4)}),
        ("i ... go", "i do not want to go", set()),
        ("i ... go", "i go", {(0, 2)}),
        ("i ... go", "i want, go", set()),
        ("go", "go and go", {(0, 1), (2, 3)}),
    ],
)
def test_templates_stand_for_phrases(template: str, text: str, found: set[tuple[int, int]]) -> None:
    """Slots, choices, optional words, short forms, fillers and gaps find what they should."""
    assert spans(phrases(template), text) == found


def test_a_phrase_never_ends_in_a_filler() -> None:
    """The words reported are the phrase's own."""
    assert spans(phrases("i go"), "i go just") == {(0, 2)}


def test_templates_are_told_apart() -> None:
    """Templates that begin alike each keep their own meaning."""
    network = phrases("i go", "i go away", "i stay")
    assert {hit.what for hit in network.found(reading("i go away"))} == {"i go", "i go away"}


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("i (go", "brackets"),
        ("i go)", "brackets"),
        ("(i|)", "empty"),
        (" ".join(["(a|b|c|d|e|f|g|h|i|j)"] * 600), "too many"),
    ],
)
def test_broken_templates_are_refused(template: str, problem: str) -> None:
    """A slip in a lexicon is found when it is loaded."""
    with pytest.raises(ValueError, match=problem):
        phrases(template)


def test_words_that_nothing_waits_for_lead_the_same_way() -> None:
    """A gap is crossed by any word, and by a word that a phrase beside it waits for; not by a break."""
    network = phrases("i ... go", "i want", "i ... run away")
    assert spans(network, "i zig go") == spans(network, "i zag go") == {(0, 3)}
    assert spans(network, "i want go") == {(0, 2), (0, 3)}
    assert spans(network, "i want zig run away") == {(0, 2), (0, 5)}
    assert spans(network, "i zig, go") == set()


def test_what_is_prepared_is_found_the_same() -> None:
    """First steps worked out ahead change nothing."""
    ready = phrases("i (may|) {act}", "({act}|i) $")
    ready.prepare()
    for text in ("i may run away", "go", "so i", "i go on"):
        assert spans(ready, text) == spans(phrases("i (may|) {act}", "({act}|i) $"), text)
    assert spans(ready, "i go on") == {(0, 2)}


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that starts afresh finds the same, and lets go of what it knew bit by bit."""
    monkeypatch.setattr(module, "MAX_STATES", 3)
    monkeypatch.setattr(module, "CRUMBS", 1)
    network = phrases("i (go|stay|run|hide) (now|later)", "you (go|stay) (now|later)")
    waiting = 0
    for _ in range(3):
        for act in ("go", "stay", "run", "hide"):
            assert spans(network, f"i {act} later") == {(0, 3)}
            waiting += len(network._old)
    assert waiting
    for _ in range(60):
        network.found(reading("by"))
    assert len(network._walks.steps) <= module.MAX_STATES + 4
    assert not network._old


def test_guessed_words_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no end of what a word may be guessed to be, so these are counted by themselves."""
    monkeypatch.setattr(module, "MAX_GUESSED", 2)
    network = phrases("i go away")
    text = reading("i goe away")
    for letter in "abcdefgh":
        text.either[1] = f"go{letter}|go"
        assert [(hit.first, hit.last) for hit in network.found(text)] == [(0, 3)]
    assert network._walks.guessed <= 4  # a word may begin a phrase or go on with one


def test_the_collector_has_nothing_to_walk() -> None:
    """Steps are words and numbers: as objects, walking them held a text up for half a second."""
    network = phrases("i (go|stay) (now|later)")
    network.prepare()
    assert spans(network, "i go now and i stay later") == {(0, 3), (4, 7)}
    gc.collect()
    assert len(network._walks.steps) > 3
    assert not any(gc.is_tracked(steps) for steps in network._walks.steps)
    assert not any(gc.is_tracked(steps) for steps in network._walks._spots._steps)
    assert not any(gc.is_tracked(waits) for waits in network._walks._spots._waits)
