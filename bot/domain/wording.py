"""What a coordinator should hear before a text goes out: the lint for lock screens, words and length.

The word lists and the sentences are data (`content/wording.yaml`), by language. A text in a language
without lists still gets every check that needs none. This file is also the one name to import the rest of
wording by: segments and traps, variables and rendering, the reading grade.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.domain.encoding import Encoding, Segments, Trap, segments, traps
from bot.domain.reading import grade
from bot.domain.templates import KNOWN_VARIABLES, WordingError, placeholders, render, variables_in
from bot.domain.word_lists import Rule, Severity, WordList, content, folded, word_list

__all__ = [
    "KNOWN_VARIABLES",
    "Encoding",
    "Finding",
    "Rule",
    "Segments",
    "Severity",
    "Trap",
    "WordingError",
    "findings",
    "grade",
    "remark",
    "render",
    "segments",
    "traps",
    "variables_in",
]

ONE_SMS = 160  # units
LONGEST = 320  # units
HARDEST = 6.0  # school grade
FEWEST_WORDS = 6  # below this an average over words says nothing

_PLACEHOLDER = re.compile(r"\{([^{}|]*)(?:\|([^{}]*))?\}")

_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>{}]+|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|org|net|gov|edu|info|io|ly|co|me|app|us|mx"
    r"|gl|gd|gy|cc|at|link|health|in|id)\b(?:/[^\s<>{}]*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing to mend. `place` is start and end in the text; `reason` and `mend` are for the coordinator.

    `mend` is the better word or character where there is one, else advice.
    """

    rule: Rule
    level: Severity
    place: tuple[int, int]
    reason: str
    mend: str


