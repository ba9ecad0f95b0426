"""What triage finds, what it leaves alone, and that it cannot fail."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.triage import assess as module
from bot.domain.triage import phrases
from bot.domain.triage.assess import assess, assess_parts
from bot.domain.triage.levels import Level, Phrase
from bot.domain.triage.lexicon import Lexicon, lexicon
from bot.domain.triage.normalise import MAX_TOKENS, read
from bot.domain.triage.report import score
from tests.unit.triage.sentences import BY_CAPABILITY

CASES = [
    (capability, level, text)
    for capability, levels in BY_CAPABILITY.items()
    for level, texts in levels.items()
    for text in texts
]
CRISIS = [text for _, level, text in CASES if level == "crisis"]


@pytest.mark.parametrize(
    ("level", "text"),
    [(level, text) for _, level, text in CASES],
    ids=[f"{capability}-{level}-{n}" for n, (capability, level, _) in enumerate(CASES)],
)
def test_sentences_by_capability(level: str, text: str) -> None:
    """Each sentence is read at the level its capability asks for."""
    assert assess(text).level == level


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CRISIS),
    st.sampled_from(["Hi. ", "hey, ", "Good morning!\n", "hola. ", "Thanks for asking. "]),
)
def test_a_greeting_never_hides_a_crisis(text: str, greeting: str) -> None:
    """Politeness before a crisis changes nothing."""
    if len(text.split()) > 3:
        assert assess(greeting + text).level is Level.CRISIS


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([text for text in CRISIS if text.isascii()]))
def test_case_never_hides_a_crisis(text: str) -> None:
    """Shouting or swapped case changes nothing."""
    assert assess(text.swapcase()).level is assess(text).level


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    """No text raises or falls back, and every signal points into it."""
    verdict = assess(text)
    assert not verdict.flagged
    assert all(text[s.start : s.end] == s.words for s in verdict.signals)


@pytest.mark.parametrize("piece", ["i ", "want to ", "a*b ", "no!", "i i i ", "💊", "é", "so really very "])
def test_long_texts_are_bounded(piece: str) -> None:
    """A text of a megabyte is read by its two ends, and marked so; signals point into it all the same."""
    text = piece * (1_000_000 // len(piece)) + " I want to die"
    verdict = assess(text)
    assert verdict.level is Level.CRISIS
    assert verdict.flagged
    assert all(text[s.start : s.end] == s.words for s in verdict.signals)


def test_of_a_long_text_both_ends_are_read() -> None:
    """What people begin and end with is read, word for word; what lies between is for a human."""
    text = f"i took all my pills {'so it goes on ' * 200} he has a gun"
    reading = read(text[: module.MAX_CHARS], lexicon().spelling)
    assert (reading.words[:5], reading.whole) == (["i", "took", "all", "my", "pills"], False)
    assert len(reading.words) <= MAX_TOKENS
    assert all(text[start:end] == word for start, end, word in zip(
        reading.starts, reading.ends, reading.words, strict=True))  # fmt: skip
    found = assess(text)
    assert {"i took all my pills", "he has a gun"} <= {signal.words for signal in found.signals}
    assert found.flagged


def test_an_error_falls_back_and_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the rules break, plain words are still found and a human is asked to look."""

    def broken(extra: tuple[Phrase, ...] = ()) -> Lexicon:
        raise RuntimeError

    monkeypatch.setattr(module, "lexicon", broken)
    found, nothing = assess("I want to die"), assess("see you at six")
    assert (found.level, found.flagged) == (Level.CRISIS, True)
    assert (nothing.level, nothing.flagged) == (Level.NONE, True)


def test_a_text_made_to_be_slow_falls_back_and_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that asks for too much work is read plainly, and by a human."""
    monkeypatch.setattr(phrases, "MAX_WORK", 3)
    verdict = assess("the otter I met by the weir told me that I want to die and to go home at once")
    assert (verdict.level, verdict.flagged) == (Level.CRISIS, True)


def test_parts_are_read_together_in_any_order() -> None:
    """A phrase cut across texts is found, also out of order or in the middle of a word."""
    assert assess_parts(["kill myself", "I am going to"]).level is Level.CRISIS
    assert assess_parts(["I want to ki", "ll myself"]).level is Level.CRISIS
    assert assess_parts(["and", "I am going to", "then", "kill myself"]).level is Level.CRISIS
    assert assess_parts(["ok", "see you", "at six", "bring the forms"]).level is Level.NONE


def test_a_crisis_in_one_part_is_not_denied_by_another() -> None:
    """The highest reading wins."""
    assert assess_parts(["I'm not", "I want to die"]).level is Level.CRISIS


def test_a_programme_can_add_its_own_words() -> None:
    """Extra phrases are found like any other."""
    extra = (Phrase(words="blue heron", level=Level.URGENT, why="used the safe word"),)
    assert assess("a Blue Heron today", extra=extra).why == "used the safe word"
    assert assess_parts(["a blue", "heron"], extra=extra).level is Level.URGENT
    assert assess("a Blue Heron today").level is Level.NONE


def test_a_hint_is_shown_only_once_it_counts() -> None:
    """What means nothing alone is no signal; together with more it is, at the level they make up."""
    alone, together = assess("goodbye"), assess("goodbye. I am so done")
    assert (alone.level, alone.signals, alone.why) == (Level.NONE, (), "")
    assert together.level is Level.CRISIS
    assert {signal.level for signal in together.signals} == {Level.CRISIS}
    assert together.why == "sounds like a goodbye"


def test_levels_are_ordered_by_rank() -> None:
    """Crisis is above urgent is above none."""
    assert Level.CRISIS.rank > Level.URGENT.rank > Level.NONE.rank


def test_the_reasons_are_words() -> None:
    """A specialist reads why, gravest first, and where."""
    verdict = assess("I want to die. The cravings are awful")
    assert verdict.why.startswith("says they want to die")
    assert "craving" in verdict.why
    assert verdict.signals[0].words.lower().endswith("want to die")


def test_the_report_counts_by_source_and_label() -> None:
    """Shares are of the texts of one source and label."""
    rows = [
        {"text": "I want to die", "label": "crisis", "source": "own"},
        {"text": "lunch?", "label": "crisis", "source": "own"},
        {"text": "lunch?", "label": "none", "source": "own"},
    ]
    crisis, none = score(rows)
    assert (crisis.texts, crisis.crisis, crisis.crisis_share, crisis.flagged_share) == (2, 1, 0.5, 0.5)
    assert (none.label, none.flagged_share) == ("none", 0.0)


def test_each_thing_is_said_once() -> None:
    """What a combination says is not said again by its parts: it is read on a phone, in a hurry."""
    verdict = assess("i cant do this anymore, i have the pills here")
    assert verdict.why.count("means") == verdict.why.count("hope") == 1
    assert {"hopelessness", "means"} <= {signal.concept for signal in verdict.signals}
