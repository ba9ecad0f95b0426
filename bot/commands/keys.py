"""`handrail keys`: make a key ring, and take the data over to its newest key."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.settings import Settings, load
from bot.store.vault import KeyRing, new_ring_key

BATCH = 500  # keys a transaction: short enough for a running Handrail not to notice


def new(*, add: bool) -> None:
    """Print a fresh ring, bare; with `add`, in front of the ring there is."""
    if not add:
        print(new_ring_key())  # no settings are read: this is what a first .env is made with
        return
    held = load().keys
    ring = held.get_secret_value() if held is not None else ""
    if ring:
        KeyRing.parse(ring)
    print(",".join(filter(None, [new_ring_key(), ring])))


def rotate() -> None:
    """Wrap every data key under the newest key of the ring. Stopped half-way, it goes on where it was."""
    print(asyncio.run(_rotate(load())))


async def _rotate(settings: Settings) -> str:
    from bot.actions.keys import count_old_keys, rewrap_keys
    from bot.commands.opening import opened

    async with opened(settings) as database:
        async with database.read() as tx:
            total = await count_old_keys(tx)
        done = 0
        with _progress(total) as show:
            while True:
                async with database.write() as tx:
                    count = await rewrap_keys(tx, limit=BATCH)
                if not count:
                    break
                done += count
                show(done)
        newest = database.vault.ring.newest
    if not done:
        return f"Every data key is under {newest} already."
    keys = "1 data key was" if done == 1 else f"{done} data keys were"
    return f"{keys} taken over to {newest}. Keep older keys only as long as backups made under them."


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """Show how far it is, to a person at a terminal only."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Keys", total=total)
        yield lambda done: progress.update(task, completed=done)
