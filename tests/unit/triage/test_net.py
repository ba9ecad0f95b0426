"""The second net: it raises and lends weight, and never lowers anything."""

from __future__ import annotations

import zlib
from array import array
from typing import NamedTuple

import pytest

from bot.domain.triage import assess as triage
from bot.domain.triage import net as nets
from bot.domain.triage.assess import assess
from bot.domain.triage.levels import Level
from bot.domain.triage.lexicon import lexicon
from bot.domain.triage.net import Net, Thresholds, Weight, net, packed, unpacked
from bot.domain.triage.normalise import Reading, read
from tests.triage_sets.reading import SETS, seeds, sentences

NEVER = float("inf")
LIMITS = Thresholds(urgent=1.0, crisis=1.0, company=0.5)


def made(need: dict[str, int], danger: dict[str, int] | None = None, *, limits: Thresholds = LIMITS) -> Net:
    """Return a net in which only the words given weigh anything."""
    weights = [array("b", bytes(nets.SLOTS)) for _ in range(2)]
    for row, words in zip(weights, (need, danger or {}), strict=True):
        for word, weight in words.items():
            row[zlib.crc32(word.encode()) % nets.SLOTS] = weight
    return unpacked(packed(weights[0], weights[1], step=0.1, rest=(-1.0, -1.0), thresholds=limits))


def need(learnt: Net, text: str) -> float:
    """Return how far `text` weighs towards need."""
    return learnt.weigh(read(text, lexicon().spelling)).need


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let a test put another net below the rules."""
    return monkeypatch


class Deaf(NamedTuple):
    """An encoder that adds nothing to what a net says."""

    thresholds: Thresholds

    def weigh(self, reading: Reading, weight: Weight, spared: frozenset[int]) -> Weight:
        """Return `weight`."""
        return weight


def below(patch: pytest.MonkeyPatch, learnt: Net) -> None:
    """Put `learnt` alone below the rules."""
    patch.setattr(triage, "net", lambda: learnt)
    patch.setattr(triage, "encoder", lambda: Deaf(learnt.thresholds))


def test_what_it_learnt_calls_somebody(shipped: pytest.MonkeyPatch) -> None:
    """Words that no rule knows raise a text, and are shown with the reason."""
    below(shipped, made({"lighthouse": 100, "keeper": 100}))
    found = assess("Morning. the lighthouse keeper lighthouse keeper. Bye")
    assert found.level is Level.URGENT
    assert [(signal.concept, signal.words) for signal in found.signals] == [
        ("second_net", "the lighthouse keeper lighthouse keeper")
    ]
    assert found.why == "reads like somebody who needs help, in words the rules do not know"


def test_danger_makes_an_urgent_text_a_crisis(shipped: pytest.MonkeyPatch) -> None:
    """The rules' reason stays beside the net's."""
    below(shipped, made({}, {"lighthouse": 100, "craving": 100, "bad": 100}))
    found = assess("craving so bad, lighthouse lighthouse")
    assert found.level is Level.CRISIS
    assert "has a strong craving" in found.why
    assert found.why.startswith("reads like danger now")


def test_danger_without_need_calls_nobody(shipped: pytest.MonkeyPatch) -> None:
    """Of a text that needs nobody, how grave it would be says nothing."""
    below(shipped, made({}, {"lighthouse": 100}))
    assert assess("lighthouse lighthouse").level is Level.NONE


def test_it_lowers_nothing() -> None:
    """A text keeps at least the level it has with a net that knows no word."""
    silent = made({}, limits=Thresholds(urgent=NEVER, crisis=NEVER, company=NEVER))
    texts = [text for _, text in seeds()] + [each.text for name in SETS for each in sentences(name)]
    with pytest.MonkeyPatch.context() as patch:
        below(patch, silent)
        without = [assess(text).level.rank for text in texts]
    assert all(assess(text).level.rank >= rank for text, rank in zip(texts, without, strict=True))
    assert sum(assess(text).level.rank > rank for text, rank in zip(texts, without, strict=True)) > 0


def test_everyday_words_count_in_company_only(shipped: pytest.MonkeyPatch) -> None:
    """Loose words call nobody by themselves: another sign does, or the net's word."""
    loose = "my time has come to choose a pension fund at the office"
    below(shipped, made({}))
    assert assess(loose).level is Level.NONE
    below(shipped, made({"pension": 127, "fund": 127, "office": 127}))
    assert assess(loose).level is Level.CRISIS


def test_small_talk_takes_nothing_away() -> None:
    """A sentence weighs as much between others as by itself."""
    learnt = made({"lighthouse": 100})
    alone = need(learnt, "the lighthouse is dark")
    assert need(learnt, "Good morning to you. the lighthouse is dark. Lunch was fine today.") >= alone


def test_who_somebody_is_weighs_nothing() -> None:
    """Words for it are not read, and part the words around them."""
    learnt = made({"gay": 127, "veteran": 127, "a veteran": 127})
    assert need(learnt, "a gay veteran of 74") == need(learnt, "a")


def test_a_broken_net_leaves_the_rules_standing(shipped: pytest.MonkeyPatch) -> None:
    """Rules go on without it, loose words count, and somebody looks."""

    def broken() -> Net:
        raise OSError

    shipped.setattr(triage, "net", broken)
    found = assess("I want to die")
    assert (found.level, found.flagged) == (Level.CRISIS, True)
    assert assess("lovely weather").flagged


def test_a_file_of_another_size_is_refused() -> None:
    """A net that was cut off is not read for half."""
    whole = packed(array("b", b"12"), array("b", b"34"), step=1.0, rest=(0.0, 0.0), thresholds=LIMITS)
    with pytest.raises(ValueError, match="size"):
        unpacked(whole)


def test_the_version_of_the_rules_names_the_net() -> None:
    """Another net is another version, so that marks on old mistakes are not held against it."""
    assert net().version
    assert lexicon().version.count("-") == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "ya no quiero que me escriban"),
        ("es", "no quiero que me manden mensajes"),
        ("es", "quiero que me llamen"),
        ("en", "please stop writing to me"),
        ("en", "start over"),
    ],
)
def test_what_the_bot_is_asked_for_is_no_alarm(language: str, text: str) -> None:
    """Whoever wants peace, a call, or the count anew is answered; nobody is woken for the words of it."""
    assert assess(text, language).level is Level.NONE


def test_peace_wanted_hides_no_crisis() -> None:
    """Words to be left alone with excuse only themselves."""
    assert assess("ya no quiero que me escriban, me quiero morir", "es").level is Level.CRISIS
