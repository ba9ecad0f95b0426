"""Decide whether a phrase means what it says here: denied, long past, about somebody else, or an idiom.

Every mask stays inside its clause or sentence, and none reaches across "but".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.triage.lexicon import Concept, Hit, Lexicon
from bot.domain.triage.normalise import CLAUSE, SENTENCE, SOFT, Reading

DENIAL_REACH = 6  # words between a denial and what it denies


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What stands around the phrases of one text."""

    reading: Reading
    lexicon: Lexicon
    clauses: list[int]  # number of the clause each word is in
    sentences: list[int]  # and of the sentence; "but" begins another
    context: dict[str, list[Hit]]

    def excuses(self, hit: Hit, concept: Concept) -> bool:
        """Tell whether `concept`, found at `hit`, is excused by what stands around it."""
        masks = concept.masks
        return (
            self._idiom(hit)
            or ("negation" in masks and self._denied(hit))
            or ("past" in masks and self._past(hit))
            or ("other" in masks and self._about_other(hit))
            or (concept.alone and len(self.reading.words) > (hit.last - hit.first) + 3)
        )

    def _idiom(self, hit: Hit) -> bool:
        size = hit.last - hit.first
        return any(
            idiom.first < hit.last and hit.first < idiom.last and idiom.last - idiom.first >= size
            for idiom in self.context["idioms"]
        )

    def _denied(self, hit: Hit) -> bool:
        """Look left for a denial joined to the phrase by nothing but linking words; two denials cancel."""
        roles, words, denials = self.lexicon.roles, self.reading.words, 0
        for at in range(hit.first - 1, max(-1, hit.first - 1 - DENIAL_REACH), -1):
            if self.reading.breaks[at + 1] >= SOFT or self._undenied(at):
                break
            if words[at] in roles["deny"]:
                denials += 1
            elif words[at] not in roles["link"] and words[at] not in self.lexicon.fillers:
                break
        return denials == 1

    def _undenied(self, at: int) -> bool:
        return any(hit.first <= at < hit.last for hit in self.context["undenied"])

    def _past(self, hit: Hit) -> bool:
        sentence = self.sentences[hit.first]
        here = [h for h in self.context["past"] if self.sentences[h.first] == sentence]
        now = any(self.sentences[h.first] == sentence for h in self.context["present"])
        return bool(here) and not now

    def _about_other(self, hit: Hit) -> bool:
        """Take the nearest subject at or left of the phrase, in its clause; none means the writer."""
        roles, words, clause = self.lexicon.roles, self.reading.words, self.clauses[hit.first]
        at = hit.first
        while at >= 0 and self.clauses[at] == clause:
            if words[at] in roles["first"]:
                return False
            if words[at] in roles["other"]:
                return True
            at -= 1
        return False


def surroundings(reading: Reading, lexicon: Lexicon, hits: Sequence[Hit]) -> Surroundings:
    """Number the clauses and sentences of `reading` and sort its `hits` of context by kind."""
    clauses, sentences = [], []
    clause = sentence = 0
    for word, parted in zip(reading.words, reading.breaks, strict=True):
        turn = word in lexicon.roles["open"]
        clause += parted >= CLAUSE or turn
        sentence += parted >= SENTENCE or word in {"but", "pero", "however", "yet"}
        clauses.append(clause)
        sentences.append(sentence)
    context: dict[str, list[Hit]] = {"idioms": [], "past": [], "present": [], "undenied": []}
    for hit in hits:
        if isinstance(hit.what, str):
            context[hit.what].append(hit)
    return Surroundings(
        reading=reading, lexicon=lexicon, clauses=clauses, sentences=sentences, context=context
    )
