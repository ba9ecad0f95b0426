"""Prompts as they are sent: the published text in the person's language, with their names filled in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from bot.domain import answers
from bot.domain.errors import HandrailError
from bot.domain.messages import Button
from bot.domain.replies import say
from bot.domain.wording import WordingError, render
from bot.store.database import Tx
from bot.store.schedules import ScheduleVersion

ANSWER = "answer"  # the verb in a button's data: "answer:<message id>:<value>"
KEPT = 200  # published versions in memory; they never change

_versions: OrderedDict[str, dict[str, dict[str, Any]]] = OrderedDict()


class RenderError(HandrailError):
    """A prompt's text can't be filled in; check its variables in the schedule."""


class Prompts:
    """The prompts of the versions that one batch needs."""

    async def load(self, tx: Tx, version_ids: Iterable[str | None]) -> None:
        """Read the versions that are not in memory yet."""
        missing = {v for v in version_ids if v is not None and v not in _versions}
        if not missing:
            return
        for version_id, prompts in await tx.session.execute(
            select(ScheduleVersion.id, ScheduleVersion.prompts).where(ScheduleVersion.id.in_(missing))
        ):
            _versions[version_id] = {prompt["key"]: prompt for prompt in prompts}
        while len(_versions) > KEPT:
            _versions.popitem(last=False)

    def text(self, row: Any, variables: Mapping[str, str]) -> str:
        """Return the text for a row of the claim. Raises RenderError."""
        texts = _versions[row.version_id][row.prompt_key]["text"]
        language = row.language if row.language in texts else next(iter(texts))
        try:
            return render(texts[language], variables, language)
        except WordingError:
            raise RenderError from None

    def spec(self, version_id: str, key: str) -> dict[str, Any] | None:
        """Return how the prompt may be answered, as stored data; None when it asks nothing."""
        spec: dict[str, Any] | None = _versions[version_id][key].get("answer")
        return spec

    def buttons(self, row: Any) -> tuple[Button, ...]:
        """Return the buttons that answer a prompt on Telegram."""
        data = self.spec(row.version_id, row.prompt_key)
        if data is None:
            return ()
        return tuple(
            Button(label=label, data=f"{ANSWER}:{row.id}:{value}")
            for value, label in options(answers.from_data(data), row.language)
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
