"""What staff write when they are done: outcomes, notes, units, promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.closing import (
    DeskWord,
    Mode,
    Note,
    Outcome,
    read_closing,
    read_note,
    read_order,
    units,
)
from bot.domain.prompts import Support

ZONE = "America/New_York"
NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # a Monday, 15:00 in New York


@pytest.mark.parametrize(
    ("text", "word", "ref", "rest"),
    [
        ("CLOSE K7 safe", DeskWord.CLOSE, "K7", "safe"),
        ("close k7", DeskWord.CLOSE, "K7", ""),
        ("Close Ref K7: 2", DeskWord.CLOSE, "K7", "2"),
        ("Cerrar K7 a salvo", DeskWord.CLOSE, "K7", "a salvo"),
        ("/close safe", DeskWord.CLOSE, None, "safe"),
        ("NOTE K7 call 20m", DeskWord.NOTE, "K7", "call 20m"),
        ("HECHO p4", DeskWord.DONE, "P4", ""),
        ("promesas", DeskWord.PROMISES, None, ""),
    ],
)
def test_a_command_is_read(text: str, word: DeskWord, ref: str | None, rest: str) -> None:
    """The first word says what to do, a ref about what."""
    order = read_order(text.replace("HECHO", "hecho"))
    assert order is not None
    assert (order.word, order.ref, order.rest) == (word, ref, rest)


@pytest.mark.parametrize("text", ["1", "1 K7", "K7", "closer to home", "noted", "", "she is done"])
def test_other_texts_are_no_command(text: str) -> None:
    """What only resembles a command is left to be read as something else."""
    assert read_order(text) is None


@pytest.mark.parametrize(
    ("rest", "outcome", "reason"),
    [
        ("safe", Outcome.SAFE, ""),
        ("2", Outcome.SAFE, ""),
        ("6 it was a song", Outcome.FALSE_ALARM, "it was a song"),
        ("False alarm: it was a song.", Outcome.FALSE_ALARM, "it was a song"),
        ("falsa alarma, una cancion", Outcome.FALSE_ALARM, "una cancion"),
        ("no contesta", Outcome.COULD_NOT_REACH, ""),
        ("911", Outcome.EMERGENCY_SERVICES, ""),
        ("a salvo", Outcome.SAFE, ""),
        ("she went home", None, "she went home"),
        ("22", None, "22"),
        ("", None, ""),
    ],
)
def test_an_outcome_is_read(rest: str, outcome: Outcome | None, reason: str) -> None:
    """By number or word, in both languages; anything else is asked again."""
    closing = read_closing(rest)
    assert (closing.outcome, closing.reason) == (outcome, reason)


def test_a_whole_note_is_read() -> None:
    """Length, mode, kind of support, response, next step with its day."""
    note = read_note("Call 20m emotional. They said: felt heard. Next: ride to group Fri", NOW, ZONE)
    assert (note.mode, note.support) == (Mode.CALL, Support.EMOTIONAL)
    assert (note.started_at, note.ended_at) == (NOW - timedelta(minutes=20), NOW)
    assert (note.response, note.next_step) == ("felt heard", "ride to group Fri")
    assert note.due_at == datetime(2026, 11, 27, 14, 0, tzinfo=UTC)  # Friday at nine in New York
    assert note.units == 1


def test_a_spanish_note_is_read() -> None:
    """The same in Spanish, accents or not, as the words were written."""
    note = read_note(
        "llamada 1h informativo. Respuesta: más tranquilo. Próximo paso: llamar mañana", NOW, ZONE
    )
    assert (note.mode, note.support, note.response) == (Mode.CALL, Support.INFORMATIONAL, "más tranquilo")
    assert note.next_step == "llamar mañana"
    assert note.due_at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert note.units == 4


def test_clock_times_are_just_past() -> None:
    """A span later than now was yesterday; one over midnight began the day before."""
    note = read_note("visit 14:05-14:35", NOW, ZONE)
    assert note.ended_at == datetime(2026, 11, 23, 19, 35, tzinfo=UTC)
    late = read_note("call 23:40 to 00:10", NOW, ZONE)
    assert (late.started_at, late.ended_at) == (
        datetime(2026, 11, 23, 4, 40, tzinfo=UTC),
        datetime(2026, 11, 23, 5, 10, tzinfo=UTC),
    )
    yesterday = read_note("call 16:00-16:30", NOW, ZONE)
    assert yesterday.started_at == datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("call today", "2026-11-23"),
        ("call tomorrow", "2026-11-24"),
        ("call on Monday", "2026-11-30"),
        ("in 3 days", "2026-11-26"),
        ("by 2026-12-24", "2026-12-24"),
        ("by 2026-02-30", "2026-11-24"),
        ("el jueves", "2026-11-26"),
        ("some time", "2026-11-24"),
    ],
)
def test_a_promise_has_a_day(said: str, day: str) -> None:
    """The day it names, else tomorrow; never a time that is past."""
    note = read_note(f"call 10m. next: {said}", NOW, ZONE)
    assert note.due_at is not None
    assert note.due_at > NOW
    assert note.due_at.date().isoformat() == day


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, 0), (7, 0), (8, 1), (22, 1), (23, 2), (37, 2), (38, 3), (60, 4)]
)
def test_units_count_from_the_eighth_minute(minutes: int, expected: int) -> None:
    """A unit of 15 minutes counts when most of it was given."""
    assert units(NOW - timedelta(minutes=minutes), NOW) == expected


@given(st.text(max_size=300))
def test_any_text_makes_a_note(text: str) -> None:
    """Whatever is written is kept whole; nothing that was not said is made up."""
    note = read_note(text, NOW, ZONE)
    assert isinstance(note, Note)
    assert note.text == text.strip()
    assert (note.next_step is None) or note.next_step in text


@given(st.text(max_size=100))
def test_any_text_can_be_read_as_a_closing(text: str) -> None:
    """Nothing a person types breaks it."""
    read_order(text)
    assert read_closing(text).outcome in {None, *Outcome}
