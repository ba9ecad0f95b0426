"""What is said, when, and how it may be answered; read from a file's fields, and as plain data again.

The plain data is the file's own form. It is also how published versions are stored, so what was
published reads like what was written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.answers import AnswerSpec
from bot.domain.answers_file import answer_to_data, read_answer
from bot.domain.courtesy import InQuiet, Priority
from bot.domain.durations import format_duration
from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.hours import EVERY_DAY
from bot.domain.programme_words import read_duration, read_name, read_texts
from bot.domain.recurrence import OnHoliday, Timetable, manner_of
from bot.domain.rules import OnDays, Rule
from bot.domain.rules_file import read_rule
from bot.domain.rules_writing import rule_to_data
from bot.domain.yaml_fields import Field
from bot.domain.yaml_writing import Inline, Quoted, to_node

LONGEST_TEXT = 1600  # characters; more than this no SMS provider takes


class Support(StrEnum):
    """The four kinds of support (SAMHSA)."""

    EMOTIONAL = "emotional"
    INFORMATIONAL = "informational"
    INSTRUMENTAL = "instrumental"
    AFFILIATIONAL = "affiliational"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """One thing a schedule says: `text` by language; `expires` is how late it may still be said.

    `skippable` says whether SKIP and LESS may leave it out; None: unless it hangs on a session.
    `priority` says which goes first when several wait, `quiet` what becomes of it in quiet hours.
    """

    key: str
    rule: Rule
    support: Support
    text: dict[str, str]
    answer: AnswerSpec | None = None
    expires: timedelta | None = None
    on_holiday: OnHoliday = OnHoliday.SEND
    skippable: bool | None = None
    priority: Priority = Priority.NORMAL
    quiet: InQuiet = InQuiet.MOVE

    @property
    def times(self) -> tuple[Rule, OnHoliday, bool | None]:
        """Return everything that decides when it is said."""
        return self.rule, self.on_holiday, self.skippable


def timetable_of(prompts: Iterable[Prompt]) -> Timetable:
    """Return when prompts fall due, as the planner and every preview ask it."""
    listed = tuple(prompts)
    manners = {p.key: manner_of(p.rule, p.on_holiday, skippable=p.skippable) for p in listed}
    return Timetable({prompt.key: prompt.rule for prompt in listed}, manners)


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


def _prompt(field: Field, languages: Collection[str] | None, seen: set[str]) -> Prompt:
    keys = field.keys(
        [
            *["key", "at", "support", "answer", "text", "expires", "on_holiday", "skippable"],
            *["priority", "quiet"],
        ]
    )
    key = keys.need("key", read_name, "")
    if key and key in seen:
        keys.found["key"].say("Another prompt of this schedule has this key already.")
    seen.add(key)
    return Prompt(
        key=key,
        rule=keys.need("at", read_rule, OnDays(days=EVERY_DAY, time=time())),
        support=keys.need("support", lambda below: below.one_of(Support), Support.EMOTIONAL),
        text=keys.need("text", lambda below: read_texts(below, languages, LONGEST_TEXT), {}),
        answer=keys.get("answer", lambda below: read_answer(below, languages), None),
        expires=keys.get("expires", read_duration, None),
        on_holiday=keys.get("on_holiday", lambda below: below.one_of(OnHoliday), OnHoliday.SEND),
        skippable=keys.get("skippable", Field.truth, None),
        priority=keys.get("priority", lambda below: below.one_of(Priority), Priority.NORMAL),
        quiet=keys.get("quiet", lambda below: below.one_of(InQuiet), InQuiet.MOVE),
    )


def _prompt_to_data(prompt: Prompt) -> dict[str, Any]:
    data: dict[str, Any] = {
        "key": prompt.key,
        "at": Inline(rule_to_data(prompt.rule)),
        "support": str(prompt.support),
    }
    if prompt.answer is not None:
        data["answer"] = Inline(answer_to_data(prompt.answer))
    data["text"] = {language: Quoted(text) for language, text in prompt.text.items()}
    if prompt.expires is not None:
        data["expires"] = format_duration(prompt.expires)
    if prompt.on_holiday is not OnHoliday.SEND:
        data["on_holiday"] = str(prompt.on_holiday)
    if prompt.skippable is not None:
        data["skippable"] = prompt.skippable
    if prompt.priority is not Priority.NORMAL:
        data["priority"] = str(prompt.priority)
    if prompt.quiet is not InQuiet.MOVE:
        data["quiet"] = str(prompt.quiet)
    return data
