"""What may leave now, by consent, status, pause, open alerts, a human talking, quiet hours and courtesy.

Asked of a message when it is about to be sent, since the world may have changed after it was queued; and of
the same rows by a rehearsal, which sends nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Exists, exists
from sqlalchemy.orm import aliased

from bot.actions.anchors import overrides_of
from bot.actions.courtesy import lately_of, own_zone, wait_for
from bot.actions.versions import Version
from bot.domain.consent import ConsentState, may_send
from bot.domain.courtesy import InQuiet, Lately, Priority
from bot.domain.hours import is_quiet, parse_window, quiet_ends, wished_for
from bot.domain.messages import TIMED, Kind, MessageState
from bot.domain.prompts import Prompt
from bot.domain.zones import to_local
from bot.store.alerts import Alert, AlertState
from bot.store.people import PersonStatus

HELD = timedelta(minutes=5)  # between looks at a prompt that waits for an alert to be over
HUMAN_FIRST = timedelta(hours=2)  # after "I have it", the person talks and the bot does not


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the checks say of one message: send it (all None), put it off, or end it."""

    later: datetime | None = None
    ended: MessageState | None = None
    reason: str = ""


ROUTINE = TIMED  # what courtesy applies to; replies and alerts never wait
SEND = Verdict()
REMOVED = Verdict(ended=MessageState.CANCELLED, reason="removed")
CANNOT_BE_TOLD = "cannot_be_told"


def _gone(row: Any, versions: Mapping[str, Version]) -> bool:
    """Tell whether a prompt is no longer part of its schedule, or its schedule has ended."""
    if row.kind is not Kind.PROMPT:
        return False
    version = versions.get(row.version_id)
    return version is None or row.prompt_key not in version.prompts


def judge(row: Any, versions: Mapping[str, Version], told: Mapping[str, Lately], now: datetime) -> Verdict:
    """Say whether a claimed row may leave now; `told` is what people got in this very batch."""
    if _gone(row, versions):
        return REMOVED
    prompt = prompt_of(row, versions) if row.kind is Kind.PROMPT else None
    if claimed_before(row):
        return decide(row, now, prompt)  # it has its place in the day already
    return decide_courteously(row, told.get(row.participant_id) or lately_of(row), now, prompt)


def claimed_before(row: Any) -> bool:
    """Tell whether a message was claimed before: a prompt has its text since then."""
    return bool(row.attempts) or (row.kind is Kind.PROMPT and row.body is not None)


def decide_courteously(row: Any, lately: Lately, now: datetime, prompt: Prompt | None) -> Verdict:
    """Say whether a message may leave now, after what its person got `lately`.

    What would come too late after waiting is dropped, with the reason.
    """
    verdict = decide(row, now, prompt)
    if verdict is not SEND or row.kind not in ROUTINE or row.kind is Kind.NUDGE:
        return verdict  # a nudge keeps its own distance from the question it is about
    wait = wait_for(row, lately, now, prompt)
    if wait is None:
        return SEND
    if row.expires_at is not None and wait.until >= row.expires_at:
        return Verdict(ended=MessageState.CANCELLED, reason=wait.reason)
    # Of several that wait for the same moment, the weightier one is looked at first.
    place = prompt.priority.rank - Priority.HIGH.rank if prompt is not None else 0
    return Verdict(later=wait.until + place * now.resolution, reason=wait.reason)


def decide(row: Any, now: datetime, prompt: Prompt | None = None) -> Verdict:
    """Say whether a queued message may leave now. `row` is a row of `_details`, `prompt` what it says."""
    if row.expires_at is not None and row.expires_at <= now:
        return Verdict(ended=MessageState.EXPIRED, reason=row.reason or "late")
    if row.kind is Kind.PARTING:
        return SEND  # confirms an opt-out, also of staff
    if row.staff_id is not None:
        return _decide_staff(row)
    if not may_send(row.consent, row.kind):
        return Verdict(ended=MessageState.CANCELLED, reason=str(row.consent))
    if row.kind not in TIMED:
        return SEND
    if row.person_status is not PersonStatus.ACTIVE:
        return Verdict(ended=MessageState.CANCELLED, reason=str(row.person_status))
    if row.paused_until is not None and row.paused_until > now:
        return Verdict(ended=MessageState.CANCELLED, reason="paused")
    if row.unreachable_at is not None:
        return Verdict(ended=MessageState.CANCELLED, reason="unreachable")
    if row.held:
        return Verdict(later=now + HELD, reason="alert_open")
    if row.talking_until is not None and row.talking_until > now:
        return Verdict(later=min(row.talking_until, now + HELD), reason="human_talking")
    return _decide_hours(row, now, prompt)


def _decide_staff(row: Any) -> Verdict:
    if row.kind is Kind.NOTICE and row.alert_state is not AlertState.OPEN:
        return Verdict(ended=MessageState.CANCELLED, reason="taken")
    if row.staff_status is not PersonStatus.ACTIVE or row.consent is ConsentState.OPTED_OUT:
        return Verdict(ended=MessageState.FAILED, reason=CANNOT_BE_TOLD)
    return SEND


def _decide_hours(row: Any, now: datetime, prompt: Prompt | None) -> Verdict:
    if row.quiet_hours is None:
        return SEND
    window = parse_window(row.quiet_hours)
    zone = own_zone(row)
    if not is_quiet(window, zone, now) or _wished_for(row, zone, now):
        return SEND
    if prompt is not None and prompt.quiet is InQuiet.DROP:
        return Verdict(ended=MessageState.CANCELLED, reason="quiet_hours")
    ends = quiet_ends(window, zone, now)
    if row.expires_at is not None and ends >= row.expires_at:
        return Verdict(ended=MessageState.EXPIRED, reason="quiet_hours")
    return Verdict(later=ends, reason="quiet_hours")


def _wished_for(row: Any, zone: str, now: datetime) -> bool:
    """Tell whether the person asked for this time of day, quiet hours or not."""
    if not row.overrides:
        return False
    chapter = overrides_of(row.overrides).at(to_local(now, zone).date())
    return chapter is not None and wished_for(chapter.time, zone, now)


def held(participant_id: Any, since: Any) -> Exists:
    """Return the condition that prompts wait: an alert is open, or a human took it after `since`."""
    alert = aliased(Alert)
    return exists().where(
        alert.subject_id == participant_id,
        alert.state != AlertState.CLOSED,  # said so that SQLite takes the index of subjects
        (alert.state == AlertState.OPEN)
        | ((alert.state == AlertState.ACKNOWLEDGED) & (alert.acknowledged_at > since)),
    )


def prompt_of(row: Any, versions: Mapping[str, Version]) -> Prompt:
    """Return what a prompt's row says, by its version."""
    return versions[row.version_id].prompts[row.prompt_key]
