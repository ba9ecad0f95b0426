"""Learn the reader of meaning: `python -m tests.triage_sets.train_encoder --labelled DEV.jsonl --base DIR`.

Needs jax, safetensors and scikit-learn, which nothing else here does, and in DIR the weights and the pieces
of words (`model.safetensors`, `vocab.txt`) of all-MiniLM-L6-v2. It takes the first layer of that encoder,
keeps the busiest third of its inner cells, and learns on from the texts that the net learns from.
What is learnt is kept in --work, and taken up there when the command is given again; with --write it leaves
bot/domain/triage/encoder.npz. What it is and how far to trust it: docs/model-card.md.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from rich.progress import track

from bot.domain.triage import assess as triage
from bot.domain.triage import encoder as encoders
from bot.domain.triage.lexicon import lexicon
from bot.domain.triage.net import UNREAD, Thresholds, net
from bot.domain.triage.normalise import Reading, read
from tests.triage_sets.train_net import (
    Allowed,
    Learning,
    Rules,
    Text,
    labelled,
    ordinary,
    own,
    show,
    thresholds_of,
)

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # of the weights it begins from
WIDTH, CELLS = 384, 512  # numbers for a piece of a word; inner cells of the layer that are kept
ORDINARY = 24_000  # of the ordinary texts, drawn by lot: all would take three times as long
FOLDS, ROUNDS, RATE, BATCH = 3, 2, 3e-4, 32
LENGTHS = (12, 20, 32, encoders.LONGEST)  # texts are learnt from in batches of about one length
FORGOTTEN, UNHEARD = 0.1, 0.2  # of the numbers inside, and of what is judged by, left out at random
IN_NEED = 1.5  # what a text in need weighs beside a harmless one
NEED, DANGER = ("urgent", "crisis"), ("crisis",)
# More than the net by itself may: it takes away false alarms that loose phrases gave.
ALLOWED = Allowed(everyday=0.0006, harmless=0.03, company=0.015)
STEPS = 127
UNREAD_WEIGHT = -99.0  # of a text the encoder is not asked about
TARGET = Path(encoders.__file__).with_name(encoders.FILE)


def main() -> int:
    """Learn, choose thresholds, write, and print what was done. Returns the exit code."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--labelled", type=Path, help="labelled texts, of which two thirds are learnt from")
    given.add_argument("--ordinary", type=Path, nargs="*", default=[], help="ordinary talk")
    given.add_argument("--most", type=int, default=40_000, help="texts taken from each file of ordinary talk")
    given.add_argument("--base", type=Path, required=True, help="where the encoder to begin from lies")
    given.add_argument("--work", type=Path, required=True, help="where what was learnt is kept")
    given.add_argument("--write", action="store_true", help="replace the encoder that ships")
    args = given.parse_args()
    texts = [*own(), *labelled(args.labelled), *ordinary(args.ordinary, args.most)]
    if sha256((args.base / "model.safetensors").read_bytes()).hexdigest() != SHA256:
        given.error(f"{args.base / 'model.safetensors'} is not the encoder it should begin from")
    learning = _Learning(texts, args.base)
    args.work.mkdir(parents=True, exist_ok=True)
    everything = range(len(texts))
    fold = np.random.RandomState(0).randint(0, FOLDS, len(texts))
    said = np.zeros((len(texts), 2))
    for number in range(FOLDS):
        apart = [at for at in everything if fold[at] == number]
        weights = learning.kept(
            args.work / f"fold{number}.npz", [at for at in everything if fold[at] != number]
        )
        said[apart] = learning.judge(weights, apart)
    weights = learning.kept(args.work / "all.npz", everything)
    alone = _weighed(args.work / "net.npy", texts)
    heavy = alone[:, 0] > net().thresholds.company
    both = np.where(heavy[:, None], alone + said, UNREAD_WEIGHT)
    needs, dangers = both[:, 0].tolist(), both[:, 1].tolist()
    rules = Rules(texts)
    thresholds = thresholds_of(texts, needs, dangers, rules, ALLOWED, UNREAD_WEIGHT)
    print(f"{len(texts)} texts; {thresholds}")
    show(texts, needs, dangers, rules, thresholds, UNREAD_WEIGHT)
    if args.write:
        TARGET.write_bytes(_packed(weights, learning.pieces, thresholds))
        print(f"wrote {TARGET.name}, {TARGET.stat().st_size // 1024} kB")
    return 0


