"""Read the words people may text at any time: PAUSE, TALK, PLAN and the rest, in English and Spanish."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache

from bot.domain.numerals import number
from bot.domain.phrases import bare, load

DEFAULT_PAUSE_HOURS = 24
LONGEST_PAUSE_HOURS = 30 * 24

_SLASH = re.compile(r"^\s*/(\w+)(?:@\w+)?")
_JOINED = re.compile(r"(\d+)([a-z]+)")


class Command(StrEnum):
    """Something a participant may ask for by one word."""

    PAUSE = "pause"
    RESUME = "resume"
    WHEN = "when"
    TALK = "talk"
    MEETING = "meeting"
    MORE = "more"
    LESS = "less"
    MYDATA = "mydata"
    PLAN = "plan"
    CRAVE = "crave"
    SLIP = "slip"
    RESOURCES = "resources"
    STORY = "story"
    MOOD = "mood"
    USUAL_TIME = "usual_time"
    SKIP = "skip"
    MILESTONES = "milestones"
    NO_MILESTONES = "no_milestones"


def read_command(text: str) -> Command | None:
    """Return the command that is the whole of `text`, also as /command; PAUSE may say for how long.

    A sentence that only holds such a word is no command, and the consent words are not read here.
    """
    said = _said(text)
    if command := COMMAND_WORDS.get(said):
        return command
    return Command.PAUSE if _pause_hours(said) is not None else None


def read_pause(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """Return until when (aware UTC) a PAUSE asks for silence, None if `text` is no PAUSE.

    Without a length it is 24 hours; at most 30 days. Days keep the wall clock of `zone`, over DST too.
    """
    hours = _pause_hours(_said(text))
    if hours is None:
        return None
    days, rest = divmod(min(hours, LONGEST_PAUSE_HOURS), 24)
    until = (now.astimezone(zone) + timedelta(days=days)).astimezone(UTC)
    return until + timedelta(hours=rest)


def read_skip(text: str) -> int | None:
    """Return how many days from today a SKIP means; None is the day of the next text."""
    return next((_SKIPS[word] for word in _said(text).split() if word in _SKIPS), None)


@lru_cache(maxsize=8)
def _said(text: str) -> str:
    """Return the words of `text` without a leading slash, the bot's name and courtesies."""
    words = bare(_SLASH.sub(r"\1", text, count=1))
    for before, behind in _FILLERS:
        words = words.removeprefix(before).removesuffix(behind)
    return words


def _pause_hours(said: str) -> int | None:
    if COMMAND_WORDS.get(said) is Command.PAUSE:
        return DEFAULT_PAUSE_HOURS
    first, _, behind = said.partition(" ")
    if COMMAND_WORDS.get(first) is not Command.PAUSE:
        return None
    rest = _JOINED.sub(r"\1 \2", behind).split()
    asked = [word for word in rest if word not in _JOINS]
    hours = _UNITS.get(asked[-1]) if asked else None
    amounts = asked if hours is None else asked[:-1]
    if len(amounts) > 1 or not asked:
        return None
    amount = number(amounts[0], language="es") if amounts else 1
    return None if amount is None else max(amount, 1) * (hours or 24)


_DATA = load("commands")
_FILLERS = tuple((f"{filler} ", f" {filler}") for filler in _DATA["fillers"])
_JOINS = frozenset(_DATA["pause"]["joins"])
_SKIPS = {word: int(days) for days, words in _DATA["skip"].items() for word in words}
_UNITS = {unit: int(hours) for hours, units in _DATA["pause"]["hours"].items() for unit in units}
COMMAND_WORDS: dict[str, Command] = {
    phrase: Command(name)
    for name, languages in _DATA["commands"].items()
    for phrases in languages.values()
    for phrase in phrases
}
