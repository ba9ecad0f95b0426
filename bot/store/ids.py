"""Row ids: 32 hex digits, in the order they were made (the layout of UUID version 7, RFC 9562).

An id is known before its row is written, so that a sealed column can be bound to its row.
"""

from __future__ import annotations

import os
import threading
import time

_lock = threading.Lock()
_last = 0  # milliseconds << 12 | counter


def new_id() -> str:
    """Return a new id, greater than every earlier one of this process."""
    global _last  # noqa: PLW0603 - a counter shared by threads needs one home
    with _lock:
        _last = max(_last + 1, (time.time_ns() // 1_000_000) << 12)
        stamp = _last
    return f"{stamp >> 12:012x}7{stamp & 0xFFF:03x}{os.urandom(8).hex()}"
