"""`handrail transfer`: people get another specialist, with everything that hangs on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from bot.actions.transfers import Moved, find_staff, transfer_caseload
from bot.commands.opening import opened
from bot.commands.showing import print_json
from bot.settings import Settings, load


class _DryRunError(Exception):
    """Not a fault: ends the transaction without a commit."""


def transfer(old: str, new: str, only: Sequence[str], *, dry_run: bool, as_json: bool) -> None:
    """Move a caseload, or some of it, and print what moved. Raises NotFoundError, NotTheirsError."""
    moved = asyncio.run(_transfer(load(), old, new, only, dry_run=dry_run))
    if as_json:
        print_json(asdict(moved) | {"from": old, "to": new, "dry_run": dry_run})
        return
    print(in_words(moved, new) + (" Dry run: nothing was written." if dry_run else ""))


def in_words(moved: Moved, new: str) -> str:
    """Say what moved, by ref."""
    if not moved.people:
        return f"Nobody to move: they are with {new} already, or there is nobody."
    parts = [f"{len(moved.people)} with {new} now: {', '.join(moved.people)}."]
    parts += [
        f"{title}: {', '.join(refs)}."
        for title, refs in (
            ("Open alerts", moved.alerts),
            ("Promises", moved.promises),
            ("Talks ended", moved.talks),
        )
        if refs
    ]
    parts.append(f"Told by text: {', '.join(moved.told)}." if moved.told else "Nobody of them is told.")
    return " ".join(parts)


async def _transfer(settings: Settings, old: str, new: str, only: Sequence[str], *, dry_run: bool) -> Moved:
    async with opened(settings) as database:
        try:
            async with database.write() as tx:
                moved = await transfer_caseload(
                    tx, await find_staff(tx, old), await find_staff(tx, new), only
                )
                if dry_run:
                    raise _DryRunError
        except _DryRunError:
            pass
        return moved
