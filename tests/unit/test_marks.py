"""Marks on triage: read from what staff write, counted by month."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from bot.commands.triage_marks import lines
from bot.domain.marks import Asked, Judged, Mark, Wrong, by_month, read_mark
from bot.domain.triage.levels import Level

FALSE, MISSED = Mark.FALSE_ALARM, Mark.MISSED


@pytest.mark.parametrize(
    ("text", "mark", "ref", "reason"),
    [
        ("FALSE K7", FALSE, "K7", None),
        ("false alarm k7", FALSE, "K7", None),
        ("Falsa K7.", FALSE, "K7", None),
        ("falsa alarma, Ref K7", FALSE, "K7", None),
        ("False: K7 - he meant the game", FALSE, "K7", "he meant the game"),
        ("FALSE", FALSE, None, None),
        ("MISSED M44", MISSED, "M44", None),
        ("we missed it K7, he said goodbye", MISSED, "K7", "he said goodbye"),
        ("Omitida K7 se despidió", MISSED, "K7", "se despidió"),
        ("No avisó K7", MISSED, "K7", None),
        ("missed the bus", MISSED, None, "the bus"),
    ],
)
def test_a_mark_is_read_with_its_ref_and_reason(
    text: str, mark: Mark, ref: str | None, reason: str | None
) -> None:
    """In either language, in any case, with the punctuation that phones add; the reason as it was written."""
    assert read_mark(text) == Asked(mark=mark, ref=ref, reason=reason)


@pytest.mark.parametrize("text", ["1 K7", "K7", "falsely K7", "that was a false alarm", "", "dismissed K7"])
def test_what_only_holds_such_a_word_is_no_mark(text: str) -> None:
    """A mark begins with its word: nothing else is taken for one."""
    assert read_mark(text) is None


def judged(month: int, level: Level, mark: Mark | None = None, *words: str) -> Judged:
    """Return a text of that month of 2026."""
    at = datetime(2026, month, 23, 15, 0, tzinfo=UTC)
    return Judged(at=at, level=level, mark=mark, signals=tuple(("death_wish", each) for each in words))


def test_figures_stand_by_month() -> None:
    """Precision is of what was flagged; a missed text is counted, and is no false alarm."""
    november, december = by_month([
        judged(12, Level.CRISIS),
        judged(11, Level.CRISIS, FALSE, "killing me"),
        judged(11, Level.URGENT),
        judged(11, Level.CRISIS),
        judged(11, Level.CRISIS),
        judged(11, Level.NONE, MISSED),
    ])  # fmt: skip
    assert (november.month, november.flagged, november.false_alarms, november.missed) == ("2026-11", 4, 1, 1)
    assert november.precision == pytest.approx(0.75)
    assert (december.month, december.precision) == ("2026-12", 1.0)


def test_the_report_is_read_in_columns() -> None:
    """One line a month, with what was wrong in it, and a dash where there is nothing to divide."""
    months = by_month([
        judged(10, Level.NONE, MISSED),
        judged(11, Level.CRISIS, FALSE, "killing me"),
        judged(11, Level.CRISIS, FALSE, "killing me"),
        judged(11, Level.URGENT),
        judged(11, Level.URGENT),
    ])  # fmt: skip
    assert [line.split("  ") for line in map(_squeezed, lines(months))] == [
        ["month", "flagged", "false alarms", "precision", "missed", "most often wrong"],
        ["2026-10", "0", "0", "-", "1", "-"],
        ["2026-11", "4", "2", "50.0%", "0", "death_wish “killing me” (2)"],
    ]


def _squeezed(line: str) -> str:
    return re.sub(r" {2,}", "  ", line)


def test_a_month_without_a_flag_has_no_precision() -> None:
    """Nothing flagged is not the same as nothing wrong."""
    (only,) = by_month([judged(11, Level.NONE, MISSED)])
    assert only.precision is None


def test_words_are_shown_when_two_texts_hold_them() -> None:
    """What was said once stays out: it is counted under its concept alone."""
    (month,) = by_month([
        judged(11, Level.CRISIS, FALSE, "Killing me", "killing me"),
        judged(11, Level.CRISIS, FALSE, "killing me", "kill my neighbour Jo"),
        judged(11, Level.CRISIS, None, "kill my neighbour Jo"),
    ])  # fmt: skip
    assert month.wrong == (
        Wrong(concept="death_wish", words="killing me", texts=2),
        Wrong(concept="death_wish", words=None, texts=1),
    )
