"""What changes nothing of the meaning never lowers a crisis: a greeting, capitals, a typo elsewhere."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.triage.levels import Level
from tests.triage_sets.changing import changes, misspelt, plain
from tests.triage_sets.floors import floors
from tests.triage_sets.judges import ours
from tests.triage_sets.reading import seeds

LANGUAGES = ("en", "es")
NAMED = [(language, name) for language in LANGUAGES for name in changes(language)]


@cache
def at_crisis(language: str) -> tuple[str, ...]:
    """Return the seeds of a language that are found as they stand."""
    mine = (each for lang, each in seeds() if lang == language)
    return tuple(each for each in mine if ours(plain(each), language) is Level.CRISIS)


def test_there_are_sixty_seeds() -> None:
    """Enough of them, in both languages, none twice."""
    rows = seeds()
    assert len(set(rows)) == len(rows) >= 60
    assert {lang for lang, _ in rows} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_seeds_are_found(language: str) -> None:
    """The tests below say nothing of a seed that is not found in the first place, so most must be."""
    count = sum(lang == language for lang, _ in seeds())
    assert len(at_crisis(language)) / count >= floors()["seeds at crisis"][language]


@pytest.mark.parametrize(("language", "name"), NAMED)
def test_a_change_of_no_meaning_never_lowers_a_crisis(language: str, name: str) -> None:
    """Every seed that is found stays at crisis."""
    change = changes(language)[name]
    lost = [each for each in at_crisis(language) if ours(change(plain(each)), language) is not Level.CRISIS]
    assert lost == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_typo_in_a_word_of_no_weight_never_lowers_a_crisis(language: str) -> None:
    """Swapped letters in a word that carries nothing leave the rest as strong as it was."""
    lost = [each for each in at_crisis(language) if ours(misspelt(each), language) is not Level.CRISIS]
    assert lost == []


@pytest.mark.parametrize("language", LANGUAGES)
@settings(deadline=None, derandomize=True, max_examples=150)
@given(data=st.data())
def test_several_changes_at_once_never_lower_a_crisis(language: str, data: st.DataObject) -> None:
    """A greeting in capitals with doubled spaces and a tear is still the same cry."""
    known = changes(language)
    said = plain(data.draw(st.sampled_from(at_crisis(language))))
    for name in data.draw(st.lists(st.sampled_from(sorted(known)), min_size=2, max_size=4, unique=True)):
        said = known[name](said)
    assert ours(said, language) is Level.CRISIS
