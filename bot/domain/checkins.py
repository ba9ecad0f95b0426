"""Read what somebody answers to a question leniently, and decide whether to ask again.

A reading is one of four: an answer; SKIPPED, a clear "not this one"; UNCLEAR, which looks like an answer and
is worth one gentle question; or NOT_AN_ANSWER, which is conversation. Nothing is guessed: a number that
merely occurs in a sentence, a half, a range or a number out of range is never an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.answers import AnswerSpec, Choice, FreeText, Scale, YesNo
from bot.domain.answerwords import (
    SAME,
    SKIP,
    VAGUE,
    Lead,
    begins_with,
    read_lead,
    thumb,
    without_hedges,
    yes_or_no,
)
from bot.domain.numerals import ordinal
from bot.domain.phrases import bare, fold

# One gentle re-ask, then the question is let go.
MOST_REASKS = 1


class AnswerKind(StrEnum):
    """What sort of answer was given, the same four as what may be asked for."""

    SCALE = "scale"
    CHOICE = "choice"
    YES_NO = "yes_no"
    FREE_TEXT = "free_text"


class ReadingStatus(StrEnum):
    """What a text is to the question that is open."""

    READ = "read"
    SKIPPED = "skipped"
    UNCLEAR = "unclear"
    NOT_AN_ANSWER = "not_an_answer"


class Move(StrEnum):
    """What to do next about an open question."""

    ANSWERED = "answered"
    PASS = "pass"  # noqa: S105 - they pass on this question; no password
    REASK = "reask"
    LET_GO = "let_go"


class Silence(StrEnum):
    """Why there is no answer. All of it is missing data, none of it a zero, and none of it says the same."""

    WAITING = "waiting"  # it may still be answered, or still leave
    UNDELIVERED = "undelivered"  # it never reached them
    PAUSED = "paused"  # they, the programme or an open alert held it back
    LATE = "late"  # its time was over before it could leave
    SKIPPED = "skipped"  # they wrote, and not an answer to this
    MISSING = "missing"  # it reached them, and nothing came


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer. `number` for a scale; `key` for a choice, and "yes" or "no"; `text` as it was written.

    With a number or a key, `text` is the whole message when it says more than the answer, else None.
    """

    kind: AnswerKind
    number: int | None = None
    key: str | None = None
    text: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How a text was read; `value` only when it was."""

    status: ReadingStatus
    value: Answer | None = None


_SKIPPED = Reading(status=ReadingStatus.SKIPPED)
_UNCLEAR = Reading(status=ReadingStatus.UNCLEAR)
_NOT_AN_ANSWER = Reading(status=ReadingStatus.NOT_AN_ANSWER)


def read_answer(spec: AnswerSpec, text: str, *, language: str, previous: Answer | None) -> Reading:
    """Read `text` as an answer to `spec`.

    `language` is the person's own ("en", "es"); both are understood. `previous` is their last answer to the
    same question, which "same" or "igual" repeats; without one it is UNCLEAR. Consent words and commands
    must have been read before.
    """
    said = bare(text)
    if said in SKIP:
        return _SKIPPED
    if isinstance(spec, FreeText):
        return _free_text(text)
    if said in SAME:
        return _previous(spec, previous)
    match spec:
        case Scale():
            reading = _scale(spec, text, language)
        case Choice():
            reading = _choice(spec, text, language)
        case YesNo():
            reading = _yes_no(text, language)
    if reading is not _NOT_AN_ANSWER or not text.strip():
        return reading
    # A face or "so so" is meant as an answer; a sentence is meant as a sentence.
    return _UNCLEAR if not said or said in VAGUE else reading


def next_move(reading: Reading, reasks: int) -> Move:
    """Decide about the open question after `reading`; `reasks` is how often it was asked again already.

    Only what looks like an answer is asked about again, once. NOT_AN_ANSWER goes to conversation and is not
    held against them. LET_GO means no more asking; a late answer still counts until the question expires.
    """
    if reading.status is ReadingStatus.READ:
        return Move.ANSWERED
    if reading.status is ReadingStatus.SKIPPED:
        return Move.PASS
    if reading.status is ReadingStatus.UNCLEAR and reasks < MOST_REASKS:
        return Move.REASK
    return Move.LET_GO


# What the message that asks came to, by its state and then by its reason; a reason says more.
_NEVER_LEFT = {"failed": Silence.UNDELIVERED, "expired": Silence.LATE, "cancelled": Silence.UNDELIVERED}
_BECAUSE = {
    "paused": Silence.PAUSED,
    "alert_open": Silence.PAUSED,
    "left": Silence.PAUSED,
    "opted_out": Silence.UNDELIVERED,
    "unreachable": Silence.UNDELIVERED,
}
_ASKED = {
    "open": Silence.WAITING,
    "let_go": Silence.SKIPPED,
    "skipped": Silence.SKIPPED,
    "expired": Silence.MISSING,
    "replaced": Silence.MISSING,
    "undelivered": Silence.UNDELIVERED,
}


def silence_of(message_state: str, reason: str | None, checkin_state: str | None) -> Silence | None:
    """Say why a question has no answer, None when it has one.

    The states are those of the message that asks and of its check-in; None as the latter: it was never asked.
    """
    if checkin_state == "answered":
        return None
    if checkin_state is not None:
        return _ASKED[checkin_state]
    return _BECAUSE.get(reason or "") or _NEVER_LEFT.get(message_state, Silence.WAITING)


def to_data(answer: Answer) -> dict[str, Any]:
    """Return `answer` as plain JSON data without empty fields; `from_data` is its inverse."""
    fields = {"number": answer.number, "key": answer.key, "text": answer.text}
    return {"kind": answer.kind.value} | {name: value for name, value in fields.items() if value is not None}


def from_data(data: Mapping[str, Any]) -> Answer:
    """Return the answer that `to_data` wrote. Raises KeyError or ValueError on data it did not write."""
    return Answer(
        kind=AnswerKind(data["kind"]), number=data.get("number"), key=data.get("key"), text=data.get("text")
    )


def _read(answer: Answer) -> Reading:
    return Reading(status=ReadingStatus.READ, value=answer)


def _free_text(text: str) -> Reading:
    # Invisible characters alone say nothing.
    return _read(Answer(kind=AnswerKind.FREE_TEXT, text=text.strip())) if fold(text) else _NOT_AN_ANSWER


def _previous(spec: Scale | Choice | YesNo, previous: Answer | None) -> Reading:
    """Repeat the previous answer, if it still fits what is asked now."""
    match spec, previous:
        case Scale(), Answer(kind=AnswerKind.SCALE, number=int(number)) if spec.low <= number <= spec.high:
            return _read(Answer(kind=AnswerKind.SCALE, number=number))
        case Choice(), Answer(kind=AnswerKind.CHOICE, key=str(key)) if key in {o.key for o in spec.options}:
            return _read(Answer(kind=AnswerKind.CHOICE, key=key))
        case YesNo(), Answer(kind=AnswerKind.YES_NO, key="yes" | "no" as key):
            return _read(Answer(kind=AnswerKind.YES_NO, key=key))
    return _UNCLEAR


def _remark(lead: Lead, text: str) -> str | None:
    return text.strip() if lead.remark else None


def _scale(spec: Scale, text: str, language: str) -> Reading:
    lead = read_lead(text, language=language, about=spec.about)
    if lead is None:
        return _NOT_AN_ANSWER
    in_range = lead.number is not None and spec.low <= lead.number <= spec.high
    if not in_range or lead.out_of not in {None, spec.high}:
        return _UNCLEAR
    return _read(Answer(kind=AnswerKind.SCALE, number=lead.number, text=_remark(lead, text)))


def _yes_no(text: str, language: str) -> Reading:
    key = thumb(text)
    if key is not None:
        return _read(Answer(kind=AnswerKind.YES_NO, key=key))
    if bare(text) in VAGUE and yes_or_no(text, whole=True) is None:
        return _UNCLEAR
    lead = read_lead(text, language=language)
    if lead is not None:
        key = {1: "yes", 2: "no"}.get(lead.number or 0)
        if key is None or yes_or_no(lead.remark) not in {None, key}:
            return _UNCLEAR
        return _read(Answer(kind=AnswerKind.YES_NO, key=key, text=_remark(lead, text)))
    if key := yes_or_no(text, whole=True):
        return _read(Answer(kind=AnswerKind.YES_NO, key=key))
    if key := yes_or_no(text):
        return _read(Answer(kind=AnswerKind.YES_NO, key=key, text=text.strip()))
    return _NOT_AN_ANSWER


def _choice(spec: Choice, text: str, language: str) -> Reading:
    said = bare(text)
    key = _labelled(spec, said, language) or _ordinal(spec, said)
    if key is not None:
        return _read(Answer(kind=AnswerKind.CHOICE, key=key))
    lead = read_lead(text, language=language, labels=_names(spec))
    if lead is not None:
        key = _numbered(spec, lead.number)
        echoed = _labelled(spec, bare(lead.remark), language)
        if key is None or lead.out_of is not None or echoed not in {None, key}:
            return _UNCLEAR
        return _read(Answer(kind=AnswerKind.CHOICE, key=key, text=None if echoed else _remark(lead, text)))
    names = _names(spec)
    for meant in without_hedges(said):
        if meant in names:
            return _read(Answer(kind=AnswerKind.CHOICE, key=names[meant]))
    for name in sorted(names, key=len, reverse=True):
        if begins_with(name, text):
            return _read(Answer(kind=AnswerKind.CHOICE, key=names[name], text=text.strip()))
    return _UNCLEAR if yes_or_no(text, whole=True) else _NOT_AN_ANSWER


def _names(spec: Choice) -> dict[str, str]:
    """Return the folded key and labels of every option, each with its key; a shared label names none."""
    names: dict[str, str] = {}
    shared: set[str] = set()
    for option in spec.options:
        for name in {bare(option.key), *(bare(label) for label in option.labels.values())}:
            if names.setdefault(name, option.key) != option.key:
                shared.add(name)
    return {name: key for name, key in names.items() if name and name not in shared}


def _labelled(spec: Choice, said: str, language: str) -> str | None:
    """Return the key that `said` is, labels, or alone begins to label."""
    names = _names(spec)
    if not said or said in names:
        return names.get(said)
    own = {bare(option.labels.get(language, "")): option.key for option in spec.options}
    for labels in (own, names):
        # "Si" is yes, not the beginning of "Sin transporte": two letters only where a word ends.
        begun = {
            key
            for name, key in labels.items()
            if name.startswith(f"{said} ") or (len(said) > 2 and name.startswith(said))
        }
        if len(begun) == 1:
            return begun.pop()
    return None


def _ordinal(spec: Choice, said: str) -> str | None:
    """Return the option that "the first one" or "la segunda" points at."""
    places = [place for word in said.split() if (place := ordinal(word)) is not None]
    if len(places) == 1 and len(said.split()) <= 4 and 1 <= places[0] <= len(spec.options):
        return spec.options[places[0] - 1].key
    return None


def _numbered(spec: Choice, number: int | None) -> str | None:
    """Return the option with this number: as a key if any key is a number, else by its place."""
    keys = {
        int(o.key): o.key for o in spec.options if o.key.isascii() and o.key.isdecimal() and len(o.key) < 7
    }
    if keys:
        return keys.get(-1 if number is None else number)
    if number is not None and 1 <= number <= len(spec.options):
        return spec.options[number - 1].key
    return None
