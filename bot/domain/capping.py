"""What caps do to one person's texts of the days to come: which must wait, and which wait too long."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.courtesy import ONE_AT_A_TIME, Courtesy, Lately, Priority, must_wait


@dataclass(frozen=True, kw_only=True, slots=True)
class Falling:
    """A text that may leave from `at` on and is worth nothing from `ends` on; aware instants.

    What `drops` in quiet hours does not wait for their end.
    """

    at: datetime
    ends: datetime
    priority: Priority = Priority.NORMAL
    drops: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldBack:
    """A text that a cap does not let leave when it falls due; `lost` if it then comes too late."""

    text: Falling
    lost: bool


def held_back(
    texts: Iterable[Falling], courtesy: Courtesy, zone: str, *, awake: Callable[[datetime], datetime]
) -> Iterator[HeldBack]:
    """Yield what caps hold back, as delivery decides: in order of time, of two at once the weightier first.

    `awake` gives the end of the quiet hours an instant falls into. The few minutes that two texts of one
    instant stand apart are no cap. Nothing was sent before the first. Raises ZoneError.
    """
    line = [(text.at, text.priority.rank, number, text) for number, text in enumerate(texts)]
    heapq.heapify(line)
    lately, capped = Lately(), set[int]()
    while line:
        at, rank, number, text = heapq.heappop(line)
        wait = must_wait(courtesy, lately, at, zone)
        if wait is None:
            lately = lately.sent(at, zone)
            if number in capped:
                yield HeldBack(text=text, lost=False)
            continue
        if wait.reason != ONE_AT_A_TIME:
            capped.add(number)
        later = awake(wait.until)
        if later < text.ends and not (text.drops and later > wait.until):
            heapq.heappush(line, (later, rank, number, text))
        elif number in capped:
            yield HeldBack(text=text, lost=True)
