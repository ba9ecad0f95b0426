"""What a programme's file settles besides its columns, with the defaults of whoever says nothing."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.programme import DEFAULT_BEFORE_SESSION
from bot.store.people import Programme


def before_session(programme: Programme) -> timedelta | None:
    """Return how long before a session its summary comes by itself; None: only when it is asked for."""
    seconds = programme.policy.get("before_session", DEFAULT_BEFORE_SESSION.total_seconds())
    return timedelta(seconds=seconds) if seconds else None


def morning_digest(programme: Programme) -> bool:
    """Tell whether specialists get a word in the morning."""
    return bool(programme.policy.get("morning_digest", True))
