"""The reader of meaning: asked where the net is in doubt, and added to what it says."""

from __future__ import annotations

import gc
import zlib
from array import array
from importlib.resources import files
from inspect import unwrap
from math import exp, sqrt, tanh
from typing import Any

import numpy as np
import pytest

from bot.domain.triage import assess as triage
from bot.domain.triage import encoder as encoders
from bot.domain.triage import net as nets
from bot.domain.triage.assess import assess
from bot.domain.triage.encoder import HEADS, LONGEST, Encoder, Pieces, encoder, spelt, unpacked
from bot.domain.triage.levels import Level
from bot.domain.triage.lexicon import lexicon
from bot.domain.triage.net import Net, Thresholds, Weight
from bot.domain.triage.normalise import Reading, read
from bot.domain.triage.once import once

WIDTH, CELLS = 2 * HEADS, 5
OWN = ("[CLS]", "[SEP]", "[UNK]", ".")
PIECES = (*OWN, *"abcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"))
DOUBT = Thresholds(urgent=3.0, crisis=3.0, company=0.0)  # of a net that asks about what weighs more than 0
BOTH = Thresholds(urgent=2.0, crisis=2.0, company=1.0)  # of what both say
LOOSE = "my time has come to choose a pension fund at the office"


def made(need: float = 0.0, danger: float = 0.0, *, seed: int | None = None) -> Encoder:
    """Return a small encoder that says the same of every text, or one with weights drawn by lot."""
    rows = np.random.RandomState(seed)
    arrays: dict[str, Any] = {
        "pieces": np.frombuffer("\n".join(PIECES).encode(), np.uint8),
        "thresholds": np.array([BOTH.urgent, BOTH.crisis, BOTH.company]),
        "places": rows.normal(size=(LONGEST, WIDTH)).astype(np.float16),
        "norms": rows.normal(1, 0.3, size=(3, 2, WIDTH)).astype(np.float16),
        "embedding_scale": np.full(len(PIECES), 0.01, np.float32),
        "embedding": rows.randint(-99, 99, (len(PIECES), WIDTH)).astype(np.int8),
    }
    shapes = {
        "ask": (WIDTH, 3 * WIDTH), "gather": (WIDTH, WIDTH), "widen": (WIDTH, CELLS),
        "narrow": (CELLS, WIDTH), "judge": (2 * WIDTH, 2),
    }  # fmt: skip
    for name, shape in shapes.items():
        arrays[name] = rows.randint(-99, 99, shape).astype(np.int8)
        arrays[f"{name}_scale"] = np.full(shape[1], 0.002, np.float32)
        arrays[f"{name}_bias"] = rows.normal(size=shape[1]).astype(np.float16)
    if seed is None:
        arrays["judge"], arrays["judge_bias"] = np.zeros_like(arrays["judge"]), np.array([need, danger])
    return Encoder(arrays)


def weighing(**words: int) -> Net:
    """Return a net in which the words given weigh towards need, a tenth each step."""
    need, danger = array("b", bytes(nets.SLOTS)), array("b", bytes(nets.SLOTS))
    for word, weight in words.items():
        need[zlib.crc32(word.encode()) % nets.SLOTS] = weight
    return nets.unpacked(nets.packed(need, danger, step=0.1, rest=(-1.0, -1.0), thresholds=DOUBT))


def below(patch: pytest.MonkeyPatch, learnt: Net, reader: object) -> None:
    """Put `learnt` and `reader` below the rules."""
    patch.setattr(triage, "net", lambda: learnt)
    patch.setattr(triage, "encoder", lambda: reader)


class Counting:
    """An encoder that keeps what it was asked about."""

    thresholds = BOTH

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def weigh(self, reading: Reading, weight: Weight, spared: frozenset[int]) -> Weight:
        """Add nothing."""
        self.asked.append(reading.words[weight.first : weight.last])
        return weight


@pytest.mark.parametrize(
    ("need", "danger", "level"),
    [(-9.0, 9.0, Level.NONE), (0.0, 9.0, Level.NONE), (2.0, 0.0, Level.URGENT), (2.0, 9.0, Level.CRISIS)],
)
def test_what_both_say_decides(
    monkeypatch: pytest.MonkeyPatch, need: float, danger: float, level: Level
) -> None:
    """The net is in doubt about the text; how far it means need and danger is added."""
    below(monkeypatch, weighing(lighthouse=50), made(need, danger))
    assert assess("lighthouse keepers wave").level is level


