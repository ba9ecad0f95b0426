"""Signs: when answers fall, when a fall is over, and what the file may say about each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import ProgrammeFileError
from bot.domain.instruments import find_instrument, instruments, usable, worse_abouts
from bot.domain.programme_reading import parse_programme
from bot.domain.programme_writing import dump_programme
from bot.domain.signs import (
    DEFAULT,
    FollowUps,
    Loudness,
    Worse,
    follow_ups_from_data,
    follow_ups_to_data,
    has_turned,
    is_falling,
)
from bot.store.vault import new_ring_key
from tests.unit.cli import EXAMPLE, Shell

HEAD = "programme:\n  name: A\n  country: US\n  timezone: America/New_York\n  help_contact: '+12025550100'\n"
answers = st.lists(st.integers(0, 10), max_size=12)
loudness = st.sampled_from(list(Loudness))


@pytest.mark.parametrize(
    "values",
    [
        (7, 6, 5, 4),  # step by step
        (7, 7, 7, 7, 5, 5, 5),  # three that are lower by two
        (3, 9, 8, 7, 8, 6, 6, 5),
    ],
)
def test_three_worse_in_a_row_or_three_much_lower_are_a_fall(values: tuple[int, ...]) -> None:
    """A tenth of the scale each time, or a fifth of it on average; upside down where high is bad."""
    assert is_falling(values, Worse.LOWER, 10)
    assert is_falling([10 - value for value in values], Worse.HIGHER, 10)
    assert not is_falling(values, Worse.HIGHER, 10)


@pytest.mark.parametrize(
    "values",
    [
        (),
        (9, 1),  # one bad day
        (6, 5, 4),  # three answers are no course yet
        (7, 7, 7, 7, 6, 6, 6),  # one lower
        (7, 6, 6, 5),
        (7, 7, 7, 7, 7, 7, 1),  # one bad day after good ones
    ],
)
def test_one_bad_day_is_no_fall(values: tuple[int, ...]) -> None:
    """Nor are few answers, nor a little less."""
    assert not is_falling(values, Worse.LOWER, 10)


def test_a_fall_is_over_when_it_is_no_worse_than_before() -> None:
    """Still low is still the same fall; level with what was before, or better, ends it."""
    fell = (7, 7, 7, 7, 5, 5, 5)
    assert not has_turned(fell, Worse.LOWER, 10)
    assert not has_turned((*fell, 5, 5), Worse.LOWER, 10)
    assert has_turned((*fell, 5, 5, 5, 5), Worse.LOWER, 10)
    assert has_turned((*fell, 7, 8, 8), Worse.LOWER, 10)
    assert has_turned([10 - value for value in (*fell, 7, 8, 8)], Worse.HIGHER, 10)


@given(values=answers)
def test_never_both_and_never_on_rising_answers(values: list[int]) -> None:
    """What falls has not turned, and what only rises never falls."""
    assert not (is_falling(values, Worse.LOWER, 10) and has_turned(values, Worse.LOWER, 10))
    assert not is_falling(sorted(values), Worse.LOWER, 10)


def test_every_instrument_says_which_way_is_worse() -> None:
    """Each part of each; a single question lends its direction to what it asks about."""
    for name in usable():
        instrument = instruments()[name]
        assert instrument.worse.keys() == instrument.parts.keys(), name
    assert worse_abouts() == {"mood": Worse.LOWER, "craving": Worse.HIGHER}
    assert find_instrument("who-5").span("total") == 100
    assert find_instrument("phq-2").span("total") == 6
    # Where a cut-off is, its side is the bad one.
    for instrument in instruments().values():
        for part, cut in instrument.cuts.items():
            bad = Worse.HIGHER if cut.at_least is not None else Worse.LOWER
            assert instrument.worse[part] is bad


@given(
    follow_ups=st.builds(
        FollowUps,
        missed=loudness,
        in_a_row=st.integers(1, 50),
        share=st.none() | st.integers(1, 100),
        falling=loudness,
        undeliverable=loudness,
        opted_out=loudness,
    ),
    days=st.integers(1, 30),
)
def test_what_is_written_is_read_back(follow_ups: FollowUps, days: int) -> None:
    """In the file and in the database, whatever it is; nothing is written of what is as usual."""
    if follow_ups.share is not None:
        follow_ups = replace(follow_ups, within=timedelta(days=days))
    assert follow_ups_from_data(follow_ups_to_data(follow_ups)) == follow_ups
    programme = replace(parse_programme(HEAD), follow_up=follow_ups)
    text = dump_programme(programme)
    assert parse_programme(text).follow_up == follow_ups
    assert ("follow_up" in text) == (follow_ups != DEFAULT)


@pytest.mark.parametrize(
    ("written", "missed", "in_a_row"),
    [
        ("4", Loudness.NOTE, 4),
        ("none", Loudness.NONE, 3),
        ("urgent", Loudness.URGENT, 3),
        ("{in_a_row: 2, level: urgent}", Loudness.URGENT, 2),
    ],
)
def test_the_short_forms(written: str, missed: Loudness, in_a_row: int) -> None:
    """A number is how many in a row, a word the level, a group both."""
    read = parse_programme(f"{HEAD}  follow_up: {{missed: {written}, falling: urgent}}\n").follow_up
    assert (read.missed, read.in_a_row, read.falling) == (missed, in_a_row, Loudness.URGENT)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("missed: 0", "missed"),
        ("missed: often", "missed"),
        ("missed: {in_a_row: 3, loud: note}", "missed.loud"),
        ("missed: {within: 14d}", "missed.within"),
        ("missed: {share: 120}", "missed.share"),
        ("falling: crisis", "falling"),
        ("silence: note", "silence"),
    ],
)
def test_wrong_ones_are_named_with_their_line(written: str, field: str) -> None:
    """Line 6, and the key."""
    with pytest.raises(ProgrammeFileError) as wrong:
        parse_programme(f"{HEAD}  follow_up: {{{written}}}\n")
    assert [(one.line, one.field) for one in wrong.value.errors] == [(6, f"programme.follow_up.{field}")]


def test_the_database_keeps_what_the_file_says(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Imported and exported, it reads the same; taken out of the file, all is as usual again."""
    monkeypatch.setenv("HANDRAIL_KEYS", new_ring_key())
    text = EXAMPLE.read_text("utf-8")
    line = "  follow_up: {missed: {in_a_row: 4, share: 75, within: 10d, level: urgent}, opted_out: none}\n"
    file = tmp_path / "programme.yaml"
    file.write_text(text.replace("programme:\n", f"programme:\n{line}", 1), "utf-8")
    assert shell("import", str(file)).code == 0
    exported = shell("export").out
    assert line in exported
    assert parse_programme(exported).follow_up == parse_programme(file.read_text("utf-8")).follow_up
    assert shell("import", str(EXAMPLE)).code == 0
    assert parse_programme(shell("export").out).follow_up == DEFAULT
