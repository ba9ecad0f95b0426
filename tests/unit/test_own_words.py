"""A programme's own words in its file: read, refused with the mend, and written back."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.errors import ProgrammeFileError
from bot.domain.own_words import MOST, OwnLevel, OwnWords, phrases_of, store_own_words, stored_own_words
from bot.domain.programme_reading import parse_programme
from bot.domain.programme_writing import dump_programme
from bot.domain.triage.levels import Level

EXAMPLE = (Path(__file__).parent.parent / "fixtures" / "programme.example.yaml").read_text("utf-8")
LISTED = (
    OwnWords(say=("blue heron", "garza azul"), level=OwnLevel.CRISIS, about="the group's safe word"),
    OwnWords(say=("Elm Street bridge",), level=OwnLevel.URGENT),
)


def with_words(*entries: str) -> str:
    """Return the example with these entries under `triage.words`, from line 2."""
    return "triage:\n  words:\n" + "".join(f"    - {entry}\n" for entry in entries) + EXAMPLE


def test_one_way_or_several_are_read_and_written_back() -> None:
    """`say` is a text or a list; the same bytes come out again."""
    file = with_words(
        "{say: [blue heron, garza azul], level: crisis, about: the group's safe word}",
        "{say: Elm Street bridge, level: urgent}",
    )
    programme = parse_programme(file)
    assert programme.own_words == LISTED
    written = dump_programme(programme)
    assert parse_programme(written).own_words == LISTED
    assert dump_programme(parse_programme(written)) == written
    assert "triage:" not in dump_programme(parse_programme(EXAMPLE))


def test_the_database_holds_them_as_they_are() -> None:
    """There and back; an empty list is none at all."""
    assert stored_own_words(store_own_words(LISTED)) == LISTED
    assert store_own_words(()) is None
    assert stored_own_words(None) == ()


def test_triage_gets_a_phrase_for_each_way() -> None:
    """With the reason that was given, or a plain one."""
    heron, garza, bridge = phrases_of(LISTED)
    assert (heron.words, heron.level, heron.why) == ("blue heron", Level.CRISIS, "the group's safe word")
    assert garza.why == heron.why
    assert bridge.why == "uses a word of the programme's own"


WRONG = {
    "a level": ("{say: blue heron, level: high}", "level", "urgent, crisis"),
    "no level": ("{say: blue heron}", "", "`level` is missing"),
    "no words": ("{level: urgent}", "", "`say` is missing"),
    "empty": ('{say: "", level: urgent}', "say", "empty"),
    "an empty list": ("{say: [], level: urgent}", "say", "at least one"),
    "only a picture": ("{say: 🦩, level: urgent}", "say", "no letters"),
    "long": (f"{{say: {'heron' * 20}, level: urgent}}", "say", "at most 60 characters"),
    "many words": ("{say: a b c d e f g h heron, level: urgent}", "say", "at most 8 words"),
    "short": ("{say: zx, level: urgent}", "say", "add a word"),
    "common": ("{say: tired, level: urgent}", "say", "add a word"),
    "common in Spanish": ("{say: mi familia, level: urgent}", "say", "add a word"),
    "a number": ("{say: 42, level: urgent}", "say", "add a word"),
    "marks": ('{say: "blue, heron", level: urgent}', "say", "without marks"),
    "twice": ("{say: [blue heron, Blue HERON], level: urgent}", "say[1]", "twice"),
    "a key": ("{say: blue heron, levle: urgent, level: urgent}", "levle", "did you mean"),
    "a long reason": (f"{{say: blue heron, level: urgent, about: {'x' * 81}}}", "about", "at most 80"),
}


@pytest.mark.parametrize(("entry", "field", "mend"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_with_its_line_and_mend(entry: str, field: str, mend: str) -> None:
    """One error, at its line, that never quotes the words themselves."""
    with pytest.raises(ProgrammeFileError) as caught:
        parse_programme(with_words("{say: lavender tea, level: urgent}", entry))
    (error,) = caught.value.errors
    assert error.line == 4
    assert error.field == ("triage.words[1]" + ("." + field if field else ""))
    assert mend in error.sentence
    assert "heron" not in error.sentence


def test_a_list_is_bounded() -> None:
    """A programme has a hundred at most; what the rules miss beyond that is for the rules."""
    many = [f"{{say: heron{n:03}x, level: urgent}}" for n in range(MOST + 1)]
    assert len(parse_programme(with_words(*many[:-1])).own_words) == MOST
    with pytest.raises(ProgrammeFileError, match="at most 100"):
        parse_programme(with_words(*many))
