"""Decide whether a phrase means what it says here: denied, long past, about somebody else, or an idiom.

Every mask stays inside its clause, and none reaches across "but". What is asked of every phrase is worked out
once a word, so that a long text costs no more a word than a short one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.triage.levels import Level
from bot.domain.triage.lexicon import Concept, Lexicon, Mark
from bot.domain.triage.normalise import CLAUSE, SENTENCE, SOFT, Reading
from bot.domain.triage.phrases import Hit

DENIAL_REACH = 6  # words between a denial and what it denies
GRUMBLE_WORDS = 14  # longest sentence in which a trifle tells what the grumbling is about
VERB_REACH = 4  # words left of a phrase among which its verb may stand ("I was very often ... suicidal")

AnyHit = Hit[Concept | str]
_NOTHING: frozenset[int] = frozenset()
_PLAIN = Mark(opens=False, turns=False, names="")


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What stands around the phrases of one text."""

    reading: Reading
    lexicon: Lexicon
    clauses: list[int]  # number of the clause each word is in
    sentences: list[int]  # and of the sentence; "but" begins another
    subjects: list[str]  # role of the nearest subject at or left of each word in its clause
    idioms: list[int]  # size in words of the longest idiom over each word
    undenied: frozenset[int]  # words in a phrase whose "not" denies nothing ("can not stop")
    past: frozenset[int]  # clauses that a word of time puts in the past
    dated: frozenset[int]  # clauses that name a year, or years ago: past whatever else they say
    past_before: frozenset[int]  # words right after which everything is past ("used to")
    present: frozenset[int]  # sentences that speak of what goes on
    today: frozenset[int]  # clauses that speak of now
    laughs: bool
    jest: frozenset[int]  # sentences about a trifle, or beside one, with a laugh in or beside them
    errand: bool  # an appointment, a journey or the like is spoken of
    progress: bool  # time in recovery is counted
    better: int  # the last sentence that says it passed; -1 if none does, or if it came back
    calm: frozenset[int]  # sentences in a mood that no strong urge goes with
    harmless: frozenset[int]  # words in what makes a phrase that begins or ends there mean something else
    unweighed: frozenset[int]  # clauses that nets take for danger or need, and no rule does
    mundane: frozenset[int]  # short sentences about a trifle
    play: frozenset[int]  # sentences about a game or a film
    advice: frozenset[int]  # sentences that say what to do if somebody is in need
    reunion: frozenset[int]  # sentences that say when to meet again
    resolved: int  # the word before which what is told as past is over; 0 if nothing says so
    since: int  # the word before which it was, and not again since; 0 if nothing says so
    denials: dict[int, bool] = field(default_factory=dict)  # by first word, whether phrases are denied

    def excuses(self, hit: AnyHit, concept: Concept) -> bool:
        """Tell whether `concept`, found at `hit`, is excused by what stands around it."""
        masks = concept.masks
        return (
            max(self.idioms[hit.first : hit.last]) >= hit.last - hit.first
            or ("negation" in masks and self._denied(hit))
            or ("past" in masks and self._past(hit))
            or ("other" in masks and self.subjects[hit.first] == "other")
            or hit.first in self.harmless
            or hit.last - 1 in self.harmless
            or ("mundane" in masks and self.sentences[hit.first] in self.mundane)
            or ("play" in masks and self.sentences[hit.first] in self.play)
            or ("advice" in masks and self._advised(hit))
            or ("reunion" in masks and self.sentences[hit.first] in self.reunion)
            or ("resolved" in masks and hit.last <= self.resolved and self._over(hit))
            or ("jest" in masks and self.sentences[hit.first] in self.jest)
            or (self.errand and "errand" in masks)
            or (self.progress and "progress" in masks and self.clauses[hit.first] not in self.today)
            or ("better" in masks and self._better(hit))
            or ("since" in masks and hit.last <= self.since)
            or (
                concept.alone is not None and len(self.reading.words) > (hit.last - hit.first) + concept.alone
            )
        )

    def denied(self, hits: Sequence[AnyHit]) -> frozenset[int]:
        """Return the words that no net weighs: those denied, or of somebody else's need, or known better.

        Of a text that is harmless words and nothing else, return them all.
        """
        if len(self.harmless) == len(self.reading.words):
            return self.harmless
        return self.unweighed.union(
            at
            for hit in hits
            if isinstance(hit.what, Concept)
            and (
                ("negation" in hit.what.masks and self._denied(hit))
                or hit.first in self.harmless
                or hit.last - 1 in self.harmless
                or (
                    hit.what.level is Level.URGENT
                    and "other" in hit.what.masks
                    and self.subjects[hit.first] == "other"
                )
            )
            for at in range(hit.first, hit.last)
        )

    def _advised(self, hit: AnyHit) -> bool:
        """Tell whether this is what somebody else should do: no "I" or "me" in it."""
        first, words = self.lexicon.roles["first"], self.reading.words[hit.first : hit.last]
        return (
            self.sentences[hit.first] in self.advice
            and self.subjects[hit.first] != "first"
            and not any(word in first for word in words)
        )

    def _better(self, hit: AnyHit) -> bool:
        sentence = self.sentences[hit.first]
        return sentence <= self.better or sentence in self.calm

    def _denied(self, hit: AnyHit) -> bool:
        """Tell whether a denial stands before the phrase; worked out once for all that begin with a word."""
        denied = self.denials.get(hit.first)
        if denied is None:
            denied = self.denials[hit.first] = self._denial_before(hit.first)
        return denied

    def _denial_before(self, first: int) -> bool:
        """Look left for a denial joined to a phrase by nothing but linking words; two denials cancel."""
        roles, words, breaks, denials = self.lexicon.roles, self.reading.words, self.reading.breaks, 0
        deny, link, fillers = roles["deny"], roles["link"], self.lexicon.fillers
        for at in range(first - 1, max(-1, first - 1 - DENIAL_REACH), -1):
            word = words[at]
            if breaks[at + 1] >= SOFT or at in self.undenied:
                break
            if word in deny:
                denials += 1
            elif word not in link and word not in fillers:
                break
        return denials == 1

    def _past(self, hit: AnyHit) -> bool:
        """Tell whether the phrase itself is past: a time gone by is not enough, its verb must be past too."""
        if self.clauses[hit.first] in self.dated and self._told(hit):
            return True
        if self.sentences[hit.first] in self.present or self.clauses[hit.first] in self.today:
            return False
        if any(at in self.past_before for at in range(self._verb_from(hit), hit.last)):
            return True
        return self.clauses[hit.first] in self.past and self._told(hit)

    def _told(self, hit: AnyHit) -> bool:
        """Tell whether the verb of the phrase is in the past."""
        roles, words = self.lexicon.roles, self.reading.words
        return any(word in roles["was"] for word in words[self._verb_from(hit) : hit.last]) and not any(
            word in roles["is"] for word in words[hit.first : hit.last]
        )

    def _over(self, hit: AnyHit) -> bool:
        """Tell whether this is told as past, and not of today."""
        return self.clauses[hit.first] not in self.today and self._told(hit)

    def _verb_from(self, hit: AnyHit) -> int:
        """Return the first word, in the clause of `hit`, that may be its verb."""
        left = max(hit.first - VERB_REACH, 0)
        while self.clauses[left] != self.clauses[hit.first]:
            left += 1
        return left


