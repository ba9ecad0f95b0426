"""People who leave, stop, answer twice or answer the wrong thing: the alert finds somebody all the same."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from bot.domain.messages import Kind
from bot.domain.triage.assess import Level
from bot.store.alerts import AlertEvent, AlertState
from bot.store.desk import Talk
from bot.store.messages import Message
from schedules.escalations import escalate
from tests.faults.house import (
    ALEX,
    CRISIS,
    DANA,
    DANA_SMS,
    JO,
    LEE,
    MARISOL,
    SMS,
    STRANGER,
    URGENT,
    Address,
    House,
)

NOTICES = Message.kind == Kind.NOTICE
JO_LEFT = ("    name: Jo Park\n", "    name: Jo Park\n    status: left\n")
DANA_LEFT = ("    name: Dana Reyes\n", "    name: Dana Reyes\n    status: left\n")
DETAILS = ("telegram_details: false", "telegram_details: true")


def _about(house: House, who: Address, ref: str) -> list[str]:
    return [text for text in house.screen(who) if f"Ref {ref}" in text or ref in text.split()]


async def _staff_id(house: House, who: Address) -> str:
    staff_id = (await house.contact(who)).staff_id
    assert staff_id is not None
    return staff_id


async def test_fault_14_whoever_was_told_stops_and_the_next_hears_at_once(house: House) -> None:
    """Dana stops on Telegram and is texted; stops there too, and Jo is told in the same instant."""
    await house.says(ALEX, URGENT)
    assert len(house.screen(DANA)) == 1
    await house.says(DANA, "STOP")
    assert any("Someone needs you soon" in text for text in house.screen(DANA_SMS))
    assert house.screen(JO) == []
    await house.says(DANA_SMS, "STOP")
    assert any("Someone needs you soon" in text for text in house.screen(JO))
    assert sum("Cover is thin" in text for text in house.screen(LEE)) >= 1


async def test_fault_14_both_who_were_told_stop(house: House) -> None:
    """Jo stops while Dana has hers, then Dana stops: nobody waits three minutes for either."""
    await house.bring_in(('[{telegram: 700001}, {sms: "+12025550101"}]', "[{telegram: 700001}]"))
    await house.says(ALEX, CRISIS)
    await house.says(JO, "STOP")
    (alert,) = await house.alerts()
    assert _about(house, LEE, alert.ref) == []
    for who in (DANA_SMS, DANA):
        await house.says(who, "STOP")
    assert _about(house, LEE, alert.ref)


async def test_fault_14_the_holder_stops(house: House) -> None:
    """Whoever took it and can't be told any more has nothing: the chain starts again at once."""
    await house.says(ALEX, CRISIS)
    await house.says(JO, "1")
    await house.says(JO, "STOP")
    (alert,) = await house.alerts()
    assert alert.state is AlertState.OPEN
    assert alert.acknowledged_by is None
    assert len(house.screen(JO)) == 3  # the notice, that it is hers, and the confirmation
    assert any("Still nobody has it" in text for text in house.screen(LEE))


async def test_fault_15_nobody_at_all(house: House) -> None:
    """With every phone of the staff off, the alert stays open and red, until START finds somebody."""
    for who in (DANA, DANA_SMS, JO, LEE):
        await house.says(who, "STOP")
    await house.says(ALEX, CRISIS)
    for _ in range(5):
        await house.forward(minutes=3)
    (alert,) = await house.alerts()
    assert alert.state is AlertState.OPEN
    assert alert.next_step_at is not None
    assert alert.next_step_at > house.clock()
    assert (await house.app.report())["alerts_reaching_nobody"] == 1
    await house.says(LEE, "START")
    await house.forward(minutes=3)
    await house.forward(minutes=3)
    assert _about(house, LEE, alert.ref)
    assert (await house.app.report())["alerts_reaching_nobody"] == 0


async def test_fault_15_at_night_without_a_supervisor(house: House) -> None:
    """Jo left and Lee stopped; at night an urgent text wakes Dana rather than nobody."""
    await house.bring_in(JO_LEFT)
    await house.says(LEE, "STOP")
    await house.forward(hours=12)
    await house.says(ALEX, URGENT)
    (alert,) = await house.alerts()
    assert any(_about(house, who, alert.ref) for who in (DANA, DANA_SMS))


