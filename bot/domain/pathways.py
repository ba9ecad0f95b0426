"""The roads to recovery a participant may prefer; texts can be worded for each."""

from __future__ import annotations

from enum import StrEnum


class Pathway(StrEnum):
    """The road to recovery a participant prefers."""

    TWELVE_STEP = "12-step"
    SMART = "smart"
    FAITH = "faith"
    SECULAR = "secular"
    MEDICATION = "medication"
