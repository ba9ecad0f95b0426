"""`handrail preview`: the next sends as they will be, to a table or as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from bot.actions.drafts import draft_of
from bot.actions.previewing import Foreseen, Preview, sample
from bot.actions.previewing import preview as foresee
from bot.commands.opening import opened
from bot.settings import Settings, load

WHY = {
    "no_contact": "no contact",
    "no_consent": "no consent yet",
    "opted_out": "opted out",
    "paused": "paused",
    "left": "left the programme",
    "unreachable": "can't be reached",
    "quiet_hours": "quiet hours",
    "alert_open": "an alert is open",
    "human_talking": "a human is talking with them",
    "daily_cap": "enough for one day",
    "too_soon": "too soon after another text",
    "one_at_a_time": "one text at a time",
    "question_open": "another question is open",
    "wording": "a variable is missing",
}


def preview(
    schedule: str, participant: str | None, *, people: int, count: int, draft: bool, as_json: bool
) -> None:
    """Print the next `count` sends of a schedule to a participant, or to a sample of `people`."""
    found = asyncio.run(_read(load(), schedule, participant, people=people, count=count, draft=draft))
    if as_json:
        data = [to_data(one, schedule, ref) for ref, one in found.items()]
        print(json.dumps(data[0] if participant else data, ensure_ascii=False, indent=2))
        return
    if not found:
        print(f"Nobody is on {schedule}.")
    for ref, one in found.items():
        if participant is None:
            print(f"{ref}:")
        _show(one, schedule, ref)


def _show(found: Preview, schedule: str, participant: str) -> None:
    if not found.enrolled:
        print(f"{participant} is not on {schedule}; this is as if they started today.", file=sys.stderr)
    if not found.sends:
        print("Nothing comes.")
    elif sys.stdout.isatty():
        _table(found)
    else:
        for send in found.sends:
            print("  ".join(_cells(send)))


def to_data(found: Preview, schedule: str, participant: str) -> dict[str, Any]:
    """Return the preview as JSON data."""
    return {
        "schedule": schedule,
        "participant": participant,
        "zone": found.zone,
        "enrolled": found.enrolled,
        "sends": [
            {
                "prompt": send.key,
                "local": send.local.isoformat(timespec="minutes"),
                "utc": send.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
                "channel": str(send.channel) if send.channel else None,
                "text": send.text,
                "buttons": list(send.buttons),
                "segments": send.segments,
                "skip": send.skip,
                "moved": send.moved,
            }
            for send in found.sends
        ],
    }


def _cells(send: Foreseen) -> list[str]:
    remark = f"skipped: {WHY.get(send.skip, send.skip)}" if send.skip else ""
    if send.moved and not send.skip:
        remark = f"moved: {WHY.get(send.moved, send.moved)}"
    sms = f"{send.segments} SMS" if send.segments is not None else str(send.channel or "-")
    text = " ".join((send.text or "").split())
    buttons = f" [{' | '.join(send.buttons)}]" if send.buttons else ""
    return [
        f"{send.local:%a %Y-%m-%d %H:%M}",
        f"{send.at:%Y-%m-%d %H:%M}Z",
        send.key,
        sms,
        text + buttons + (f"  ({remark})" if remark else ""),
    ]


def _table(found: Preview) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("local", "UTC", "prompt", "by", "text as sent", title=found.zone)
    for send in found.sends:
        table.add_row(*map(escape, _cells(send)), style="dim" if send.skip else None)
    Console().print(table)


async def _read(
    settings: Settings, schedule: str, participant: str | None, *, people: int, count: int, draft: bool
) -> dict[str, Preview]:
    async with opened(settings) as database, database.read() as tx:
        prompts = (await draft_of(tx, schedule)).prompts if draft else None
        refs = [participant] if participant else await sample(tx, schedule, people=people)
        return {ref: await foresee(tx, schedule, ref, count=count, draft=prompts) for ref in refs}
