"""What helped comes back only when it is fit to: by its words, its age, its day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.memories import LONGEST, Memory, asks_what_helped, choose, dated, may_be_said, remind
from bot.domain.wording import Encoding, segments

NOW = datetime(2026, 11, 28, 18, tzinfo=UTC)  # a Saturday
ZONE = "America/New_York"


def memory(text: str = "walking", *, days: float = 4, source: str = "a") -> Memory:
    """Return something said so many days ago."""
    return Memory(source=source, at=NOW - timedelta(days=days), text=text)


@pytest.mark.parametrize(
    ("days", "en", "es"),
    [
        (1, "Yesterday", "Ayer"),
        (4, "Last Tuesday", "El martes pasado"),
        (7, "Last Saturday", "El sabado pasado"),
        (8, "On Nov 20", "El 20 nov"),
    ],
)
def test_days_are_called_as_people_do(days: int, en: str, es: str) -> None:
    """The last seven by their weekday."""
    then = NOW - timedelta(days=days)
    assert (dated(then, NOW, ZONE, "en"), dated(then, NOW, ZONE, "es")) == (en, es)


def test_a_day_is_the_persons_own() -> None:
    """Late in the evening is yesterday to them, whatever the calendar of UTC says."""
    late = datetime(2026, 11, 28, 3, tzinfo=UTC)  # ten in the evening of Friday
    assert dated(late, NOW, ZONE, "en") == "Yesterday"


@pytest.mark.parametrize(
    "text",
    [
        "walking",
        "caminar con mi tía",
        "my grandma's cooking",
        "rezar un rato",
        "a long shower",
    ],
)
def test_plain_words_may_come_back(text: str) -> None:
    """What anybody may read over a shoulder."""
    assert may_be_said(text)


@pytest.mark.parametrize(
    "text",
    [
        "a cold beer",
        "una cerveza",
        "the AA group",
        "calling my sponsor",
        "methadone",
        "not being alone",
        "nada",
        "cutting myself",
        "I want to die",
        "see www.example.com",
        "{first_name}",
        "x" * (LONGEST + 1),
        " ",
    ],
)
def test_other_words_stay_where_they_are(text: str) -> None:
    """Substances, groups, shrugs, danger, links, what is too long: in whichever language."""
    assert not may_be_said(text)


def test_the_newest_of_another_day_is_chosen() -> None:
    """Not today's, not one that came lately, not one from long ago."""
    old, new = memory("tea", days=9, source="old"), memory("walking", days=2, source="new")
    today, ancient = memory("sleep", days=0.1, source="today"), memory("music", days=61, source="ancient")
    assert choose([today, old, new, ancient], NOW, ZONE) == new
    assert choose([today, old, new, ancient], NOW, ZONE, told={"new"}) == old
    assert choose([today, ancient], NOW, ZONE) is None


@pytest.mark.parametrize("key", ["memory_crave", "memory_low"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_reminder_is_one_plain_sms(key: str, language: str) -> None:
    """With the longest words and the longest day, in plain letters."""
    text = remind(memory("ñ" * LONGEST, days=3), key, NOW, ZONE, language)
    assert text is not None
    counted = segments(text)
    assert (counted.encoding, counted.count) == (Encoding.GSM7, 1)


def test_which_questions_ask_what_helped() -> None:
    """The question decides, in either language; an offer of help is none."""
    assert asks_what_helped("Three days of showing up counts. What is one thing that helped?")
    assert asks_what_helped("Tres dias. ¿Que te ha ayudado?")
    assert not asks_what_helped("Do you need help with a ride?")
    assert not asks_what_helped("How are you today?")
