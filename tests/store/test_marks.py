"""Marks in the database: who said what of which verdict, and what of it may be read back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select, update

from bot.actions.mark_figures import judged, marked
from bot.actions.marks import NotTriagedError, mark_false_alarm, mark_missed, missed_text
from bot.commands.triage_marks import line_of, to_data
from bot.domain.marks import Mark, by_month
from bot.domain.triage.assess import assess
from bot.domain.triage.levels import Level
from bot.store.alerts import Alert
from bot.store.messages import TriageMark
from bot.store.people import DataKey, Staff
from bot.store.vault import KeyRing
from tests.conftest import HandClock
from tests.faults.house import ALEX, CRISIS, JO, STRANGER, URGENT, House, open_house

SECRET = "Wilhelmina"


@pytest.fixture
async def house(database_url: str, ring: KeyRing, clock: HandClock) -> AsyncIterator[House]:
    """Return a house with the example programme in it."""
    opened = await open_house(database_url, ring, clock)
    yield opened
    await opened.database.close()


async def _said(house: House, text: str) -> str:
    receipt = await house.says(ALEX, text)
    assert receipt.message_id is not None
    return receipt.message_id


async def _mark(
    house: House, message_id: str, mark: Mark, ref: str = "dana", reason: str | None = None
) -> None:
    verb = mark_false_alarm if mark is Mark.FALSE_ALARM else mark_missed
    async with house.database.write() as tx:
        staff = await tx.session.scalar(select(Staff).where(Staff.ref == ref))
        assert staff is not None
        await verb(tx, message_id, staff, reason)


async def test_a_mark_keeps_the_verdict_it_is_about(house: House) -> None:
    """With the level and the rules of then: rules change, and an old mark must not count against new ones."""
    message = await _said(house, CRISIS)
    await _mark(house, message, Mark.FALSE_ALARM)
    async with house.database.read() as tx:
        (row,) = await tx.session.scalars(select(TriageMark))
    assert (row.message_id, row.mark, row.level) == (message, Mark.FALSE_ALARM, Level.CRISIS)
    assert (row.rules, row.at) == (assess("").rules, house.clock())


async def test_thinking_again_replaces_ones_own_mark_only(house: House) -> None:
    """One mark a person and text; of two people's, the later one counts."""
    message = await _said(house, CRISIS)
    await _mark(house, message, Mark.FALSE_ALARM, reason="a joke")
    await house.forward(minutes=1)
    await _mark(house, message, Mark.MISSED, "jo")
    async with house.database.read() as tx:
        assert [one.mark for one in await marked(tx, with_texts=False)] == [Mark.MISSED]
    await house.forward(minutes=1)
    await _mark(house, message, Mark.FALSE_ALARM)
    async with house.database.read() as tx:
        assert len((await tx.session.scalars(select(TriageMark))).all()) == 2
        (one,) = await marked(tx, with_texts=True)
    assert (one.mark, one.reason) == (Mark.FALSE_ALARM, None)


async def test_only_what_triage_read_can_be_marked(house: House) -> None:
    """Staff's own texts and ids nobody has are refused."""
    receipt = await house.says(JO, "hello")
    assert receipt.message_id is not None
    for message in (receipt.message_id, "0" * 32):
        with pytest.raises(NotTriagedError):
            await _mark(house, message, Mark.MISSED)


async def test_another_programmes_texts_cannot_be_marked(house: House) -> None:
    """Staff judge what was written to their own programme."""
    message = await _said(house, CRISIS)
    async with house.database.write() as tx:
        staff = Staff(id="f" * 32, programme_id="e" * 32)  # never saved: only who asks matters
        with pytest.raises(NotTriagedError):
            await mark_false_alarm(tx, message, staff)
        assert (await tx.session.scalars(select(TriageMark))).all() == []


async def test_the_figures_are_of_what_raised_alarms(house: House) -> None:
    """Two alerts of two people, one of them false; a text passed over is missed and no alarm."""
    missed = await _said(house, "I gave my dog away")
    await _mark(house, await _said(house, CRISIS), Mark.FALSE_ALARM)
    await house.says(STRANGER, URGENT)
    await _mark(house, missed, Mark.MISSED)
    async with house.database.read() as tx:
        (month,) = by_month(await judged(tx))
    data = to_data(month)
    assert (data["flagged"], data["false_alarms"], data["precision"], data["missed"]) == (2, 1, 0.5, 1)
    assert data["wrong"][0]["concept"]
    assert data["wrong"][0]["words"] is None


async def test_the_export_names_nobody(house: House) -> None:
    """Without being asked for, nothing that was written is in it; with it, the reason and the words are."""
    message = await _said(house, f"{SECRET} says I want to kill myself")
    await _mark(house, message, Mark.FALSE_ALARM, reason=f"it was {SECRET}")
    async with house.database.read() as tx:
        (bare,) = await marked(tx, with_texts=False)
        (full,) = await marked(tx, with_texts=True)
    line = json.dumps(line_of(bare, with_texts=False))
    assert SECRET not in line
    assert "kill" not in line
    assert set(line_of(bare, with_texts=False)) == {
        "id", "source", "lang", "label", "mark", "level", "concepts", "rules", "day",
    }  # fmt: skip
    told = line_of(full, with_texts=True)
    assert (told["reason"], told["label"], told["lang"]) == (f"it was {SECRET}", "none", "en")
    assert SECRET in told["text"]
    assert any("kill myself" in words for words in told["words"])


async def test_marks_outlive_the_person_without_their_words(house: House) -> None:
    """After an erasure the count stays, and nothing of what was said or why; a new mark keeps no reason."""
    message = await _said(house, CRISIS)
    await _mark(house, message, Mark.FALSE_ALARM, reason="a joke")
    async with house.database.write() as tx:
        await tx.session.execute(update(DataKey).where(DataKey.purpose == "participant").values(wrapped=None))
    await house.restart()
    await _mark(house, message, Mark.FALSE_ALARM, "jo", reason="a joke")
    async with house.database.read() as tx:
        (month,) = by_month(await judged(tx))
        (one,) = await marked(tx, with_texts=True)
    assert (month.false_alarms, month.wrong) == (1, ())
    assert (one.text, one.reason, one.concepts) == (None, None, ())


@pytest.mark.parametrize(
    ("texts", "meant"),
    [
        (["I gave my dog away", URGENT], 0),
        ([URGENT, "I gave my dog away"], 1),
        ([URGENT], 0),
        ([CRISIS], None),
    ],
    ids=["before", "after", "itself", "nothing higher"],
)
async def test_missed_means_the_text_nearest_to_the_alert(
    house: House, texts: list[str], meant: int | None
) -> None:
    """The one before it that was passed over, else the one after, else an urgent one that was worse."""
    said = []
    for text in texts:
        said.append(await _said(house, text))
        await house.forward(minutes=30)
    async with house.database.read() as tx:
        alert = await tx.session.scalar(select(Alert))
        assert alert is not None
        found = await missed_text(tx, alert)
    assert (found.id if found else None) == (said[meant] if meant is not None else None)
