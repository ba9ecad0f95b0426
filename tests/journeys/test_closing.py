"""An alert that somebody took stays theirs until they close it, and what they did is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.closing import Mode, Outcome
from bot.domain.prompts import Support
from bot.store.alerts import Alert, AlertState
from bot.store.desk import ContactNote, Promise
from tests.journeys.conftest import Open
from tests.journeys.people import Chatter, Texter
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, LEE, no_prompts, person
from tests.journeys.story import Story


async def _taken(story: Story) -> tuple[Texter, Chatter, str]:
    """Alex feels hopeless, and Dana takes it; return them and the ref."""
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await dana.taps("I have it")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team has your message now.")
    (alert,) = await story.rows(Alert, Alert.state == AlertState.ACKNOWLEDGED)
    return alex, dana, alert.ref


async def test_taken_and_left_lying_it_comes_back_and_goes_round(open_story: Open) -> None:
    """After an hour Dana is asked; an hour later the chain starts again, with the supervisor."""
    story = await open_story(no_prompts())
    _, dana, ref = await _taken(story)
    jo, lee = story.phone(JO), story.phone(LEE)
    await story.forward(minutes=59)
    dana.got_nothing()
    await story.forward(minutes=1)
    await dana.gets(f"Are you still with Ref {ref}?")
    await story.forward(minutes=60)
    await dana.gets("Still nobody has it.")
    await lee.gets("Still nobody has it.")
    await lee.says("1")
    await lee.gets("You have it.")
    await dana.gets("Lee has it.")
    await story.phone(ALEX).gets("Lee from your team has your message now.")
    jo.got_nothing()


async def test_whoever_is_still_at_it_says_so_and_is_left_alone(open_story: Open) -> None:
    """`1 K7` again is "still with them": another hour."""
    story = await open_story(no_prompts())
    _, dana, ref = await _taken(story)
    await story.forward(minutes=60)
    await dana.gets("Are you still with Ref")
    await dana.says(f"1 {ref}")
    await dana.gets("You already have it.")
    await story.forward(minutes=59)
    dana.got_nothing()
    await story.forward(minutes=1)
    await dana.gets("Are you still with Ref")


async def test_closing_by_buttons(open_story: Open) -> None:
    """Close, then how it ended: two taps, and it is quiet."""
    story = await open_story(no_prompts())
    _, dana, ref = await _taken(story)
    await dana.taps("Close")
    await dana.gets(f"How did Ref {ref} end?")
    await dana.taps("Safe")
    await dana.gets(f"Ref {ref} is closed: safe.")
    await story.forward(hours=5)
    (alert,) = await story.rows(Alert)
    assert (alert.state, alert.outcome) == (AlertState.CLOSED, Outcome.SAFE)


async def test_a_false_alarm_needs_a_reason(open_story: Open) -> None:
    """The reason is asked for once, and kept sealed."""
    story = await open_story(no_prompts())
    _, dana, ref = await _taken(story)
    await dana.says(f"CLOSE {ref} false alarm")
    await dana.gets("What was it?")
    await dana.says(f"CLOSE {ref} 6 it was a line of a song")
    await dana.gets(f"Ref {ref} is closed: false alarm.")
    (alert,) = await story.rows(Alert)
    assert alert.outcome == Outcome.FALSE_ALARM
    assert alert.reason is not None
    assert b"song" not in alert.reason


async def test_a_note_with_a_promise_that_comes_back(open_story: Open) -> None:
    """What was promised for tomorrow is brought back at nine, and is done when Dana says so."""
    story = await open_story(no_prompts())
    _, dana, ref = await _taken(story)
    await dana.says(f"CLOSE {ref} reached")
    await dana.gets("is closed: reached.")
    await dana.says(f"NOTE {ref} call 25m emotional. They said: felt heard. Next: call tomorrow")
    told = await dana.gets("Noted for person p1, units of 15 min: 2.")
    (note,) = await story.rows(ContactNote)
    assert (note.mode, note.support, note.units) == (Mode.CALL, Support.EMOTIONAL, 2)
    assert b"heard" not in note.text
    (promise,) = await story.rows(Promise)
    assert promise.ref in told
    await story.forward(days=1)
    await dana.gets("Something you promised person p1 is due.")
    await dana.says("DONE")
    await dana.gets(f"{promise.ref} is done.")
    await dana.says("PROMISES")
    await dana.gets("You have no open promises.")
    await story.forward(days=2)


async def test_only_the_holder_or_a_supervisor_closes(open_story: Open) -> None:
    """Jo can't close what Dana has; Lee, who supervises, can."""
    story = await open_story(no_prompts())
    _, dana, ref = await _taken(story)
    jo, lee = story.phone(JO), story.phone(LEE)
    await jo.says(f"CLOSE {ref} safe")
    await jo.gets(f"Dana has Ref {ref}")
    await lee.says(f"CLOSE {ref} safe")
    await lee.gets(f"Ref {ref} is closed: safe.")
    await dana.says(f"CLOSE {ref} safe")
    await dana.gets(f"Ref {ref} is closed.")


