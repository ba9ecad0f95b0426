"""Find a clear wish to get no more texts in what a person wrote, apart from talk about recovery and others.

A wish is an act ("stop sending") on an object ("me these texts") by the right subject (an order to us, or
the person's own wish), all in one clause. The phrases are data, in `content/consent.yaml`.
A wish about when or how often, a report of what was said, and what another person should do are no opt-out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.phrases import load, tokens

# A statement before the wish without any punctuation: "this is not alex stop texting me".
_RUN_ON = 12
_SENTENCE = re.compile(r"[.!?;\n…]+")
_PAUSE = re.compile(r"[,:()\[\]{}<>|/*~—–]+|\s-+\s")
# Words that nearly every text has: of what a rule asks for, its other words rule out more texts at once.
_COMMON = frozenset(
    ["a", "and", "any", "are", "be", "do", "for", "i", "in", "is", "it", "me", "more", "my", "no"]
)
_COMMON |= {"not", "of", "on", "that", "the", "this", "to", "you", "your"}
_COMMON |= {"de", "la", "mi", "por", "que", "se", "te"}
_SLOT = re.compile(r"\[[^\]]*\]|\{[^}]*\}|\S+")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    whole: bool  # nothing but fillers may follow
    last: bool  # nor may "and" lead on to another clause
    anywhere: bool  # may follow other words in its clause


@dataclass(frozen=True, kw_only=True, slots=True)
class _Language:
    ignored: frozenset[str]  # swearing and the like changes nothing
    breaks: re.Pattern[str]
    openers: re.Pattern[str]
    polite: re.Pattern[str]
    fillers: re.Pattern[str]
    limits: re.Pattern[str]
    inherits: frozenset[str]
    reports: frozenset[str]
    blockers: frozenset[str]
    adjacent: frozenset[str]
    rules: tuple[_Rule, ...]
    needed: frozenset[str]  # without one of these words no rule matches, whatever else is said
    any_rule: re.Pattern[str]  # matches where one of the rules does: most texts are ruled out in one step
    any_further_in: re.Pattern[str]  # the same for the rules that may follow other words


@dataclass(frozen=True, kw_only=True, slots=True)
class _Clause:
    text: str  # words, each followed by a space
    before: str  # the clause before it in the same sentence
    joined: bool  # by a word such as "and", not by a comma
    more: bool  # another clause follows, joined by such a word
    asked: bool  # the sentence ends in a question mark


def find_wish(folded: str) -> str | None:
    """Return the words of a clear opt-out in a folded text (see `phrases.fold`), or None.

    The time it takes grows with the length of the text and nothing else.
    """
    said = set(tokens(folded))
    for language in _LANGUAGES:
        if language.needed.isdisjoint(said):
            continue
        for clause in _clauses(folded, language):
            if found := _wish(clause, language):
                return found
    return None


def _wish(clause: _Clause, language: _Language) -> str | None:
    """Try the clause from its start past its openers, then, for the plainest rules, from further in."""
    if not language.reports.isdisjoint(clause.before.split()[-4:]):
        return None
    before = set(clause.before.split())
    if clause.joined and before & language.inherits and not _starts(clause.before, language):
        return None
    found = _starts(clause.text, language, clause=clause)
    return found or _further_in(clause, language)


def _starts(text: str, language: _Language, *, clause: _Clause | None = None) -> str | None:
    """Match a rule at the start of `text`, and past each opener in turn."""
    rest, openers = text, ""
    while True:
        asked = clause is not None and clause.asked and not language.polite.search(openers)
        for rule in language.rules if language.any_rule.match(rest) else ():
            found = rule.pattern.match(rest)
            if found and _may_end(rest[found.end() :], rule, language, clause):
                # "No more texts?" misses them; "Can you stop texting me?" asks.
                return None if asked and not rule.anywhere else found[0].strip()
        opener = language.openers.match(rest)
        if opener is None:
            return None
        if clause is not None and clause.before and opener[0].split()[-1] in language.reports:
            return None  # "My ex texts me, I said don't text me" was said to the ex.
        openers += opener[0]
        rest = rest[opener.end() :]


def _further_in(clause: _Clause, language: _Language) -> str | None:
    words = clause.text.split()
    for place in range(1, min(len(words), _RUN_ON)):
        if words[place - 1] in language.blockers:
            return None
        if words[place - 1] in language.adjacent:
            continue
        rest = " ".join(words[place:]) + " "
        for rule in language.rules if language.any_further_in.match(rest) else ():
            if not rule.anywhere:
                continue
            found = rule.pattern.match(rest)
            if found and _may_end(rest[found.end() :], rule, language, clause):
                return found[0].strip()
    return None


def _may_end(tail: str, rule: _Rule, language: _Language, clause: _Clause | None) -> bool:
    """Tell whether what follows leaves the wish whole: no "at night", no "from my ex"."""
    if language.limits.match(tail):
        return False
    while filler := language.fillers.match(tail):
        tail = tail[filler.end() :]
        if language.limits.match(tail):
            return False
    if rule.last and clause is not None and clause.more:
        return False
    return not (rule.whole and tail)


def _clauses(folded: str, language: _Language) -> Iterator[_Clause]:
    """Cut a folded text into clauses at punctuation and joining words."""
    place = 0
    while place < len(folded):
        stop = _SENTENCE.search(folded, place)
        end = stop.start() if stop else len(folded)
        asked = stop is not None and "?" in stop[0]
        before = ""
        for part in _PAUSE.split(folded[place:end]):
            words = " ".join(word for word in tokens(part) if word not in language.ignored)
            pieces = language.breaks.split(f" {words} ")
            for number, piece in enumerate(pieces):
                text = piece.strip() + " " if piece.strip() else ""
                if text:
                    more = number + 1 < len(pieces)
                    yield _Clause(text=text, before=before, joined=number > 0, more=more, asked=asked)
                    before = text
        place = stop.end() if stop else len(folded)


def _any_of(phrases: Iterable[str]) -> str:
    """Return one pattern for any of the phrases, longest first, each word followed by a space."""
    ordered = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(re.escape(phrase) + " " for phrase in ordered) + ")"


def _slot(word: str, concepts: Mapping[str, list[str]]) -> str:
    if word.startswith("["):
        return _slot(word[1:-1], concepts) + "?"
    if word.startswith("{"):
        return _any_of(concepts[word[1:-1]])
    return "(?:" + re.escape(word) + " )"


def _rule(line: str, concepts: Mapping[str, list[str]]) -> _Rule:
    slots = _SLOT.findall(line.removeprefix(">"))
    pattern = "".join(_slot(word, concepts) for word in slots if word not in {".", "!"})
    return _Rule(
        pattern=re.compile(pattern),
        whole=slots[-1] in {".", "!"},
        last=slots[-1] == "!",
        anywhere=line.startswith(">"),
    )


def _needed(line: str, concepts: Mapping[str, list[str]]) -> set[str]:
    """Return words of which a text must hold one for the rule to match: how its most telling slot begins."""
    slots = [word for word in _SLOT.findall(line.removeprefix(">")) if word not in {".", "!"}]
    begins = [
        {phrase.split()[0] for phrase in concepts[slot[1:-1]]} if slot.startswith("{") else {slot}
        for slot in slots
        if not slot.startswith("[")
    ]
    return min(begins, key=lambda words: (len(words & _COMMON), len(words)))


def _one_of(rules: Iterable[_Rule]) -> re.Pattern[str]:
    return re.compile("|".join(rule.pattern.pattern for rule in rules) or "(?!)")


def _language(data: Mapping[str, Any]) -> _Language:
    rules = tuple(_rule(line, data["concepts"]) for line in data["rules"])
    return _Language(
        ignored=frozenset(data["ignored"]),
        breaks=re.compile("(?<= )" + _any_of(data["breaks"])),
        openers=re.compile(_any_of(data["openers"])),
        polite=re.compile(r"\b" + _any_of(data["polite"])),
        fillers=re.compile(_any_of(data["fillers"])),
        limits=re.compile(_any_of(data["limits"])),
        inherits=frozenset(data["inherits"]),
        reports=frozenset(data["reports"]),
        blockers=frozenset(data["blockers"]),
        adjacent=frozenset(data["adjacent"]),
        rules=rules,
        needed=frozenset().union(*(_needed(line, data["concepts"]) for line in data["rules"])),
        any_rule=_one_of(rules),
        any_further_in=_one_of(rule for rule in rules if rule.anywhere),
    )


_LANGUAGES = tuple(_language(data) for data in load("consent")["languages"].values())