def surroundings(reading: Reading, lexicon: Lexicon, hits: Sequence[AnyHit]) -> Surroundings:
    """Sort the `hits` of context by what they say of the words, clauses and sentences of `reading`."""
    clauses, sentences, subjects = _parts(reading, lexicon)
    told: dict[str, list[AnyHit]] = {}
    for hit in hits:
        if isinstance(hit.what, str):
            told.setdefault(hit.what, []).append(hit)

    def words_of(kind: str) -> frozenset[int]:
        found = told.get(kind)
        return frozenset(at for hit in found for at in range(hit.first, hit.last)) if found else _NOTHING

    def sentences_of(kind: str) -> frozenset[int]:
        found = told.get(kind)
        return frozenset(sentences[hit.first] for hit in found) if found else _NOTHING

    def clauses_of(found: Sequence[AnyHit]) -> frozenset[int]:
        ours = (_clauses_of(hit, clauses, sentences, subjects) for hit in found)
        return frozenset(clause for some in ours for clause in some) if found else _NOTHING

    over = _over(told["span"], reading, lexicon, clauses) if "span" in told else []
    better, worse = max(sentences_of("better"), default=-1), max(sentences_of("worse"), default=-1)
    return Surroundings(
        reading=reading,
        lexicon=lexicon,
        clauses=clauses,
        sentences=sentences,
        subjects=subjects,
        idioms=_longest(told.get("idioms", ()), len(reading.words)),
        undenied=words_of("undenied"),
        past=clauses_of([*told.get("past", ()), *over]),
        dated=clauses_of(told.get("dated", ())),
        past_before=frozenset(hit.last for hit in told.get("past_before", ())),
        since=max((hit.first for hit in told.get("since", ())), default=0),
        present=sentences_of("present"),
        today=frozenset(clauses[hit.first] for hit in told.get("today", ())),
        laughs="laugh" in told,
        jest=_beside(sentences_of("laugh")) & _beside(sentences_of("trifle")),
        errand="errand" in told,
        progress="progress" in told,
        better=better if better > worse else -1,
        calm=sentences_of("calm"),
        advice=sentences_of("advice"),
        reunion=sentences_of("reunion"),
        resolved=max((hit.first for hit in told.get("resolved", ())), default=0),
        harmless=words_of("harmless"),
        mundane=frozenset(
            sentence for sentence in sentences_of("mundane") if sentences.count(sentence) <= GRUMBLE_WORDS
        ),
        play=sentences_of("play"),
        unweighed=frozenset(
            at
            for hit in told.get("unweighed", ())
            if _is_clause(hit, reading)
            for at in range(hit.first, hit.last)
        ),
    )


