"""Prompts as they are sent: the published text in the person's language, with their names filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain import answers
from bot.domain.errors import HandrailError
from bot.domain.messages import Button
from bot.domain.prompts import Prompt
from bot.domain.replies import say
from bot.domain.templates import WordingError, render

ANSWER = "answer"  # the verb in a button's data: "answer:<message id>:<value>"


class RenderError(HandrailError):
    """A prompt's text can't be filled in; check its variables in the schedule."""


def render_prompt(prompt: Prompt, language: str, variables: Mapping[str, str]) -> str:
    """Return the text in `language`, or in the first it has. Raises RenderError."""
    language = language if language in prompt.text else next(iter(prompt.text))
    try:
        return render(prompt.text[language], variables, language)
    except WordingError:
        raise RenderError from None


def answer_spec(prompt: Prompt) -> dict[str, Any] | None:
    """Return how the prompt may be answered, as data for the check-in; None when it asks nothing."""
    return answers.to_data(prompt.answer) if prompt.answer is not None else None


def answer_buttons(prompt: Prompt, message_id: str, language: str) -> tuple[Button, ...]:
    """Return the buttons that answer a prompt on Telegram."""
    return buttons_of(prompt.answer, message_id, language) if prompt.answer is not None else ()


def buttons_of(spec: answers.AnswerSpec, message_id: str, language: str) -> tuple[Button, ...]:
    """Return the buttons that answer the question of a message on Telegram."""
    return tuple(
        Button(label=label, data=f"{ANSWER}:{message_id}:{value}") for value, label in options(spec, language)
    )


def options(spec: answers.AnswerSpec, language: str) -> list[tuple[str, str]]:
    """Return (value, label) of everything that can be tapped; nothing for free text and long scales."""
    match spec:
        case answers.Scale() if spec.high - spec.low <= 10:
            return [(str(n), str(n)) for n in range(spec.low, spec.high + 1)]
        case answers.Choice():
            return [(o.key, o.labels.get(language) or next(iter(o.labels.values()))) for o in spec.options]
        case answers.YesNo():
            return [("1", say("yes_label", language)), ("2", say("no_label", language))]
        case _:
            return []
