"""No mask hides a crisis that stands beside what it excuses."""

from __future__ import annotations

import pytest

from bot.domain.triage.assess import assess
from bot.domain.triage.levels import Level

# What is harmless in itself, each for another mask: an idiom, a machine, a game, a meeting soon, a trifle,
# what is over, advice, a place called high.
HARMLESS = (
    "lol I'm killing it at work.",
    "my phone is about to die.",
    "this boss fight is murdering me.",
    "see you at the meeting on Monday.",
    "I'm so sick of this printer.",
    "I wanted to quit two years ago but I made it through.",
    "I can't wait for the end of the semester.",
    "I'm still in high school.",
    "I need help moving on Saturday.",
    "I need to jump off to do something.",
    "I have to use the restroom.",
    "I'd love to go cliff jumping.",
    "I'm tempted to rewatch that show.",
    "sorry I have to go to class.",
    "I was attacked by a goose.",
    "I'm taking myself out to dinner.",
)

CRISIS = (
    "no really, I want to die",
    "I am going to kill myself",
    "I took all my pills",
    "I no longer wish to be alive",
    "I'd rather not wake up tomorrow",
    "he's not breathing and his lips are blue",
    "I intend to end my life",
)


@pytest.mark.parametrize("harmless", HARMLESS)
def test_what_is_harmless_calls_nobody(harmless: str) -> None:
    """The sentence is excused by itself, or the next test would say nothing of the mask."""
    assert assess(harmless).level is Level.NONE


@pytest.mark.parametrize("harmless", HARMLESS)
def test_a_crisis_beside_what_is_harmless_stays_a_crisis(harmless: str) -> None:
    """Before, after, in the next line, or after "but": whoever jokes first may still mean it."""
    said = [
        text
        for crisis in CRISIS
        for text in (
            f"{harmless} {crisis}",
            f"{crisis}. {harmless}",
            f"{harmless}\n{crisis}",
            f"{harmless[:-1]} but {crisis}",
        )
    ]
    assert [text for text in said if assess(text).level is not Level.CRISIS] == []


@pytest.mark.parametrize(
    "text",
    [
        "goodbye everyone, I won't be here tomorrow",
        "goodbye everyone, see you in the next life",
        "my phone and I want to die",
        "I'm going to kill both of us",
        "put me out of my misery",
        "I'm going to jump off this bridge if she leaves",
        "god take me home",
        "I used the last of my money for pills and I want to use them all tonight to die",
        "my counselor asked if I want to die and I said yes",
        "I can't hold on to life anymore",
    ],
)
def test_what_sounds_like_a_mask_is_none(text: str) -> None:
    """Words that excuse elsewhere excuse nothing when they go on to mean it."""
    assert assess(text).level is Level.CRISIS


def test_a_denial_of_having_thoughts_is_a_denial() -> None:
    """Saying that there are no such thoughts is an answer, not a crisis."""
    assert assess("I do not have suicidal thoughts").level is Level.NONE


def test_hints_count_only_near_each_other() -> None:
    """A word of sadness and a word of help calls somebody, but not when pages lie between them."""
    near, between = "I feel so alone. Please help", "The bus was late. We had lunch. It rained. Then we read."
    assert assess(near).level is not Level.NONE
    assert assess(f"It hurts. {between} Could you help with the form?").level is Level.NONE


def test_a_grave_word_is_not_lowered_by_a_milder_phrase() -> None:
    """One word of suicide beside a phrase of hopelessness stays as grave as the word."""
    assert assess("suicide. feel hopeless").level is Level.CRISIS


def test_a_laugh_about_a_trifle_excuses_what_stands_beside_it() -> None:
    """Hyperbole with a laugh is none; the same laugh says nothing of what comes pages later."""
    joke, between = "lol the traffic, I am going to kill myself", "It got late. Nobody was in."
    assert {each.concept for each in assess(joke).signals} <= {"second_net"}
    later = assess(f"lol the traffic. {between} I am going to kill myself.")
    assert (later.level, later.signals[0].concept) == (Level.CRISIS, "intent")
