"""Our own Spanish and abuse-at-home sentences: who is in danger is found, and who exaggerates is let be."""

from __future__ import annotations

import pytest

from bot.domain.triage.levels import Level
from tests.triage_sets.floors import HALVES, floors, half
from tests.triage_sets.judges import ours
from tests.triage_sets.measuring import flagged
from tests.triage_sets.reading import HYPERBOLE, SETS, sentences


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_large_enough_and_covers_every_kind(name: str) -> None:
    """At least 150 sentences, no text twice, danger in both halves, and every kind of harmless one."""
    rows = sentences(name)
    assert len(rows) >= 150
    assert len({row.id for row in rows}) == len({row.text.lower() for row in rows}) == len(rows)
    assert {row.kind for row in rows} >= {"past", "third_person", HYPERBOLE, "everyday"}
    for which in HALVES:
        assert sum(row.label is Level.CRISIS for row in half(name, which)) >= 20
        assert sum(row.kind == HYPERBOLE for row in half(name, which)) >= 15


@pytest.mark.parametrize("which", HALVES)
@pytest.mark.parametrize("name", SETS)
def test_danger_now_is_flagged(name: str, which: str) -> None:
    """As many sentences of somebody in danger are flagged as the floor asks."""
    found = flagged(half(name, which), ours, lambda each: each.label is Level.CRISIS)
    assert found.share >= floors()["crisis flagged"][f"{name} {which}"], found


@pytest.mark.parametrize("which", HALVES)
@pytest.mark.parametrize("name", SETS)
def test_hyperbole_is_let_be(name: str, which: str) -> None:
    """Dying of laughter and losing 5 to 0 wake nobody, but for the few the ceiling allows."""
    wrong = flagged(half(name, which), ours, lambda each: each.kind == HYPERBOLE)
    assert wrong.share <= floors()["hyperbole flagged"][f"{name} {which}"], wrong
