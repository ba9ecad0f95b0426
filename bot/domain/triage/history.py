"""What was said before changes what is said now: twice within a day is more than once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.triage.levels import Assessment, Level

WITHIN = timedelta(days=1)
APART = timedelta(minutes=10)  # what is said sooner goes on with what was said, and is not a second time
AGAIN = "the second time within a day"


def with_history(assessment: Assessment, *, earlier: int) -> Assessment:
    """Raise an urgent `assessment` to crisis when `earlier` texts of the last day were urgent too.

    What was said less than APART ago is the same telling: whoever counts leaves it out.
    """
    if assessment.level is not Level.URGENT or earlier < 1:
        return assessment
    return replace(assessment, level=Level.CRISIS, why=f"{assessment.why}, {AGAIN}")
