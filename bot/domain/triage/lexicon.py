"""Load the lexicons: what people say, by language, and the words that give it its meaning."""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, NamedTuple

from bot.domain.triage.encoder import encoder_version
from bot.domain.triage.levels import Level
from bot.domain.triage.mending import Mender
from bot.domain.triage.net import net_version
from bot.domain.triage.once import once
from bot.domain.triage.phrases import Phrases
from bot.domain.triage.sources import source
from bot.domain.triage.spelling import Spelling
from bot.domain.triage.templates import Choice, parsed

COMMON = "common.en.txt"  # words in common use
MASKS = frozenset({"negation", "past", "other", "jest"})  # unless a concept names its own
CONTEXT_PHRASES = (
    "idioms", "undenied", "past", "past_before", "dated", "since", "present", "today",
    "laugh", "trifle", "errand", "progress", "better", "worse", "calm", "harmless", "span", "mundane", "play",
    "resolved", "advice", "reunion", "unweighed",
)  # fmt: skip
ALONE_WORDS = 3  # beside a phrase that counts only when it is nearly the whole text
COMPANY_WORDS = 2  # beside a phrase that else counts only in company
_VOWELS = "aeiou"
WEAK_ROLES = ("first", "other", "open")
CONTEXT_WORDS = ("deny", "link", "first", "other", "open", "turn", "was", "is")


@dataclass(frozen=True, kw_only=True, slots=True)
class Concept:
    """One thing a text can say, and what excuses it."""

    name: str
    level: Level
    why: str
    masks: frozenset[str]  # MASKS, "better" (it passed), "since" (not again since), "errand",
    # "progress", "mundane" (grumbles about a trifle), "play" (a game or a film),
    # "resolved" (told as past, and over), "advice" (what to do if somebody ...),
    # "reunion" (says when they meet again, in the same sentence)
    language: str
    alone: int | None = None  # counts only with at most so many other words in the text
    in_company: bool = False  # everyday words: counts only beside another sign, or as nearly the whole text


@dataclass(frozen=True, kw_only=True, slots=True)
class Combination:
    """Things that say more together than each alone, in one sentence or anywhere in a text."""

    needs: frozenset[str]
    level: Level
    why: str
    near: bool = False  # counts only within a sentence
    close: bool = False  # counts only within two sentences that follow each other


class Mark(NamedTuple):
    """What a word does to the clauses of a text."""

    opens: bool  # it begins a clause
    turns: bool  # and a sentence, as "but" does
    names: str  # role of the subject it names, "first" or "other"; "" for none


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """Everything triage knows, ready to match. A phrase says a concept, or names a kind of context."""

    version: str
    spelling: Spelling
    roles: Mapping[str, frozenset[str]]  # the words of CONTEXT_WORDS
    fillers: frozenset[str]
    weak: frozenset[str]  # words that say nothing of what a guessed word beside them means
    combinations: tuple[Combination, ...]
    by_need: Mapping[str, tuple[int, ...]]  # numbers of combinations, each under one of its needs
    marks: Mapping[str, Mark]  # of words that part clauses or name a subject
    phrases: Phrases[Concept | str]


@once
def lexicon() -> Lexicon:
    """Return the lexicons of all languages in one; built once.

    What is built stays, some hundred thousand objects. Python's collector is told to leave them alone: to
    walk them takes half a second, in the middle of somebody's text.
    """
    ran = gc.isenabled()
    gc.disable()
    try:
        return _build()
    finally:
        gc.freeze()
        if ran:
            gc.enable()


def _build() -> Lexicon:
    data = source()
    short = {key: tuple(str(value).split()) for d in data.values() for key, value in d["short_forms"].items()}
    roles = {
        role: frozenset(w for d in data.values() for w in d["context"].get(role, ()))
        for role in CONTEXT_WORDS
    }
    fillers = frozenset(word for d in data.values() for word in d["fillers"])
    guarded = {word for d in data.values() for word in d["guarded"]}
    phrases: Phrases[Concept | str] = Phrases(fillers=fillers, short_forms=short)
    words: dict[str, set[str]] = {}  # by language, those only of the later one
    for language, d in data.items():
        before = set(phrases.words)
        for what, template in _templates(d):
            phrases.add(template, what)
        words[language] = phrases.words - before
    known = phrases.words.union(fillers, guarded, *roles.values())
    spelling = Spelling(
        known=known,
        short_forms=_misspelt(guarded, known | set(short)) | short,
        guarded=guarded,
        joined=[word for d in data.values() for word in d.get("joined", ())],
        pairs=_pairs(data),
        mender=_mender(data, words),
    )
    combinations = tuple(
        Combination(
            needs=frozenset(c["needs"]),
            level=Level(c["level"]),
            why=c["why"],
            near=bool(c.get("near")),
            close=bool(c.get("close")),
        )
        for d in data.values()
        for c in d.get("combinations", ())
    )
    return Lexicon(
        version=_version(data),
        spelling=spelling,
        roles=roles,
        fillers=fillers,
        weak=fillers.union(
            *(roles[role] for role in WEAK_ROLES), *(d.get("weak", ()) for d in data.values())
        ),
        combinations=combinations,
        by_need=_by_need(combinations),
        marks=_marks(roles),
        phrases=phrases,
    )


