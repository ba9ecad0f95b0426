"""Row ids and random bytes."""

from __future__ import annotations

import os
from itertools import pairwise

from bot.store import ids
from bot.store.ids import POOL, new_id, random_bytes


def test_ids_grow_and_never_repeat() -> None:
    """Later ids sort after earlier ones, also within a millisecond."""
    made = [new_id() for _ in range(10_000)]
    assert all(earlier < later for earlier, later in pairwise(made))
    assert {len(one) for one in made} == {32}


def test_no_byte_is_handed_out_twice() -> None:
    """Over many pools, every piece is its own."""
    pieces = [random_bytes(12) for _ in range(POOL)]
    assert len(set(pieces)) == len(pieces)
    assert {len(piece) for piece in pieces} == {12}
    assert len(random_bytes(2 * POOL)) == 2 * POOL


def test_a_copied_process_starts_afresh() -> None:
    """Parent and child hand out different bytes after a fork."""
    random_bytes(1)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, random_bytes(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 16) != ids.random_bytes(16)
    os.close(reader)
    os.close(writer)
