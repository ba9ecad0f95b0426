"""Of a long text that raised an alert, staff are shown the part that did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.papers import ALARMING, quote_around

SAID = "i took all my pills"
TALK = "we went to the shop and back " * 40


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        (f"{SAID} {TALK}", "i took", "..."),
        (f"{TALK}{SAID} {TALK}", "...", "..."),
        (f"{TALK}{SAID}", "...", "pills"),
    ],
    ids=["at its beginning", "in its middle", "at its end"],
)
def test_the_words_that_did_are_in_it(text: str, begins: str, ends: str) -> None:
    """Wherever they stand; dots stand for what is left out."""
    shown = quote_around(SAID, text)
    assert SAID in shown
    assert (shown.startswith(begins), shown.endswith(ends)) == (True, True)


def test_words_that_are_not_in_it_leave_its_beginning() -> None:
    """Parts of a message are read joined, and one of them is quoted."""
    assert quote_around("took them all", TALK).startswith("we went to the shop")


def test_a_short_text_stays_as_it_is() -> None:
    """Line breaks with it."""
    assert quote_around(SAID, f"please\n{SAID}") == f"please\n{SAID}"


@given(
    before=st.text(alphabet="ab \n", max_size=1_500),
    words=st.text(alphabet="xyz", min_size=1, max_size=700),
    after=st.text(alphabet="ab \n", max_size=1_500),
)
def test_it_is_never_too_long(before: str, words: str, after: str) -> None:
    """And what fits of the words is in it."""
    shown = quote_around(words, before + words + after)
    assert len(shown) <= ALARMING
    assert words[: ALARMING - 6] in shown
