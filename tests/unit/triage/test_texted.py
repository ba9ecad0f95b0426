"""Sentences as people text them are read at the level a person gives them."""

from __future__ import annotations

import pytest

from bot.domain.triage.assess import assess
from bot.domain.triage.levels import Level
from tests.unit.triage import texted

LEVELS = {Level.CRISIS: texted.CRISIS, Level.URGENT: texted.URGENT, Level.NONE: texted.NONE}


@pytest.mark.parametrize("level", list(LEVELS))
def test_texted_sentences(level: Level) -> None:
    """Each is read at its level."""
    assert [text for text in LEVELS[level] if assess(text).level is not level] == []


@pytest.mark.parametrize("before", ["Hi. ", "ok so... ", "Thanks for the text!\n"])
def test_small_talk_never_hides_a_crisis(before: str) -> None:
    """What is said before a crisis changes nothing."""
    long = [text for text in texted.CRISIS if len(text.split()) > 4]
    assert [text for text in long if assess(before + text).level is not Level.CRISIS] == []


def test_case_changes_nothing() -> None:
    """Shouting or swapped case is read alike."""
    texts = (*texted.CRISIS, *texted.URGENT)
    assert [text for text in texts if assess(text.swapcase()).level is not assess(text).level] == []
