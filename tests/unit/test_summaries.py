"""A summary says what happened and what may be said, and takes silence for silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from bot.domain.charts import Series
from bot.domain.checkins import Silence
from bot.domain.papers import QUOTED, Article, Part, chat_texts, quote
from bot.domain.situations import LONGEST
from bot.domain.summaries import (
    OPENERS,
    Alarm,
    Change,
    Material,
    Said,
    Vow,
    change,
    openers,
    span,
    summarise,
    words,
)

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
ZONE = "America/New_York"


def series(*values: float, title: str = "mood") -> Series:
    """Return answers from 0 to 10, one a day up to now."""
    first = NOW - timedelta(days=len(values) - 1)
    return Series(
        title=title, low=0, high=10, points=[(first + timedelta(days=n), v) for n, v in enumerate(values)]
    )


def material(**given: object) -> Material:
    """Return what there is of Alex since a fortnight."""
    basics = {
        "person": "p1",
        "name": "Alex",
        "language": "en",
        "since": NOW - timedelta(days=14),
        "until": NOW,
    }
    return Material(**(basics | given))  # type: ignore[arg-type]  # a test's own choice of fields


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((2, 8, 9), Change.UNKNOWN),
        ((2, 3, 7, 8), Change.UP),
        ((8, 7, 3, 2), Change.DOWN),
        ((5, 5, 5, 5, 6), Change.SAME),
        ((1, 9, 1, 9), Change.SAME),
    ],
)
def test_a_change_is_the_later_half_against_the_earlier(values: tuple[float, ...], found: Change) -> None:
    """Few answers and small differences say nothing."""
    assert change(series(*values)) is found


def test_silence_is_counted_by_kind_and_never_as_a_number() -> None:
    """What is still open, or was held back by us, is nobody's silence."""
    asked = (None, None, Silence.MISSING, Silence.UNDELIVERED, Silence.WAITING, Silence.PAUSED)
    (part,) = [p for p in summarise(material(asked=asked), "en", ZONE).parts if p.title == "Answers"]
    assert part.lines == (
        "2 of 4 questions answered",
        "1 reached them and got no answer",
        "1 did not reach them",
    )


def test_openers_are_few_begin_with_what_weighs_most_and_are_in_their_language() -> None:
    """The hard day first, then what is owed; a false alarm is no hard day."""
    hard = Alarm(ref="K7", level="crisis", opened_at=NOW - timedelta(days=2), closed_at=NOW, outcome="safe")
    owed = Vow(ref="P4", text="el transporte.", due_at=NOW - timedelta(days=1))
    helped = Said(at=NOW, text="caminar")
    given = material(
        language="es", alerts=(hard,), promises=(owed,), helped=(helped,), trends=(series(2, 3, 7, 8),)
    )
    found = openers(given, ZONE)
    assert len(found) == OPENERS
    assert found[0] == "El 21 nov fue un día duro. ¿Cómo va desde entonces?"
    assert found[1] == "Te prometí algo: el transporte. Veámoslo juntos."
    none = Alarm(ref="K7", level="urgent", opened_at=NOW, closed_at=NOW, outcome="false_alarm")
    assert openers(material(alerts=(none,)), ZONE) == ["What has been good since we last met?"]


def test_every_word_is_there_in_both_languages() -> None:
    """A key of one language is in the other, however deep."""

    def keys(of: object) -> object:
        return {key: keys(value) for key, value in of.items()} if isinstance(of, dict) else None

    assert keys(words("en")) == keys(words("es"))


def test_the_span_names_the_session() -> None:
    """Since when, up to when, and for which hour, on the reader's clocks."""
    given = material(session_at=NOW + timedelta(hours=1))
    assert span(given, "en", ZONE) == "Session: Nov 23 11:00. Since Nov 9, up to Nov 23 10:00"


def test_a_long_paper_is_cut_between_lines() -> None:
    """No chat message is too long, and no line is lost or cut in two."""
    lines = tuple(f"{n} {'x' * QUOTED}" for n in range(60))
    texts = chat_texts(Article(title="Alex (p1)", parts=(Part(title="Answers", lines=lines),)), "Since")
    assert all(len(text) <= LONGEST for text in texts)
    shown = list(chain.from_iterable(text.split("\n") for text in texts))
    assert [line for line in shown if line.startswith("- ")] == [f"- {line}" for line in lines]


def test_a_quote_is_one_line() -> None:
    """However somebody broke their text into lines."""
    assert quote("one\n\n  two") == "one two"
    assert len(quote("x" * 999)) == QUOTED
