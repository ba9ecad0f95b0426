"""When nobody would be there: stretches ahead in which no one is on duty or on call."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.domain.hours import Shift, on_duty
from bot.domain.rota import Absence, Rota, on_call, turns
from bot.domain.zones import to_instant, to_local


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Somebody who could be told: their duty (none means always), their zone, their leave."""

    ref: str
    duty: Sequence[Shift]
    absence: Absence

    def is_there(self, now: datetime) -> bool:
        """Tell whether they are on duty at an aware `now`."""
        return not self.absence.holds(now) and on_duty(self.duty, self.absence.zone, now)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A stretch, aware UTC, with nobody on duty or on call; `until` is excluded."""

    since: datetime
    until: datetime


def find_gaps(
    members: Collection[Member], rotas: Collection[Rota], since: datetime, until: datetime
) -> list[Gap]:
    """Return the gaps between two aware instants, in order. Raises ZoneError."""
    absences = {member.ref: member.absence for member in members}
    edges = sorted({since, *(e for e in _edges(members, rotas, since, until) if since < e < until)})
    gaps: list[Gap] = []
    for edge, following in zip(edges, [*edges[1:], until], strict=True):
        covered = any(member.is_there(edge) for member in members) or any(
            on_call(rota, edge, absences) in absences for rota in rotas
        )
        if covered:
            continue
        if gaps and gaps[-1].until == edge:
            gaps[-1] = Gap(since=gaps[-1].since, until=following)
        else:
            gaps.append(Gap(since=edge, until=following))
    return gaps


def _edges(
    members: Collection[Member], rotas: Collection[Rota], since: datetime, until: datetime
) -> Iterator[datetime]:
    """Yield every instant at which somebody may come or go."""
    absences = {member.ref: member.absence for member in members}
    for member in members:
        yield from member.absence.edges()
        day = to_local(since, member.absence.zone).date() - timedelta(days=1)
        while day <= to_local(until, member.absence.zone).date():
            for shift in member.duty:
                for minute in (shift.window.start, shift.window.end):
                    local = datetime.combine(day, time()) + timedelta(minutes=minute)
                    yield to_instant(local, member.absence.zone)
            day += timedelta(days=1)
    for rota in rotas:
        for turn in turns(rota, since, until, absences):
            yield turn.since
