"""Instruments: complete scales only, reverse items, cut-offs, and no text that may not be used."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answers import Choice, Scale
from bot.domain.instruments import InstrumentError, Status, find_instrument, instruments, usable
from bot.domain.prompts import Prompt, Support
from bot.domain.recurrence import AroundSession, Side
from bot.domain.wording import Severity, findings, segments

LANGUAGES = ("en", "es")
every_usable = pytest.mark.parametrize("name", usable())


def values(name: str, *numbers: int) -> dict[str, int | None]:
    """Return answers to the items of an instrument, in order."""
    return dict(zip((q.key for q in find_instrument(name).questions), numbers, strict=True))


def total(name: str, *numbers: int) -> int | None:
    """Return the total of answers in order."""
    score = find_instrument(name).score(values(name, *numbers))
    return score.parts["total"] if score else None


def test_the_sums_are_those_of_the_books() -> None:
    """PHQ-2 and GAD-2 to 6, the five well-being items to 100, stress to 16 with items 2 and 3 reversed."""
    assert (total("phq-2", 3, 3), total("gad-2", 0, 0)) == (6, 0)
    assert (total("who-5", 5, 5, 5, 5, 5), total("who-5", 0, 0, 0, 0, 1)) == (100, 4)
    assert total("pss-4", 4, 0, 0, 4) == 16
    assert total("pss-4", 0, 4, 4, 0) == 0
    assert total("pss-4", 1, 3, 2, 1) == 1 + 1 + 2 + 1


def test_the_monitor_has_three_sums_and_no_total() -> None:
    """Use, risk and protective items are summed apart; the last item is for looking at only."""
    numbers = (4, 1, 2, 3, 1, 2, 4, 3, 5, 6, 2, 7, 4, 1, 3, 0)
    score = find_instrument("bam-7").score(values("bam-7", *numbers))
    assert score is not None
    assert score.parts == {"use": 6, "risk": 4 + 1 + 2 + 4 + 6 + 1, "protective": 3 + 5 + 2 + 7 + 4 + 3}
    assert score.reached == ()


@pytest.mark.parametrize(
    ("name", "below", "at"),
    [("phq-2", (1, 1), (2, 1)), ("gad-2", (2, 0), (0, 3)), ("craving", (7,), (8,))],
)
def test_a_cut_off_is_reached_at_its_number(name: str, below: tuple[int, ...], at: tuple[int, ...]) -> None:
    """3 of 6 asks for a look, 2 does not; the specialist hears unless the programme says otherwise."""
    instrument = find_instrument(name)
    under, over = (instrument.score(values(name, *numbers)) for numbers in (below, at))
    assert under is not None
    assert over is not None
    assert (under.reached, over.reached) == ((), ("total",))
    assert [rule.score for rule in instrument.usual_follow_ups()] == ["total"]


@every_usable
@given(data=st.data())
def test_a_scale_is_scored_whole_or_not_at_all(name: str, data: st.DataObject) -> None:
    """One missing item that counts, and there is no score: missing is never zero."""
    instrument = find_instrument(name)
    counted = {item for part in instrument.parts.values() for item in part.items}
    given_values: dict[str, int | None] = {}
    for question in instrument.questions:
        match question.answer:
            case Scale(low=low, high=high):
                given_values[question.key] = data.draw(st.none() | st.integers(low, high))
            case Choice(options=options):
                keys = [int(option.key) for option in options]
                given_values[question.key] = data.draw(st.none() | st.sampled_from(keys))
    whole = all(given_values[item] is not None for item in counted)
    assert (instrument.score(given_values) is not None) == whole


def test_a_number_out_of_range_is_refused() -> None:
    """A sum of what cannot be is worse than none."""
    with pytest.raises(InstrumentError, match="outside 0 to 3"):
        find_instrument("phq-2").score({"interest": 4, "low": 0})


def test_what_may_not_be_used_says_why() -> None:
    """PHQ-9 is refused; BARC-10 is there with its scoring, without its text, and off."""
    for name in ("phq-9", "PHQ9", "phq_9", "phq-9-modified"):
        with pytest.raises(InstrumentError, match="no answer to that may wait"):
            find_instrument(name)
    barc = instruments()["barc-10"]
    assert (barc.status, barc.questions, len(barc.parts["total"].items)) == (Status.OFF, (), 10)
    with pytest.raises(InstrumentError, match="permission is not confirmed"):
        find_instrument("barc-10")


def test_every_instrument_says_where_it_comes_from() -> None:
    """Source, status and version stand in the data."""
    for one in instruments().values():
        assert one.source
        assert one.version
        assert one.title
        assert (one.why_off is None) == (one.status is not Status.OFF)


@every_usable
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_item_can_be_read_on_a_lock_screen(name: str, language: str) -> None:
    """One text each, two for the first with its opening; nothing names a substance or an illness."""
    instrument = find_instrument(name)
    first = Prompt(
        key="k",
        rule=AroundSession(side=Side.BEFORE, by=timedelta(days=1)),
        support=Support.EMOTIONAL,
        text={},
        instrument=name,
    ).said(language)
    texts = [first, *(question.ask[language] for question in instrument.questions)]
    assert all(segments(text).encoding == "GSM-7" for text in texts)
    assert all(segments(text).count == 1 for text in texts[1:])
    assert segments(first).count <= 2
    wrong = {text: found for text in texts if (found := _errors(text, language))}
    assert wrong == {}


@every_usable
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_is_offered_in_the_text(name: str, language: str) -> None:
    """By SMS there are no buttons: the lowest and the highest number stand in each question."""
    for question in find_instrument(name).questions:
        match question.answer:
            case Scale(low=low, high=high):
                keys = [str(low), str(high)]
            case Choice(options=options):
                keys = [option.key for option in options]
                assert all(option.labels[language] for option in options)
        assert all(key in question.ask[language].replace(",", " ").replace(".", " ").split() for key in keys)


def _errors(text: str, language: str) -> list[str]:
    return [one.reason for one in findings(text, language) if one.level is Severity.ERROR]
