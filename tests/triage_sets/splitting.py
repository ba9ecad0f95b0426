"""Which texts rules are never tuned on: told by the id, so that everybody tells it the same way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from math import sqrt

SALT = "v2"  # which texts are held back; change it when they have been looked at


def held_back(row: Mapping[str, str]) -> bool:
    """Tell whether a labelled text is in the third that is held back."""
    return _drawn(row["id"], 3)


def held_back_half(text_id: str) -> bool:
    """Tell whether a sentence of our own sets is in the half that is held back."""
    return _drawn(text_id, 2)


def interval(share: float, texts: int) -> tuple[float, float]:
    """Return the 95% confidence interval of a share (Wilson's score)."""
    z = 1.96
    middle = (share + z * z / (2 * texts)) / (1 + z * z / texts)
    reach = z * sqrt(share * (1 - share) / texts + z * z / (4 * texts * texts)) / (1 + z * z / texts)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _drawn(text_id: str, parts: int) -> bool:
    return hashlib.sha256((SALT + text_id).encode()).digest()[0] % parts == 0
