"""What a call says: the same in both languages, short, and nothing about anybody."""

from __future__ import annotations

import string
from importlib.resources import files

import pytest
import yaml

from bot.domain.calls import say_aloud, spell, voice_of

LANGUAGES = ("en", "es")
VALUES = {"ref": "K 7 1", "person": "p 1 2", "name": "Jo"}
# The only thing a sentence may hold beside our own words: refs, and who of the staff has it.
MAY_SAY = set(VALUES)


def sentences(language: str) -> dict[str, str]:
    """Read one language's sentences."""
    content: dict[str, dict[str, str]] = yaml.safe_load(
        (files("bot.domain.content") / "calls.yaml").read_text("utf-8")
    )
    return content[language]


def fields(text: str) -> set[str]:
    """Return what is filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things() -> None:
    """A sentence with its values is in both or in none."""
    english, spanish = ({key: fields(text) for key, text in sentences(code).items()} for code in LANGUAGES)
    assert english == spanish


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_tells_who_it_is_about(language: str) -> None:
    """Whoever picks up the phone hears refs at most, and no word of why."""
    for key, text in sentences(language).items():
        assert fields(text) <= MAY_SAY
        said = say_aloud(key, language, **VALUES).lower()
        assert len(said) <= 160
        for word in ("recovery", "crisis", "suicid", "drug", "recuper", "droga", "riverside", "patient"):
            assert word not in said


def test_each_language_has_its_voice() -> None:
    """A language we have no words in is spoken to in English."""
    assert (voice_of("en"), voice_of("es"), voice_of("fr")) == ("en-US", "es-MX", "en-US")


def test_refs_are_read_letter_by_letter() -> None:
    """K71 is not said as a word or as seventy-one."""
    assert spell("K71") == "K 7 1"