async def test_fault_15_the_chain_is_exhausted_and_repeats(house: House) -> None:
    """Nobody answers for an hour: the supervisor is told in every round."""
    await house.says(ALEX, CRISIS)
    for _ in range(20):
        await house.forward(minutes=3)
    (alert,) = await house.alerts()
    assert alert.state is AlertState.OPEN
    assert len(_about(house, LEE, alert.ref)) >= 10


async def test_fault_16_the_policy_is_edited(house: House) -> None:
    """A chain that was lengthened meanwhile does not slow down the alert that runs."""
    await house.says(ALEX, URGENT)
    await house.bring_in(("wait: 10m", "wait: 5h"))
    await house.forward(minutes=10)
    assert len(house.screen(JO)) == 1
    await house.forward(minutes=10)
    assert len(house.screen(LEE)) == 1


async def test_fault_16_whoever_was_told_leaves(house: House) -> None:
    """Dana leaves a minute after she was told, with another phone in the file: Jo is told at once."""
    await house.says(ALEX, URGENT)
    house.clock.forward(minutes=1)
    await house.bring_in(DANA_LEFT)
    await house.app.settle()
    assert len(house.screen(JO)) == 1
    assert house.screen(DANA_SMS) == []


async def test_fault_16_the_next_in_line_left(house: House) -> None:
    """Jo, whose step is next, has left: Lee is told when Dana's time is over, not after Jo's."""
    await house.says(ALEX, URGENT)
    await house.bring_in(JO_LEFT)
    await house.forward(minutes=10)
    assert house.screen(JO) == []
    assert len(house.screen(LEE)) == 1


async def test_fault_16_the_holder_leaves(house: House) -> None:
    """What Jo had is nobody's when she leaves, and the others hear of it at once."""
    await house.says(ALEX, CRISIS)
    await house.says(JO, "1")
    await house.bring_in(JO_LEFT)
    await house.app.settle()
    (alert,) = await house.alerts()
    assert alert.state is AlertState.OPEN
    assert any("Still nobody has it" in text for text in house.screen(DANA))


async def test_fault_16_whoever_left_takes_nothing(house: House) -> None:
    """A `1` from somebody who left takes no alert and is shown nothing; their own distress is heard."""
    await house.says(ALEX, CRISIS)
    (alert,) = await house.alerts()
    await house.bring_in(JO_LEFT)
    shown = len(house.screen(JO))
    for said in (f"1 {alert.ref}", f"VIEW {alert.ref}", f"CLOSE {alert.ref} safe", f"{alert.ref} hello"):
        await house.says(JO, said)
    (alert,) = await house.alerts()
    assert alert.state is AlertState.OPEN
    assert not any(alert.ref in text for text in house.screen(JO)[shown:])
    await house.says(JO, CRISIS)
    assert len(await house.alerts()) == 2
    assert any("danger" in text for text in house.screen(JO)[shown:])


async def test_fault_16_a_number_is_replaced_while_a_notice_waits(house: House) -> None:
    """Jo's number is corrected before her notice left: the new one is told in the same instant."""
    new = (SMS, "+12025550109")
    await house.hears(MARISOL, CRISIS)
    await house.bring_in((JO[1], new[1]))
    await house.app.settle()
    assert house.screen(JO) == []
    assert len(house.screen(new)) == 1


async def test_fault_17_two_workers_escalate_at_once(house: House) -> None:
    """A step that two workers find due is taken once."""
    await house.says(ALEX, URGENT)
    house.clock.forward(minutes=10)
    await asyncio.gather(*(escalate(house.database) for _ in range(3)))
    await house.app.settle()
    assert len(house.screen(JO)) == 1
    assert house.screen(LEE) == []