def _over(spans: Sequence[AnyHit], reading: Reading, lexicon: Lexicon, clauses: list[int]) -> list[AnyHit]:
    """Return the spans of time that are over: "drank for years", and not "have been drinking for years".

    "I had been drinking for years" is over too.
    """
    lasting = {
        clause
        for before, word, clause in zip(["", *reading.words], reading.words, clauses, strict=False)
        if word in lexicon.roles["is"] or (word == "been" and before != "had")
    }
    return [hit for hit in spans if clauses[hit.first] not in lasting]


def _is_clause(hit: AnyHit, reading: Reading) -> bool:
    """Tell whether `hit` is a clause from end to end: "not sure I want to live" is more than that."""
    breaks = reading.breaks
    return (not hit.first or breaks[hit.first] >= SOFT) and (
        hit.last == len(breaks) or breaks[hit.last] >= SOFT
    )


def _beside(sentences: frozenset[int]) -> frozenset[int]:
    """Return `sentences` with those right before and after them."""
    return frozenset(at + by for at in sentences for by in (-1, 0, 1)) if sentences else _NOTHING


def _longest(hits: Sequence[AnyHit], words: int) -> list[int]:
    """Return for each word the size of the longest of `hits` over it."""
    sizes = [0] * words
    for hit in hits:
        size = hit.last - hit.first
        for at in range(hit.first, hit.last):
            sizes[at] = max(sizes[at], size)
    return sizes


def _parts(reading: Reading, lexicon: Lexicon) -> tuple[list[int], list[int], list[str]]:
    """Number the clauses and sentences, and name the nearest subject to the left in each clause."""
    marks = lexicon.marks
    clauses: list[int] = []
    sentences: list[int] = []
    subjects: list[str] = []
    clause = sentence = 0
    subject = ""
    for word, parted in zip(reading.words, reading.breaks, strict=True):
        if parted >= CLAUSE or word in marks:
            opens, turns, names = marks.get(word, _PLAIN)
            if opens or parted >= CLAUSE:
                clause += 1
                subject = ""
            sentence += turns or parted >= SENTENCE
            subject = names or subject
        clauses.append(clause)
        sentences.append(sentence)
        subjects.append(subject)
    return clauses, sentences, subjects


def _clauses_of(
    hit: AnyHit, clauses: list[int], sentences: list[int], subjects: list[str]
) -> tuple[int, ...]:
    """Return the clause a time belongs to, and the next where it stands in front: "years ago, I was low".

    A clause that has no subject shares the one before it: "I was homeless and drinking years ago".
    """
    here = clauses[hit.first]
    began = clauses.index(here)
    if not subjects[hit.first] and began and sentences[began - 1] == sentences[began]:
        return here, here - 1
    in_front = hit.first == 0 or clauses[hit.first - 1] != here
    follows = hit.last < len(clauses) and clauses[hit.last] == here + 1
    if in_front and follows and sentences[hit.last] == sentences[hit.first]:
        return here, here + 1
    return (here,)
