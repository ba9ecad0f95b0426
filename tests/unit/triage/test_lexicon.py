"""The lexicons keep the promises of their own examples."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.triage.assess import assess
from bot.domain.triage.levels import Level
from bot.domain.triage.lexicon import lexicon
from bot.domain.triage.sources import merge, source

CONCEPTS = [(language, raw) for language, data in source().items() for raw in data["concepts"]]
NAMES = [f"{language}-{raw['name']}" for language, raw in CONCEPTS]


@pytest.mark.parametrize(("language", "raw"), CONCEPTS, ids=NAMES)
def test_examples_are_found(language: str, raw: dict[str, Any]) -> None:
    """Every example says its concept."""
    for example in raw["examples"]:
        assert raw["name"] in {signal.concept for signal in assess(example, language).signals}


@pytest.mark.parametrize(("language", "raw"), CONCEPTS, ids=NAMES)
def test_counter_examples_are_left_alone(language: str, raw: dict[str, Any]) -> None:
    """No counter-example calls a human."""
    assert [assess(text, language).level for text in raw["counter"]] == [Level.NONE] * len(raw["counter"])


def test_version_names_the_rules() -> None:
    """The version is the revision and eight digits of the hash."""
    revision, digest = lexicon().version.split("-")
    assert revision == str(source()["en"]["revision"])
    assert len(digest) == 8


def test_files_of_a_subject_join_their_language() -> None:
    """Lists grow, names are added, the newest revision counts."""
    main = {"revision": "2026.11.1", "slots": {"a": ["x"]}, "concepts": [1], "context": {"deny": ["no"]}}
    more = {"revision": "2026.12.1", "slots": {"b": ["y"]}, "concepts": [2], "context": {"deny": ["not"]}}
    merge(main, more, where="abuse.en.yaml")
    assert main == {
        "revision": "2026.12.1",
        "slots": {"a": ["x"], "b": ["y"]},
        "concepts": [1, 2],
        "context": {"deny": ["no", "not"]},
    }


def test_a_name_given_twice_is_refused() -> None:
    """Two files that mean different things by one name are found when they are loaded."""
    with pytest.raises(ValueError, match=r"abuse\.en\.yaml: given twice: a"):
        merge({"slots": {"a": ["x"]}}, {"slots": {"a": ["y"]}}, where="abuse.en.yaml")
