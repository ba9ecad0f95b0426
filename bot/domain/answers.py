"""What a prompt may be answered with: a number, one of a few choices, yes or no, or anything at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """A whole number from `low` to `high`, both included."""

    low: int
    high: int
    about: str | None = None  # what is measured, such as "mood"; answers about one thing make one chart


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One choice: the key a person types, and how it is called in each language."""

    key: str
    labels: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One of the options, in the order they are offered."""

    options: tuple[Option, ...]
    about: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class YesNo:
    """Yes or no, offered as numbers by SMS: the word YES means START to carriers."""

    about: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FreeText:
    """Whatever the person writes."""

    about: str | None = None


AnswerSpec: TypeAlias = Scale | Choice | YesNo | FreeText


def to_data(spec: AnswerSpec) -> dict[str, Any]:
    """Return `spec` as plain JSON data; `from_data` is its inverse.

    >>> to_data(Scale(low=0, high=10, about="mood"))
    {'scale': [0, 10], 'about': 'mood'}
    """
    data: dict[str, Any]
    match spec:
        case Scale():
            data = {"scale": [spec.low, spec.high]}
        case Choice():
            data = {"choice": [{"key": one.key, "labels": dict(one.labels)} for one in spec.options]}
        case YesNo():
            data = {"yes_no": True}
        case FreeText():
            data = {"free_text": True}
    if spec.about is not None:
        data["about"] = spec.about
    return data


def from_data(data: Mapping[str, Any]) -> AnswerSpec:
    """Return the answer that `to_data` wrote. Raises KeyError on data it did not write."""
    about = data.get("about")
    if "scale" in data:
        low, high = data["scale"]
        return Scale(low=low, high=high, about=about)
    if "choice" in data:
        options = tuple(Option(key=one["key"], labels=dict(one["labels"])) for one in data["choice"])
        return Choice(options=options, about=about)
    if "yes_no" in data:
        return YesNo(about=about)
    if "free_text" in data:
        return FreeText(about=about)
    raise KeyError("answer kind")