async def test_fault_23_two_acknowledgements_at_once(house: House) -> None:
    """One has it, whoever that is; the other is told who."""
    await house.says(ALEX, CRISIS)
    await asyncio.gather(house.hears(DANA, "1"), house.hears(JO, "1"))
    await house.app.settle()
    (alert,) = await house.alerts()
    assert alert.state is AlertState.ACKNOWLEDGED
    dana, jo = await _staff_id(house, DANA), await _staff_id(house, JO)
    won, lost = (DANA, JO) if alert.acknowledged_by == dana else (JO, DANA)
    assert alert.acknowledged_by in {dana, jo}
    assert sum("You have it" in text for who in (DANA, JO) for text in house.screen(who)) == 1
    assert any("You have it" in text for text in house.screen(won))
    assert any(" has it." in text for text in house.screen(lost))
    async with house.database.read() as tx:
        taken = await tx.session.scalars(select(AlertEvent).where(AlertEvent.what == "acknowledged"))
        assert len(taken.all()) == 1


async def test_fault_23_taken_while_it_is_handed_on_and_closed(house: House) -> None:
    """Three people do three things in one instant: one thing becomes of it, and nothing is left hanging."""
    await house.says(ALEX, CRISIS)
    (alert,) = await house.alerts()
    await asyncio.gather(
        house.hears(DANA, f"1 {alert.ref}"),
        house.hears(JO, f"COVER {alert.ref}"),
        house.hears(LEE, f"CLOSE {alert.ref} safe"),
    )
    await house.app.settle()
    (alert,) = await house.alerts()
    assert (alert.acknowledged_by is None) or alert.state is not AlertState.OPEN
    assert (alert.next_step_at is None) == (alert.state is AlertState.CLOSED)


async def test_fault_24_a_one_with_two_waiting(house: House) -> None:
    """It takes neither: Jo is asked which, and says so."""
    await house.says(ALEX, CRISIS)
    await house.says(MARISOL, CRISIS)
    await house.says(JO, "1")
    first, second = await house.alerts()
    assert {first.state, second.state} == {AlertState.OPEN}
    assert first.ref in house.screen(JO)[-1]
    assert second.ref in house.screen(JO)[-1]
    await house.says(JO, f"1 {second.ref}")
    first, second = await house.alerts()
    assert (first.state, second.state) == (AlertState.OPEN, AlertState.ACKNOWLEDGED)


async def test_fault_24_a_one_for_the_last_while_a_new_one_waits(house: House) -> None:
    """Somebody else took the first meanwhile: a `1` that may be for it does not take the second."""
    await house.says(ALEX, CRISIS)
    await house.says(DANA, "1")
    await house.says(MARISOL, CRISIS)
    await house.says(JO, "1")
    _, second = await house.alerts()
    assert second.state is AlertState.OPEN
    assert second.ref in house.screen(JO)[-1]


async def test_fault_24_a_ref_that_is_closed(house: House) -> None:
    """`1 K7` for one that is closed says so; the open one stays open."""
    await house.says(ALEX, CRISIS)
    (first,) = await house.alerts()
    await house.says(JO, f"CLOSE {first.ref} safe")
    await house.says(MARISOL, CRISIS)
    await house.says(JO, f"1 {first.ref}")
    assert "is closed" in house.screen(JO)[-1]
    assert (await house.alerts())[-1].state is AlertState.OPEN


async def test_fault_25_a_storm_after_somebody_has_it(house: House) -> None:
    """Whoever has it is told that they wrote again, not fifty times."""
    await house.says(ALEX, CRISIS)
    await house.says(DANA, "1")
    before = len(house.screen(DANA))
    for n in range(25):
        await house.hears(ALEX, f"{CRISIS} {n}")
        house.clock.forward(seconds=1)
    await house.app.settle()
    (alert,) = await house.alerts()
    assert alert.count == 26
    assert alert.state is AlertState.ACKNOWLEDGED
    assert 1 <= len(house.screen(DANA)) - before <= 2


async def test_fault_26_a_first_notice_with_many_reminders_waiting(house: House) -> None:
    """While several wait and are named in one reminder, somebody new gets a notice of their own."""
    for who in (ALEX, STRANGER):
        await house.says(who, CRISIS)
    for _ in range(3):
        await house.forward(minutes=3)
    before = len(house.screen(JO))
    await house.says(MARISOL, CRISIS)
    *_, newest = await house.alerts()
    assert len(house.screen(JO)) == before + 1
    assert f"Ref {newest.ref}" in house.screen(JO)[-1]


