"""What stands in the way of publishing: wording errors, and people who could not read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from bot.domain.errors import HandrailError
from bot.domain.prompts import Prompt
from bot.domain.wording import Severity, findings
from bot.store.database import Tx
from bot.store.people import Participant, PersonStatus
from bot.store.schedules import Enrolment, Schedule

NAMED = 3  # people named in a sentence; the rest is counted


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing to mend in a draft. Only errors stand in the way of publishing."""

    prompt: str
    language: str
    level: Severity
    reason: str
    mend: str

    def __str__(self) -> str:
        """Write it as one line."""
        return f"prompt {self.prompt}, {self.language}: {self.reason} {self.mend}"


class BlockedError(HandrailError):
    """This draft can't be published yet; mend what is listed and save it again."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Carry what must be mended."""
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{(type(self).__doc__ or '').strip()}\n{lines}")
        self.problems = tuple(problems)


async def check(tx: Tx, schedule: Schedule, prompts: Sequence[Prompt]) -> tuple[Problem, ...]:
    """Return what a coordinator should mend before these prompts are published, errors first."""
    found = [*(await _unread(tx, schedule, prompts)), *_worded(prompts)]
    return tuple(sorted(found, key=lambda problem: problem.level is not Severity.ERROR))


def blocking(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return those that stand in the way."""
    return tuple(problem for problem in problems if problem.level is Severity.ERROR)


def _worded(prompts: Sequence[Prompt]) -> list[Problem]:
    return [
        Problem(prompt=prompt.key, language=language, level=found.level, reason=found.reason, mend=found.mend)
        for prompt in prompts
        for language, text in prompt.text.items()
        for found in findings(text, language)
    ]


async def _unread(tx: Tx, schedule: Schedule, prompts: Sequence[Prompt]) -> list[Problem]:
    """Find prompts that somebody on the schedule would get in a language that is not theirs."""
    languages = await _languages(tx, schedule)
    if not languages:
        return []
    names = {language: await _names(tx, schedule, language, count) for language, count in languages.items()}
    return [
        Problem(
            prompt=prompt.key,
            language=language,
            level=Severity.ERROR,
            reason=f"There is no text in the language of {names[language]}.",
            mend=f"Write it in {language}.",
        )
        for prompt in prompts
        for language in languages
        if language not in prompt.text
    ]


async def _languages(tx: Tx, schedule: Schedule) -> Counter[str]:
    rows = await tx.session.execute(
        select(Participant.language, func.count().label("people"))
        .join(Enrolment, Enrolment.participant_id == Participant.id)
        .where(Enrolment.schedule_id == schedule.id, Participant.status != PersonStatus.LEFT)
        .group_by(Participant.language)
        .order_by(Participant.language)
    )
    return Counter({row.language: row.people for row in rows})


async def _names(tx: Tx, schedule: Schedule, language: str, count: int) -> str:
    refs = await tx.session.scalars(
        select(Participant.ref)
        .join(Enrolment, Enrolment.participant_id == Participant.id)
        .where(
            Enrolment.schedule_id == schedule.id,
            Participant.status != PersonStatus.LEFT,
            Participant.language == language,
        )
        .order_by(Participant.ref)
        .limit(NAMED)
    )
    more = f" and {count - NAMED} more" if count > NAMED else ""
    return ", ".join(refs) + more
