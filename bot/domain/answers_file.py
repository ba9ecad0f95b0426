"""Answers as a programme file writes them, read and written."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from bot.domain.answers import AnswerSpec, Choice, FreeText, Option, Scale, YesNo
from bot.domain.programme_words import CarrierWordError, read_name, read_texts, refuse_carrier_word
from bot.domain.yaml_fields import Field, WrongFieldError
from bot.domain.yaml_writing import Inline, Quoted

_SCALE = re.compile(r"([0-9]{1,3})-([0-9]{1,3})")


def read_answer(field: Field, languages: Collection[str] | None) -> AnswerSpec | None:
    """Read how a prompt may be answered. Raises WrongFieldError."""
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
    options = tuple(_option(key, below, languages) for key, below in keys.found.items())
    if len(options) < 2 and not keys.broken:
        raise WrongFieldError("A choice needs at least two answers.")
    return options


def _option(key: str, field: Field, languages: Collection[str] | None) -> Option:
    if not key.strip() or key != key.strip() or len(key) > 40:
        field.say("An answer is a short word or number, without spaces around it.")
    labels = field.attempt(lambda found: read_texts(found, languages, 60))
    # People type the label as often as the key.
    for word in (key, *(label for given in labels for label in given.values())):
        try:
            refuse_carrier_word(word)
        except CarrierWordError as error:
            field.say(str(error))
    return Option(key=key, labels=labels[0] if labels else {})


def answer_to_data(answer: AnswerSpec) -> dict[str, Any]:
    """Return an answer as `read_answer` reads it."""
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
