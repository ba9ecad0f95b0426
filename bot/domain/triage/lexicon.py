"""Load the lexicons and match their phrases in one pass over a text's words.

A phrase is written as a template: plain words, `{slot}` for a list named under `slots`, `(a|b c|)` for a
choice (an empty branch makes it optional) and `...` for up to three words of the same clause. Templates are
expanded once, within bounds, into a trie of words; matching walks it and never tries phrases one by one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from bot.domain.triage.levels import Level, Phrase
from bot.domain.triage.normalise import CLAUSE, Reading, Spelling, read

LANGUAGES = ("en", "es")
GAP = "..."
GAP_WORDS = 3
MAX_SKIPS = 3  # fillers a phrase may hold ("I just really want to die")
MAX_EXPANSION = 20_000  # phrases one template may become

_PARTS = re.compile(r"\{\w+\}|\.\.\.|[(|)]|[^\s(){}|]+")
Words = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Concept:
    """One thing a text can say, and what excuses it."""

    name: str
    level: Level
    why: str
    masks: frozenset[str]  # of MASKS
    language: str
    alone: bool = False  # counts only when it is nearly the whole text


@dataclass(frozen=True, kw_only=True, slots=True)
class Combination:
    """Things that say more together than each alone."""

    needs: frozenset[str]
    level: Level
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One phrase found: the words `first` up to, not including, `last`."""

    what: Concept | str  # a concept, or the name of a kind of context
    first: int
    last: int


@dataclass(slots=True)
class _Node:
    after: dict[str, _Node] = field(default_factory=dict)
    ends: list[Concept | str] = field(default_factory=list)
    gap: _Node | None = None


MASKS = frozenset({"negation", "past", "other"})
CONTEXT_PHRASES = ("idioms", "past", "present", "undenied")
CONTEXT_WORDS = ("deny", "link", "first", "other", "open")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """Everything triage knows, ready to match."""

    version: str
    spelling: Spelling
    roles: Mapping[str, frozenset[str]]  # the words of CONTEXT_WORDS
    fillers: frozenset[str]
    combinations: tuple[Combination, ...]
    root: _Node

    def hits(self, reading: Reading) -> Iterator[Hit]:
        """Yield every phrase found in `reading`."""
        words, count = reading.words, len(reading.words)
        for first in range(count):
            node = self.root.after.get(words[first])
            stack = [(node, first + 1, 0)] if node is not None else []
            while stack:
                node, at, skips = stack.pop()
                for what in node.ends if skips >= 0 else ():
                    yield Hit(what=what, first=first, last=at)
                skips = abs(skips)
                if at >= count or reading.breaks[at] >= CLAUSE:
                    continue
                stack.extend(self._steps(node, reading, at, skips))

    def _steps(self, node: _Node, reading: Reading, at: int, skips: int) -> Iterator[tuple[_Node, int, int]]:
        """Yield where a walk can go from `node`. Negative skips: past a filler, so no phrase ends here."""
        words = reading.words
        following = node.after.get(words[at])
        if following is not None:
            yield following, at + 1, skips
        if words[at] in self.fillers and skips < MAX_SKIPS and node.after:
            yield node, at + 1, -(skips + 1)
        if node.gap is None:
            return
        for upto in range(at, min(at + GAP_WORDS + 1, len(words))):
            if upto > at and reading.breaks[upto] >= CLAUSE:
                return
            following = node.gap.after.get(words[upto])
            if following is not None:
                yield following, upto + 1, skips


@lru_cache(maxsize=1)
def source() -> Mapping[str, Any]:
    """Return the lexicon files by language, as written."""
    folder = files("bot.domain.triage") / "lexicon"
    return {name: yaml.load(_text(folder, name), Loader=_LOADER) for name in LANGUAGES}  # noqa: S506 - safe loader


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _text(folder: Any, name: str) -> str:
    return str((folder / f"{name}.yaml").read_text(encoding="utf-8"))


def lexicon(extra: tuple[Phrase, ...] = ()) -> Lexicon:
    """Return the lexicons of all languages in one, with a programme's `extra` phrases; built once."""
    built = _built(extra)
    if isinstance(built, Exception):
        raise built
    return built


@lru_cache(maxsize=8)
def _built(extra: tuple[Phrase, ...]) -> Lexicon | Exception:
    """Build once; a failure is kept too, so that a broken file does not cost a build on every text."""
    try:
        return _build(extra)
    except Exception as error:
        return error


