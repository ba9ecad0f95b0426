"""What somebody will get next, decided and rendered as the planner and delivery would. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from bot.actions.deliveries import SECOND_QUESTION, decide, holding_alert, variables
from bot.actions.planning import anchors_of, preferred
from bot.actions.prompts import RenderError, options, render_prompt
from bot.actions.versions import Version, load_versions
from bot.domain.consent import ConsentState
from bot.domain.encoding import segments
from bot.domain.errors import NotFoundError
from bot.domain.messages import ChannelName, Direction, Kind, MessageState
from bot.domain.recurrence import Due
from bot.store.database import Tx
from bot.store.messages import Message
