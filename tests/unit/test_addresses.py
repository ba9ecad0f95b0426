"""Phone numbers and chat ids are stored one way, however they were typed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.addresses import chat, phone
from bot.domain.errors import AddressError


@pytest.mark.parametrize(
    "text",
    ["+12025550100", "+1 202 555 0100", "(202) 555-0100", "202.555.0100", "1-202-555-0100", " 2025550100 ",
     "tel:+1-202-555-0100", "\u202a+1 202 555 0100\u202c", "＋１２０２５５５０１００"],
)  # fmt: skip
def test_one_number_has_one_form(text: str) -> None:
    """Spaces, brackets, invisible marks and a missing country code come to the same E.164."""
    assert phone(text, "US") == "+12025550100"


def test_the_country_decides_only_without_a_code() -> None:
    """A number written with + keeps its own country."""
    assert phone("020 7946 0100", "gb") == "+442079460100"
    assert phone("+12025550100", "GB") == "+12025550100"


@pytest.mark.parametrize(
    "text", ["", "hello", "911", "555-0100", "+1202555010", "+1202555010000", "2025550100 x5"]
)
def test_what_cannot_be_texted_is_refused_plainly(text: str) -> None:
    """The error says what to do and repeats nothing of what was typed."""
    with pytest.raises(AddressError) as caught:
        phone(text, "US")
    assert str(caught.value) == AddressError.__doc__


@pytest.mark.parametrize(
    ("value", "expected"), [("700001", "700001"), (700001, "700001"), (" -1001 ", "-1001")]
)
def test_a_chat_is_digits(value: str | int, expected: str) -> None:
    """Numbers from a file and strings from a provider are the same chat."""
    assert chat(value) == expected


@pytest.mark.parametrize("value", ["", "@someone", "12.5", "0", "--5", "-", "9" * 30, 2**60])
def test_what_is_no_chat_is_refused(value: str | int) -> None:
    """A user name is no address the bot may write to."""
    with pytest.raises(AddressError, match="chat id"):
        chat(value)


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_an_address_error(text: str) -> None:
    """Nothing typed makes anything else happen."""
    with suppress(AddressError):
        assert phone(text, "US").removeprefix("+").isdecimal()
    with suppress(AddressError):
        assert chat(text).removeprefix("-").isdecimal()
