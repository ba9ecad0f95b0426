"""What is said, when, and how it may be answered; read from a file's fields, and as plain data again.

The plain data is the file's own form. It is also how published versions are stored, so what was
published reads like what was written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.answers import AnswerSpec
from bot.domain.answers_file import answer_to_data, read_answer
from bot.domain.courtesy import InQuiet, Priority
from bot.domain.durations import format_duration
from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.hours import EVERY_DAY
from bot.domain.instruments import Instrument, held_instrument
from bot.domain.pathways import Pathway
from bot.domain.programme_words import read_duration, read_name, read_texts
from bot.domain.questions import FollowUp, Question
from bot.domain.questions_file import (
    follow_ups_to_data,
    questions_to_data,
    read_follow_ups,
    read_instrument,
    read_questions,
)
from bot.domain.recurrence import OnHoliday, Timetable, manner_of
from bot.domain.rules import OnDays, Rule
from bot.domain.rules_file import read_rule
from bot.domain.rules_writing import rule_to_data
from bot.domain.yaml_fields import Field, Keys
from bot.domain.yaml_writing import Inline, Quoted, to_node

LONGEST_TEXT = 1600  # characters; more than this no SMS provider takes
OPEN_FOR = timedelta(hours=20)  # a question stands until about the next morning, unless the prompt says
KEYS = ("key", "at", "support", "answer", "questions", "instrument", "follow_up", "text", "variants")
TIMES = ("expires", "nudge", "closes")


class Support(StrEnum):
    """The four kinds of support (SAMHSA)."""

    EMOTIONAL = "emotional"
    INFORMATIONAL = "informational"
    INSTRUMENTAL = "instrumental"
    AFFILIATIONAL = "affiliational"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """One thing a schedule says: `text` by language; `expires` is how late it may still be said.

    It asks one question (`answer`, worded in `text`), a sequence (`questions`), an `instrument`, or nothing.
    `text` opens a sequence and may then be empty. `variants` word it for a pathway. An unanswered question is
    asked about once more after `nudge`, and stands for `closes`.
    `skippable` says whether SKIP and LESS may leave it out; None: unless it hangs on a session.
    `priority` says which goes first when several wait, `quiet` what becomes of it in quiet hours.
    """

    key: str
    rule: Rule
    support: Support
    text: dict[str, str]
    answer: AnswerSpec | None = None
    expires: timedelta | None = None
    questions: tuple[Question, ...] = ()
    instrument: str | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    variants: dict[Pathway, dict[str, str]] = field(default_factory=dict)
    nudge: timedelta | None = None
    closes: timedelta | None = None
    on_holiday: OnHoliday = OnHoliday.SEND
    skippable: bool | None = None
    priority: Priority = Priority.NORMAL
    quiet: InQuiet = InQuiet.MOVE

    @property
    def times(self) -> tuple[Rule, OnHoliday, bool | None]:
        """Return everything that decides when it is said."""
        return self.rule, self.on_holiday, self.skippable

    @property
    def open_for(self) -> timedelta:
        """Return how long its question stands."""
        return self.closes or OPEN_FOR

    def asked(self) -> tuple[Question, ...]:
        """Return its questions in order; the key of a prompt's only question is empty."""
        if self.instrument is not None:
            held = held_instrument(self.instrument)
            return held.questions if held is not None else ()
        if self.answer is not None:
            return (Question(key="", ask=self.text, answer=self.answer),)
        return self.questions

    def rules(self) -> tuple[FollowUp, ...]:
        """Return what follows from its answers: what the file says, else what the instrument asks for."""
        held = held_instrument(self.instrument)
        return self.follow_ups or (held.usual_follow_ups() if held is not None else ())

    def said(self, language: str, pathway: Pathway | None = None) -> str:
        """Return the template of what is sent: its text in `language`, or in the first it has.

        A pathway's own words come first; a sequence's first question follows its text.
        """
        texts = self.variants.get(pathway, {}) if pathway is not None else {}
        parts = [_in_language(texts, language) or _in_language(self.text, language, any_language=True)]
        if self.answer is None:
            parts += [
                _in_language(question.ask, language, any_language=True) for question in self.asked()[:1]
            ]
        held = held_instrument(self.instrument)
        if held is not None and not parts[0]:
            parts[0] = _in_language(held.intro, language, any_language=True)
        return " ".join(part for part in parts if part)


def timetable_of(prompts: Iterable[Prompt]) -> Timetable:
    """Return when prompts fall due, as the planner and every preview ask it."""
    listed = tuple(prompts)
    manners = {p.key: manner_of(p.rule, p.on_holiday, skippable=p.skippable) for p in listed}
    return Timetable({prompt.key: prompt.rule for prompt in listed}, manners)


def _in_language(texts: Mapping[str, str], language: str, *, any_language: bool = False) -> str:
    first = next(iter(texts.values()), "") if any_language else ""
    return texts.get(language, first)


def parse_prompts(
    field: Field, languages: Collection[str] | None = None, *, stored: bool = False
) -> tuple[Prompt, ...]:
    """Read a list of prompts, leaving wrong ones out; `languages` None lets any language in.

    `stored`: it was published once, so that an instrument which is off by now asks nothing, and is no error.
    """
    seen: set[str] = set()
    return field.each(lambda item: read_prompt(item, languages, seen, stored=stored))


def prompts_to_data(prompts: Sequence[Prompt]) -> list[dict[str, Any]]:
    """Return prompts as JSON data in the form of the programme file."""
    return [_prompt_to_data(prompt) for prompt in prompts]


