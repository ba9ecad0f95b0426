"""A number nobody knows: answered politely once, and heard when it matters."""

from __future__ import annotations

from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, LEE, UNKNOWN, no_prompts
from tests.journeys.story import Story

GREETING = "This is an automated line of Riverside Recovery. We don't know this phone yet."


async def test_a_stranger_is_told_once_who_this_is(story: Story) -> None:
    """The first text is answered with who we are and how to reach a person; the next ones are not."""
    sam = story.phone(UNKNOWN)
    await sam.says("hi who is this")
    await sam.gets(GREETING, "For a person: +1 202 555 0100.")
    await sam.says("ok")
    await sam.says("hello?")


async def test_a_stranger_in_distress_reaches_the_supervisor(open_story: Open) -> None:
    """Nobody is assigned, so the supervisor is told at once; the stranger gets the lines."""
    story = await open_story(no_prompts())
    sam, lee = story.phone(UNKNOWN), story.phone(LEE)
    await sam.says("I want to die")
    await sam.gets("I'm telling our team that this phone wrote.", "call or text 988, or call 911")
    notice = await lee.gets("Someone needs you now. Ref ")
    assert UNKNOWN not in notice
    await lee.says("1")
    await lee.gets("You have it.")
    await sam.gets("Lee from your team has your message now.")


async def test_somebody_reporting_an_overdose_is_told_what_to_do(open_story: Open) -> None:
    """ "he won't wake up": the emergency number and what to do, before anything else."""
    story = await open_story(no_prompts())
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("he won't wake up and his lips are blue")
    await alex.gets("Call 911 now:", "naloxone")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")


async def test_parts_of_one_message_in_the_wrong_order_are_one_alert(open_story: Open) -> None:
    """A carrier cuts a text in two and delivers the end first: read together, one alert, one reply."""
    story = await open_story(no_prompts())
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("myself tonight")
    await alex.gets("Thanks for writing. I'm automated")
    await story.forward(seconds=2)
    await alex.says("I want to kill")
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await story.forward(seconds=2)
    await alex.says("I have said goodbye to everyone")
    alex.got_nothing()