@pytest.mark.parametrize(("need", "level"), [(-9.0, Level.NONE), (0.0, Level.URGENT)])
def test_it_decides_whether_everyday_words_of_need_count(
    monkeypatch: pytest.MonkeyPatch, need: float, level: Level
) -> None:
    """Loose words that the net would take at their word wait for what the sentence means."""
    below(monkeypatch, weighing(eggshells=127), made(need))
    assert assess("those cooks are always on eggshells around him in that kitchen").level is level


def test_for_words_of_danger_the_net_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Better called for nothing than a person in danger missed."""
    below(monkeypatch, weighing(pension=127, fund=127, office=127), made(-9.0))
    assert assess(LOOSE).level is Level.CRISIS


def test_it_takes_nothing_from_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the rules find by themselves stands, whatever it says."""
    below(monkeypatch, weighing(craving=127, bad=127), made(-99.0, -99.0))
    assert assess("I have a craving so bad").level is Level.URGENT


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("good morning to you", []),  # weighs nothing
        ("I want to die by the lighthouse", []),  # as grave as can be already
        ("Hello there. lighthouse keepers wave. Lunch was fine", [["lighthouse", "keepers", "wave"]]),
        ("lighthouse keepers wave " * 200, []),  # a part was left out: a human looks
    ],
)
def test_it_is_asked_in_doubt_only(
    monkeypatch: pytest.MonkeyPatch, text: str, asked: list[list[str]]
) -> None:
    """It costs more than all the rest, so it reads what weighs most of a text that it may change."""
    reader = Counting()
    below(monkeypatch, weighing(lighthouse=90), reader)
    assess(text)
    assert reader.asked == asked


def test_a_broken_encoder_leaves_the_rules_standing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules go on without it, loose words count, and somebody looks."""

    def broken() -> Encoder:
        raise OSError

    monkeypatch.setattr(triage, "net", lambda: weighing(pension=127, fund=127, office=127))
    monkeypatch.setattr(triage, "encoder", broken)
    found = assess(LOOSE)
    assert (found.level, found.flagged) == (Level.CRISIS, True)


def test_a_broken_file_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are not kept waiting for a file that was found to be broken; each is still flagged."""
    read_as: list[int] = []

    def cut_off(data: bytes) -> Encoder:
        read_as.append(len(data))
        raise ValueError

    monkeypatch.setattr(encoders, "unpacked", cut_off)
    monkeypatch.setattr(triage, "net", lambda: weighing(pension=127, fund=127, office=127))
    monkeypatch.setattr(triage, "encoder", once(unwrap(encoders.encoder)))
    found = [assess(LOOSE), assess(LOOSE)]
    assert [each.flagged for each in found] == [True, True]
    assert len(read_as) == 1


def test_a_file_that_was_cut_off_is_refused() -> None:
    """An encoder is not read for half."""
    whole = (files("bot.domain.triage") / encoders.FILE).read_bytes()
    with pytest.raises(Exception, match="zip"):
        unpacked(whole[:1000])


@pytest.mark.parametrize(
    ("word", "pieces"),
    [("cab", ["cab"]), ("cabs", ["cab", "##s"]), ("scab", ["s", "##ca", "##b"]), ("çab", ["[UNK]"])],
)
def test_words_are_made_of_the_longest_pieces(word: str, pieces: list[str]) -> None:
    """From the left; of a sign that is in no piece only that is known."""
    known = [*PIECES, "cab", "##ca"]
    assert list(spelt(word, {piece: at for at, piece in enumerate(known)}, 5)) == pieces


def test_what_is_denied_or_says_who_somebody_is_stays_unread() -> None:
    """Sentences stay parted, and no more than `LONGEST` pieces are read."""
    known = Pieces(PIECES)
    reading = read("a gay cab. bad dad", lexicon().spelling)
    denied = frozenset({reading.words.index("dad")})
    found = [PIECES[nth] for nth in known.of(reading, 0, len(reading.words), denied)]
    assert found == ["[CLS]", "a", "c", "##a", "##b", ".", "b", "##a", "##d", "[SEP]"]
    many = read("bad cab " * 60, lexicon().spelling)
    assert len(known.of(many, 0, len(many.words))) == LONGEST


