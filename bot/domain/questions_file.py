"""Questions, branches and follow-up rules as a programme file writes them, read and written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from bot.domain.answers import AnswerSpec, Choice, FreeText, Scale, YesNo
from bot.domain.answers_file import answer_to_data, read_answer
from bot.domain.instruments import Instrument, find_instrument
from bot.domain.programme_words import read_name, read_texts
from bot.domain.questions import END, Alarm, Branch, FollowUp, Hears, Question, Test
from bot.domain.yaml_fields import Field, Keys, WrongFieldError
from bot.domain.yaml_writing import Inline, Lines, Quoted

LONGEST_QUESTION = 320  # characters: two texts at the most
_COMPARED = ("at_least", "at_most", "is")
_FURTHEST = 10_000


def read_questions(field: Field, languages: Collection[str] | None) -> tuple[Question, ...]:
    """Read the questions of a sequence, branches checked: each leads to a later question, or to `end`."""
    read = [(item, question) for item in field.items() for question in item.attempt(_reader(languages))]
    keys = [question.key for _, question in read]
    for place, (item, question) in enumerate(read):
        if question.key and question.key in keys[:place]:
            item.say("Another question here has this key already.")
        for leads in [branch.next for branch in question.when] + ([question.next] if question.next else []):
            _check_lead(item, leads, keys, place)
    if field.is_list and not field.items():
        raise WrongFieldError("Ask at least one question.")
    return tuple(question for _, question in read)


def read_instrument(field: Field) -> str:
    """Read an instrument's name. Raises InstrumentError when there is none, or it may not be used."""
    return find_instrument(field.text()).name


def read_follow_ups(
    field: Field, questions: Sequence[Question], instrument: Instrument | None
) -> tuple[FollowUp, ...]:
    """Read what follows from answers; `questions` are those it may be about."""
    return field.each(lambda item: _follow_up(item, questions, instrument))


