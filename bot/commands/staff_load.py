"""`handrail staff load`: who carries how much, and what nights were like. Refs and counts, nobody's story."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from bot.actions.exporting import the_programme
from bot.actions.loads import loads_of, nights_of, staff_refs
from bot.commands.opening import opened
from bot.commands.showing import print_json
from bot.domain.load import Load, Week, bar
from bot.settings import Settings, load

HEADS = ("who", "open", "taken", "talks", "promises", "people")


def show_load(*, weeks: int, as_json: bool) -> None:
    """Print the load of the staff, and the nights of the last weeks. Raises NotFoundError."""
    loads, nights, refs = asyncio.run(_read(load(), weeks))
    if as_json:
        print_json({"staff": [_load(one) for one in loads], "nights": [_week(one, refs) for one in nights]})
        return
    for line in [*load_lines(loads), "", *night_lines(nights, refs)]:
        print(line)


def load_lines(loads: Sequence[Load]) -> list[str]:
    """Return the loads as a table; the bar is what is at hand: alerts, talks and promises."""
    if not loads:
        return ["There are no specialists yet."]
    width = max(len(HEADS[0]), *(len(one.ref) for one in loads))
    most = max(one.at_hand for one in loads)
    lines = [f"{HEADS[0]:<{width}}" + "".join(f"{head:>10}" for head in HEADS[1:])]
    for one in loads:
        counts = (one.open, one.taken, one.talks, one.promises, one.people)
        row = f"{one.ref:<{width}}" + "".join(f"{count:>10}" for count in counts)
        lines.append(f"{row}  {bar(one.at_hand, most)}".rstrip())
    return lines


def night_lines(weeks: Sequence[Week], refs: dict[str, str]) -> list[str]:
    """Return the nights as a table, a week a line; the bar is how many alerts."""
    most = max((week.alerts for week in weeks), default=0)
    lines = ["Night alerts (22:00 to 7:00 where the person who was told lives)"]
    lines.append(f"{'week of':<12}{'alerts':>8}{'taken after':>14}{'longest':>10}{'false':>8}  told")
    for week in weeks:
        told = ", ".join(f"{refs.get(who, '?')} {count}" for who, count in week.rung.items())
        row = f"{week.monday!s:<12}{week.alerts:>8}{_minutes(week.minutes):>14}{_minutes(week.longest):>10}"
        lines.append(f"{row}{week.false_alarms:>8}  {bar(week.alerts, most)} {told}".rstrip())
    return lines


def _minutes(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} min"


def _load(one: Load) -> dict[str, Any]:
    return {
        "ref": one.ref,
        "open": one.open,
        "taken": one.taken,
        "talks": one.talks,
        "promises": one.promises,
        "people": one.people,
    }


def _week(week: Week, refs: dict[str, str]) -> dict[str, Any]:
    return {
        "monday": week.monday.isoformat(),
        "alerts": week.alerts,
        "told": {refs.get(who, "?"): count for who, count in week.rung.items()},
        "minutes_until_taken": week.minutes,
        "longest_minutes": week.longest,
        "not_taken": week.not_taken,
        "false_alarms": week.false_alarms,
    }


async def _read(settings: Settings, weeks: int) -> tuple[list[Load], list[Week], dict[str, str]]:
    async with opened(settings) as database, database.read() as tx:
        programme = await the_programme(tx)
        loads = await loads_of(tx, programme)
        nights = await nights_of(tx, programme, weeks)
        refs = await staff_refs(tx, programme)
    return loads, nights, refs
