"""Texts misspelt all over are read as they are meant, and ordinary slips call nobody."""

from __future__ import annotations

import random

import pytest

from bot.domain.triage.assess import assess
from bot.domain.triage.levels import Level
from bot.domain.triage.lexicon import lexicon
from bot.domain.triage.mending import Mender
from bot.domain.triage.normalise import MAX_GUESSED, MAX_VAIN, read
from bot.domain.triage.slips import ENGLISH, SPANISH, TOO_FAR, cost, sound
from tests.triage_sets.reading import seeds

CRISIS = (
    "shuld just be ded",
    "tok all my pils",
    "i wan dye",
    "no raisin to live",
    "wnt 2 die",
    "hes not brething",
    "kil my self",
    "wannadie",
    "idontwanttolive",
    "i over dosed",
    "i swallwed a hole botle of pils",
    "he tok to much herion and wont wake up",
    "im goona jump in frunt of a trane",
    "my husbind hit me agen",
    "i was rapd",
    "im gona slit my rists",
    "i feel lik dieing",
    "gonna hang my self to nite",
    "kiero morirme",
    "boy a acer una sobredocis",
)
URGENT = (
    "i relapst agan",
    "im abowt to relaps",
    "i realy ned a drink",
    "shakeing and swetting, no dope",
    "im haveing a panick atack",
    "i hav nowere to sleep 2nite",
    "i cant handel this anymor",
    "evrything is fallng apart",
)
NONE = (
    "im dyeing my hair red",
    "a blue dye for the eggs",
    "going on a diet",
    "the dice were loaded",
    "my freind is geting maried",
    "i wont to eat pizza",
    "gr8 job m8",
    "b4 work i run",
    "the cutthroat trout is rare",
    "we went swiming and skyped",
    "my coworker Kile said hi",
    "Thats the CMS we use",
    "i hav a raisin bagel",
    "it was cramming for finals",
    "the pils bury doughboy",
)
LEVELS = [
    (text, level)
    for level, texts in (("crisis", CRISIS), ("urgent", URGENT), ("none", NONE))
    for text in texts
]


@pytest.mark.parametrize(("text", "level"), LEVELS)
def test_misspelt_sentences(text: str, level: str) -> None:
    """Each is read at the level of what it means."""
    assert assess(text).level is Level(level)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("nife", "knife"), ("fone", "phone"), ("rist", "wrist"), ("nite", "night"), ("kik", "kick")],
)
def test_what_sounds_alike_is_alike(typed: str, meant: str) -> None:
    """A word written as it sounds costs nothing."""
    assert cost(sound(typed, ENGLISH), sound(meant, ENGLISH)) == 0


def test_spanish_sounds_of_its_own() -> None:
    """B and v, s and z, a silent h."""
    assert sound("bolver", SPANISH) == sound("volver", SPANISH)
    assert sound("acer", SPANISH) == sound("hacer", SPANISH)


def test_slips_cost_more_the_stranger_they_are() -> None:
    """A vowel is lost more easily than another letter, and nobody types three letters too many."""
    assert 0 < cost("shuld", "should") < cost("shoul", "should") < cost("shoulqz", "should")
    assert cost("xxxdie", "die") > 1
    assert cost("abcxyzq", "abq") > TOO_FAR / 9


def test_a_word_in_use_is_never_guessed_about() -> None:
    """Only what nobody writes is offered as something else."""
    spelling = lexicon().spelling
    assert not any(
        spelling.is_odd(word) for word in ("diet", "dyed", "killer", "snipped", "overdone", "lol", "quiero")
    )
    assert all(spelling.is_odd(word) for word in ("shuld", "swolowed", "chokeing"))


def test_names_are_left_alone() -> None:
    """A capital inside a sentence, or letters in capitals, are a name; all of a text in capitals is not."""
    spelling = lexicon().spelling
    assert read("my friend Kile came", spelling).either[2] == ""
    assert read("my friend kile came", spelling).either[2]
    assert assess("I WNT TO DYE").level is Level.CRISIS


def test_a_few_words_of_a_text_are_guessed_about() -> None:
    """A text made of slips costs no more than a person's worst."""
    text = " ".join(f"shuld{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10 % 10]}" for n in range(300))
    assert sum(bool(either) for either in read(text, lexicon().spelling).either) <= MAX_GUESSED + 1


def test_no_more_is_guessed_after_guessing_in_vain() -> None:
    """A text of words nobody knows is in another tongue or made to be slow; disguises still come off."""
    spelling = lexicon().spelling
    strange = [f"qzx{letter}wvq" for letter in "abcdefghijkl"]
    few, many = " ".join(strange[: MAX_VAIN - 1]), " ".join(strange[:MAX_VAIN])
    assert read(f"{few} i tok pils", spelling).words[-1] == "pills"
    assert read(f"{many} i tok pils", spelling).words[-2:] == ["tok", "pils"]
    assert read(f"{many} k!ll my sellf im", spelling).words[-5:] == ["kill", "my", "self", "i", "am"]


def test_offsets_show_what_was_written() -> None:
    """The words in an alert are the person's own."""
    text = "ok so i tok all my pils"
    (signal, *_) = assess(text).signals
    assert text[signal.start : signal.end] == signal.words == "i tok all my pils"


def test_words_come_apart_and_together() -> None:
    """Run together, split, and written for another."""
    spelling = lexicon().spelling
    assert read("wannadie", spelling).words == ["want", "to", "die"]
    assert read("over dosed", spelling).words == ["overdosed"]
    assert read("my self harm", spelling).words == ["my", "self", "harm"]
    assert read("manhattanville", spelling).words == ["manhattanville"]


def test_a_mender_of_its_own() -> None:
    """Guesses are the nearest first; what is left alone stays."""
    mender = Mender(
        wanted=["pills"],
        spanish=["pastillas"],
        short_forms={},
        common=["the", "cat"],
        mistaken={},
        left=["lol"],
    )
    assert mender.guesses("pils") == ("pills",)
    assert mender.guesses("pastiyas") == ("pastillas",)
    assert mender.guesses("xylophone") == ()
    assert mender.is_common("cat")
    assert mender.is_common("lol")
    assert not mender.is_common("pils")


@pytest.mark.parametrize("seed", range(3))
def test_a_slip_in_every_long_word_rarely_hides_a_crisis(seed: int) -> None:
    """Of sentences of danger, each long word of which lost or swapped a letter, most are still flagged."""
    chance = random.Random(seed)
    texts = [
        " ".join(_slipped(word, chance) for word in text.replace("{", "").replace("}", "").split())
        for _, text in seeds()
    ]
    missed = [text for text in texts if assess(text).level is Level.NONE]
    assert len(missed) <= len(texts) // 4


def _slipped(word: str, chance: random.Random) -> str:
    if len(word) < 5 or not word.isalpha():
        return word
    at = chance.randrange(1, len(word) - 1)
    return (
        word[:at] + word[at + 1 :]
        if chance.random() < 0.5
        else word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    )
