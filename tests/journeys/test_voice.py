"""The phone rings: a person takes an alert by pressing 1, a machine takes nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.actions.results import record_look_up
from bot.channels.base import Found, LookUp, Sent
from bot.domain.messages import ChannelName, Kind, MessageState
from bot.store.alerts import Alert, AlertEvent, AlertState
from bot.store.messages import Message, ProviderEvent
from bot.store.people import Staff
from handlers.polling import poll_calls
from tests.fakes.trouble import dropped, hung
from tests.journeys.conftest import Open
from tests.journeys.people import Texter
from tests.journeys.programmes import ALEX, JO, LEE, MARISOL_CHAT, no_prompts, person
from tests.journeys.story import File, Story

JO_CALLED, LEE_CALLED = "+12025550112", "+12025550113"
NOTICE = "Someone needs you soon. Reference {}. Press 1 to take it."


async def test_a_person_presses_1_and_has_it(open_story: Open) -> None:
    """Lee hears twice what it is and no more, presses 1, gets the rest by text; Jo and Alex hear who."""
    story = await open_story(called("lee"))
    alex, lee, ref = await in_distress(story)
    heard = await lee.picks_up()
    assert heard == " ".join([NOTICE.format(" ".join(ref))] * 2)
    taken = await lee.presses("1")
    assert taken.startswith(f"You have it. Reference {' '.join(ref)}.")
    await story.phone(LEE).gets(f"You have it. Ref {ref}, person p1.")
    await alex.gets("Lee from your team has your message now.")
    (alert,) = await story.rows(Alert)
    assert alert.state is AlertState.ACKNOWLEDGED
    (call,) = story.twilio.calls.all
    assert (call.status, call.detects, call.ring) == ("completed", True, 25)
    assert {language for language, _ in call.said} == {"en-US"}
    await story.forward(minutes=30)


async def test_voicemail_takes_nothing_and_the_next_is_told_at_once(open_story: Open) -> None:
    """A machine answers and hears nothing: Jo is told in the same instant, and the wait is not begun anew."""
    story = await open_story(called("lee", then_jo=True))
    _, lee, _ = await in_distress(story)
    jo = story.phone(JO)
    await story.forward(seconds=20)
    assert await lee.picks_up(by="machine_start") == ""
    await jo.gets("Someone needs you soon.")
    (call,) = story.twilio.calls.all
    assert (call.said, call.status) == ([], "completed")
    call.answered_by = None  # a callback that says less than the one before
    call.status = "completed"
    await story.twilio.calls.report(call)
    assert await state_of_call(story) is MessageState.FAILED


async def test_voicemail_goes_to_their_own_next_way_and_the_wait_goes_on(open_story: Open) -> None:
    """Lee has a phone that texts, too: it gets the notice at once, and Jo still hears at ten minutes."""
    file = called("lee", then_jo=True)
    file["escalation"]["urgent"][0]["by"] = ["voice", "sms"]
    story = await open_story(file)
    _, lee, _ = await in_distress(story)
    await story.forward(seconds=40)
    await lee.picks_up(by="fax")
    await story.phone(LEE).gets("Someone needs you soon.")
    jo = story.phone(JO)
    await story.forward(minutes=9, seconds=19)
    jo.got_nothing()
    await story.forward(seconds=1)
    await jo.gets("Someone needs you soon.")


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
async def test_a_call_that_reaches_nobody_goes_another_way_at_once(open_story: Open, status: str) -> None:
    """Busy, nobody, failed, canceled: Jo is told in the same instant; told twice, it is told once."""
    story = await open_story(called("lee", then_jo=True))
    _, lee, _ = await in_distress(story)
    await lee.does_not_pick_up(status)
    await story.phone(JO).gets("Someone needs you soon.")
    (call,) = story.twilio.calls.all
    await story.twilio.calls.report(call)
    await story.settle()
    assert await state_of_call(story) is MessageState.FAILED


async def test_nobody_presses_and_the_next_step_comes_after_its_wait(open_story: Open) -> None:
    """Lee listens, presses nothing, hears that it goes on: Jo at ten minutes, and not before."""
    story = await open_story(called("lee", then_jo=True))
    _, lee, ref = await in_distress(story)
    await lee.picks_up()
    heard = await lee.presses_nothing()
    assert heard == f"I got no 1, so you do not have it. Reference {' '.join(ref)} goes on to others."
    assert await state_of_call(story) is MessageState.DELIVERED
    jo = story.phone(JO)
    await story.forward(minutes=9, seconds=59)
    jo.got_nothing()
    await story.forward(seconds=1)
    await jo.gets("Someone needs you soon.")


async def test_another_key_takes_nothing(open_story: Open) -> None:
    """A 2 is no 1: Lee is told so, and the alert stays open."""
    story = await open_story(called("lee"))
    _, lee, _ = await in_distress(story)
    await lee.picks_up()
    assert (await lee.presses("2")).startswith("I got no 1, so you do not have it.")
    (alert,) = await story.rows(Alert)
    assert alert.state is AlertState.OPEN


async def test_of_two_on_the_phone_one_has_it(open_story: Open) -> None:
    """Jo and Lee are called at once and press 1: Jo was first, Lee hears so and gets a text saying it."""
    file = called("lee", "jo")
    story = await open_story(file)
    alex, lee, ref = await in_distress(story)
    jo = story.phone(JO_CALLED)
    await lee.picks_up()
    await jo.picks_up()
    assert (await jo.presses("1")).startswith("You have it.")
    assert await lee.presses("1") == "Jo has it already. Nothing more for you to do."
    await story.phone(JO).gets(f"You have it. Ref {ref}")
    await story.phone(LEE).gets(f"Jo has it. Ref {ref}.")
    await alex.gets("Jo from your team")
    (event,) = await story.rows(AlertEvent, AlertEvent.what == "acknowledged")
    (staff,) = await story.rows(Staff, Staff.ref == "jo")
    assert event.staff_id == staff.id


async def test_who_picks_up_too_late_is_told(open_story: Open) -> None:
    """It is taken while the phone rings, and closed while the next one rings: both are said."""
    story = await open_story(called("lee", "jo"))
    alex, lee, ref = await in_distress(story)
    jo = story.phone(JO_CALLED)
    await lee.picks_up()
    await lee.presses("1")
    lee_texts = story.phone(LEE)
    await lee_texts.gets("You have it.")
    await alex.gets("Lee from your team")
    assert await jo.picks_up() == "Lee has it already. Nothing more for you to do."
    await story.phone(JO).gets(f"Lee has it. Ref {ref}.")


async def test_a_key_on_a_closed_alert_says_so(open_story: Open) -> None:
    """Lee listens while somebody closes it: the 1 comes too late."""
    story = await open_story(called("lee", "jo"))
    alex, lee, ref = await in_distress(story)
    jo = story.phone(JO_CALLED)
    await jo.picks_up()
    await lee.picks_up()
    await lee.presses("1")
    lee_texts = story.phone(LEE)
    await lee_texts.gets("You have it.")
    await alex.gets("Lee from your team")
    await story.phone(JO).gets("Lee has it.")
    await lee_texts.says(f"CLOSE {ref} safe")
    await lee_texts.gets("is closed: safe.")
    assert await jo.presses("1") == f"Reference {' '.join(ref)} is closed. Nothing is waiting there."


async def test_in_spanish(open_story: Open) -> None:
    """A programme whose first language is Spanish calls with a Spanish voice and Spanish words."""
    file = called("lee")
    file["programme"]["languages"] = ["es", "en"]
    story = await open_story(file)
    alex, lee, ref = await in_distress(story)
    heard = await lee.picks_up()
    assert heard.startswith(f"Alguien te necesita pronto. Referencia {' '.join(ref)}. Presiona 1")
    assert (await lee.presses("1")).startswith("Lo tienes.")
    await story.phone(LEE).gets(f"Lo tienes. Ref {ref}, persona p1.")
    await alex.gets("Lee from your team")
    (call,) = story.twilio.calls.all
    assert {language for language, _ in call.said} == {"es-MX"}


async def test_whoever_has_only_a_phone_hears_the_persons_ref(open_story: Open) -> None:
    """No way to text Lee: who it is about is said by ref, never by name."""
    file = called("lee")
    person(file, "lee")["contacts"] = [{"voice": LEE_CALLED}]
    story = await open_story(file)
    alex, lee, ref = await in_distress(story)
    await lee.picks_up()
    assert await lee.presses("1") == (
        f"You have it. Reference {' '.join(ref)}, person p 1. Please reach out to them now."
    )
    await alex.gets("Lee from your team")


async def test_a_call_whose_answer_was_lost_is_found_and_not_made_again(open_story: Open) -> None:
    """The phone rings, the answer to our request is lost: the look-up finds the call."""
    story = await open_story(called("lee"))
    story.twilio.calls.trouble.append(dropped(stored=True))
    _, lee, _ = await in_distress(story)
    await story.forward(seconds=20)
    assert await state_of_call(story) is MessageState.SENT
    await lee.picks_up()
    await lee.presses_nothing()
    assert len(story.twilio.calls.all) == 1


async def test_a_call_that_was_never_made_is_made_again_once(open_story: Open) -> None:
    """Twilio hung and kept nothing: seconds later the phone rings, once."""
    story = await open_story(called("lee"), patience=0.6)
    story.twilio.calls.trouble.append(hung())
    alex = story.phone(ALEX)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    assert story.twilio.calls.all == []
    await story.forward(seconds=10)
    lee = story.phone(LEE_CALLED)
    await lee.picks_up()
    await lee.presses_nothing()
    await story.forward(minutes=1)
    assert len(story.twilio.calls.all) == 1


async def test_a_call_about_somebody_else_is_not_taken_for_this_one(open_story: Open) -> None:
    """The call about Marisol is lost, and the look-up finds the one about Alex: Lee is called again."""
    story = await open_story(called("lee"))
    _, lee, _ = await in_distress(story)
    await lee.picks_up()
    await lee.presses_nothing()
    story.twilio.calls.trouble.append(dropped())
    marisol = story.chat(MARISOL_CHAT)
    await marisol.says("Ya no puedo, no tengo esperanza")
    await marisol.gets("Gracias por contarme.")
    (lost,) = await story.rows(Message, Message.state == MessageState.UNCERTAIN)
    async with story.database.write() as tx:
        found = Sent(provider_id=story.twilio.calls.all[0].sid)
        await record_look_up(tx, lost.id, LookUp(found=Found.THERE, sent=found))
    await story.settle()
    await lee.picks_up()
    await lee.presses_nothing()
    assert len(story.twilio.calls.all) == 2


async def test_a_call_nobody_told_us_of_is_asked_about_after_a_minute(open_story: Open) -> None:
    """No callback ever: Twilio is asked, says busy, and Jo is told then and not at ten minutes."""
    story = await open_story(called("lee", then_jo=True))
    story.twilio.calls.silent = True
    _, lee, _ = await in_distress(story)
    await lee.does_not_pick_up("busy")
    assert story.app.voice is not None
    await story.forward(seconds=59)
    assert await poll_calls(story.app.voice, story.database) == 0
    story.phone(JO).got_nothing()
    await story.forward(seconds=1)
    assert await poll_calls(story.app.voice, story.database) == 1
    await story.settle()
    await story.phone(JO).gets("Someone needs you soon.")


async def test_callbacks_twice_and_out_of_order_change_nothing(open_story: Open) -> None:
    """Ended, then ringing, then ended again, and a busy that comes late: delivered, and Jo waits her time."""
    story = await open_story(called("lee", then_jo=True))
    _, lee, _ = await in_distress(story)
    await lee.picks_up()
    await lee.presses_nothing()
    (call,) = story.twilio.calls.all
    for status in ("completed", "ringing", "in-progress", "busy", "completed"):
        call.status = status
        await story.twilio.calls.report(call)
    await story.settle()
    call.status = "completed"
    assert await state_of_call(story) is MessageState.DELIVERED
    events = await story.rows(ProviderEvent, ProviderEvent.channel == ChannelName.VOICE)
    assert sorted(event.status for event in events) == ["busy", "completed", "in-progress", "ringing"]
    story.phone(JO).got_nothing()


async def test_when_texts_are_refused_the_phone_rings(open_story: Open) -> None:
    """Lee, told by text and then by phone, had said STOP to texts: the call comes in the text's place."""
    file = called("lee")
    file["escalation"]["urgent"][0]["by"] = ["sms", "voice"]
    story = await open_story(file)
    await story.phone(LEE).says("STOP")
    _, lee, _ = await in_distress(story)
    await lee.picks_up()
    await lee.presses_nothing()


