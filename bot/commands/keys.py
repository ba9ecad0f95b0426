"""`handrail keys`: make a key ring, and take the data over to its newest key."""

from __future__ import annotations

from bot.settings import load
from bot.store.vault import KeyRing, new_ring_key


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
