"""What is said, when, and how it may be answered; read from a file's fields, and as plain data again.

The plain data is the file's own form. It is also how published versions are stored, so what was
published reads like what was written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.answers import AnswerSpec, Choice, FreeText, Option, Scale, YesNo
from bot.domain.durations import format_duration, parse_duration
from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.hours import EVERY_DAY, WEEKDAYS, Weekday, parse_clock, parse_days, parse_window
from bot.domain.rules import Anchor, AroundSession, EveryWeeks, OnDay, OnDays, RandomTime, Rule, Side
from bot.domain.yaml_fields import Field, Inline, Keys, Quoted, WrongFieldError, to_node

LONGEST_TEXT = 1600  # characters; more than this no SMS provider takes
LAST_DAY = 3660
# Carriers act on these by themselves, so they never reach us as an answer.
CARRIER_WORDS = frozenset(
    [
        *["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"],
        *["START", "YES", "UNSTOP", "HELP", "INFO"],
    ]
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SCALE = re.compile(r"([0-9]{1,3})-([0-9]{1,3})")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")


class Support(StrEnum):
    """The four kinds of support (SAMHSA)."""

    EMOTIONAL = "emotional"
    INFORMATIONAL = "informational"
    INSTRUMENTAL = "instrumental"
    AFFILIATIONAL = "affiliational"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """One thing a schedule says: `text` by language; `expires` is how late it may still be said."""

    key: str
    rule: Rule
    support: Support
    text: dict[str, str]
    answer: AnswerSpec | None = None
    expires: timedelta | None = None


def parse_prompts(field: Field, languages: Collection[str] | None = None) -> tuple[Prompt, ...]:
    """Read a list of prompts, leaving wrong ones out; `languages` None lets any language in."""
    seen: set[str] = set()
    return field.each(lambda item: _prompt(item, languages, seen))


def prompts_to_data(prompts: Sequence[Prompt]) -> list[dict[str, Any]]:
    """Return prompts as JSON data in the form of the programme file."""
    return [_prompt_to_data(prompt) for prompt in prompts]


def prompts_from_data(data: Sequence[dict[str, Any]]) -> tuple[Prompt, ...]:
    """Return the prompts that `prompts_to_data` wrote. Raises ProgrammeFileError on anything else."""
    problems: list[FieldError] = []
    prompts = parse_prompts(Field(to_node(data), "prompts", problems))
    if problems:
        raise ProgrammeFileError(tuple(problems))
    return prompts


def read_name(field: Field) -> str:
    """Read a ref, key or schedule name. Raises WrongFieldError."""
    text = field.text()
    if not _NAME.fullmatch(text):
        raise WrongFieldError(
            "A name here has letters, digits, dots, dashes and underscores only, at most 64."
        )
    return text


def read_language(field: Field) -> str:
    """Read a language code such as en or es. Raises WrongFieldError."""
    text = field.text()
    if not _LANGUAGE.fullmatch(text):
        raise WrongFieldError("A language is written like en or es.")
    return text


def read_duration(field: Field) -> timedelta:
    """Read a duration longer than nothing. Raises DurationError, WrongFieldError."""
    length = parse_duration(field.text())
    if not length:
        raise WrongFieldError("This must be longer than nothing.")
    return length


def read_unless_carrier_word(field: Field) -> str:
    """Read a word somebody is to text us. Raises WrongFieldError for those carriers keep."""
    text = field.text(most=40)
    refuse_carrier_word(text)
    return text


def refuse_carrier_word(text: str) -> None:
    """Raise WrongFieldError if carriers act on `text` by themselves."""
    if text.strip().strip(".!?").upper() in CARRIER_WORDS:
        raise WrongFieldError(
            "Phone carriers act on this word themselves, so it cannot be used; choose another."
        )


def _prompt(field: Field, languages: Collection[str] | None, seen: set[str]) -> Prompt:
    keys = field.keys(["key", "at", "support", "answer", "text", "expires"])
    key = keys.need("key", read_name, "")
    if key in seen:
        keys.found["key"].say("Another prompt of this schedule has this key already.")
    seen.add(key)
    return Prompt(
        key=key,
        rule=keys.need("at", _rule, OnDays(days=EVERY_DAY, time=time())),
        support=keys.need("support", lambda below: below.one_of(Support), Support.EMOTIONAL),
        text=keys.need("text", lambda below: _texts(below, languages, LONGEST_TEXT), {}),
        answer=keys.get("answer", lambda below: _answer(below, languages), None),
        expires=keys.get("expires", read_duration, None),
    )


def _texts(field: Field, languages: Collection[str] | None, most: int) -> dict[str, str]:
    keys = field.keys()
    texts: dict[str, str] = {}
    for language, below in keys.found.items():
        if not _LANGUAGE.fullmatch(language) or (languages is not None and language not in languages):
            below.say("This is not one of the programme's languages.")
        else:
            texts.update((language, text) for text in below.attempt(lambda found: found.text(most=most)))
    if not keys.found and not keys.broken:
        raise WrongFieldError("Write the text in at least one language.")
    return texts


# Which keys belong together, by the key that tells the forms apart.
_FORMS = {
    "every": ("every", "days", "time", "from"),
    "day": ("day", "of", "time"),
    "before": ("before", "by", "time"),
    "after": ("after", "by", "time"),
    "between": ("days", "between"),
    "days": ("days", "time"),
}


def _rule(field: Field) -> Rule:
    keys = field.keys(["days", "time", "between", "day", "of", "before", "after", "by", "every", "from"])
    form = next((name for name in _FORMS if name in keys.found), "days")
    for name, below in keys.found.items():
        if name not in _FORMS[form]:
            below.say(f"`{name}` does not go with `{form}`; that takes {', '.join(_FORMS[form])}.")
    match form:
        case "every":
            return EveryWeeks(
                weeks=keys.need("every", _weeks, 1),
                days=keys.need("days", _days, EVERY_DAY),
                time=keys.need("time", _clock, time()),
                since=keys.get("from", _anchor, Anchor.ENROLMENT),
            )
        case "day":
            return OnDay(
                day=keys.need("day", lambda below: below.whole(least=1, most=LAST_DAY), 1),
                of=keys.get("of", _anchor, Anchor.ENROLMENT),
                time=keys.need("time", _clock, time()),
            )
        case "before" | "after":
            return _around_session(keys, Side(form))
        case "between":
            days = keys.need("days", _days, EVERY_DAY)
            window = keys.need(
                "between", lambda below: parse_window(below.text()), parse_window("00:00-24:00")
            )
            if window.wraps:
                keys.found["between"].say("These hours may not pass midnight.")
            return RandomTime(days=days, between=window)
        case _:
            return OnDays(days=keys.need("days", _days, EVERY_DAY), time=keys.need("time", _clock, time()))


def _around_session(keys: Keys, side: Side) -> AroundSession:
    keys.need(side, _session, None)
    by = keys.need("by", lambda below: parse_duration(below.text()), timedelta(days=1))
    at = keys.get("time", _clock, None)
    if at is not None and by % timedelta(days=1):
        keys.found["by"].say("With a time, this must be whole days, like 1d.")
    if at is None and "time" not in keys.found and not by:
        keys.found["by"].say("Without a time, this must be longer than nothing.")
    return AroundSession(side=side, by=by, time=at)


def _session(field: Field) -> None:
    if field.text() != "session":
        raise WrongFieldError("This must be `session`.")


def _weeks(field: Field) -> int:
    length = parse_duration(field.text())
    if not length or length % timedelta(weeks=1):
        raise WrongFieldError("This must be whole weeks, like 2w; for days and times use `days`.")
    return length // timedelta(weeks=1)


def _clock(field: Field) -> time:
    return parse_clock(field.text())


def _anchor(field: Field) -> Anchor:
    return field.one_of(Anchor)


def _days(field: Field) -> frozenset[Weekday]:
    if field.is_list:
        days = field.each(_weekday)
        if not days:
            raise WrongFieldError("Name at least one day, or write daily.")
        return frozenset(days)
    return parse_days(field.text())


def _weekday(field: Field) -> Weekday:
    day = WEEKDAYS.get(field.text())
    if day is None:
        raise WrongFieldError(f"A day is one of {', '.join(WEEKDAYS)}.")
    return day


def _answer(field: Field, languages: Collection[str] | None) -> AnswerSpec | None:
    kinds = ["scale", "choice", "yes_no", "free_text"]
    keys = field.keys([*kinds, "about"])
    if keys.broken:
        return None
    given = [kind for kind in kinds if kind in keys.found]
    if len(given) != 1:
        raise WrongFieldError("An answer is exactly one of scale, choice, yes_no or free_text.")
    about = keys.get("about", read_name, None)
    match given[0]:
        case "scale":
            low, high = keys.get("scale", _scale, (0, 1))
            return Scale(low=low, high=high, about=about)
        case "choice":
            return Choice(
                options=keys.get("choice", lambda below: _options(below, languages), ()), about=about
            )
        case "yes_no":
            keys.get("yes_no", _switched_on, None)
            return YesNo(about=about)
        case _:
            keys.get("free_text", _switched_on, None)
            return FreeText(about=about)


def _scale(field: Field) -> tuple[int, int]:
    form = _SCALE.fullmatch(field.text())
    if form is None or int(form[1]) >= int(form[2]):
        raise WrongFieldError("A scale is written like 0-10, the lower number first.")
    return int(form[1]), int(form[2])


def _switched_on(field: Field) -> None:
    if not field.truth():
        raise WrongFieldError("This can only be true; leave `answer` out where none is wanted.")


def _options(field: Field, languages: Collection[str] | None) -> tuple[Option, ...]:
    keys = field.keys()
    options = []
    for key, below in keys.found.items():
        labels = next(iter(below.attempt(lambda found: _texts(found, languages, 60))), {})
        for word in (key, *labels.values()):
            below.attempt(lambda _, word=word: refuse_carrier_word(word))  # type: ignore[misc]
        if not key.strip() or key != key.strip() or len(key) > 40:
            below.say("An answer is a short word or number, without spaces around it.")
        options.append(Option(key=key, labels=labels))
    if len(options) < 2 and not keys.broken:
        raise WrongFieldError("A choice needs at least two answers.")
    return tuple(options)


def _prompt_to_data(prompt: Prompt) -> dict[str, Any]:
    data: dict[str, Any] = {
        "key": prompt.key,
        "at": Inline(_rule_to_data(prompt.rule)),
        "support": str(prompt.support),
    }
    if prompt.answer is not None:
        data["answer"] = Inline(_answer_to_data(prompt.answer))
    data["text"] = {language: Quoted(text) for language, text in prompt.text.items()}
    if prompt.expires is not None:
        data["expires"] = format_duration(prompt.expires)
    return data


def _rule_to_data(rule: Rule) -> dict[str, Any]:
    match rule:
        case OnDays():
            return {"days": _days_to_data(rule.days), "time": _time_to_data(rule.time)}
        case RandomTime():
            return {"days": _days_to_data(rule.days), "between": Quoted(rule.between)}
        case OnDay():
            return {"day": rule.day, "of": str(rule.of), "time": _time_to_data(rule.time)}
        case AroundSession():
            data = {str(rule.side): "session", "by": format_duration(rule.by)}
            return data if rule.time is None else data | {"time": _time_to_data(rule.time)}
        case EveryWeeks():
            days, at = _days_to_data(rule.days), _time_to_data(rule.time)
            return {"every": f"{rule.weeks}w", "days": days, "time": at, "from": str(rule.since)}


def _answer_to_data(answer: AnswerSpec) -> dict[str, Any]:
    data: dict[str, Any]
    match answer:
        case Scale():
            data = {"scale": f"{answer.low}-{answer.high}"}
        case Choice():
            data = {"choice": Inline({Quoted(one.key): Inline(one.labels) for one in answer.options})}
        case YesNo():
            data = {"yes_no": True}
        case FreeText():
            data = {"free_text": True}
    return data if answer.about is None else data | {"about": answer.about}


def _days_to_data(days: frozenset[Weekday]) -> str | list[str]:
    return "daily" if days == EVERY_DAY else [day.short for day in sorted(days)]


def _time_to_data(at: time) -> Quoted:
    return Quoted(f"{at:%H:%M}")
