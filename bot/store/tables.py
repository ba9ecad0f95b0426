"""All tables in one place, for migrations and for tests that compare them."""

from __future__ import annotations

from bot.store import alerts, desk, messages, people, plans, schedules, signs
from bot.store.base import Base

metadata = Base.metadata
subjects = (people, schedules, messages, alerts, desk, plans, signs)
