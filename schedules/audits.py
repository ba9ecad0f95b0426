"""Once a minute somebody else looks after the alerts; once an hour, after the cover and the nights."""

from __future__ import annotations

from datetime import datetime

from bot.actions.auditing import Audit, audit_alerts
from bot.actions.covering import warn_of_gaps
from bot.actions.loads import tell_of_nights
from bot.domain.instants import Now
from bot.store.database import Database


class Auditor:
    """Looks, mends, and remembers what it could not mend: while there is such, the heartbeat stops."""

    def __init__(self, database: Database, *, now: Now) -> None:
        """Take the database; nothing has been looked at yet."""
        self._database = database
        self._now = now
        self._hour: datetime | None = None
        self.found = Audit(mended=0, helpless=())

    async def look(self) -> int:
        """Audit the alerts, and the cover when the hour has changed; return how much somebody hears of."""
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        async with self._database.write() as tx:
            self.found = await audit_alerts(tx)
            warned = await warn_of_gaps(tx) + await tell_of_nights(tx) if hour != self._hour else 0
        self._hour = hour
        return self.found.mended + warned
