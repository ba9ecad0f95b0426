"""Rehearsal: one person's coming texts, decided one after the other as delivery will decide them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.actions.courtesy import lately_of, own_zone
from bot.actions.leaving import decide_courteously
from bot.actions.versions import Version
from bot.domain.consent import ConsentState
from bot.domain.messages import ChannelName, Kind
from bot.domain.recurrence import Due
from bot.store.people import PersonStatus

FURTHEST = timedelta(days=400)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Everything that planner's and delivery's own functions ask of a row, for what is not written yet."""

    zone: str | None
    programme_zone: str
    programme_name: str
    quiet_hours: str | None
    courtesy: dict[str, Any]
    participant_id: str
    person_status: PersonStatus
    paused_until: datetime | None
    talking_until: datetime | None
    prompted_at: datetime | None
    prompted_on: date | None
    prompts_that_day: int
    asked_at: datetime | None
    language: str
    name: bytes | None
    details: bytes | None
    specialist_id: str | None
    specialist_name: bytes | None
    held: bool
    consent: ConsentState | None
    unreachable_at: datetime | None
    channel: ChannelName | None
    overrides: str | None = None
    kind: Kind = Kind.PROMPT
    staff_id: str | None = None
    expires_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Coming:
    """One text to come at `at`; `wanted` if somebody asked about it, else it only counts towards caps."""

    due: Due
    at: datetime
    version: Version
    wanted: bool
    overrides: str | None = None  # the enrolment's own settings, as they are stored


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsed:
    """What will become of it: it leaves at `at`, or `skip` says why not; `moved` why later than the rule."""

    coming: Coming
    at: datetime
    skip: str | None = None
    moved: str | None = None


def rehearse(row: Standing, streams: Iterable[Iterator[Coming]], now: datetime) -> Iterator[Rehearsed]:
    """Yield what becomes of the wanted texts, in order of time. Each stream must be in that order."""
    line = _Line(now)
    for stream in streams:
        line.draw(stream)
    lately = lately_of(row)
    while line.wanted and (entry := line.first()) is not None:
        at, coming, moved = entry
        if at > now + FURTHEST:
            return
        prompt = coming.version.prompts[coming.due.key]
        expires_at = coming.due.at + coming.version.expires(coming.due.key)
        if row.channel is None:
            yield from _told(Rehearsed(coming=coming, at=at, skip="no_contact"))
            continue
        verdict = decide_courteously(
            replace(row, expires_at=expires_at, overrides=coming.overrides), lately, at, prompt
        )
        if verdict.ended is not None:
            unasked = row.consent in (ConsentState.NONE, ConsentState.INVITED)
            skip = "no_consent" if unasked else verdict.reason
            yield from _told(Rehearsed(coming=coming, at=at, skip=skip, moved=moved))
        elif verdict.later is not None and not row.held:
            line.put(verdict.later, coming, verdict.reason)
        elif verdict.later is not None:
            yield from _told(Rehearsed(coming=coming, at=at, skip=verdict.reason))
        else:
            lately = lately.sent(at, own_zone(row))
            yield from _told(Rehearsed(coming=coming, at=at, moved=moved))


def _told(one: Rehearsed) -> Iterator[Rehearsed]:
    if one.coming.wanted:
        yield one


class _Line:
    """Texts in the order in which delivery looks at them."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._heap: list[tuple[datetime, int, int, Coming, str | None, Iterator[Coming] | None]] = []
        self._number = 0
        self.wanted = 0

    def draw(self, stream: Iterator[Coming]) -> None:
        """Put the next text of a stream in line, if there is one."""
        for coming in stream:
            if coming.due.at + coming.version.expires(coming.due.key) > self._now:
                self._push(max(coming.at, self._now), coming, None, stream)
                return

    def put(self, at: datetime, coming: Coming, moved: str) -> None:
        """Put a text in line again, for later."""
        self._push(at, coming, moved, None)

    def first(self) -> tuple[datetime, Coming, str | None] | None:
        """Take out whose turn it is."""
        if not self._heap:
            return None
        at, _, _, coming, moved, stream = heapq.heappop(self._heap)
        self.wanted -= coming.wanted
        if stream is not None:
            self.draw(stream)
        return at, coming, moved

    def _push(self, at: datetime, coming: Coming, moved: str | None, stream: Iterator[Coming] | None) -> None:
        self._number += 1
        rank = coming.version.prompts[coming.due.key].priority.rank
        heapq.heappush(self._heap, (at, rank, self._number, coming, moved, stream))
        self.wanted += coming.wanted
