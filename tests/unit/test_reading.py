"""The reading grade follows the published formulas."""

from __future__ import annotations

import pytest

from bot.domain.reading import grade


def test_english_is_flesch_kincaid() -> None:
    """Six words of one sound in one sentence: 0.39 x 6 + 11.8 x 1 - 15.59."""
    assert grade("The cat sat on the mat.", "en") == pytest.approx(-1.45)


def test_spanish_is_crawford() -> None:
    """Five words, nine syllables, one sentence: -0.205 x 20 + 0.049 x 180 - 3.407."""
    assert grade("La casa tiene puertas verdes.", "es-MX") == pytest.approx(1.313)


@pytest.mark.parametrize(
    ("language", "easy", "hard"),
    [
        ("en", "We can talk. You pick the day.", "Participants occasionally underestimate complications."),
        ("es", "Hablamos hoy. Tu dices a que hora.", "Frecuentemente subestimamos las complicaciones."),
    ],
)
def test_long_words_and_sentences_are_harder(language: str, easy: str, hard: str) -> None:
    """A plain text is below grade 6, an official one above."""
    low, high = grade(easy, language), grade(hard, language)
    assert low is not None
    assert high is not None
    assert low < 6 < high


def test_it_does_not_guess() -> None:
    """No words, or a language without a formula: no grade."""
    assert grade("... 🙂", "en") is None
    assert grade("Guten Tag", "de") is None