def test_a_text_is_remembered_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said again costs nothing, and no memory of it can be read; of many texts it starts afresh."""
    monkeypatch.setattr(encoders, "TEXTS", 2)
    small = made(seed=3)
    reading = read("bad cab dad fed", lexicon().spelling)
    first = [small.weigh(reading, Weight(0.0, 0.0, 0, last)) for last in (1, 2, 3, 2)]
    assert first[1] == first[3] != first[2]
    assert [len(sealed) for sealed in small._known] == [encoders.KEY] * 2


def test_it_reckons_as_written_down() -> None:
    """Number by number, in plain Python, the layer comes to the same."""
    small = made(seed=3)
    reading = read("bad cab", lexicon().spelling)
    weight = small.weigh(reading, Weight(0.5, 0.25, 0, len(reading.words)))
    need, danger = plainly(small, small.pieces.of(reading, 0, len(reading.words)))
    assert weight.need == pytest.approx(0.5 + need, abs=1e-3)
    assert weight.danger == pytest.approx(0.25 + danger, abs=1e-3)


def plainly(small: Encoder, pieces: tuple[int, ...]) -> list[float]:
    """Return what `small` says of `pieces`, reckoned number by number."""
    heard = [
        levelled(small, 0, [float(e) * float(small._size[at][0]) + float(p)
                            for e, p in zip(small._embedding[at], small._places[nth], strict=True)])
        for nth, at in enumerate(pieces)
    ]  # fmt: skip
    asked = [through(small, "ask", each) for each in heard]
    each_head = WIDTH // HEADS
    taken = []
    for mine in asked:
        row: list[float] = []
        for head in range(HEADS):
            span = slice(head * each_head, (head + 1) * each_head)
            ask = mine[:WIDTH][span]
            near = [
                exp(
                    sum(a * b for a, b in zip(ask, other[WIDTH : 2 * WIDTH][span], strict=True))
                    / sqrt(each_head)
                )
                for other in asked
            ]
            for nth in range(each_head):
                carried = [other[2 * WIDTH :][span][nth] for other in asked]
                row.append(sum(n * c for n, c in zip(near, carried, strict=True)) / sum(near))
        taken.append(row)
    heard = [
        levelled(small, 1, added(each, through(small, "gather", row)))
        for each, row in zip(heard, taken, strict=True)
    ]
    wide = [[curbed(number) for number in through(small, "widen", each)] for each in heard]
    heard = [
        levelled(small, 2, added(each, through(small, "narrow", row)))
        for each, row in zip(heard, wide, strict=True)
    ]
    columns = list(zip(*heard, strict=True))
    return through(small, "judge", [*(sum(each) / len(each) for each in columns), *map(max, columns)])


def through(small: Encoder, name: str, given: list[float]) -> list[float]:
    """Return `given` times a matrix, and its bias."""
    matrix, bias = small._matrices[name]
    return [
        float(bias[at]) + sum(number * float(matrix[row][at]) for row, number in enumerate(given))
        for at in range(len(bias))
    ]


def levelled(small: Encoder, nth: int, given: list[float]) -> list[float]:
    """Return `given` with mean 0 and spread 1, then in the layer's own size."""
    mean = sum(given) / len(given)
    spread = sqrt(sum((number - mean) ** 2 for number in given) / len(given))
    size, shift = small._norms[nth]
    return [
        (number - mean) / spread * float(s) + float(t)
        for number, s, t in zip(given, size, shift, strict=True)
    ]


def curbed(number: float) -> float:
    """Return GELU, its tanh form."""
    return 0.5 * number * (1 + tanh(0.79788456 * (number + 0.044715 * number**3)))


def added(one: list[float], other: list[float]) -> list[float]:
    """Return the sums of two rows."""
    return [a + b for a, b in zip(one, other, strict=True)]


def test_the_one_that_ships_is_named_in_the_version() -> None:
    """Another encoder is another version of the rules."""
    assert encoder().version
    assert encoders.encoder_version() == encoder().version


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("going to the gun range with my dad", Level.NONE),
        ("going to the gun range with my dad to end it", Level.CRISIS),
        ("Im gonna shoot up", Level.URGENT),
        ("Im gonna shoot up the place", Level.CRISIS),
    ],
)
def test_only_a_whole_clause_is_kept_from_the_nets(text: str, level: Level) -> None:
    """What goes on after harmless words is weighed with them."""
    assert assess(text).level is level


def test_the_collector_leaves_the_rules_alone() -> None:
    """Walking them would hold up whoever writes at that moment; it still runs for all else."""
    assert lexicon()
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(lexicon().phrases.words)
