"""A wish for another time of day is told apart from everything else people write."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands import read_command
from bot.domain.consent import read_consent
from bot.domain.hours import may_choose, parse_window, wished_for
from bot.domain.wishes import LONGEST, choose, read_wish

NIGHT = parse_window("20:00-09:00")

WISHES = {
    "text me at 8pm instead": [20],
    "Text me at 8 PM please!": [20],
    "can you text me at 8 p.m.?": [20],
    "please send my check-ins at 20:00 from now on": [20],
    "I'd rather 8pm": [20],
    "8pm is better": [20],
    "8pm instead": [20],
    "text me at eight in the evening": [20],
    "message me at noon": [12],
    "check in with me at 7 in the morning": [7],
    "text me at 8": [8, 20],
    "text me at 12": [12],
    "text me at 12am": [0],
    "escríbeme a las 8 de la noche": [20],
    "Escribeme a las 20:00 por favor": [20],
    "¿Me puedes escribir a las ocho de la noche?": [20],
    "mejor a las 8 de la noche": [20],
    "mándame los mensajes a las 7 de la mañana": [7],
    "prefiero a las 8pm": [20],
    "escríbeme al mediodía": [12],
    "escríbeme a las 12 de la noche": [0],
}
TALK = [
    "", "8", "8pm", "at 8", "8 better", "mejor 8", "better", "mejor", "text me", "text me later",
    "call me at 8pm", "llámame a las 8 de la noche", "don't text me at 8pm", "no me escribas a las 8",
    "stop texting me at 8pm", "up until 8pm", "my brother will text me at 8pm", "text me at 8pm tomorrow",
    "text me at 8pm, I want to die", "I feel better at 8pm", "it was better at 3", "I drank at 8pm instead",
    "text me at 25", "text me at 8:75", "me siento mejor a las 8", "mi ex me escribe a las 8 de la noche",
]  # fmt: skip


@pytest.mark.parametrize("text", WISHES)
def test_a_wish_is_understood(text: str) -> None:
    """In both languages, in digits or words, with courtesies; a bare hour may be two."""
    assert [at.hour for at in read_wish(text)] == WISHES[text]
    assert read_command(text) is None
    assert read_consent(text).word is None


@pytest.mark.parametrize("text", TALK)
def test_other_texts_are_no_wish(text: str) -> None:
    """What says anything else is left to whoever reads it next."""
    assert read_wish(text) == ()


def test_minutes_are_kept() -> None:
    """Half past seven, in all its spellings."""
    for text in ("text me at 7:30pm", "text me at 19.30", "text me at half past seven in the evening",
                 "escríbeme a las siete y media de la noche"):  # fmt: skip
        assert read_wish(text) == (time(19, 30),), text


@given(st.text(max_size=LONGEST + 5))
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever arrives is a wish for at most two times, or none."""
    assert len(read_wish(text)) <= 2


def test_a_bare_hour_is_what_quiet_hours_leave() -> None:
    """At 7 is the evening where the morning is quiet; at 8 is asked about; 23:00 can't be had."""
    assert choose((time(7), time(19)), NIGHT) == (time(19),)
    assert choose((time(8), time(20)), NIGHT) == (time(8), time(20))
    assert choose((time(11), time(23)), NIGHT) == (time(11),)
    assert choose((time(23),), NIGHT) == ()
    assert choose((time(23),), None) == (time(23),)


def test_quiet_hours_give_way_to_a_chosen_time_by_day_only() -> None:
    """Eight in the evening may be chosen, and for an hour; nine in the evening may not."""
    assert may_choose(NIGHT, time(20))
    assert not may_choose(NIGHT, time(21))
    assert not may_choose(NIGHT, time(7, 59))

    def at(hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)

    assert wished_for(time(20), "UTC", at(20))
    assert wished_for(time(20, 30), "UTC", at(20, 59))
    assert not wished_for(time(20, 30), "UTC", at(21))
    assert not wished_for(time(19), "UTC", at(20))
    assert not wished_for(None, "UTC", at(20))