def prompts_from_data(data: Sequence[dict[str, Any]]) -> tuple[Prompt, ...]:
    """Return the prompts that `prompts_to_data` wrote. Raises ProgrammeFileError on anything else."""
    problems: list[FieldError] = []
    prompts = parse_prompts(Field(to_node(data), "prompts", problems), stored=True)
    if problems:
        raise ProgrammeFileError(tuple(problems))
    return prompts


def read_prompt(
    field: Field, languages: Collection[str] | None, seen: set[str], *, stored: bool = False
) -> Prompt:
    """Read one prompt; `seen` gathers the keys of its schedule."""
    keys = field.keys([*KEYS, *TIMES, "on_holiday", "skippable", "priority", "quiet"])
    key = keys.need("key", read_name, "")
    if key and key in seen:
        keys.found["key"].say("Another prompt of this schedule has this key already.")
    seen.add(key)
    asking = [name for name in ("answer", "questions", "instrument") if name in keys.found]
    for name in asking[1:]:
        keys.found[name].say(f"`{asking[0]}` is here already; a prompt asks in one of these ways.")
    opened = asking[:1] in (["questions"], ["instrument"])
    text = keys.get if opened else keys.need
    instrument = keys.get("instrument", Field.text if stored else read_instrument, None)
    questions = keys.get("questions", lambda below: read_questions(below, languages), ())
    answer = keys.get("answer", lambda below: read_answer(below, languages), None)
    prompt = Prompt(
        key=key,
        rule=keys.need("at", read_rule, OnDays(days=EVERY_DAY, time=time())),
        support=keys.need("support", lambda below: below.one_of(Support), Support.EMOTIONAL),
        text=text("text", lambda below: read_texts(below, languages, LONGEST_TEXT), {}),
        answer=answer,
        expires=keys.get("expires", read_duration, None),
        questions=questions,
        instrument=instrument,
        variants=keys.get("variants", lambda below: _variants(below, languages), {}),
        nudge=keys.get("nudge", read_duration, None),
        closes=keys.get("closes", read_duration, None),
        on_holiday=keys.get("on_holiday", lambda below: below.one_of(OnHoliday), OnHoliday.SEND),
        skippable=keys.get("skippable", Field.truth, None),
        priority=keys.get("priority", lambda below: below.one_of(Priority), Priority.NORMAL),
        quiet=keys.get("quiet", lambda below: below.one_of(InQuiet), InQuiet.MOVE),
    )
    _check_times(keys, prompt, asks=bool(asking))
    return replace(
        prompt, follow_ups=_follow_ups(keys, prompt, held_instrument(instrument), asks=bool(asking))
    )


def _follow_ups(
    keys: Keys, prompt: Prompt, instrument: Instrument | None, *, asks: bool
) -> tuple[FollowUp, ...]:
    if "follow_up" in keys.found and not asks:
        keys.found["follow_up"].say("This asks nothing, so nothing can follow from an answer.")
        return ()
    if not prompt.asked():
        return ()  # what it asks is wrong, which has been said
    return keys.get("follow_up", lambda below: read_follow_ups(below, prompt.asked(), instrument), ())


def _check_times(keys: Keys, prompt: Prompt, *, asks: bool) -> None:
    for name in ("nudge", "closes"):
        if name in keys.found and not asks:
            keys.found[name].say(f"This asks nothing; `{name}` goes with a question.")
    if prompt.nudge is not None and prompt.nudge >= prompt.open_for:
        keys.found["nudge"].say("This must be before the question closes (`closes`, 20h unless said).")


def _variants(field: Field, languages: Collection[str] | None) -> dict[Pathway, dict[str, str]]:
    keys = field.keys(list(Pathway))
    return {
        Pathway(name): texts
        for name, below in keys.found.items()
        for texts in below.attempt(lambda found: read_texts(found, languages, LONGEST_TEXT))
    }


def _prompt_to_data(prompt: Prompt) -> dict[str, Any]:
    data: dict[str, Any] = {
        "key": prompt.key,
        "at": Inline(rule_to_data(prompt.rule)),
        "support": str(prompt.support),
    }
    if prompt.answer is not None:
        data["answer"] = Inline(answer_to_data(prompt.answer))
    if prompt.instrument is not None:
        data["instrument"] = prompt.instrument
    if prompt.text:
        data["text"] = _texts_to_data(prompt.text)
    if prompt.variants:
        data["variants"] = {str(way): _texts_to_data(texts) for way, texts in prompt.variants.items()}
    if prompt.questions:
        data["questions"] = questions_to_data(prompt.questions)
    if prompt.follow_ups:
        data["follow_up"] = follow_ups_to_data(prompt.follow_ups)
    for name in TIMES:
        length: timedelta | None = getattr(prompt, name)
        if length is not None:
            data[name] = format_duration(length)
    if prompt.on_holiday is not OnHoliday.SEND:
        data["on_holiday"] = str(prompt.on_holiday)
    if prompt.skippable is not None:
        data["skippable"] = prompt.skippable
    if prompt.priority is not Priority.NORMAL:
        data["priority"] = str(prompt.priority)
    if prompt.quiet is not InQuiet.MOVE:
        data["quiet"] = str(prompt.quiet)
    return data


def _texts_to_data(texts: Mapping[str, str]) -> dict[str, Any]:
    return {language: Quoted(text) for language, text in texts.items()}
