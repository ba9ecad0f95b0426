"""The words people may text at any time, and how long a pause lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands import COMMAND_WORDS, Command, read_command, read_pause
from bot.domain.consent import CARRIER_WORDS, read_consent

NOW = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")

WORDS = {
    Command.PAUSE: [
        "PAUSE",
        "Pause.",
        "snooze",
        "pausa",
        "/pause",
        "pause 3 days",
        "PAUSA 3 DÍAS",
        "pause 3d",
    ],
    Command.RESUME: ["resume", "REANUDAR", "seguir", "/resume@SomeBot"],
    Command.WHEN: ["WHEN?", "when", "¿Cuándo?", "what's next"],
    Command.TALK: ["TALK", "need to talk", "I need to talk", "call me please", "quiero hablar", "¡Llámame!"],
    Command.MEETING: ["meeting", "Reunión", "REUNION"],
    Command.MORE: ["more", "más"],
    Command.LESS: ["less", "MENOS"],
    Command.MYDATA: ["MYDATA", "my data", "mis datos"],
    Command.PLAN: ["plan", "my plan", "mi plan"],
    Command.CRAVE: ["CRAVE", "craving", "ganas", "tengo ganas"],
    Command.SLIP: ["slip", "I slipped.", "desliz"],
    Command.RESOURCES: ["resources", "Recursos"],
    Command.STORY: ["story", "historia"],
    Command.MOOD: ["mood", "ánimo"],
}

TALK = [
    "", "🙂", "my plan is to go home", "I plan to stay", "when I was young", "cuando era niño",
    "talk to my mom", "pause the music and think", "more pain", "más dolor", "I had a meeting",
    "la historia de mi vida",
    "tengo ganas de llorar", "pause for thought", "no mas", "stop", "help", "ayuda", "pausa 3 4", "7",
]  # fmt: skip


@pytest.mark.parametrize(("command", "text"), [(c, text) for c, texts in WORDS.items() for text in texts])
def test_every_command_answers_to_its_words(command: Command, text: str) -> None:
    """Case, accents, courtesy, punctuation and Telegram's slash make no difference."""
    assert read_command(text) is command


@pytest.mark.parametrize("text", TALK)
def test_a_sentence_is_no_command(text: str) -> None:
    """A word inside other words is talk."""
    assert read_command(text) is None


@pytest.mark.parametrize("phrase", COMMAND_WORDS)
def test_no_command_is_a_consent_word(phrase: str) -> None:
    """A carrier would swallow it, or somebody asking for help would be opted out."""
    assert phrase not in CARRIER_WORDS
    assert read_consent(phrase).word is None
    assert read_consent(phrase, pending=True).word is None
    assert read_command(phrase) is COMMAND_WORDS[phrase]


def test_every_command_has_words_in_both_languages() -> None:
    """Nobody is offered less for the language they speak; PLAN is the same word in both."""
    assert set(COMMAND_WORDS.values()) == set(Command)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PAUSE", timedelta(hours=24)),
        ("snooze", timedelta(hours=24)),
        ("pausa por favor", timedelta(hours=24)),
        ("PAUSE 3 DAYS", timedelta(days=3)),
        ("pause for three days", timedelta(days=3)),
        ("pausa 3 días", timedelta(days=3)),
        ("pausa por dos dias", timedelta(days=2)),
        ("pause 3", timedelta(days=3)),
        ("pause 0 days", timedelta(days=1)),
        ("pause a week", timedelta(days=7)),
        ("pausa una semana", timedelta(days=7)),
        ("pause for 2 weeks", timedelta(days=14)),
        ("snooze 2 hours", timedelta(hours=2)),
        ("pause 48h", timedelta(hours=48)),
        ("pause 31 days", timedelta(days=30)),
        ("pause 99999999999 days", timedelta(days=30)),
        ("pausa un mes", timedelta(days=30)),
    ],
)
def test_a_pause_lasts_as_long_as_asked(text: str, length: timedelta) -> None:
    """Nothing said is a day; nobody is silenced for more than thirty."""
    assert read_pause(text, NOW, CHICAGO) == NOW + length


def test_days_of_pause_keep_the_wall_clock_over_dst() -> None:
    """Three days from noon end at noon, though one of the days has 25 hours."""
    noon = datetime(2026, 10, 30, 12, 0, tzinfo=CHICAGO)
    until = read_pause("pause 3 days", noon.astimezone(UTC), CHICAGO)
    assert until is not None
    assert until.astimezone(CHICAGO).replace(tzinfo=None) == datetime(2026, 11, 2, 12, 0)  # noqa: DTZ001 -- wall clock
    assert until - noon.astimezone(UTC) == timedelta(hours=73)


@pytest.mark.parametrize("text", ["", "resume", "pause everything you do", "I need a pause", "3 days"])
def test_what_is_no_pause_pauses_nothing(text: str) -> None:
    """Only the command itself silences us."""
    assert read_pause(text, NOW, CHICAGO) is None


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever arrives is a command or is not."""
    assert (read_pause(text, NOW, CHICAGO) is not None) == (read_command(text) is Command.PAUSE)