async def test_closing_one_that_nobody_took_tells_the_others(open_story: Open) -> None:
    """Jo sees at once that it is nothing: Dana hears that it is over, and the chain ends."""
    story = await open_story(no_prompts())
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("I want to die")
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    notice = await jo.gets("Someone needs you now.")
    ref = notice.split("Ref ")[1][:2]
    await jo.says(f"close {ref} referred")
    await jo.gets(f"Ref {ref} is closed: referred.")
    await dana.gets(f"Jo closed Ref {ref}.")
    await story.forward(hours=3)


async def test_after_closing_new_distress_is_a_new_alert(open_story: Open) -> None:
    """Closed is closed: what is written later opens another, with another ref."""
    story = await open_story(no_prompts())
    alex, dana, ref = await _taken(story)
    await dana.says("CLOSE safe")
    await dana.gets("is closed: safe.")
    await story.forward(minutes=5)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    notice = await dana.gets("Someone needs you soon.")
    assert f"Ref {ref}." not in notice


async def test_whoever_is_on_call_is_told(open_story: Open) -> None:
    """The rota says whose week it is; a handover changes whom the next alert tells."""
    file = no_prompts()
    file["rota"] = [{"name": "nights", "people": ["jo", "lee"], "starts": "2026-11-16 09:00"}]
    file["escalation"]["urgent"] = [{"notify": "on_call", "by": ["sms"], "wait": "10m"}]
    for ref in ("jo", "lee"):
        person(file, ref)["duty"] = ["Mon 01:00-02:00"]
    story = await open_story(file)
    alex = story.phone(ALEX)
    for holder in (LEE, JO):
        await alex.says("I feel hopeless")
        await alex.gets("Thank you for telling me.")
        notice = await story.phone(holder).gets("Someone needs you soon.")
        await story.phone(holder).says(f"CLOSE {notice.split('Ref ')[1][:2]} 2")
        await story.phone(holder).gets("is closed: safe.")
        await story.forward(days=7)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Lord_Howe"])
async def test_a_handover_while_somebody_waits_brings_in_whoever_is_on_call_now(
    open_story: Open, zone: str
) -> None:
    """Jo is told until half past, Lee from then on: an hour of clocks that were changed since."""
    file = no_prompts()
    # Eight weeks earlier by the wall clock: in each of the zones clocks have been changed since.
    starts = datetime(2026, 11, 23, 15, 30, tzinfo=UTC).astimezone(ZoneInfo(zone)) - timedelta(weeks=8)
    rota = {"name": "nights", "timezone": zone, "people": ["lee", "jo"], "starts": f"{starts:%Y-%m-%d %H:%M}"}
    file["rota"] = [rota]
    file["escalation"]["urgent"] = [{"notify": "on_call", "by": ["sms"], "wait": "10m"}]
    file["escalation"]["crisis"] = file["escalation"]["urgent"]
    person(file, "lee")["roles"] = ["specialist"]
    for ref in ("jo", "lee"):
        person(file, ref)["duty"] = ["Mon 01:00-02:00"]
    story = await open_story(file)
    alex, jo, lee = story.phone(ALEX), story.phone(JO), story.phone(LEE)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await jo.gets("Someone needs you soon.")
    for _ in range(2):
        await story.forward(minutes=10)
        await jo.gets("Still nobody has it.")
    await story.forward(minutes=9, seconds=59)
    lee.got_nothing()
    await story.forward(seconds=1)
    await lee.gets("Still nobody has it.")
    await lee.says("1")
    await lee.gets("You have it.")
    await jo.gets("Lee has it.")
    await alex.gets("Lee from your team")


async def test_leave_shields_from_everything_while_somebody_else_is_there(open_story: Open) -> None:
    """Dana is away: Jo is told at once, and Dana not even when nobody answers."""
    file = no_prompts()
    person(file, "dana")["leave"] = ["2026-01-01 to 2027-12-31"]
    story = await open_story(file)
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await alex.says("I want to die")
    await alex.gets("I'm glad you told me.")
    await jo.gets("Someone needs you now.")
    for _ in range(3):
        await story.forward(minutes=3)
        await lee.gets("Someone needs you now.")
        await story.forward(minutes=3)
        await jo.gets("Still nobody has it.")
        await lee.gets("Still nobody has it.")
    dana.got_nothing()


async def test_calling_cover_hands_it_on_at_once(open_story: Open) -> None:
    """Dana can't: Jo, who is next, is told in the same instant, and then Lee."""
    story = await open_story(no_prompts())
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await dana.taps("Call cover")
    await dana.gets("the next in line is being told")
    notice = await jo.gets("Someone needs you soon.")
    await jo.says("1")
    await jo.gets("You have it.")
    await dana.gets("Jo has it.")
    await alex.gets("Jo from your team")
    ref = notice.split("Ref ")[1][:2]
    await dana.says(f"cover {ref}")
    await dana.gets(f"Jo has it. Ref {ref}.")
    await story.forward(minutes=1)
    await jo.says("COVER")
    await jo.gets("the next in line is being told")
    await lee.gets("Someone needs you soon.")
    await lee.says("1")
    await lee.gets("You have it.")
    await dana.gets("Lee has it.")
    await jo.gets("Lee has it.")
    await alex.gets("Lee from your team")
