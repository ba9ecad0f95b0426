"""A CheckList of what triage must be able to do: a failure rate for each capability, with a ceiling."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.triage_sets.floors import floors
from tests.triage_sets.judges import ours
from tests.triage_sets.measuring import right
from tests.triage_sets.reading import cases

CAPABILITIES = (
    "negation", "third_person", "tense", "idiom", "misspelling", "slang", "emoji", "spanish",
    "mixed_language", "very_short", "very_long", "two_topics",
)  # fmt: skip


def test_every_capability_has_forty_cases() -> None:
    """None is measured on a handful, no case stands twice, and each asks for danger and for peace."""
    rows = cases()
    assert Counter(each.capability for each in rows).keys() == set(CAPABILITIES)
    assert min(Counter(each.capability for each in rows).values()) >= 40
    assert len({each.text for each in rows}) == len(rows)
    for name in CAPABILITIES:
        mine = [each for each in rows if each.capability == name]
        assert {each.at_most.rank for each in mine} >= {0, 2}


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_the_failure_rate_stays_low(capability: str) -> None:
    """Single cases may fail, but no more than the floor allows. The message names the failing ones."""
    mine = [each for each in cases() if each.capability == capability]
    counted = right(mine, ours)[capability]
    failing = [each.id for each in mine if not each.allows(ours(each.text, each.lang))]
    assert counted.share >= floors()["capabilities"][capability], f"{1 - counted.share:.0%} fail: {failing}"
