"""Read the wish for another time of day, "text me at 8pm instead", apart from all other texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import time

from bot.domain.hours import Window, may_choose
from bot.domain.numerals import number
from bot.domain.phrases import fold, load

LONGEST = 160  # characters; whoever writes more has more to say
_APART = re.compile(r"(\d)([a-z])")
_DOTTED = re.compile(r"\b([ap])\.\s?m\b\.?")
_MARKS = re.compile(r"[^\w\s:]+")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
_DOT_TIME = re.compile(r"\b(\d{1,2})\.(\d{2})\b")


def read_wish(text: str) -> tuple[time, ...]:
    """Return the times that a wish may mean: none for any other text, two for a bare "at 8".

    >>> read_wish("Text me at 8pm instead"), read_wish("call me at 8pm")
    ((datetime.time(20, 0),), ())
    """
    if len(text) > LONGEST:
        return ()
    said = _plain(text)
    return next((times for form in _FORMS for times in [form.read(said)] if times), ())


def choose(times: Iterable[time], quiet_hours: Window | None) -> tuple[time, ...]:
    """Return the times that may be had: outside quiet hours if any is, else by day."""
    listed, quiet = tuple(times), quiet_hours
    loud = [at for at in listed if quiet is None or not quiet.holds(at.hour * 60 + at.minute)]
    return tuple(loud or [at for at in listed if may_choose(quiet_hours, at)])


class _Form:
    """The wish in one language."""

    def __init__(self, language: str, words: dict[str, list[str]]) -> None:
        self._language = language
        self._words = words
        courtesy, ask, rather, at = (_any(words[name]) for name in ("courtesy", "ask", "rather", "at"))
        around = rf"(?:(?:{courtesy}|{rather}) )*"
        behind = rf"(?: (?:{courtesy}|{rather}))*"
        self._asked = re.compile(rf"{around}(?:{ask}) {around}(?:{at}) (?P<time>.+?){behind}")
        self._rather = re.compile(
            rf"(?:(?:{courtesy}) )*(?:{rather}) (?P<at>(?:{at}) )?(?P<time>.+?){behind}"
            rf"|(?:(?:{courtesy}) )*(?P<by>(?:{at}) )?(?P<late>.+?)(?: (?:{courtesy}))* (?:{rather}){behind}"
        )
        after = _any([*words["morning"], *words["evening"], *words["clock"]])
        self._time = re.compile(
            rf"(?:(?P<past>half past) )?(?P<clock>\d{{1,2}}(?::\d{{2}})?|[a-z]+)"
            rf"(?: (?P<half>y media))?(?P<part>(?: (?:{after}))*)"
        )

    def read(self, said: str) -> tuple[time, ...]:
        """Return the times that may be meant."""
        if (found := self._asked.fullmatch(said)) and (times := self._times(found["time"])):
            return times
        found = self._rather.fullmatch(said)
        asked = found["time"] or found["late"] if found else ""
        # "8 better" answers how somebody feels.
        bare = " " not in asked and ":" not in asked and asked not in self._words["noon"]
        if found is None or (bare and not found["at"] and not found["by"]):
            return ()
        return self._times(asked)

    def _times(self, asked: str) -> tuple[time, ...]:
        if asked in self._words["noon"]:
            return (time(12),)
        if asked in self._words["midnight"]:
            return (time(0),)
        found = self._time.fullmatch(asked)
        if found is None:
            return ()
        clock = _CLOCK.fullmatch(found["clock"])
        hour = int(clock[1]) if clock else number(found["clock"], language=self._language)
        minute = int(clock[2] or 0) if clock else 0
        minute = 30 if found["past"] or found["half"] else minute
        if hour is None or hour > 23 or minute > 59:
            return ()
        return tuple(time(each, minute) for each in self._hours(hour, found["part"].strip(), found["clock"]))

    def _hours(self, hour: int, part: str, written: str) -> tuple[int, ...]:
        """Return what an hour may mean: 24-hour clocks say it, and so does the part of the day."""
        if hour > 12 or hour == 0 or written.startswith("0"):
            return (hour,)
        if any(part.endswith(word) for word in self._words["evening"]):
            return (hour % 12 if part.endswith("noche") and hour == 12 else hour % 12 + 12,)
        if any(part.endswith(word) for word in self._words["morning"]):
            return (hour % 12,)
        return (12,) if hour == 12 else (hour, hour + 12)


def _plain(text: str) -> str:
    said = _DOT_TIME.sub(r"\1:\2", _DOTTED.sub(r"\1m", fold(text)))
    return " ".join(_APART.sub(r"\1 \2", _MARKS.sub(" ", said)).split())


def _any(phrases: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, phrases), key=len, reverse=True))


_FORMS = [_Form(language, words) for language, words in load("wishes").items()]
