"""A prompt's turns have names that a change of hours leaves alone."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from bot.domain.hours import EVERY_DAY
from bot.domain.rules import Anchor, AroundSession, ByCalendar, OnDay, OnDays, Rule, Side
from bot.domain.slots import kind, slot

AT = datetime(2026, 11, 25, 9, 30)  # noqa: DTZ001 - wall time is naive here
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "then", "after", "now"),
    [
        (
            OnDays(days=EVERY_DAY, time=time(9, 30)), AT,
            OnDays(days=EVERY_DAY, time=time(18)), AT.replace(hour=18),
        ),
        (
            OnDay(day=3, of=Anchor.ENROLMENT, time=time(9, 30)), AT,
            OnDay(day=5, of=Anchor.ENROLMENT, time=time(12)), AT + 2 * DAY,
        ),
        (
            AroundSession(side=Side.BEFORE, by=timedelta(hours=2)), AT,
            AroundSession(side=Side.BEFORE, by=timedelta(hours=1)), AT + timedelta(hours=1),
        ),
        (
            AroundSession(side=Side.BEFORE, by=DAY, time=time(18)), AT,
            AroundSession(side=Side.BEFORE, by=2 * DAY, time=time(8)), AT - DAY,
        ),
    ],
    ids=["another hour", "another numbered day", "closer to the session", "a day earlier"],
)  # fmt: skip
def test_the_same_turn_at_another_time(before: Rule, then: datetime, after: Rule, now: datetime) -> None:
    """What moves keeps its name."""
    assert slot(before, then) == slot(after, now)


def test_turns_of_a_kind_differ_and_kinds_never_meet() -> None:
    """Another day is another turn; a numbered day and a local day of one date have two names."""
    daily = OnDays(days=EVERY_DAY, time=time(9, 30))
    first = OnDay(day=1, of=Anchor.ENROLMENT, time=time(9, 30))
    assert slot(daily, AT) != slot(daily, AT + DAY)
    assert slot(daily, AT) != slot(first, AT)
    assert kind(daily) != kind(first)


def test_a_calendar_rule_may_come_twice_a_day() -> None:
    """Two times of one day are two turns only where the rule may say two."""
    twice = ByCalendar(start=AT, rrule="FREQ=DAILY;BYHOUR=9,18")
    once = ByCalendar(start=AT, rrule="FREQ=DAILY;BYHOUR=9")
    evening = AT.replace(hour=18)
    assert slot(twice, AT) != slot(twice, evening)
    assert slot(once, AT) == slot(once, evening)
