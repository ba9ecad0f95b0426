"""Row ids: 32 hex digits, in the order they were made (the layout of UUID version 7, RFC 9562).

An id is known before its row is written, so that a sealed column can be bound to its row.
"""

from __future__ import annotations

import os
import threading
import time

POOL = 4096  # bytes asked of the system at once: asking costs more than the bytes

_lock = threading.Lock()
_last = 0  # milliseconds << 12 | counter
_pool = b""
_used = 0


def new_id() -> str:
    """Return a new id, greater than every earlier one of this process."""
    global _last, _pool, _used  # noqa: PLW0603 - a counter shared by threads needs one home
    with _lock:  # taken once for both, since rows are made by the thousand
        stamp = _last = max(_last + 1, (time.time_ns() // 1_000_000) << 12)
        if _used + 8 > len(_pool):
            _pool, _used = os.urandom(POOL), 0
        _used += 8
        chance = _pool[_used - 8 : _used].hex()
    return f"{stamp >> 12:012x}7{stamp & 0xFFF:03x}{chance}"


def random_bytes(count: int) -> bytes:
    """Return `count` bytes from the system's own generator, none of them handed out before."""
    global _pool, _used  # noqa: PLW0603 - one pool for all threads
    with _lock:
        if _used + count > len(_pool):
            _pool, _used = os.urandom(max(POOL, count)), 0
        _used += count
        return _pool[_used - count : _used]


def _start_afresh() -> None:
    global _pool, _used
    _pool, _used = b"", 0


# A copied process must not hand out the same bytes as the one it was copied from.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
