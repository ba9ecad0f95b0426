"""A change of clocks is told apart from other talk of places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands import read_command
from bot.domain.moves import _PLACES, place_of, read_move
from bot.domain.wishes import read_wish
from bot.domain.zones import zone_of

MOVES = {
    "I moved to Chicago": "America/Chicago",
    "I've just moved to Los Angeles!": "America/Los_Angeles",
    "I live in Houston now": "America/Chicago",
    "my time zone is Mountain": "America/Denver",
    "Me mudé a Nueva York": None,
    "me mudé a New York": "America/New_York",
    "ahora vivo en Phoenix": "America/Phoenix",
    "vivo en Denver ahora": "America/Denver",
    "I moved to Honolulu last week": "Pacific/Honolulu",
}
TALK = ["", "I moved to tears", "I live in Houston", "vivo en Denver", "I moved to Chicago and hate it",
        "I moved to Paris", "my ex moved to Denver", "Denver", "I want to move to Denver"]  # fmt: skip


@pytest.mark.parametrize("text", MOVES)
def test_a_move_is_understood(text: str) -> None:
    """In both languages, by the city or the name of its time."""
    assert read_move(text, "US") == MOVES[text]
    assert read_command(text) is None
    assert read_wish(text) == ()


@pytest.mark.parametrize("text", TALK)
def test_other_texts_are_no_move(text: str) -> None:
    """What says more, or names no place we know in this country, changes no clocks."""
    assert read_move(text, "US") is None


def test_every_place_has_its_zone() -> None:
    """The list names zones that there are; another country has its own cities."""
    for zones in _PLACES.values():
        for zone in zones:
            zone_of(zone)
    assert read_move("I moved to Perth", "AU") == "Australia/Perth"
    assert read_move("I moved to Chicago", "AU") is None
    assert place_of("America/Indiana/Tell_City") == "Tell City"


@given(st.text(max_size=100))
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever arrives names a zone, or none."""
    assert read_move(text, "US") is None