async def test_fault_27_parts_while_somebody_has_it(house: House) -> None:
    """The last part makes a crisis of what was urgent: the alert rises and the chain starts again."""
    await house.says(ALEX, URGENT)
    await house.says(DANA, "1")
    house.clock.forward(minutes=1)
    for part in ("and I just want to ki", "ll myself"):
        await house.says(ALEX, part)
        house.clock.forward(seconds=2)
    (alert,) = await house.alerts()
    assert alert.level is Level.CRISIS
    assert alert.state is AlertState.OPEN
    assert _about(house, JO, alert.ref)


async def test_fault_31_distress_in_a_talk(house: House) -> None:
    """Said to a human or to the bot, it is heard: staff outside the talk are told as well."""
    await house.says(ALEX, URGENT)
    (alert,) = await house.alerts()
    await house.says(DANA, f"{alert.ref} I am here")
    await house.says(ALEX, CRISIS)
    (alert,) = await house.alerts()
    assert alert.level is Level.CRISIS
    assert alert.state is AlertState.OPEN
    assert _about(house, JO, alert.ref)


async def test_a_talk_whose_people_all_left_is_over(house: House) -> None:
    """Dana leaves in the middle of a talk: Alex is answered by the bot again, and Dana is shown nothing."""
    await house.bring_in(DETAILS)
    await house.says(ALEX, URGENT)
    (alert,) = await house.alerts()
    await house.says(DANA, f"{alert.ref} I am here")
    await house.bring_in(DETAILS, DANA_LEFT)
    await house.app.settle()
    shown, heard = len(house.screen(DANA)), len(house.screen(ALEX))
    await house.says(ALEX, "are you still there")
    assert len(house.screen(DANA)) == shown
    assert len(house.screen(ALEX)) > heard
    async with house.database.read() as tx:
        assert all(talk.ended_at for talk in await tx.session.scalars(select(Talk)))


async def test_words_in_a_talk_do_not_go_to_a_chat_that_was_replaced(house: House) -> None:
    """Dana's chat is somebody else's by now: what Alex writes is not shown there."""
    await house.bring_in(DETAILS)
    await house.says(ALEX, URGENT)
    (alert,) = await house.alerts()
    await house.says(DANA, f"{alert.ref} I am here")
    await house.bring_in(DETAILS, ("telegram: 700001", "telegram: 700009"))
    await house.app.settle()
    shown = len(house.screen(DANA))
    await house.says(ALEX, "my secret words")
    assert not any("secret" in text for text in house.screen(DANA)[shown:])


async def test_a_reply_about_somebody_else_stays_out_of_the_talk(house: House) -> None:
    """Dana talks with Alex; she answers a message about nobody in that talk, and is asked for whom it is."""
    await house.bring_in(("    specialist: jo\n", "    specialist: dana\n"))
    await house.says(ALEX, URGENT)
    (alert,) = await house.alerts()
    await house.says(DANA, f"{alert.ref} I am here")
    await house.says(MARISOL, "START")
    await house.says(MARISOL, "HABLAR")
    *_, asked = await house.messages(Message.dedupe_key.like("call:%"), Message.kind == Kind.STAFF)
    heard = len(house.screen(ALEX))
    await house.says(DANA, "I will ring you at three", reply_to=asked.provider_id)
    assert len(house.screen(ALEX)) == heard
    assert "Who is this for" in house.screen(DANA)[-1]


@pytest.mark.parametrize("word", ["1", "COVER", "CLOSE safe", "NOTE call 20m"])
async def test_a_word_from_a_stranger_does_nothing(house: House, word: str) -> None:
    """Whoever is not of the staff takes, hands on and closes nothing."""
    await house.says(ALEX, CRISIS)
    await house.says(STRANGER, word)
    (alert,) = await house.alerts()
    assert alert.state is AlertState.OPEN
