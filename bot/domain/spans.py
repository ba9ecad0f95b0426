"""What finders share: how long an anchor holds, and draws that stay the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from hashlib import blake2b
from itertools import pairwise
from typing import TypeAlias

from bot.domain.hours import Window
from bot.domain.rules import Anchor, Anchors

Found: TypeAlias = tuple[datetime, tuple[str, ...]]  # a naive wall time, and the prompts that fall on it


def spans(anchor: Anchor, anchors: Anchors, after: datetime) -> Iterator[tuple[date, date]]:
    """Yield the dates an anchor stands on and until which it holds, leaving out those over by `after`."""
    match anchor:
        case Anchor.ENROLMENT:
            yield anchors.start, date.max
        case Anchor.RECOVERY_DATE:
            if anchors.recovery_date:
                yield anchors.recovery_date, date.max
        case Anchor.PROGRAMME_START:
            if anchors.programme_start:
                yield anchors.programme_start, date.max
        case Anchor.LAST_SESSION:
            days = sorted({session.date() for session in anchors.sessions})
            for begin, end in pairwise([*days, date.max]):
                if end > after.date():
                    yield begin, end


def draw(seed: str, key: str, day: int, window: Window) -> int:
    """Return a minute of `window`, each as likely, for a day's ordinal: the same whenever it is asked."""
    text = f"{seed}\0{key}\0{day}"
    number = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
    return window.start + number % (window.end - window.start)
