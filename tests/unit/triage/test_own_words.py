"""A programme's own words raise a level, and nothing they do lowers one."""

from __future__ import annotations

import pytest

import bot.domain.triage.assess as module
from bot.domain.triage import own_words
from bot.domain.triage.assess import assess, assess_parts
from bot.domain.triage.levels import Level, Phrase
from bot.domain.triage.lexicon import Lexicon
from bot.domain.triage.own_words import CONCEPT, LISTS, is_common, read_as
from bot.domain.triage.sources import source

HERON = Phrase(words="blue heron", level=Level.URGENT, why="the safe word")


def test_they_are_found_as_people_write_them() -> None:
    """Case, accents, fillers and an emoji between are read through, and the reason is theirs."""
    for text in ("Blue HERON today", "a blüe heron", "blue just really heron"):
        found = assess(text, extra=(HERON,))
        assert (found.level, found.why) == (Level.URGENT, "the safe word")
        assert [signal.concept for signal in found.signals] == [CONCEPT]
    assert assess_parts(["a blue", "heron"], extra=(HERON,)).level is Level.URGENT


def test_they_may_be_denied_and_are_nobody_elses() -> None:
    """ "Not a" takes them back, and without the list nothing is found."""
    assert assess("no blue heron", extra=(HERON,)).level is Level.NONE
    assert assess("a blue heron").level is Level.NONE


@pytest.mark.parametrize(
    "words",
    [
        "kill myself",  # words the rules know
        "want to die and",  # longer than what they find
        "sucide",  # spelt as people misspell it
        "sobredosis",  # what is a crisis only alone
        "gone for good",
    ],
)
def test_no_crisis_becomes_less(words: str) -> None:
    """Whatever a programme lists as urgent, a crisis stays one: in every example of the rules' own."""
    extra = (Phrase(words=words, level=Level.URGENT, why="listed"), HERON)
    for data in source().values():
        for concept in data["concepts"]:
            if concept["level"] == "crisis":
                for text in concept["examples"]:
                    for written in (text, f"{text}, {words}", f"{words} {text}"):
                        before = assess(written, data["language"]).level.rank
                        assert assess(written, data["language"], extra=extra).level.rank >= before


def test_a_word_for_a_crisis_is_not_hidden_by_a_longer_one() -> None:
    """Of a programme's own, too, the gravest counts."""
    longer = Phrase(words="blue heron tonight", level=Level.URGENT, why="longer")
    grave = Phrase(words="blue heron", level=Level.CRISIS, why="grave")
    for extra in ((longer, grave), (grave, longer)):
        assert assess("blue heron tonight", extra=extra).level is Level.CRISIS


def test_a_word_of_help_does_not_hide_a_crisis_in_a_word() -> None:
    """What counts only alone is dropped for words as grave, never for lesser ones."""
    urgent = (Phrase(words="blue heron", level=Level.URGENT, why="the safe word"),)
    assert assess("sobredosis", "es").level is Level.CRISIS
    assert assess("sobredosis, blue heron", "es", extra=urgent).level is Level.CRISIS


def test_they_are_looked_for_when_the_rules_break(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain scan knows them, too."""

    def broken() -> Lexicon:
        raise RuntimeError

    monkeypatch.setattr(module, "lexicon", broken)
    found = assess("a Blue Heron", extra=(HERON,))
    assert (found.level, found.flagged) == (Level.URGENT, True)


def test_a_list_is_read_in_once_and_few_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same tuple costs nothing the second time; many programmes do not fill the memory."""
    built = []
    network = own_words._network

    def counting(extra: tuple[Phrase, ...], rules: Lexicon) -> object:
        built.append(extra)
        return network(extra, rules)

    monkeypatch.setattr(own_words, "_network", counting)
    lists = [(Phrase(words=f"word{n}x", level=Level.URGENT, why=""),) for n in range(LISTS + 5)]
    for extra in lists:
        assess("a text", extra=extra)
        assess("a text", extra=extra)
    assert len(built) == len(lists)
    assert len(own_words._held) <= LISTS


def test_what_is_common_is_told() -> None:
    """Little words, numbers, and what texts hold that need nobody."""
    for say in ("thanks", "the", "7", "ok", "no"):
        assert is_common(read_as(say) or ())
    assert is_common(("dinner", "for"), {"dinner", "for"})
    for say in ("blue heron", "lavender", "garza azul", "tranq"):
        assert not is_common(read_as(say) or ())
    assert read_as("blue, heron") is None
