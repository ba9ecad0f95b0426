"""Read everything a programme says as `wording.py` reads one text: what should be mended, and where."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bot.domain.answers import AnswerSpec, Choice, Scale, YesNo
from bot.domain.directory import Shelf
from bot.domain.programme import Programme
from bot.domain.prompts import Prompt
from bot.domain.questions import Question
from bot.domain.wording import Finding, Rule, Severity, findings, remark


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a text stands: "schedule first-weeks, prompt mood", and which text of it, in which language."""

    where: str
    part: str  # "text", "question craving", "answer 1", "variant faith", …
    language: str

    def __str__(self) -> str:
        """Write the place as one phrase; the prompt's own text is not named apart."""
        part = "" if self.part == "text" else f", {self.part}"
        return f"{self.where}{part}, {self.language}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One text of a programme at its place. `sent`: it is a whole message, not a label."""

    place: Place
    text: str
    sent: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """One finding at its place; `text` is the whole text it is about."""

    place: Place
    finding: Finding
    text: str = ""

    @property
    def words(self) -> str:
        """Return the words it is about."""
        return self.text[slice(*self.finding.place)]


def texts_of(programme: Programme) -> Iterator[Said]:
    """Yield every text a programme may send, as it is sent: a sequence's opening with its first question."""
    for schedule in programme.schedules:
        for prompt in schedule.prompts:
            yield from _prompt_texts(f"schedule {schedule.name}, prompt {prompt.key}", prompt)
    for shelf in Shelf:
        for place, entry in enumerate(getattr(programme.directory, shelf)):
            for language, text in entry.text.items():
                yield Said(
                    place=Place(where=f"directory {shelf}[{place}]", part="text", language=language),
                    text=text,
                )


def review(programme: Programme) -> tuple[Remark, ...]:
    """Return what a coordinator should mend, in the order of the file."""
    names = {one.name for one in programme.staff} | {one.name for one in programme.participants}
    found: list[Remark] = []
    for said in texts_of(programme):
        for finding in findings(said.text, said.place.language, names=names):
            if said.sent or finding.rule not in {Rule.READING, Rule.LENGTH}:
                found.append(Remark(place=said.place, finding=finding, text=said.text))
    for schedule in programme.schedules:
        for prompt in schedule.prompts:
            where = f"schedule {schedule.name}, prompt {prompt.key}"
            found += _missing(where, prompt, programme.languages)
            found += _not_offered(where, prompt, programme.languages)
    return tuple(found)


def _prompt_texts(where: str, prompt: Prompt) -> Iterator[Said]:
    asked = prompt.asked()
    opening = {*prompt.text, *(asked[0].ask if prompt.answer is None and asked else {})}
    order = [*prompt.text, *sorted(opening - set(prompt.text))]
    for language in order:
        yield Said(place=Place(where=where, part="text", language=language), text=prompt.said(language))
    for pathway, texts in prompt.variants.items():
        for language in texts:
            place = Place(where=where, part=f"variant {pathway}", language=language)
            yield Said(place=place, text=prompt.said(language, pathway))
    if prompt.instrument is not None:
        return  # its own items are ours, and tested
    for question in prompt.questions[1:]:
        for language, text in question.ask.items():
            yield Said(
                place=Place(where=where, part=f"question {question.key}", language=language), text=text
            )
    for question in asked:
        yield from _labels(where, question)


def _labels(where: str, question: Question) -> Iterator[Said]:
    match question.answer:
        case Choice(options=options):
            for option in options:
                for language, label in option.labels.items():
                    place = Place(where=where, part=f"answer {option.key}", language=language)
                    yield Said(place=place, text=label, sent=False)


def _missing(where: str, prompt: Prompt, languages: Collection[str]) -> Iterator[Remark]:
    """Find texts that somebody would get in another language than their own."""
    texts: list[tuple[str, Mapping[str, str]]] = []
    if prompt.text or not prompt.asked():
        texts.append(("text", prompt.text))
    texts += [(f"variant {pathway}", own) for pathway, own in prompt.variants.items()]
    if prompt.answer is None:
        texts += [(f"question {question.key}", question.ask) for question in prompt.asked()]
    for question in prompt.asked() if prompt.instrument is None else ():
        match question.answer:
            case Choice(options=options):
                texts += [(f"answer {option.key}", option.labels) for option in options]
    for part, own in texts:
        for language in languages:
            if language not in own:
                place = Place(where=where, part=part, language=language)
                yield Remark(place=place, finding=remark(Rule.LANGUAGE, Severity.ERROR, "no_language"))


def _not_offered(where: str, prompt: Prompt, languages: Collection[str]) -> Iterator[Remark]:
    """Find questions whose answers a person on SMS could only guess."""
    for question in prompt.asked() if prompt.instrument is None else ():
        part = "text" if prompt.answer is not None else f"question {question.key}"
        for language in languages:
            text = question.ask.get(language)
            if text is not None and not _offered(question.answer, text):
                finding = remark(Rule.ANSWERS, Severity.WARNING, "not_offered", end=len(text))
                yield Remark(
                    place=Place(where=where, part=part, language=language), finding=finding, text=text
                )


def _offered(answer: AnswerSpec, text: str) -> bool:
    words = set("".join(one if one.isalnum() else " " for one in text.casefold()).split())
    match answer:
        case Choice(options=options):
            return all(
                option.key.casefold() in words
                or any(label.casefold() in text.casefold() for label in option.labels.values())
                for option in options
            )
        case YesNo():
            return {"1", "2"} <= words
        case Scale(low=low, high=high):
            return {str(low), str(high)} <= words
        case _:
            return True
