"""Segments follow GSM 03.38, and traps show what forces UCS-2."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.encoding import Encoding, segments, traps

GSM, UCS = Encoding.GSM7, Encoding.UCS2


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count", "per_segment"),
    [
        ("", GSM, 0, 0, 160),
        ("a" * 160, GSM, 160, 1, 160),
        ("a" * 161, GSM, 161, 2, 153),
        ("a" * 306, GSM, 306, 2, 153),
        ("a" * 307, GSM, 307, 3, 153),
        ("€" * 80, GSM, 160, 1, 160),
        ("€" * 81, GSM, 162, 2, 153),
        ("^{}[]~\\|€\f", GSM, 20, 1, 160),
        ("¿Qué tal, señor Güell? ¡Ñandú".replace("ú", "u"), GSM, 29, 1, 160),
        ("á", UCS, 1, 1, 70),
        ("á" * 70, UCS, 70, 1, 70),
        ("á" * 71, UCS, 71, 2, 67),
        ("á" * 134, UCS, 134, 2, 67),
        ("á" * 135, UCS, 135, 3, 67),
        ("😀" * 35, UCS, 70, 1, 70),
        ("😀" * 36, UCS, 72, 2, 67),
        ("ç", UCS, 1, 1, 70),
        ("Ç", GSM, 1, 1, 160),
        ("`", UCS, 1, 1, 70),
    ],
)
def test_it_counts_as_carriers_do(
    text: str, encoding: Encoding, units: int, count: int, per_segment: int
) -> None:
    """The edges of one, two and three segments in both alphabets."""
    found = segments(text)
    assert (found.encoding, found.units, found.count, found.per_segment) == (
        encoding,
        units,
        count,
        per_segment,
    )


def test_an_escape_pair_is_never_split() -> None:
    """A euro that would straddle the edge moves to the next part, and costs one unit there."""
    assert segments("a" * 152 + "€" + "a" * 152).count == 3
    assert segments("a" * 153 + "€" + "a" * 151).count == 2


def test_a_surrogate_pair_is_never_split() -> None:
    """An emoji that would straddle the edge moves to the next part: 33 fit in 67 units, not 33 and a half."""
    assert segments("😀" * 66).count == 2
    assert segments("😀" * 67).count == 3


@given(st.text(max_size=700))
def test_segments_are_enough_and_no_more_than_splitting_costs(text: str) -> None:
    """The parts hold all units, and at most one unit a part is lost to pairs kept whole."""
    found = segments(text)
    assert found.count * found.per_segment >= found.units
    if found.count > 1:
        assert (found.count - 1) * (found.per_segment - 1) < found.units


@given(st.text(max_size=200))
def test_only_a_text_without_traps_is_gsm(text: str) -> None:
    """A text is GSM-7 exactly when nothing in it is a trap."""
    assert (segments(text).encoding is GSM) == (traps(text) == ())


@given(st.text(max_size=200))
def test_mending_every_trap_makes_gsm(text: str) -> None:
    """Putting each suggestion (or nothing) in its place leaves a text that travels as GSM-7."""
    for trap in reversed(traps(text)):
        assert text[slice(*trap.place)] == trap.text
        text = text[: trap.place[0]] + (trap.instead or "") + text[trap.place[1] :]
    assert segments(text).encoding is GSM


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("á", "a"),
        ("Í", "I"),
        ("ó", "o"),
        ("ú", "u"),
        ("ç", "c"),
        ("“", '"'),
        ("’", "'"),
        ("—", "-"),
        ("…", "..."),
        ("\u00a0", " "),
        ("\u200b", ""),
        ("•", "-"),
        ("½", "1/2"),
        ("😀", None),
        ("漢", None),
    ],
)
def test_it_suggests_the_nearest_character(text: str, instead: str | None) -> None:
    """Accents go, quotes and dashes straighten, and what has no likeness has no suggestion."""
    (trap,) = traps(f"a{text}b")
    assert (trap.place, trap.instead) == ((1, 2), instead)


def test_a_decomposed_letter_is_mended_to_the_cheap_one() -> None:
    """Typed as e and an accent, é is one trap, mended to the é that GSM-7 has."""
    (trap,) = traps(unicodedata.normalize("NFD", "café"))
    assert (trap.place, trap.instead) == ((3, 5), "é")
