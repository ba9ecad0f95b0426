"""Learn the second net: `python -m tests.triage_sets.train_net --labelled DEV.jsonl --ordinary CHAT.json`.

Needs scikit-learn, which nothing else here does. It learns from our own sentences (the parts not held back,
and those of the unit tests), from the two thirds of DEV that rules may be tuned on, and from ordinary talk
nobody labelled (a JSON list of texts, or a text a line), which is taken for harmless. With --write it leaves
numbers only: bot/domain/triage/net.bin. What it is and how far to trust it: docs/model-card.md.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from bot.domain.triage import assess as triage
from bot.domain.triage import net as nets
from bot.domain.triage.levels import Level
from bot.domain.triage.lexicon import lexicon
from bot.domain.triage.normalise import Reading, read
from bot.domain.triage.sources import source
from tests.triage_sets.reading import SETS, cases, learning, meanings, sentences
from tests.triage_sets.splitting import held_back
from tests.unit.triage import texted

FOLDS = 5
STRENGTH = 5.0  # inverse regularisation: a third found fewer people, thrice as much no more
MORE = 4  # what a text in need weighs in learning beside a harmless one
REAL, OURS, DOUBLE = 8, 2, 1  # what texts weigh: one somebody really wrote, one of ours, one of DOUBLES
# Sets in which harmless texts were written as doubles of those in need. They teach, but nobody writes to us
# as they are made up: no threshold is chosen by them.
DOUBLES = frozenset((
    "forums", "hard_abuse", "hard_recovery", "hard_spanish", "hard_support", "posts", "slips",
))  # fmt: skip
STEPS = 127
GRAVER = 0.08  # of what is urgent and no crisis, how much may be called a crisis
NEVER = float("inf")
HEADING = re.compile(r"\[(.+): (crisis|urgent|none)\]")
TARGET = Path(nets.__file__).with_name(nets.FILE)


class Allowed(NamedTuple):
    """Shares of harmless texts that may be taken for others."""

    everyday: float  # flagged beyond the rules, of everyday texts
    harmless: float  # and of others
    company: float  # everyday texts in which loose phrases are taken at their word


ALLOWED = Allowed(everyday=0.0004, harmless=0.02, company=0.03)


class Text(NamedTuple):
    """A text to learn from. `source` is a set, a source of DEV, or "ordinary"."""

    source: str
    lang: str
    label: str
    text: str
    weight: int = OURS


def main() -> int:
    """Learn, choose thresholds, write, and print what was done. Returns the exit code."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--labelled", type=Path, help="labelled texts, of which two thirds are learnt from")
    given.add_argument("--ordinary", type=Path, nargs="*", default=[], help="ordinary talk")
    given.add_argument("--most", type=int, default=40_000, help="texts taken from each file of ordinary talk")
    given.add_argument("--write", action="store_true", help="replace the net that ships")
    args = given.parse_args()
    texts = [*own(), *labelled(args.labelled), *ordinary(args.ordinary, args.most)]
    learnt = Learning(texts)
    need, danger = learnt.weights(("urgent", "crisis")), learnt.weights(("crisis",))
    needs, dangers = learnt.out_of_fold(("urgent", "crisis")), learnt.out_of_fold(("crisis",))
    rules = Rules(texts)
    thresholds = thresholds_of(texts, needs, dangers, rules)
    print(f"{len(texts)} texts; {thresholds}")
    show(texts, needs, dangers, rules, thresholds)
    if args.write:
        TARGET.write_bytes(_packed(need, danger, thresholds))
        print(f"wrote {TARGET.name}, {TARGET.stat().st_size // 1024} kB")
    return 0


def own() -> Iterator[Text]:
    """Give our own sentences that may be learnt from."""
    for name in SETS:
        yield from (Text(name, s.lang, str(s.label), s.text) for s in sentences(name) if not s.held_back)
    for sentence in learning():
        if not held_back({"id": sentence.id}):
            weight = DOUBLE if sentence.source in DOUBLES else OURS
            yield Text(sentence.source, sentence.lang, str(sentence.label), sentence.text, weight)
    for case in cases():
        if case.at_least is case.at_most:
            yield Text("capabilities", case.lang, str(case.at_least), case.text)
    for meaning in meanings():
        yield from (Text("varieties", "en", str(meaning.level), text) for text in meaning.said.values())
    for label, lines in (("crisis", texted.CRISIS), ("urgent", texted.URGENT), ("none", texted.NONE)):
        yield from (Text("texted", "en", label, line) for line in lines)
    yield from _unit_tests()
    for language, data in source().items():
        for concept in data["concepts"]:
            if concept["level"] != "none":
                yield from (
                    Text("examples", language, concept["level"], each) for each in concept["examples"]
                )
                yield from (Text("counter", language, "none", each) for each in concept.get("counter", ()))


