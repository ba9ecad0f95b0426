"""Handrail's own words: complete, short, safe on a lock screen, the same in both languages."""

from __future__ import annotations

import string
from datetime import date
from importlib.resources import files

import pytest
import yaml

from bot.domain.replies import crisis_lines, crisis_lines_due, say
from bot.domain.wording import Severity, findings, segments

LANGUAGES = ("en", "es")
# As long as real ones get.
VALUES = {
    "lines": "call or text 988, or call 911",
    "emergency": "911",
    "name": "Maximiliana",
    "programme": "Riverside Recovery",
    "contact": "+1 202 555 0100",
    "count": 11,
    "ref": "K77",
    "refs": "K77, M44, R25",
    "person": "p1234",
    "link": "https://bot.example.org/s/0123456789abcdefghijkl",
    "most": 600,
    "gap": "Sat 18:00-Sun 09:00",
    "outcome": "emergency services",
    "units": 2,
    "promises": "P2 p1234 Monday, P3 p1235 Tuesday",
    "channel": "telegram",
    "cause": "20003",
    "label": "Transporte",
    "options": "1 Ride, 2 No ride",
    "low": 0,
    "high": 10,
    "key": "1",
    "day": "miércoles 25",
    "time": "09:30",
    "word": "FALSE ALARM",
    "next": "El proximo: miércoles 25 a las 09:30.",
    "place": "Los Angeles",
    "start": "20:00",
    "end": "09:00",
    "hour": 11,
    "why": "says they want to die",
    "text": "x" * 60,
    "entries": "Tue 6 pm, Elm Street library, room 2.",
    "more": "",
    "help": "x" * 45,
    "reason": "x" * 45,
    "skill": "x" * 128,
    "question": "¿Qué te avisa que viene un rato dificil?",
    "who": "Maximiliana 3, Esperanza 2, Jo 1, +2",
    "minutes": 12,
    "wrong": 1,
    "loads": "Maximiliana 1 2 0 3 12, Jo 0 0 0 0 11",
    "when": "El miércoles pasado",
    "old": "Maximiliana",
    "people": "p1234, p1235, p1236, p1237, p1238, p1239...",
    "alerts": 12,
    "spray": " Keep your nose spray close.",
}
NOT_SENT = {
    "plan_toast",
    "slip_spray",
    "weekdays",
    "somebody",
    "option",
    "yes_label",
    "no_label",
    "your_specialist",
    "notice_detail",
    "from_staff",
    "from_participant",
}
# What the carriers ask every programme to say, and the numbers to call, are what they are.
CARRIER_LINES = {
    "invite",
    "welcome",
    "back",
    "already_in",
    "stopped",
    "help",
    "pending",
    "staff_help",
    "unsure_stop",
}
LONGER = {
    "crisis",
    "crisis_unreached",
    "crisis_unknown",
    "overdose",
    "urgent",
    "urgent_unreached",
    "talk",
    "talk_back",
    "talk_nobody",
}


def replies(language: str) -> dict[str, str]:
    """Read one language's file."""
    data: dict[str, str] = yaml.safe_load(
        (files("bot.domain.content") / f"replies.{language}.yaml").read_text("utf-8")
    )
    return data


def test_both_languages_say_the_same_things() -> None:
    """A key with its variables is in both files or in none."""
    fields = {
        language: {key: _fields(text) for key, text in replies(language).items()} for language in LANGUAGES
    }
    assert fields["en"] == fields["es"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_reply_is_there_twice(language: str) -> None:
    """YAML would take the last of two with one name, and somebody would get the wrong words."""
    text = (files("bot.domain.content") / f"replies.{language}.yaml").read_text("utf-8")
    top = yaml.compose(text)
    assert isinstance(top, yaml.MappingNode)
    names = [key.value for key, _ in top.value]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reply_fits(language: str) -> None:
    """One segment of plain GSM-7; two for what is said in danger."""
    told = {
        key: (segments(text).encoding, segments(text).units)
        for key in replies(language)
        if key not in NOT_SENT
        and segments(text := say(key, language, **VALUES)).count > (2 if key in LONGER else 1)
    }
    assert told == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reply_passes_the_lint(language: str) -> None:
    """Nothing on the lock screen gives anybody away."""
    told = {}
    for key in replies(language).keys() - NOT_SENT - CARRIER_LINES - LONGER:
        values = VALUES | {"programme": "Riverside"}
        wrong = [f for f in findings(say(key, language, **values), language) if f.level is Severity.ERROR]
        if wrong:
            told[key] = [(f.rule, f.reason) for f in wrong]
    assert told == {}


def test_no_other_countrys_number() -> None:
    """Somebody abroad is never sent to an American number."""
    for country in ("GB", "AU", "NZ", "DE", "MX"):
        for language in LANGUAGES:
            assert "988" not in crisis_lines(country, language).lines
    assert "988" in crisis_lines("US", "es").lines


def test_the_lines_have_a_review_date() -> None:
    """A person looks at the numbers again before they can be wrong for long."""
    assert crisis_lines_due() > date(2026, 11, 1)


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
