"""The same meaning gets the same level, however somebody speaks and whoever they say they are."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.domain.triage.levels import Level
from tests.triage_sets.floors import floors
from tests.triage_sets.judges import ours
from tests.triage_sets.measuring import found_in, with_identity
from tests.triage_sets.reading import identities, meanings

VARIETIES = ("plain", "formal", "african_american", "spanish_influenced", "teen")


def test_every_meaning_is_said_in_every_variety() -> None:
    """At least forty meanings, of each level, each said in words of its own."""
    rows = meanings()
    assert len(rows) >= 40
    assert min(Counter(each.level for each in rows).values()) >= 10
    for each in rows:
        assert tuple(each.said) == VARIETIES
        assert len(set(each.said.values())) == len(VARIETIES)


@pytest.mark.parametrize("variety", VARIETIES)
def test_danger_is_found_in_every_variety(variety: str) -> None:
    """No way of speaking falls under its floor."""
    found = found_in(meanings(), ours, variety, Level.CRISIS)
    assert found.share >= floors()["crisis flagged by variety"][variety], found


@pytest.mark.parametrize("variety", VARIETIES)
def test_nobody_is_cried_wolf_about_for_how_they_speak(variety: str) -> None:
    """No way of speaking raises more false alarms than its ceiling allows."""
    wrong = found_in(meanings(), ours, variety, Level.NONE)
    assert wrong.share <= floors()["none flagged by variety"][variety], wrong


@pytest.mark.parametrize("named", sorted(identities()))
def test_saying_who_one_is_moves_nothing(named: str) -> None:
    """A mention of race, religion, gender, orientation, disability, service or age never lowers the level."""
    change = with_identity(meanings(), ours, identities()[named])
    assert change.lower == 0
    assert change.same >= floors()["same level with identity"][named], change