def questions_to_data(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Return questions as `read_questions` reads them."""
    return Lines(_question_to_data(question) for question in questions)


def follow_ups_to_data(rules: Sequence[FollowUp]) -> list[dict[str, Any]]:
    """Return follow-up rules as `read_follow_ups` reads them."""
    return Lines(_follow_up_to_data(rule) for rule in rules)


def _reader(languages: Collection[str] | None) -> Any:
    return lambda item: _question(item, languages)


def _question(field: Field, languages: Collection[str] | None) -> Question:
    keys = field.keys(["key", "ask", "answer", "when", "next"])
    answer = keys.need("answer", lambda below: read_answer(below, languages), None) or FreeText()
    key = keys.need("key", read_name, "")
    if key == END:
        keys.found["key"].say(f"`{END}` means that no more is asked; choose another key.")
    return Question(
        key=key,
        ask=keys.need("ask", lambda below: read_texts(below, languages, LONGEST_QUESTION), {}),
        answer=answer,
        when=keys.get("when", lambda below: below.each(lambda one: _branch(one, answer)), ()),
        next=keys.get("next", read_name, None),
    )


def _branch(field: Field, answer: AnswerSpec) -> Branch:
    keys = field.keys([*_COMPARED, "next"])
    return Branch(test=_test(field, keys, answer), next=keys.need("next", read_name, END))


def _check_lead(item: Field, leads: str, keys: Sequence[str], place: int) -> None:
    if leads == END or leads in keys[place + 1 :]:
        return
    if leads in keys:
        item.say(f"`{leads}` is not after this question; a branch leads forward only, or to `{END}`.")
        return
    close = get_close_matches(leads, keys[place + 1 :], n=1)
    hint = f"; did you mean `{close[0]}`?" if close else f"; name a later one, or `{END}`."
    item.say(f"No question here is called `{leads[:60]}`{hint}")


def _follow_up(field: Field, questions: Sequence[Question], instrument: Instrument | None) -> FollowUp:
    keys = field.keys(["question", "score", *_COMPARED, "notify", "alert"])
    rule = FollowUp(
        test=Test(),
        question=keys.get("question", lambda below: _known(below, [q.key for q in questions]), None),
        score=keys.get("score", lambda below: _part(below, instrument), None),
        notify=keys.get("notify", lambda below: below.one_of(Hears), None),
        alert=keys.get("alert", lambda below: below.one_of(Alarm), None),
    )
    if ("notify" in keys.found) == ("alert" in keys.found) and not keys.broken:
        raise WrongFieldError("Say one of `notify` (specialist, supervisor) and `alert` (urgent, crisis).")
    if "question" in keys.found and "score" in keys.found:
        raise WrongFieldError("A rule is about a question or about a score, not both.")
    if "question" not in keys.found and "score" not in keys.found and len(questions) > 1:
        raise WrongFieldError("Say which `question` this is about, or that it is about the `score`.")
    return replace(rule, test=_test(field, keys, _compared_with(rule, questions)))


def _compared_with(rule: FollowUp, questions: Sequence[Question]) -> AnswerSpec | None:
    if rule.score is not None or not questions:
        return None
    return next((q.answer for q in questions if q.key == rule.question), questions[0].answer)


def _known(field: Field, names: Sequence[str]) -> str:
    text = field.text()
    if text not in names:
        raise WrongFieldError(f"No question of this prompt has this key; there are {', '.join(names)}.")
    return text


def _part(field: Field, instrument: Instrument | None) -> str:
    text = field.text()
    if instrument is None:
        raise WrongFieldError("Only an `instrument` has a score.")
    if text not in instrument.parts:
        raise WrongFieldError(f"The score of {instrument.name} has {', '.join(instrument.parts)}.")
    return text


def _test(field: Field, keys: Keys, answer: AnswerSpec | None) -> Test:
    """Read what an answer to `answer` (None: a score) is compared with."""
    given = [name for name in _COMPARED if name in keys.found]
    if keys.broken:
        return Test()
    if not given or ("is" in given and len(given) > 1):
        raise WrongFieldError("Compare with `at_least`, `at_most` or both, or with `is`.")
    if isinstance(answer, FreeText):
        raise WrongFieldError("Free text can't be compared; triage reads it.")
    test = Test(
        at_least=keys.get("at_least", _whole, None),
        at_most=keys.get("at_most", _whole, None),
        among=keys.get("is", _among, ()),
    )
    _check_reach(field, test, answer)
    return test


def _check_reach(field: Field, test: Test, answer: AnswerSpec | None) -> None:
    """Say so where no answer could ever pass: a rule that never fires protects nobody."""
    if answer is None:
        return
    numbers = _numbers(answer)
    known = {str(number) for number in numbers}
    match answer:
        case Choice():
            known = {option.key for option in answer.options}
        case YesNo():
            known = {"yes", "no"}
    wrong = [one for one in test.among if one not in known]
    if wrong:
        few = ", ".join(sorted(known)) if len(known) <= 12 else "its own numbers"
        field.say(f"`{wrong[0][:40]}` is no answer to this question; it takes {few}.")
    if (test.at_least is not None or test.at_most is not None) and not any(map(test.holds, numbers)):
        field.say("No answer to this question is in that range.")


def _numbers(answer: AnswerSpec) -> list[int]:
    match answer:
        case Scale():
            return list(range(answer.low, answer.high + 1))
        case Choice():
            return [int(o.key) for o in answer.options if o.key.isascii() and o.key.isdecimal()]
        case _:
            return []


def _whole(field: Field) -> int:
    return field.whole(least=0, most=_FURTHEST)


def _among(field: Field) -> tuple[str, ...]:
    return field.each(Field.text) if field.is_list else (field.text(),)


def _question_to_data(question: Question) -> dict[str, Any]:
    data: dict[str, Any] = {
        "key": question.key,
        "ask": {language: Quoted(text) for language, text in question.ask.items()},
        "answer": Inline(answer_to_data(question.answer)),
    }
    if question.when:
        data["when"] = Lines(Inline(_test_to_data(b.test) | {"next": b.next}) for b in question.when)
    if question.next is not None:
        data["next"] = question.next
    return data


def _follow_up_to_data(rule: FollowUp) -> dict[str, Any]:
    about = {"question": rule.question, "score": rule.score}
    told = {
        "notify": str(rule.notify) if rule.notify else None,
        "alert": str(rule.alert) if rule.alert else None,
    }
    data = {name: value for name, value in about.items() if value is not None} | _test_to_data(rule.test)
    return Inline(data | {name: value for name, value in told.items() if value is not None})


def _test_to_data(test: Test) -> dict[str, Any]:
    if test.among:
        words = [Quoted(one) for one in test.among]
        return {"is": words[0] if len(words) == 1 else words}
    given = {"at_least": test.at_least, "at_most": test.at_most}
    return {name: value for name, value in given.items() if value is not None}
