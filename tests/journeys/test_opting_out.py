"""Stopping: in any words, at once, and never at the price of somebody's safety."""

from __future__ import annotations

from tests.journeys.conftest import Open
from tests.journeys.programmes import (
    ALEX,
    DANA_CHAT,
    JO,
    LEE,
    MARISOL_CHAT,
    no_prompts,
    only_mood,
    person,
)

CHAT = 800101


async def test_stop_in_own_words_ends_prompts_with_one_confirmation(open_story: Open) -> None:
    """ "Please stop texting me" is confirmed once, Dana hears of it, and tomorrow stays silent."""
    story = await open_story(only_mood())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("please stop texting me")
    await alex.gets("Riverside Recovery: you're opted out and will get no more texts from us.")
    await dana.gets("One of your people asked us to stop: person p1.")
    await alex.says("thanks")
    await story.forward(days=2)
    alex.got_nothing()


async def test_start_brings_them_back(open_story: Open) -> None:
    """START after STOP is welcomed back, and the next morning's question comes."""
    story = await open_story(only_mood())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("STOP")
    alex.got_nothing()  # Twilio confirms its own words, and lets nothing of ours through
    await dana.gets("asked us to stop")
    await story.forward(hours=2)
    await alex.says("START")
    await alex.gets("Welcome back to Riverside Recovery.")
    await story.forward(days=1)
    await alex.gets("Morning Alex")


async def test_wanting_to_stop_using_is_no_stop(open_story: Open) -> None:
    """ "I want to stop using" and "Stop me from using tonight" keep Alex in, and staff look."""
    story = await open_story(only_mood())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("I want to stop using")
    await alex.says("Stop me from using tonight")
    await dana.gets("Someone needs you")
    await dana.taps("I have it")
    await dana.gets("You have it.")
    assert "opted out" not in " ".join(alex.phone.texts)
    alex.phone.got.clear()
    await dana.says("CLOSE safe")
    await dana.gets("is closed: safe.")
    await story.forward(days=1)
    await alex.gets("Morning Alex")


async def test_stop_and_distress_in_one_sentence_are_both_heard(open_story: Open) -> None:
    """ "please stop texting me, I want to die": crisis lines, one confirmation, and staff are told."""
    story = await open_story(only_mood())
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("please stop texting me, I want to die")
    await alex.gets("call or text 988, or call 911")
    await alex.gets("Riverside Recovery: you're opted out")
    notice = await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await dana.gets("asked us to stop: person p1.")
    await jo.says("1")
    await jo.gets("You have it.", "person p1")
    await dana.gets("Jo has it. " + notice.split(". ")[1])
    alex.got_nothing()  # nobody writes to somebody who said stop, not even with good news
    await jo.says("CLOSE reached")
    await jo.gets("is closed: reached.")
    await story.forward(days=1)


async def test_later_distress_of_somebody_who_left_reaches_staff_only(open_story: Open) -> None:
    """Alex left last week; a cry today is heard by Dana and Jo, and Alex's phone stays silent."""
    story = await open_story(no_prompts())
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await alex.says("STOP")
    await dana.gets("asked us to stop")
    await story.forward(days=7)
    await alex.says("I want to die")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await dana.taps("I have it")
    await dana.gets("You have it.")
    await jo.gets("Dana has it.")
    alex.got_nothing()
    lee.got_nothing()


async def test_the_carriers_stop_with_nothing_else_is_no_alarm(open_story: Open) -> None:
    """A bare STOP tells Dana at work, and wakes nobody."""
    story = await open_story(no_prompts())
    await story.forward(hours=10)  # eight in the evening: Dana is off
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("Stop")
    dana.got_nothing()
    await story.forward(hours=13)  # nine in the morning
    await dana.gets("asked us to stop: person p1.")


async def test_stop_on_one_channel_leaves_the_other(open_story: Open) -> None:
    """Alex has a phone number and a chat. STOP by text ends texts; questions go on in the chat."""
    file = only_mood()
    person(file, "p1")["contacts"].append({"telegram": CHAT})
    story = await open_story(file)
    alex, chat, dana = story.phone(ALEX), story.chat(CHAT), story.chat(DANA_CHAT)
    await chat.says("/start")
    await chat.gets("you're in")
    await story.forward(minutes=30)
    await alex.gets("Morning Alex")  # the first contact is the one for questions
    chat.got_nothing()
    await chat.says("7")  # one conversation: the answer may come by the other way
    await chat.gets("Glad to hear it.")
    await alex.says("STOP")
    await dana.gets("asked us to stop")
    await story.forward(days=1)
    alex.got_nothing()
    await chat.gets("Morning Alex")


async def test_distress_on_one_channel_and_then_the_other_is_one_alert(open_story: Open) -> None:
    """A cry by text and another in the chat are one situation; each phone gets the lines it needs."""
    file = no_prompts()
    person(file, "p1")["contacts"].append({"telegram": CHAT})
    story = await open_story(file)
    alex, chat = story.phone(ALEX), story.chat(CHAT)
    dana, jo = story.chat(DANA_CHAT), story.phone(JO)
    await chat.says("/start")
    await chat.gets("you're in")
    await alex.says("I want to die")
    await alex.gets("988")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await chat.says("I want to die")
    await chat.gets("988")
    await jo.says("1")
    await jo.gets("You have it.")
    await dana.gets("Jo has it.")
    await chat.gets("Jo from your team has your message now.")


async def test_staff_who_stop_are_covered_by_others(open_story: Open) -> None:
    """Jo opts out: she gets one confirmation at most, Lee hears that cover is thin, alerts pass her by."""
    story = await open_story(no_prompts())
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await jo.says("stop texting me")
    await jo.gets("opted out")
    await lee.gets("Cover is thin: one of our staff can't get alerts by sms now.")
    await alex.says("I want to die")
    await alex.gets("988")
    await dana.gets("Someone needs you now.")
    await story.forward(minutes=3)
    await lee.gets("Someone needs you now.")


async def test_a_spanish_person_stops_in_spanish(open_story: Open) -> None:
    """ "ya no me escriban" is a stop, confirmed in Spanish."""
    story = await open_story(no_prompts())
    marisol, jo = story.chat(MARISOL_CHAT), story.phone(JO)
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("ya no me escriban por favor")
    await marisol.gets("Riverside Recovery: ya no recibes mensajes nuestros.")
    await jo.gets("One of your people asked us to stop: person p2.")