def _build(extra: tuple[Phrase, ...]) -> Lexicon:
    data = source()
    short = {key: tuple(str(value).split()) for d in data.values() for key, value in d["short_forms"].items()}
    phrases = [(what, words) for d in data.values() for what, words in _phrases(d)]
    spread = [(what, _written_out(words, short)) for what, words in phrases]
    roles = {role: frozenset(w for d in data.values() for w in d["context"][role]) for role in CONTEXT_WORDS}
    fillers = frozenset(word for d in data.values() for word in d["fillers"])
    known = {w for _, ws in spread for w in ws} | fillers | {w for role in roles.values() for w in role}
    guarded = {word for d in data.values() for word in d["guarded"]}
    spelling = Spelling(
        known=known | guarded, short_forms=_misspelt(guarded, known | set(short)) | short, guarded=guarded
    )
    root = _Node()
    for what, words in spread:
        _plant(root, words, what)
    for phrase in extra:
        _plant(root, tuple(read(phrase.words, spelling).words), _own(phrase))
    return Lexicon(
        version=_version(data),
        spelling=spelling,
        roles=roles,
        fillers=fillers,
        combinations=tuple(
            Combination(needs=frozenset(c["needs"]), level=Level(c["level"]), why=c["why"])
            for d in data.values()
            for c in d.get("combinations", ())
        ),
        root=root,
    )


def _own(phrase: Phrase) -> Concept:
    return Concept(
        name="programme_words", level=phrase.level, why=phrase.why, masks=frozenset({"negation"}), language=""
    )


def _version(data: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(repr(sorted(data.items())).encode()).hexdigest()
    return f"{max(str(d['revision']) for d in data.values())}-{digest[:8]}"


def _phrases(data: Mapping[str, Any]) -> Iterator[tuple[Concept | str, Words]]:
    """Yield every expanded phrase of one language with what it means."""
    slots = data["slots"]
    for raw in data["concepts"]:
        concept = Concept(
            name=raw["name"],
            level=Level(raw["level"]),
            why=raw["why"],
            masks=frozenset(raw.get("masks", MASKS)),
            language=data["language"],
            alone=bool(raw.get("alone", False)),
        )
        for template in raw["phrases"]:
            yield from ((concept, words) for words in expand(template, slots))
    for kind in CONTEXT_PHRASES:
        for template in data["context"][kind]:
            yield from ((kind, words) for words in expand(template, slots))


def expand(template: str, slots: Mapping[str, Any]) -> list[Words]:
    """Return every phrase `template` stands for; refuse one that stands for too many."""
    parts = _PARTS.findall(str(template))
    phrases, at = _alternatives(parts, 0, slots)
    if at != len(parts):
        raise ValueError("brackets do not match")
    return [words for words in dict.fromkeys(phrases) if words]


def _alternatives(parts: list[str], at: int, slots: Mapping[str, Any]) -> tuple[list[Words], int]:
    """Expand `a|b|c` from `at` up to a closing bracket or the end."""
    found: list[Words] = []
    current: list[Words] = [()]
    while at < len(parts) and parts[at] != ")":
        part = parts[at]
        at += 1
        if part == "|":
            found += current
            current = [()]
            continue
        if part == "(":
            branches, at = _alternatives(parts, at, slots)
            at += 1
        elif part.startswith("{"):
            branches = _slot(part[1:-1], slots)
        else:
            branches = [(part,)]
        current = [(*head, *tail) for head in current for tail in branches]
        if len(current) + len(found) > MAX_EXPANSION:
            raise ValueError("a template stands for too many phrases")
    return found + current, at


def _slot(name: str, slots: Mapping[str, Any]) -> list[Words]:
    return [words for template in slots[name] for words in expand(template, slots)]


def _written_out(words: Words, short: Mapping[str, Words]) -> Words:
    """Write a phrase's short forms out, as the reader of texts does, so that both meet."""
    return tuple(plain for word in words for plain in short.get(word, (word,)))


def _plant(root: _Node, words: Words, what: Concept | str) -> None:
    node = root
    for word in words:
        if word == GAP:
            node.gap = node.gap or _Node()
            node = node.gap
        else:
            node = node.after.setdefault(word, _Node())
    if what not in node.ends:
        node.ends.append(what)


def _misspelt(words: Iterable[str], taken: set[str]) -> dict[str, Words]:
    """Return near misses of long words (a letter lost or two swapped) that are no other word."""
    near: dict[str, Words] = {}
    for word in sorted(word for word in words if len(word) >= 6):
        lost = [word[:i] + word[i + 1 :] for i in range(1, len(word))]
        swapped = [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(1, len(word) - 1)]
        near |= {form: (word,) for form in lost + swapped if form not in taken and form not in words}
    return near