@pytest.mark.parametrize("door", ["answer", "key", "status"])
async def test_an_unsigned_request_is_refused(open_story: Open, door: str) -> None:
    """Nobody but Twilio may press 1, by the right address; and Twilio not by another one."""
    story = await open_story(called("lee"))
    _, lee, _ = await in_distress(story)
    call = lee.ringing
    url = call.url.replace("/answer", f"/{door}")
    form = {"CallSid": call.sid, "CallStatus": "in-progress", "Digits": "1"}
    assert await story.twilio.post(url, form, signature="wrong") == 403
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"Host": "elsewhere.example.org"}
        assert (await client.post(url, data=form, headers=headers)).status_code == 403
    (alert,) = await story.rows(Alert)
    assert alert.state is AlertState.OPEN
    assert await state_of_call(story) is MessageState.SENT
    await lee.picks_up()
    await lee.presses_nothing()


def called(*refs: str, then_jo: bool = False) -> File:
    """Return the example where urgent alerts call these people, and then text Jo if wanted."""
    file = no_prompts()
    numbers = {"jo": JO_CALLED, "lee": LEE_CALLED}
    for ref in refs:
        contacts: list[dict[str, Any]] = person(file, ref)["contacts"]
        contacts[:] = [c for c in contacts if "voice" not in c] + [{"voice": numbers[ref]}]
    steps = [{"notify": list(refs), "by": ["voice"], "wait": "10m"}]
    if then_jo:
        steps.append({"notify": "jo", "by": ["sms"], "wait": "10m"})
    file["escalation"]["urgent"] = steps
    return file


async def in_distress(story: Story) -> tuple[Texter, Texter, str]:
    """Let Alex need somebody; return Alex, whoever is called, and the ref."""
    alex, lee = story.phone(ALEX), story.phone(LEE_CALLED)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    (alert,) = await story.rows(Alert)
    return alex, lee, alert.ref


async def state_of_call(story: Story) -> MessageState:
    """Return what became of the one notice by voice."""
    (notice,) = await story.rows(Message, Message.kind == Kind.NOTICE, Message.channel == ChannelName.VOICE)
    state: MessageState = notice.state
    return state
