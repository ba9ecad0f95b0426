"""Read what a person says about being texted at all, and decide what may still be sent to them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from bot.domain.messages import Kind
from bot.domain.optout import find_wish
from bot.domain.phrases import bare_of, fold, load

_COMMAND = re.compile(r"/(stop|start|help)(?:@\w+)?(?:\s|$)", re.IGNORECASE)
_PARTS = re.compile(r"[^\w\s]+|\n+")


class ConsentWord(StrEnum):
    """The three things a carrier lets everybody say."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentReading:
    """What a text says about consent.

    `exact`: the whole message is a known word or phrase. `carrier`: Twilio acts on this word by itself, so
    after a STOP nothing more gets through by SMS. `words` are the folded words that decided; with `word`
    None they are words such as "basta" or "wrong number" that may mean it: ask, never assume. Never log them.
    """

    word: ConsentWord | None
    exact: bool = False
    carrier: bool = False
    words: str = ""


class ConsentState(StrEnum):
    """How far a contact has agreed to be texted."""

    NONE = "none"
    INVITED = "invited"  # asked, not yet answered
    ACTIVE = "active"
    OPTED_OUT = "opted_out"


_STAFF = frozenset({Kind.NOTICE, Kind.STAFF})
_ANSWERS = frozenset({Kind.REPLY, Kind.CRISIS, Kind.OPT_IN})


def read_consent(text: str, *, pending: bool = False) -> ConsentReading:
    """Read STOP, START or HELP in `text`, English and Spanish alike.

    STOP may be a word or a clear sentence, also inside a message that says more ("stop texting me, I want to
    die"). START and HELP are the whole message or nothing: a cry for help is for triage. `pending` says that
    this person has been asked to agree; only then is a yes a START.
    """
    if command := _COMMAND.match(text.lstrip()):
        word = ConsentWord(command[1].lower())
        return ConsentReading(word=word, exact=True, words="/" + word)
    folded = fold(text)
    said = bare_of(folded)
    for word, phrases in _EXACT.items():
        if said in phrases or (pending and word is ConsentWord.START and said in _AGREED):
            by_carrier = text.strip().lower() in _CARRIER[word]
            return ConsentReading(word=word, exact=True, carrier=by_carrier, words=said)
    if _nothing_else(folded):
        return ConsentReading(word=ConsentWord.STOP, words=said)
    if said in _UNSURE:
        return ConsentReading(word=None, exact=True, words=said)
    if found := find_wish(folded):
        return ConsentReading(word=ConsentWord.STOP, words=found)
    return ConsentReading(word=None)


def _nothing_else(folded: str) -> bool:
    """Tell whether a STOP comes with nothing but its like: "Enough. Stop." or "STOP, wrong number"."""
    parts = {said for part in _PARTS.split(folded) if (said := bare_of(part))}
    return parts <= _EXACT[ConsentWord.STOP] | _UNSURE and not parts.isdisjoint(_EXACT[ConsentWord.STOP])


def may_send(state: ConsentState, kind: Kind) -> bool:
    """Tell whether a contact in `state` may be sent a message of `kind`.

    A parting confirms an opt-out and always may; staff consent by being staff. What a person wrote to us is
    answered until they opt out; only prompts need a yes.
    """
    if kind in _STAFF or kind is Kind.PARTING:
        return True
    if kind in _ANSWERS:
        return state is not ConsentState.OPTED_OUT
    return kind in (Kind.PROMPT, Kind.GREETING) and state is ConsentState.ACTIVE


def _flat(rows: Iterable[Iterable[str]]) -> frozenset[str]:
    return frozenset(chain.from_iterable(rows))


_WORDS = load("consent")
_EXACT = {word: _flat(_WORDS["exact"][word]) for word in ConsentWord}
_AGREED = _flat(_WORDS["exact"]["start_pending"])
_UNSURE = _flat(_WORDS["exact"]["unsure"])
_CARRIER = {word: frozenset(_WORDS["carrier"][word]) for word in ConsentWord}
CARRIER_WORDS = frozenset(chain.from_iterable(_CARRIER.values()))
