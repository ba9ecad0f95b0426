"""The figures themselves: counted right, and with a place on the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.triage.levels import Level
from tests.triage_sets.floors import FILE, floors, measured, raised
from tests.triage_sets.judges import Contestant, keywords
from tests.triage_sets.measuring import against_plain, right, with_identity
from tests.triage_sets.promises import PROMISES, judge_all
from tests.triage_sets.reading import Case, Meaning
from tests.triage_sets.report import PAGE, Sheet, all_sheets, write_page
from tests.triage_sets.splitting import held_back, held_back_half, interval


def by_word(text: str, _language: str) -> Level:
    """Judge by the first word: it is the level."""
    word = text.split(maxsplit=1)[0]
    return Level(word) if word in set(Level) else Level.NONE


def test_a_promise_is_kept_or_not() -> None:
    """Each counts its own texts: two of three crises flagged is too few, one of a hundred jokes is not."""
    rows = [
        {"source": "veterans", "label": "crisis", "text": "crisis"},
        {"source": "veterans", "label": "crisis", "text": "urgent"},
        {"source": "veterans", "label": "crisis", "text": "none"},
        *({"source": "idioms", "label": "none", "text": "urgent" if n == 0 else "none"} for n in range(100)),
    ]
    kept = judge_all(rows, by_word)
    assert kept.keys() == {"crisis flagged", "crisis at crisis", "idioms flagged"}
    flagged, at_crisis, idioms = kept.values()
    assert (flagged.were, flagged.of, flagged.met) == (2, 3, False)
    assert (at_crisis.were, at_crisis.met) == (1, False)
    assert (idioms.were, idioms.of, idioms.met) == (1, 100, True)


def test_every_promise_has_one_limit() -> None:
    """At least so many, or at most so many."""
    assert all((one.floor is None) is not (one.ceiling is None) for one in PROMISES)


def test_a_change_of_level_is_seen_with_its_direction() -> None:
    """Lower is not the same as higher, and neither is the same as neither."""
    meanings = [
        Meaning(name="a", level=Level.CRISIS, said={"plain": "crisis", "teen": "urgent"}),
        Meaning(name="b", level=Level.NONE, said={"plain": "none", "teen": "crisis"}),
        Meaning(name="c", level=Level.NONE, said={"plain": "none", "teen": "none"}),
    ]
    change = against_plain(meanings, by_word, "teen")
    assert (change.of, change.lower, change.higher) == (3, 1, 1)
    assert change.same == pytest.approx(1 / 3)
    assert with_identity(meanings, by_word, ["none", "no"]).lower == 2


def test_a_case_may_allow_more_than_one_level() -> None:
    """What is at least urgent may be crisis, and what is nothing may be neither."""
    flagged = Case(
        id="1", capability="x", lang="en", at_least=Level.URGENT, at_most=Level.CRISIS, text="crisis"
    )
    nothing = Case(id="2", capability="x", lang="en", at_least=Level.NONE, at_most=Level.NONE, text="urgent")
    (counted,) = right([flagged, nothing], by_word).values()
    assert (counted.of, counted.were) == (2, 1)


def test_keywords_are_whole_words() -> None:
    """The baseline is plain, not broken."""
    judge = keywords()
    assert judge("I want to DIE.", "en") is Level.CRISIS
    assert judge("the skillful sailor", "en") is Level.NONE


def test_the_split_stands_still() -> None:
    """About a third, about half, and the same ones every time."""
    ids = [f"text-{number}" for number in range(3000)]
    thirds = [held_back({"id": one}) for one in ids]
    assert 0.30 < sum(thirds) / 3000 < 0.37
    assert 0.47 < sum(map(held_back_half, ids)) / 3000 < 0.53
    assert thirds == [held_back({"id": one}) for one in ids]


def test_an_interval_holds_its_share() -> None:
    """It is wide for few texts and narrow for many, and never leaves 0 to 1."""
    assert interval(0.0, 10)[0] == 0.0
    few, many = interval(0.5, 10), interval(0.5, 1000)
    assert few[0] < many[0] < 0.5 < many[1] < few[1]


def test_limits_are_drawn_up_and_never_down() -> None:
    """A better figure raises a floor and lowers a ceiling; a worse one moves neither."""
    text = (
        "capabilities:\n  slang: 0.60\n  emoji: 0.90\nhyperbole flagged: # at most\n  abuse held back: 0.20\n"
    )
    better = {"capabilities": {"slang": 0.75, "emoji": 0.5}, "hyperbole flagged": {"abuse held back": 0.02}}
    worse = {"capabilities": {"slang": 0.1, "emoji": 0.1}, "hyperbole flagged": {"abuse held back": 0.9}}
    assert raised(text, better) == (
        "capabilities:\n  slang: 0.72\n  emoji: 0.90\nhyperbole flagged: # at most\n  abuse held back: 0.05\n"
    )
    assert raised(text, worse) == text


def test_every_figure_has_its_limit() -> None:
    """What is measured has a limit, and a limit is of something that is measured."""
    figures = measured()
    assert {name: set(each) for name, each in floors().items()} == {
        name: set(each) for name, each in figures.items()
    }
    assert raised(FILE.read_text("utf-8"), figures).count("\n") == FILE.read_text("utf-8").count("\n")


def test_every_table_has_its_place_on_the_page(tmp_path: Path) -> None:
    """What is written twice stands there once, and the rest of the page stays."""
    page = tmp_path / "triage.md"
    page.write_text(PAGE.read_text("utf-8"), "utf-8")
    nobody = Contestant(name="first word", judge=by_word)
    sheets = [*all_sheets([nobody])]
    sheets += [
        Sheet(name=name, title="", heads=("a", "b"), rows=[["1", "2\\1"]]) for name in ("promises", "beside")
    ]
    for _ in range(2):
        write_page(sheets, page)
    text = page.read_text("utf-8")
    assert text.count("| 1 | 2\\1 |") == 2
    assert text.count("first word") == PAGE.read_text("utf-8").count("first word") + 4
    assert text.splitlines()[0] == "# Distress triage"