def _by_need(combinations: Sequence[Combination]) -> dict[str, tuple[int, ...]]:
    """File each combination under that of its needs that the fewest others have."""
    wanted = Counter(need for combination in combinations for need in combination.needs)
    filed: dict[str, tuple[int, ...]] = {}
    for number, combination in enumerate(combinations):
        rarest = min(combination.needs, key=lambda need: (wanted[need], need))
        filed[rarest] = (*filed.get(rarest, ()), number)
    return filed


def _marks(roles: Mapping[str, frozenset[str]]) -> dict[str, Mark]:
    """Return what words do to clauses and subjects."""
    return {
        word: Mark(
            opens=word in roles["turn"] or word in roles["open"],
            turns=word in roles["turn"],
            names="first" if word in roles["first"] else "other" if word in roles["other"] else "",
        )
        for role in ("turn", "open", "first", "other")
        for word in roles[role]
    }


def _pairs(data: Mapping[str, Any]) -> dict[str, str]:
    """Return two words that stand for others: each alone, or a word before any of a list ("me mam")."""
    pairs = {pair: said for d in data.values() for pair, said in d.get("pairs", {}).items()}
    for d in data.values():
        for row in d.get("pairs_before", ()):
            pairs |= {f"{row['first']} {word}": f"{row['say']} {word}" for word in row["then"]}
    return pairs


def _mender(data: Mapping[str, Any], words: Mapping[str, Iterable[str]]) -> Mender:
    english = {key: tuple(str(value).split()) for key, value in data["en"]["short_forms"].items()}
    mistaken = {str(key): tuple(given) for d in data.values() for key, given in d.get("mistaken", {}).items()}
    text = (files("bot.domain.triage") / "lexicon" / COMMON).read_text(encoding="utf-8")
    common = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    spoken = {str(word) for role in CONTEXT_WORDS for word in data["en"]["context"].get(role, ())}
    return Mender(
        wanted={*words["en"], *spoken, *data["en"]["fillers"]},
        spanish=set(words["es"]) - spoken,
        short_forms=english,
        common=common,
        mistaken=mistaken,
        left=data["en"].get("left_alone", ()),
    )


def templates() -> Iterator[Choice]:
    """Yield every template of all languages, for whoever measures other readers beside this one."""
    for data in source().values():
        yield from (template for _, template in _templates(data))


def _version(data: Mapping[str, Any]) -> str:
    below = net_version() + encoder_version()
    digest = hashlib.sha256(repr(sorted(data.items())).encode() + below.encode()).hexdigest()
    return f"{max(str(d['revision']) for d in data.values())}-{digest[:8]}"


def _templates(data: Mapping[str, Any]) -> Iterator[tuple[Concept | str, Choice]]:
    """Yield every template of one language with what it means."""
    slot = _slots(data["slots"])
    for raw in data["concepts"]:
        concept = Concept(
            name=raw["name"],
            level=Level(raw["level"]),
            why=raw["why"],
            masks=frozenset(raw.get("masks", MASKS)),
            language=data["language"],
            alone=_alone(raw.get("alone", False)),
            in_company=raw["level"] == Level.NONE,  # a hint says nothing alone
        )
        yield from ((concept, parsed(str(template), slot)) for template in raw.get("phrases", ()))
        loose = replace(concept, in_company=True)
        yield from ((loose, parsed(str(template), slot)) for template in raw.get("in_company", ()))
    for kind in CONTEXT_PHRASES:
        yield from ((kind, parsed(str(template), slot)) for template in data["context"].get(kind, ()))


def _alone(given: bool | int) -> int | None:
    """Read `alone`: yes, or how many words may stand beside."""
    if isinstance(given, bool):
        return ALONE_WORDS if given else None
    return given


def _slots(raw: Mapping[str, Any]) -> Callable[[str], Choice]:
    """Return what looks a slot up, each read once; a slot may hold other slots."""
    made: dict[str, Choice] = {}

    def slot(name: str) -> Choice:
        if name not in made:
            made[name] = Choice(tuple((parsed(str(template), slot),) for template in raw[name]))
        return made[name]

    return slot


def _misspelt(words: Iterable[str], taken: set[str]) -> dict[str, tuple[str, ...]]:
    """Return near misses of long words (a letter lost or swapped, a vowel mistaken), no other words."""
    near: dict[str, tuple[str, ...]] = {}
    for word in sorted(word for word in words if len(word) >= 6):
        forms = [word[:i] + word[i + 1 :] for i in range(1, len(word))]
        forms += [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(1, len(word) - 1)]
        forms += [
            word[:i] + vowel + word[i + 1 :]
            for i in range(1, len(word))
            if word[i] in _VOWELS
            for vowel in _VOWELS
        ]
        near |= {form: (word,) for form in forms if form not in taken and form not in words}
    return near