def _unit_tests() -> Iterator[Text]:
    for file in sorted(Path(texted.__file__).parent.glob("*.txt")):
        label = ""
        for line in file.read_text("utf-8").splitlines():
            heading = HEADING.fullmatch(line.strip())
            if heading:
                label = heading[2]
            elif label and line.strip() and not line.startswith("#"):
                yield Text(f"unit {file.stem}", "es" if file.stem == "spanish" else "en", label, line.strip())


def labelled(path: Path | None) -> Iterator[Text]:
    """Give the labelled texts at `path` that are not held back."""
    for line in path.read_text("utf-8").splitlines() if path else ():
        row: Mapping[str, str] = json.loads(line)
        if row["label"] != "review" and not held_back(row):
            yield Text(row["source"], row["lang"], row["label"], row["text"], REAL)


def ordinary(paths: Sequence[Path], most: int) -> Iterator[Text]:
    """Give about `most` texts of each of `paths`, taken for harmless."""
    for path in paths:
        body = path.read_text("utf-8")
        texts: list[str] = json.loads(body) if path.suffix == ".json" else body.splitlines()
        kept = [text for text in texts if 2 < len(text) < 400]
        for text in kept[:: max(1, len(kept) // most)]:
            yield Text("ordinary", "en", "none", text)


class Deaf(NamedTuple):
    """An encoder that adds nothing."""

    thresholds: nets.Thresholds

    def weigh(self, reading: Reading, weight: nets.Weight, spared: frozenset[int]) -> nets.Weight:
        """Return `weight`."""
        return weight


class Learning:
    """The texts as numbers: for each sentence of each text, how often each slot occurs."""

    def __init__(self, texts: Sequence[Text]) -> None:
        np, sparse = import_module("numpy"), import_module("scipy.sparse")
        self._np, self._texts = np, texts
        rules = lexicon()
        self._spans: list[tuple[int, int]] = []
        columns: list[int] = []
        ends: list[int] = [0]
        counts: list[int] = []
        for each in texts:
            reading = read(each.text[: triage.MAX_CHARS], rules.spelling)
            began = len(counts)
            for first, last in nets.sentences(reading):
                found = list(nets.slots(reading, first, last))
                columns += found
                ends.append(len(columns))
                counts.append(len(found))
            self._spans.append((began, len(counts)))
        shape = (len(counts), nets.SLOTS)
        ones = np.ones(len(columns), np.float32)
        self._sentences = sparse.csr_matrix((ones, columns, ends), shape=shape)
        self._counts = np.array(counts)
        self._weights = np.array([each.weight for each in texts])
        rows = [at for at, (began, end) in enumerate(self._spans) for _ in range(began, end)]
        joined = sparse.csr_matrix(
            (np.ones(len(rows)), (rows, range(len(rows)))), shape=(len(texts), len(rows))
        )
        size = np.maximum(joined @ self._counts, 1) ** -0.5
        self._whole = sparse.csr_matrix((joined @ self._sentences).multiply(size[:, None]))

    def weights(self, labels: Sequence[str], rows: Any = None) -> tuple[Any, float]:
        """Return the weight of each slot and the rest, learnt on `rows` (all)."""
        linear = import_module("sklearn.linear_model")
        wanted = self._np.array([each.label in labels for each in self._texts])
        at = self._np.arange(len(self._texts)) if rows is None else rows
        model = linear.LogisticRegression(
            C=STRENGTH, solver="liblinear", max_iter=200, class_weight={False: 1, True: MORE}, random_state=0
        )
        model.fit(self._whole[at], wanted[at], sample_weight=self._weights[at])
        return model.coef_[0], float(model.intercept_[0])

    def out_of_fold(self, labels: Sequence[str]) -> list[float]:
        """Return what each text weighs in a net that has not learnt from it."""
        np = self._np
        fold = np.random.RandomState(0).randint(0, FOLDS, len(self._texts))
        scores = np.zeros(len(self._texts))
        for number in range(FOLDS):
            weights, rest = self.weights(labels, np.where(fold != number)[0])
            sums = self._sentences @ weights
            for at in np.where(fold == number)[0]:
                scores[at] = self._highest(sums, rest, *self._spans[at])
        return [float(score) for score in scores]

    def _highest(self, sums: Any, rest: float, began: int, end: int) -> float:
        best = rest if began == end else -float("inf")
        for size in {1, 2, end - began}:
            for at in range(began, end - size + 1):
                count = self._counts[at : at + size].sum()
                if count and (size <= 2 or count <= nets.MOST):
                    best = max(best, rest + sums[at : at + size].sum() / count**0.5)
        return float(best) if best > -float("inf") else rest


class Rules:
    """What the rules say by themselves of each text, without and with a word for everyday phrases.

    The net's word is enough for those of danger, the encoder's too is needed for others.
    """

    def __init__(self, texts: Sequence[Text]) -> None:
        self._alone = [self._level(each, NEVER, NEVER) for each in texts]
        self._grave = [self._level(each, -NEVER, NEVER) for each in texts]
        self._lent = [self._level(each, -NEVER, -NEVER) for each in texts]

    def levels(self, needs: Sequence[float], company: float, asked: float = NEVER) -> list[Level]:
        """Return each text's level where everyday phrases count from a need of `company` on.

        Those of danger do from `asked` on already.
        """
        together = zip(self._alone, self._grave, self._lent, needs, strict=True)
        return [
            lent if need > company else grave if need > asked else alone
            for alone, grave, lent, need in together
        ]

    def _level(self, text: Text, net: float, encoder: float) -> Level:
        """Return the level of `text` where they take phrases at their word from a need of so much on."""
        silent = nets.Net(
            need=array("b", bytes(nets.SLOTS)),
            danger=array("b", bytes(nets.SLOTS)),
            step=0.0,
            rest=(0.0, 0.0),
            thresholds=nets.Thresholds(urgent=NEVER, crisis=NEVER, company=net),
            version="",
        )
        deaf = Deaf(nets.Thresholds(urgent=NEVER, crisis=NEVER, company=encoder))
        setattr(triage, "net", lambda: silent)  # noqa: B010 - the rules are asked without what ships below them
        setattr(triage, "encoder", lambda: deaf)  # noqa: B010
        return triage.assess(text.text, text.lang).level


def _everyday(text: Text) -> bool:
    return text.source in {"ordinary", "sms", "everyday", "heated", "daily"}


def _harmless(text: Text) -> bool:
    left_out = {"counter", "capabilities", *DOUBLES}
    return text.label == "none" and not _everyday(text) and text.source not in left_out


def thresholds_of(
    texts: Sequence[Text],
    needs: Sequence[float],
    dangers: Sequence[float],
    rules: Rules,
    allowed: Allowed = ALLOWED,
    asked: float = NEVER,
) -> nets.Thresholds:
    """Return the lowest thresholds that keep within what the net may call for beyond the rules."""
    company = _lowest(
        [need for text, need in zip(texts, needs, strict=True) if _everyday(text)], allowed.company
    )
    rows = list(zip(texts, needs, dangers, rules.levels(needs, company, asked), strict=True))
    urgent = max(
        _lowest(
            [need for text, need, _, level in rows if belongs(text) and level is Level.NONE],
            share,
            of=sum(map(belongs, texts)),
        )
        for share, belongs in ((allowed.everyday, _everyday), (allowed.harmless, _harmless))
    )
    called = [
        danger
        for text, need, danger, level in rows
        if text.label != "crisis"
        and text.source not in DOUBLES
        and (level is Level.URGENT or (level is Level.NONE and need > urgent))
    ]
    return nets.Thresholds(urgent=urgent, crisis=_lowest(called, GRAVER), company=company)


def _lowest(scores: Sequence[float], share: float, *, of: int | None = None) -> float:
    """Return the score that at most `share` of all (`of`, if not just these) lie above."""
    ordered = sorted(scores, reverse=True)
    return round(ordered[min(int(share * (of or len(ordered))), len(ordered) - 1)], 3)


def show(
    texts: Sequence[Text],
    needs: Sequence[float],
    dangers: Sequence[float],
    rules: Rules,
    limits: nets.Thresholds,
    asked: float = NEVER,
) -> None:
    """Print what is flagged, and at crisis, by the rules alone and with a net that has not seen the text."""
    alone = rules.levels(needs, float("inf"))
    lent = rules.levels(needs, limits.company, asked)
    both = [
        limits.level(nets.Weight(need, danger, 0, 0), level)
        for need, danger, level in zip(needs, dangers, lent, strict=True)
    ]
    print(f"{'':34}{'texts':>7}{'rules':>8}{'both':>8}{'rules, crisis':>15}{'both, crisis':>14}")
    for name in sorted({(text.source, text.label) for text in texts}):
        at = [index for index, text in enumerate(texts) if (text.source, text.label) == name]
        figures = [
            sum(levels[index].rank >= least for index in at) / len(at)
            for least in (1, 2)
            for levels in (alone, both)
        ]
        print(f"{' '.join(name):34}{len(at):7}" + "".join(f"{figure:>11.2%}" for figure in figures))


def _packed(need: tuple[Any, float], danger: tuple[Any, float], limits: nets.Thresholds) -> bytes:
    most = max((abs(float(weight)) for weights in (need[0], danger[0]) for weight in weights), default=1.0)
    step = (most or 1.0) / STEPS
    small = [
        array("b", [round(float(weight) / step) for weight in weights]) for weights in (need[0], danger[0])
    ]
    return nets.packed(small[0], small[1], step=step, rest=(need[1], danger[1]), thresholds=limits)


if __name__ == "__main__":
    sys.exit(main())