def _weighed(file: Path, texts: Sequence[Text]) -> Any:
    """Return what each text weighs in a net that has not learnt from it; kept in `file`."""
    if not file.exists():
        learning = Learning(texts)
        np.save(file, np.array([learning.out_of_fold(labels) for labels in (NEED, DANGER)]).T)
    return np.load(file)


class _Learning:
    """The texts as pieces of words: of each the part that weighs most in the net."""

    def __init__(self, texts: Sequence[Text], base: Path) -> None:
        self._texts, self._base = texts, base
        rules, learnt = lexicon(), net()
        every = {piece: at for at, piece in enumerate((base / "vocab.txt").read_text("utf-8").splitlines())}
        parts: list[tuple[Reading, int, int]] = []
        for each in texts:
            reading = read(each.text[: triage.MAX_CHARS], rules.spelling)
            weight = learnt.weigh(reading)
            parts.append((reading, weight.first, weight.last or len(reading.words)))
        used = {encoders.BEGIN, encoders.END, encoders.UNKNOWN, encoders.STOP}
        used |= {
            piece for piece in every if len(piece.removeprefix(encoders.INSIDE)) == 1 and piece.isascii()
        }
        longest = max(map(len, every))
        for word in {word for reading, _, _ in parts for word in reading.words} - UNREAD:
            used.update(encoders.spelt(word, every, longest))
        self.pieces = sorted(used, key=every.__getitem__)
        self._rows = [every[piece] for piece in self.pieces]
        reader = encoders.Pieces(self.pieces)
        self._read = [reader.of(*part) for part in parts]
        self._wanted = np.array([(t.label != "none", t.label == "crisis") for t in texts], np.float32)
        self._counts = np.array([t.weight * (1 if t.label == "none" else IN_NEED) for t in texts], np.float32)
        self._jax = import_module("jax")
        self._step = self._jax.jit(self._stepped)
        self._say = self._jax.jit(lambda weights, pieces: self._judged(weights, pieces, None))

    def kept(self, file: Path, rows: Sequence[int]) -> dict[str, Any]:
        """Return the weights learnt from `rows`: those in `file`, or learnt now and kept there."""
        if file.exists():
            with np.load(file) as arrays:
                return dict(arrays)
        print(f"learning {file.name} from {len(rows)} texts", flush=True)
        weights = {name: np.asarray(each) for name, each in self.learn(rows).items()}
        np.savez(file, allow_pickle=False, **weights)
        return weights

    def learn(self, rows: Sequence[int]) -> dict[str, Any]:
        """Return the weights learnt from `rows`."""
        jax = self._jax
        weights = {name: jax.numpy.asarray(each) for name, each in self._begin().items()}
        slow = {name: jax.numpy.zeros_like(each) for name, each in weights.items()}
        fast = dict(slow)
        batches = [batch for nth in range(ROUNDS) for batch in self._batches(rows, Random(nth))]
        key = jax.random.PRNGKey(0)
        for nth, batch in enumerate(track(batches, "learning", disable=not sys.stderr.isatty()), 1):
            rate = RATE * min(1.0, nth / (0.06 * len(batches))) * (1 - nth / len(batches))
            key, now = jax.random.split(key)
            weights, slow, fast = self._step(
                weights, slow, fast, float(nth), rate, self._padded(batch), self._wanted[batch],
                self._counts[batch], now,
            )  # fmt: skip
        return weights

    def judge(self, weights: Mapping[str, Any], rows: Sequence[int]) -> Any:
        """Return what `weights` say of the texts in `rows`: need and danger, in logits."""
        said = np.zeros((len(rows), 2))
        ordered = sorted(range(len(rows)), key=lambda at: len(self._read[rows[at]]))
        size = 4 * BATCH
        for first in range(0, len(ordered), size):
            some = ordered[first : first + size]
            pieces = self._padded([rows[at] for at in some])
            pieces = np.pad(pieces, ((0, size - len(some)), (0, 0)), constant_values=0)
            said[some] = np.asarray(self._say(weights, pieces))[: len(some)]
        return said

    def _batches(self, rows: Sequence[int], random: Random) -> list[list[int]]:
        ordinary = [at for at in rows if self._texts[at].source == "ordinary"]
        left_out = set(random.sample(ordinary, max(0, len(ordinary) - ORDINARY)))
        drawn = [at for at in rows if at not in left_out]
        random.shuffle(drawn)
        alike: dict[int, list[int]] = {}
        for at in drawn:
            alike.setdefault(_length(len(self._read[at])), []).append(at)
        batches = [
            each[first : first + BATCH]
            for each in alike.values()
            for first in range(0, len(each) - BATCH + 1, BATCH)
        ]
        random.shuffle(batches)
        return batches

    def _padded(self, rows: Sequence[int]) -> Any:
        """Return the pieces of the texts in `rows`, one more than their number; 0 is none."""
        width = _length(max(len(self._read[at]) for at in rows))
        pieces = np.zeros((len(rows), width), np.int32)
        for nth, at in enumerate(rows):
            pieces[nth, : len(self._read[at])] = [piece + 1 for piece in self._read[at]]
        return pieces

    def _begin(self) -> dict[str, Any]:
        """Return the first layer of the encoder it begins from, its busiest cells kept."""
        taken = import_module("safetensors.numpy").load_file(self._base / "model.safetensors")
        layer = "encoder.layer.0."

        def dense(name: str) -> tuple[Any, Any]:
            return taken[f"{layer}{name}.weight"].T, taken[f"{layer}{name}.bias"]

        def norm(name: str) -> Any:
            return np.stack((taken[f"{name}.LayerNorm.weight"], taken[f"{name}.LayerNorm.bias"]))

        ask = [dense(f"attention.self.{name}") for name in ("query", "key", "value")]
        places = taken["embeddings.position_embeddings.weight"][: encoders.LONGEST]
        weights = {
            "embedding": taken["embeddings.word_embeddings.weight"][self._rows],
            "places": places + taken["embeddings.token_type_embeddings.weight"][0],
            "norms": np.stack((
                norm("embeddings"), norm(f"{layer}attention.output"), norm(f"{layer}output"),
            )),
            "ask": np.concatenate([weight for weight, _ in ask], 1),
            "ask_bias": np.concatenate([bias for _, bias in ask]),
            "judge": np.zeros((2 * WIDTH, 2), np.float32),
            "judge_bias": np.array([-2.0, -3.0], np.float32),
        }  # fmt: skip
        for ours, theirs in (
            ("gather", "attention.output.dense"),
            ("widen", "intermediate.dense"),
            ("narrow", "output.dense"),
        ):
            weights[ours], weights[f"{ours}_bias"] = dense(theirs)
        some = Random(0).sample(range(len(self._read)), 4 * BATCH)
        _, wide = self._heard({**weights}, self._padded(some), None)
        busy = np.abs(np.asarray(wide)).mean((0, 1)) * np.sqrt((weights["narrow"] ** 2).sum(1))
        best = np.sort(np.argsort(-busy)[:CELLS])
        weights |= {
            "widen": weights["widen"][:, best], "widen_bias": weights["widen_bias"][best],
            "narrow": weights["narrow"][best],
        }  # fmt: skip
        return {name: np.ascontiguousarray(each, np.float32) for name, each in weights.items()}

    def _heard(self, weights: Mapping[str, Any], pieces: Any, key: Any) -> tuple[Any, Any]:
        """Return the numbers for each piece after the layer, and its inner cells (see Encoder)."""
        jax, jnp = self._jax, self._jax.numpy
        keys = jax.random.split(key, 3) if key is not None else (None, None, None)
        count, width = pieces.shape
        heard = weights["embedding"][pieces - (pieces > 0)] + weights["places"][:width]
        heard = self._dropped(self._levelled(heard, weights, 0), FORGOTTEN, keys[0])
        asked = (heard @ weights["ask"] + weights["ask_bias"]).reshape(count, width, 3, encoders.HEADS, -1)
        ask, offer, carry = asked.transpose(2, 0, 3, 1, 4)
        near = ask @ offer.swapaxes(2, 3) / ask.shape[-1] ** 0.5
        near = jax.nn.softmax(jnp.where((pieces > 0)[:, None, None, :], near, -1e9), -1)
        taken = (near @ carry).transpose(0, 2, 1, 3).reshape(count, width, -1)
        taken = self._dropped(taken @ weights["gather"] + weights["gather_bias"], FORGOTTEN, keys[1])
        heard = self._levelled(heard + taken, weights, 1)
        wide = jax.nn.gelu(heard @ weights["widen"] + weights["widen_bias"], approximate=True)
        narrow = self._dropped(wide @ weights["narrow"] + weights["narrow_bias"], FORGOTTEN, keys[2])
        return self._levelled(heard + narrow, weights, 2), wide

    def _judged(self, weights: Mapping[str, Any], pieces: Any, key: Any) -> Any:
        jnp = self._jax.numpy
        inner, outer = self._jax.random.split(key) if key is not None else (None, None)
        heard, _ = self._heard(weights, pieces, inner)
        there = (pieces > 0)[..., None]
        mean = (heard * there).sum(1) / jnp.maximum(there.sum(1), 1)
        most = jnp.where(there, heard, -1e9).max(1)
        both = self._dropped(jnp.concatenate((mean, most), -1), UNHEARD, outer)
        return both @ weights["judge"] + weights["judge_bias"]

    def _levelled(self, given: Any, weights: Mapping[str, Any], nth: int) -> Any:
        jnp = self._jax.numpy
        given = given - given.mean(-1, keepdims=True)
        spread = jnp.sqrt((given * given).mean(-1, keepdims=True) + 1e-12)
        return given / spread * weights["norms"][nth, 0] + weights["norms"][nth, 1]

    def _dropped(self, given: Any, share: float, key: Any) -> Any:
        if key is None:
            return given
        return given * self._jax.random.bernoulli(key, 1 - share, given.shape) / (1 - share)

    def _stepped(
        self,
        weights: Any,
        slow: Any,
        fast: Any,
        nth: Any,
        rate: Any,
        pieces: Any,
        wanted: Any,
        counts: Any,
        key: Any,
    ) -> tuple[Any, Any, Any]:
        """Return the weights after one batch (AdamW, its gradient clipped to length one)."""
        jax, jnp = self._jax, self._jax.numpy
        gradient = jax.grad(self._wrong)(weights, pieces, wanted, counts, key)
        length = jnp.sqrt(sum((each**2).sum() for each in gradient.values()))
        gradient = {name: each * jnp.minimum(1, 1 / (length + 1e-6)) for name, each in gradient.items()}
        slow = {name: 0.9 * slow[name] + 0.1 * each for name, each in gradient.items()}
        fast = {name: 0.98 * fast[name] + 0.02 * each**2 for name, each in gradient.items()}
        evened = {
            name: slow[name] / (1 - 0.9**nth) / (jnp.sqrt(fast[name] / (1 - 0.98**nth)) + 1e-6)
            for name in slow
        }
        weights = {name: each - rate * (evened[name] + 0.01 * each) for name, each in weights.items()}
        return weights, slow, fast

    def _wrong(self, weights: Any, pieces: Any, wanted: Any, counts: Any, key: Any) -> Any:
        jnp = self._jax.numpy
        said = self._judged(weights, pieces, key)
        wrong = jnp.logaddexp(0, -said) * wanted + jnp.logaddexp(0, said) * (1 - wanted)
        return (wrong.sum(-1) * counts).sum() / counts.sum()


def _packed(weights: Mapping[str, Any], pieces: Sequence[str], limits: Thresholds) -> bytes:
    """Return the encoder's file: large matrices in whole numbers of one byte, the others in halves."""
    arrays: dict[str, Any] = {
        "pieces": np.frombuffer("\n".join(pieces).encode(), np.uint8),
        "thresholds": np.array([limits.urgent, limits.crisis, limits.company]),
    }
    for name, each in weights.items():
        if each.ndim == 1 or name in {"places", "norms"}:
            arrays[name] = each.astype(np.float16)
            continue
        axis = 1 if name == "embedding" else 0  # a step for each piece; of a matrix for each column
        step = np.abs(each).max(axis) / STEPS
        arrays[f"{name}_scale"] = step.astype(np.float32)
        arrays[name] = np.round(each / np.expand_dims(step, axis)).astype(np.int8)
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _length(count: int) -> int:
    return next(length for length in LENGTHS if count <= length)


if __name__ == "__main__":
    sys.exit(main())
