"""The built-in schedules are complete, balanced, well formed, and safe to read over a shoulder."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
import yaml

from bot.domain.wording import findings, render, segments

LIBRARY = files("schedules.library")
NAMES = ("first-90-days", "weekly-check-in", "session-reminders", "keeping-on")
LANGUAGES = ("en", "es")
KINDS = {"emotional", "informational", "instrumental", "affiliational"}
DAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
AT = (
    {"day", "of", "time"},
    {"days", "time"},
    {"days", "between"},
    {"before", "by", "time"},
    {"every", "days", "time", "from"},
)
COMMANDS = {"MEETING", "PAUSE", "TALK", "REUNION", "PAUSA", "HABLAR"}


def read(name: str) -> Any:
    """Read one file of the library."""
    return yaml.safe_load((LIBRARY / f"{name}.yaml").read_text(encoding="utf-8"))


def texts(name: str, language: str) -> dict[str, str]:
    """Read the texts of a schedule in one language."""
    found: dict[str, str] = read(f"{name}.{language}")
    return found


every_schedule = pytest.mark.parametrize("name", NAMES)
every_language = pytest.mark.parametrize("language", LANGUAGES)


@every_schedule
@every_language
def test_every_text_passes_the_lint(name: str, language: str) -> None:
    """No error and no warning in any text: safe, short, plain, one question."""
    told = {key: found for key, text in texts(name, language).items() if (found := findings(text, language))}
    assert told == {}


@every_schedule
@every_language
def test_every_text_fits_one_sms_with_and_without_a_name(name: str, language: str) -> None:
    """A name of twelve letters fits, and without any name the text still reads well."""
    long = {"first_name": "Maximiliana.", "specialist_name": "Maximiliana."}
    for key, text in texts(name, language).items():
        assert segments(render(text, long, language)).count == 1, key
        bare = render(text, {}, language)
        assert not re.search(r"  | [,.;:?!]|[,;:][.,;:?!]|^[,.;:]", bare), key
        assert not bare[0].islower(), key


@every_schedule
def test_every_language_says_all_of_it(name: str) -> None:
    """The same prompts in the same order in both languages, each once, none empty, none said twice."""
    keys = [prompt["key"] for prompt in read(name)["prompts"]]
    assert len(set(keys)) == len(keys)
    for language in LANGUAGES:
        said = texts(name, language)
        assert list(said) == keys
        assert all(said.values())
        assert len(set(said.values())) == len(said)


@every_schedule
def test_every_prompt_is_well_formed(name: str) -> None:
    """Known fields, a kind of support, a known form of time, inside 09:00 to 20:00."""
    schedule = read(name)
    assert set(schedule) == {"name", "title", "prompts"}
    assert schedule["name"] == name
    for prompt in schedule["prompts"]:
        key, at = prompt["key"], prompt["at"]
        assert set(prompt) <= {"key", "at", "support", "answer"}, key
        assert prompt["support"] in KINDS, key
        assert set(at) in AT, key
        assert set(at.get("days", ())) <= DAYS, key
        times = at.get("between", at.get("time")).split("-")
        assert all(re.fullmatch(r"\d\d:\d\d", one) and "09:00" <= one < "20:00" for one in times), key


@every_schedule
def test_every_answer_can_be_given(name: str) -> None:
    """Answers take a known form; choices are numbered from 1, labelled in both languages, and offered."""
    for prompt in read(name)["prompts"]:
        answer = prompt.get("answer", {"free_text": True})
        match answer:
            case {"scale": "0-10", "about": str(), **rest} if not rest:
                pass
            case {"yes_no": True, "about": str(), **rest} if not rest:
                for language in LANGUAGES:
                    assert re.search(r"\b1\b.*\b2\b", texts(name, language)[prompt["key"]])
            case {"free_text": True, **rest} if not rest:
                pass
            case {"choice": dict() as choices, **rest} if not rest:
                assert list(choices) == [str(number + 1) for number in range(len(choices))]
                for label in choices.values():
                    assert set(label) == set(LANGUAGES)
                    assert all(isinstance(one, str) and one for one in label.values())
                for language in LANGUAGES:
                    text = texts(name, language)[prompt["key"]]
                    assert all(re.search(rf"\b{number}\b", text) for number in choices), prompt["key"]
            case _:
                pytest.fail(prompt["key"])


@every_schedule
@every_language
def test_only_commands_that_work_are_offered(name: str, language: str) -> None:
    """A word in capitals is a command; there are few of them, and each is one the bot answers to."""
    offered = [word for text in texts(name, language).values() for word in re.findall(r"\b[A-Z]{2,}\b", text)]
    assert set(offered) <= COMMANDS
    assert len(offered) <= 4


def test_the_days_run_from_1_to_90() -> None:
    """At least 70 different days, in order, counted from enrolment, never a gap of two days."""
    timed = [prompt["at"] for prompt in read("first-90-days")["prompts"] if "day" in prompt["at"]]
    days = [at["day"] for at in timed]
    assert len(days) >= 70
    assert (days[0], days[-1]) == (1, 90)
    assert all(1 <= later - earlier <= 2 for earlier, later in pairwise(days))
    assert {at["of"] for at in timed} == {"enrolment"}


def test_milestones_count_nothing() -> None:
    """A milestone looks back without a number, so that it hurts nobody after a slip."""
    for language in LANGUAGES:
        marks = {k: v for k, v in texts("first-90-days", language).items() if k.startswith("milestone-")}
        assert len(marks) == 4
        assert not any(re.search(r"\d", text) for text in marks.values())


def test_the_four_kinds_of_support_are_balanced() -> None:
    """Each kind is at least 15% of the first ninety days."""
    kinds = Counter(prompt["support"] for prompt in read("first-90-days")["prompts"])
    assert set(kinds) == KINDS
    assert min(kinds.values()) >= 0.15 * kinds.total()


@pytest.mark.parametrize("name", ["first-90-days", "weekly-check-in"])
def test_there_are_weekly_check_ins(name: str) -> None:
    """Mood, craving, needs and wins are asked each week on their own day."""
    weekly = {
        tuple(prompt["at"]["days"]): prompt["answer"]
        for prompt in read(name)["prompts"]
        if "days" in prompt["at"] and "every" not in prompt["at"] and "answer" in prompt
    }
    assert weekly[("Mon",)] == {"scale": "0-10", "about": "mood"}
    assert weekly[("Wed",)] == {"scale": "0-10", "about": "craving"}
    assert weekly[("Fri",)] == {"free_text": True}
    assert len(weekly[("Sun",)]["choice"]) == 5