def findings(
    text: str,
    language: str,
    known: Collection[str] = tuple(KNOWN_VARIABLES),
    *,
    names: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Read a text, or a template with variables, as a stranger, a carrier and a tired reader would.

    `language` is a code such as "es" or "es-MX"; `known` are the variables the caller can fill; `names` are
    people's, which no text may hold. Findings come in the order of their places, errors first in the same
    place. Length and grade are taken with room for a name in each variable.
    """
    code = language.partition("-")[0].lower()
    found = [
        *_variables(text, known),
        *_words(text, word_list(code if code in content()["languages"] else "")),
        *_length(text),
        *_links(text),
        *_encoding(text),
        *_reading(text, code),
        *_questions(text),
        *_names(text, names),
    ]
    return tuple(sorted(found, key=lambda one: (one.place[0], one.level is Severity.WARNING, one.place[1])))


def _finding(
    rule: Rule, level: Severity, place: tuple[int, int], reason: str, mend: str | None = None
) -> Finding:
    """Put the sentences of `reason` to a place; `mend` defaults to the advice for that reason or rule."""
    advice = content()["advice"]
    return Finding(
        rule=rule,
        level=level,
        place=place,
        reason=content()["reasons"][reason],
        mend=mend if mend is not None else advice.get(reason) or advice[rule],
    )


def _variables(text: str, known: Collection[str]) -> Iterator[Finding]:
    """Find braces that are no variable, names nobody knows, and names that may be missing."""
    try:
        every = placeholders(text)
    except WordingError:
        yield _finding(Rule.VARIABLE, Severity.ERROR, (0, len(text)), "braces")
        return
    for one in every:
        if one.name not in known:
            names = f"{content()['advice']['unknown_variable']} {', '.join(known)}."
            yield _finding(Rule.VARIABLE, Severity.ERROR, one.place, "unknown_variable", names)
        elif one.fallback is None and one.name != "programme_name":  # every programme has a name
            yield _finding(Rule.VARIABLE, Severity.WARNING, one.place, "no_fallback")


def _words(text: str, words: WordList) -> Iterator[Finding]:
    """Find what the word lists name, but not inside a `fine` phrase nor twice in one place."""
    plain = folded(text)
    fine = [match.span() for match in words.fine.finditer(plain)]
    seen: dict[Rule, list[tuple[int, int]]] = {}
    for search in words.searches:
        for match in search.pattern.finditer(plain if search.folded else text):
            place = match.span(match.lastgroup or 0)
            told = seen.setdefault(search.rule, [*fine])
            if not any(start <= place[0] and place[1] <= end for start, end in told):
                told.append(place)
                yield _finding(
                    search.rule, search.level, place, search.reason, words.mend(search, place, plain)
                )


def _length(text: str) -> Iterator[Finding]:
    """Find a text that takes more than one SMS once the names are in it."""
    units = segments(_PLACEHOLDER.sub(_long_name, text)).units
    if units > ONE_SMS:
        level, reason = (Severity.ERROR, "too_long") if units > LONGEST else (Severity.WARNING, "long")
        yield _finding(Rule.LENGTH, level, (0, len(text)), reason)


def _links(text: str) -> Iterator[Finding]:
    """Find links, and the shorteners that carriers block."""
    for match in _LINK.finditer(text):
        host = re.sub(r"^(?:https?://)?(?:www\.)?", "", match[0].lower()).partition("/")[0]
        if host in content()["shorteners"]:
            yield _finding(Rule.LINK, Severity.ERROR, match.span(), "shortener")
        else:
            yield _finding(Rule.LINK, Severity.WARNING, match.span(), "link")


def _encoding(text: str) -> Iterator[Finding]:
    """Find runs of characters that force UCS-2; a run without gaps is one finding."""
    run: list[Trap] = []
    for trap in traps(text):
        if run and trap.place[0] != run[-1].place[1]:
            yield _run(run)
            run = []
        run.append(trap)
    if run:
        yield _run(run)


def _run(run: list[Trap]) -> Finding:
    """Report neighbouring traps together."""
    mend = "".join(trap.instead or "" for trap in run)
    place = (run[0].place[0], run[-1].place[1])
    return _finding(Rule.ENCODING, Severity.WARNING, place, "encoding", mend or None)


def _reading(text: str, code: str) -> Iterator[Finding]:
    """Find a text that asks for more than six years of school."""
    spoken = _PLACEHOLDER.sub(lambda match: match[2] or "Ana", text)  # a name reads as any other does
    measured = grade(spoken, code)
    if measured is not None and measured > HARDEST and len(spoken.split()) >= FEWEST_WORDS:
        yield _finding(Rule.READING, Severity.WARNING, (0, len(text)), "reading")


def _questions(text: str) -> Iterator[Finding]:
    """Find the second question and those after it."""
    marks = [match.start() for match in re.finditer(r"\?+", text)]
    if len(marks) > 1:
        yield _finding(Rule.QUESTIONS, Severity.WARNING, (marks[1], len(text)), "questions")


def _long_name(match: re.Match[str]) -> str:
    """Stand in for a variable: as long as its value may get."""
    return "n" * max(KNOWN_VARIABLES.get(match[1], 12), len(match[2] or ""))


def _names(text: str, names: Collection[str]) -> Iterator[Finding]:
    """Find people's names: a whole one for certain; a first name may be a word, such as Joy."""
    plain = _PLACEHOLDER.sub(lambda match: " " * len(match[0]), text)
    for name in names:
        parts = name.split()
        whole = _spoken(r"\s+".join(map(re.escape, parts)))
        if len(parts) > 1 and (match := re.search(whole, plain, re.IGNORECASE)):
            yield _finding(Rule.NAME, Severity.ERROR, match.span(), "name")
        elif parts and parts[0][:1].isupper() and (match := re.search(_spoken(re.escape(parts[0])), plain)):
            yield _finding(Rule.NAME, Severity.WARNING, match.span(), "first_name")


def _spoken(pattern: str) -> str:
    return rf"(?<!\w){pattern}(?!\w)"


def remark(rule: Rule, level: Severity, reason: str, *, end: int = 0) -> Finding:
    """Return a finding about a whole text (its `end`), or about one that is not there at all."""
    return _finding(rule, level, (0, end), reason)
