"""The built-in schedules are complete, balanced, well formed, and safe to read over a shoulder."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
import yaml

from bot.domain.programme import Programme
from bot.domain.reviewing import review
from bot.domain.wording import findings, render, segments
from schedules.built_in import library

LIBRARY = files("schedules.library")
NAMES = (
    *("first-90-days", "weekly-check-in", "session-reminders", "keeping-on", "staying-steady"),
    *("riding-it-out", "sleep-and-stress", "milestones", "practical-help", "good-company", "your-road"),
    "how-it-goes",
)
LANGUAGES = ("en", "es")
KINDS = {"emotional", "informational", "instrumental", "affiliational"}
FIELDS = ("key", "at", "support", "answer", "instrument", "questions", "follow_up", "nudge", "closes")
DAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
AT = (
    {"day", "of", "time"},
    {"days", "time"},
    {"days", "between"},
    {"before", "by", "time"},
    {"after", "by", "time"},
    {"milestone", "time"},
    {"every", "days", "time", "from"},
)
COMMANDS = {"MEETING", "PAUSE", "TALK", "RESOURCES", "REUNION", "PAUSA", "HABLAR", "RECURSOS"}
WAYS = {"12-step", "smart", "faith", "secular", "medication"}


def read(name: str) -> Any:
    """Read one file of the library."""
    return yaml.safe_load((LIBRARY / f"{name}.yaml").read_text(encoding="utf-8"))


def texts(name: str, language: str) -> dict[str, str]:
    """Read the texts of a schedule in one language; each pathway's words under a key of their own."""
    found: dict[str, str] = {}
    for key, said in read(f"{name}.{language}").items():
        ways = said if isinstance(said, dict) else {"default": said}
        found |= {key if way == "default" else f"{key} {way}": text for way, text in ways.items()}
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
    """The same prompts in the same order in both languages, none empty; only questions bring their own."""
    prompts = read(name)["prompts"]
    keys = [prompt["key"] for prompt in prompts]
    assert len(set(keys)) == len(keys)
    english, spanish = (texts(name, language) for language in LANGUAGES)
    assert list(english) == list(spanish)
    worded = [prompt["key"] for prompt in prompts if not {"instrument", "questions"} & set(prompt)]
    assert set(worded) <= set(english)
    assert {key.partition(" ")[0] for key in english} <= set(keys)
    assert all([*english.values(), *spanish.values()])


@every_language
def test_nothing_is_said_twice(language: str) -> None:
    """No two texts of the whole library are the same."""
    said = [text for name in NAMES for text in texts(name, language).values()]
    assert [text for text, count in Counter(said).items() if count > 1] == []


def test_pathways_are_worded_in_full() -> None:
    """Whoever prefers a road reads its words each week, in both languages; the others read the plain ones."""
    for prompt in library()["your-road"].prompts:
        assert {str(way) for way in prompt.variants} == WAYS
        for own in (prompt.text, *prompt.variants.values()):
            assert set(own) == set(LANGUAGES)


def test_the_whole_library_passes_the_review() -> None:
    """With its sequences, labels and instruments: no finding, and nothing that a language lacks."""
    programme = Programme(
        name="A",
        country="US",
        timezone="UTC",
        help_contact="us",
        languages=LANGUAGES,
        schedules=tuple(library().values()),
    )
    assert [str(one.place) for one in review(programme)] == []


@every_schedule
def test_every_prompt_is_well_formed(name: str) -> None:
    """Known fields, a kind of support, a known form of time, inside 09:00 to 20:00."""
    schedule = read(name)
    assert set(schedule) == {"name", "title", "prompts"}
    assert schedule["name"] == name
    for prompt in schedule["prompts"]:
        key, at = prompt["key"], prompt["at"]
        assert set(prompt) <= {*FIELDS}, key
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


@every_schedule
def test_the_four_kinds_of_support_are_balanced(name: str) -> None:
    """Each kind is at least a seventh of every schedule."""
    kinds = Counter(prompt["support"] for prompt in read(name)["prompts"])
    assert set(kinds) == KINDS
    assert min(kinds.values()) >= kinds.total() / 7


def test_the_kinds_are_balanced_over_all() -> None:
    """Each kind is at least a fifth of the whole library, and none a third."""
    kinds = Counter(prompt["support"] for name in NAMES for prompt in read(name)["prompts"])
    assert all(0.2 * kinds.total() <= count <= 0.34 * kinds.total() for count in kinds.values())


def test_no_milestone_counts() -> None:
    """The marks from the recovery date say no number in any language, and come at the usual times."""
    marks = [prompt["at"]["milestone"] for prompt in read("milestones")["prompts"]]
    assert marks == ["24h", "30d", "60d", "90d", "6mo", "9mo", "yearly"]
    for language in LANGUAGES:
        assert not any(re.search(r"\d", text) for text in texts("milestones", language).values())


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
