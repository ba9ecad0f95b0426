"""Try a small model as a second net under the rules: `python -m tests.triage_sets.second_net DATA.jsonl`.

Needs scikit-learn, which nothing else here does. It learns on the texts that rules may be tuned on, picks its
threshold there by cross-validation, and is then scored on what is held back: does it find people whom the
rules miss, at hardly more false alarms? With --own it learns on the tuned halves of our own sets too, and is
scored on the others. It keeps nothing. What came of it: docs/adr/0007-local-model.md.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence, Set
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.triage_sets.judges import ours
from tests.triage_sets.promises import EVERYDAY, RECOVERY, SUPPORT
from tests.triage_sets.reading import SETS, sentences
from tests.triage_sets.splitting import held_back

FEATURES = 2**16
FOLDS = 5
STRENGTH = 3.0  # inverse regularisation: 0.3 and 1 flagged more recovery talk, 10 found fewer people
Row = Mapping[str, str]

# What may be flagged beyond the rules: of everyday texts and SMS, and of other texts that need nobody.
ALLOWED: tuple[tuple[float, Callable[[Row], bool]], ...] = (
    (0.002, lambda row: row["source"] in EVERYDAY),
    (0.02, lambda row: row["label"] == "none" and row["source"] not in EVERYDAY),
)

GROUPS: dict[str, Callable[[Row], bool]] = {
    "crisis": lambda row: row["label"] == "crisis" and row["source"] not in SETS,
    "urgent": lambda row: row["label"] == "urgent" and row["source"] not in SETS,
    "sms and everyday": lambda row: row["source"] in EVERYDAY,
    "idioms": lambda row: row["source"] == "idioms",
    "recovery forums, none": lambda row: row["source"] in RECOVERY and row["label"] == "none",
    "support forums, none": lambda row: row["source"] in SUPPORT and row["label"] == "none",
    "craving, none": lambda row: row["source"] == "craving" and row["label"] == "none",
    "our Spanish, crisis": lambda row: row["source"] == "spanish" and row["label"] == "crisis",
    "our abuse set, crisis": lambda row: row["source"] == "abuse" and row["label"] == "crisis",
    "both our sets, none": lambda row: row["source"] in SETS and row["label"] == "none",
}


def main(path: str, *, own: bool) -> int:
    """Learn, choose, score, print. Returns the exit code."""
    lines = Path(path).read_text("utf-8").splitlines()
    rows: list[Row] = [row for row in map(json.loads, lines) if row["label"] != "review"]
    tuned = [row for row in rows if not held_back(row)] + (_own(held=False) if own else [])
    held = [row for row in rows if held_back(row)] + (_own(held=True) if own else [])
    for labels in (("crisis", "urgent"), ("crisis",)):
        target = frozenset(labels)
        scores = _out_of_fold(tuned, target)
        threshold = _threshold(tuned, scores)
        model = _model().fit(_texts(tuned), _wanted(tuned, target))
        print(f"Looks for {' and '.join(labels)}; threshold {threshold:.3f}")
        _print("tuned on, cross-validated", tuned, scores, threshold)
        _print("held back", held, _scores(model, held), threshold)
        _print("tuned on, by a model that never saw the source", *_unseen(tuned, target), threshold)
        print(f"{_milliseconds(model, held[:200]):.1f} ms a text, {FEATURES * 8 // 1024} kB of weights\n")
    return 0


def _own(*, held: bool) -> list[Row]:
    """Return one half of our own sets, in the form of the labelled texts."""
    return [
        {"source": each.source, "lang": each.lang, "label": str(each.label), "text": each.text}
        for name in SETS
        for each in sentences(name)
        if each.held_back is held
    ]


def _milliseconds(model: Any, rows: Sequence[Row]) -> float:
    started = time.perf_counter()
    for row in rows:
        model.predict_proba([row["text"]])
    return (time.perf_counter() - started) / len(rows) * 1000


def _model() -> Any:
    text = import_module("sklearn.feature_extraction.text")
    pipeline = import_module("sklearn.pipeline")
    linear = import_module("sklearn.linear_model")
    half = FEATURES // 2
    grams = pipeline.make_union(
        text.HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=half, norm="l2"),
        text.HashingVectorizer(analyzer="word", ngram_range=(1, 3), n_features=half, norm="l2"),
    )
    return pipeline.make_pipeline(
        grams, linear.LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2000)
    )


def _out_of_fold(rows: Sequence[Row], target: Set[str]) -> list[float]:
    selection = import_module("sklearn.model_selection")
    folds = selection.StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    found = selection.cross_val_predict(
        _model(), _texts(rows), _wanted(rows, target), cv=folds, method="predict_proba"
    )
    return [float(each[1]) for each in found]


def _unseen(tuned: Sequence[Row], target: Set[str]) -> tuple[list[Row], list[float]]:
    """Score each source by a model that has learnt on the others alone."""
    rows: list[Row] = []
    scores: list[float] = []
    for source in sorted({row["source"] for row in tuned}):
        others = [row for row in tuned if row["source"] != source]
        mine = [row for row in tuned if row["source"] == source]
        rows += mine
        scores += _scores(_model().fit(_texts(others), _wanted(others, target)), mine)
    return rows, scores


def _threshold(rows: Sequence[Row], scores: Sequence[float]) -> float:
    """Return the lowest threshold that keeps within what is allowed beyond the rules."""
    lowest = 0.0
    for allowed, belongs in ALLOWED:
        mine = [(row, score) for row, score in zip(rows, scores, strict=True) if belongs(row)]
        beyond = sorted((score for row, score in mine if not flagged(row["text"], row["lang"])), reverse=True)
        lowest = max(lowest, beyond[int(allowed * len(mine))])
    return lowest


@cache
def flagged(text: str, language: str) -> bool:
    """Tell whether the rules flag a text."""
    return ours(text, language).rank > 0


def _print(title: str, rows: Sequence[Row], scores: Sequence[float], threshold: float) -> None:
    print(f" {title}")
    for name, belongs in GROUPS.items():
        mine = [(row, score) for row, score in zip(rows, scores, strict=True) if belongs(row)]
        if not mine:
            continue
        by_rules = [flagged(row["text"], row["lang"]) for row, _ in mine]
        by_model = [score > threshold for _, score in mine]
        both = [one or other for one, other in zip(by_rules, by_model, strict=True)]
        shares = [f"{sum(each) / len(mine):6.1%}" for each in (by_rules, by_model, both)]
        print(f"  {name:24} {len(mine):5}  rules {shares[0]}  model {shares[1]}  both {shares[2]}")


def _scores(model: Any, rows: Sequence[Row]) -> list[float]:
    return [float(each[1]) for each in model.predict_proba(_texts(rows))]


def _texts(rows: Sequence[Row]) -> list[str]:
    return [row["text"] for row in rows]


def _wanted(rows: Sequence[Row], target: Set[str]) -> list[bool]:
    return [row["label"] in target for row in rows]


if __name__ == "__main__":
    paths = [arg for arg in sys.argv[1:] if arg != "--own"]
    if len(paths) != 1:
        sys.exit("Name one file: python -m tests.triage_sets.second_net FILE.jsonl [--own]")
    sys.exit(main(paths[0], own="--own" in sys.argv))
