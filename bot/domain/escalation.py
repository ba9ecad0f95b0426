"""Who is told next: an alert's chain, one step at a time. Pure: availability and time are arguments.

Source: the programme file's `escalation` (`../docs/glossary.md`, chain). Waits may be seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.domain.messages import ChannelName


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One way to one person."""

    contact_id: str
    channel: ChannelName


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody a step tells, by these routes in this order."""

    staff_id: str
    routes: tuple[Route, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """People told together, and how long they have before the next step.

    `on_call_by` is set where the step asks for whoever is on call: the channels they are told by.
    """

    people: tuple[Person, ...]
    wait: timedelta
    on_call_by: tuple[ChannelName, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """An alert's snapshot: it runs whatever is edited meanwhile. `supervisors` hear of every new round."""

    steps: tuple[Step, ...]
    supervisors: tuple[Person, ...]

    @property
    def everybody(self) -> tuple[Person, ...]:
        """Return all it may tell, some more than once."""
        return (*(person for step in self.steps for person in step.people), *self.supervisors)

    @property
    def longest_wait(self) -> timedelta:
        """Return the longest wait of any step: nothing of this chain is further away than that."""
        return max((step.wait for step in self.steps), default=self.last_wait)

    @property
    def last_wait(self) -> timedelta:
        """Return the wait of the last step; a minute for an empty chain."""
        return self.steps[-1].wait if self.steps else timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What happens now: whom to tell, who was passed over, and where the chain stands afterwards.

    `people` is empty when nobody at all can be told; the chain is tried again after `wait`.
    """

    people: tuple[Person, ...]
    skipped: tuple[Person, ...]
    round: int
    step: int
    next_round: int
    next_step: int
    wait: timedelta


def take_turn(chain: Chain, round_: int, step: int, can_take: Callable[[Person, bool], bool]) -> Turn:
    """Find the next step that somebody can take, from (`round_`, `step`) on.

    A step nobody can take is passed at once. A new round starts from the first step and tells the
    supervisors too. `can_take(person, last_resort)` says whether a person can be told; when a whole
    round finds nobody, it is asked again as the last resort (off duty no longer shields). Whoever a step
    lists twice, by other routes, is told once.
    """
    skipped: list[Person] = []
    size = max(1, len(chain.steps))
    start = round_ * size + step
    for last_resort in (False, True):
        for position in range(start, start + size + 1):  # the supervisors of the next round, too
            people = _people(chain, *divmod(position, size))
            able: dict[str, Person] = {}
            for person in people:
                if person.staff_id not in able and can_take(person, last_resort):
                    able[person.staff_id] = person
            if not last_resort:
                skipped += [person for person in people if person.staff_id not in able]
            if able:
                return _turn(chain, tuple(able.values()), skipped, position, size)
    return _turn(chain, (), skipped, (round_ + 1) * size - 1, size)


def _people(chain: Chain, round_: int, step: int) -> tuple[Person, ...]:
    people = chain.steps[step].people if step < len(chain.steps) else ()
    if step == 0 and (round_ > 0 or not chain.steps):
        # After the step's own entry: a supervisor whom the step can't reach by its routes is told by others.
        people += chain.supervisors
    return people


def _turn(chain: Chain, able: tuple[Person, ...], skipped: list[Person], position: int, size: int) -> Turn:
    round_, step = divmod(position, size)
    next_round, next_step = divmod(position + 1, size)
    told = {person.staff_id for person in able}
    passed = {person.staff_id: person for person in skipped if person.staff_id not in told}
    return Turn(
        people=able,
        skipped=tuple(passed.values()),
        round=round_,
        step=step,
        next_round=next_round,
        next_step=next_step,
        wait=chain.steps[step].wait if able and step < len(chain.steps) else chain.last_wait,
    )


def to_data(chain: Chain) -> dict[str, Any]:
    """Return the chain as JSON data for the snapshot."""
    return {
        "steps": [
            {
                "wait": step.wait.total_seconds(),
                "people": _people_data(step.people),
                "on_call_by": list(step.on_call_by),
            }
            for step in chain.steps
        ],
        "supervisors": _people_data(chain.supervisors),
    }


def from_data(data: dict[str, Any]) -> Chain:
    """Read a snapshot back."""
    return Chain(
        steps=tuple(
            Step(
                people=_people_from(step["people"]),
                wait=timedelta(seconds=step["wait"]),
                on_call_by=tuple(map(ChannelName, step.get("on_call_by", ()))),
            )
            for step in data["steps"]
        ),
        supervisors=_people_from(data["supervisors"]),
    )


def _people_data(people: tuple[Person, ...]) -> list[dict[str, Any]]:
    return [{"staff": p.staff_id, "routes": [[r.contact_id, r.channel] for r in p.routes]} for p in people]


def _people_from(data: list[dict[str, Any]]) -> tuple[Person, ...]:
    return tuple(
        Person(
            staff_id=person["staff"],
            routes=tuple(Route(contact_id=c, channel=ChannelName(name)) for c, name in person["routes"]),
        )
        for person in data
    )
