"""Nobody answers: the chain goes on to the minute, as the programme says, until a person takes it."""

from __future__ import annotations

from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, LEE, MARISOL_CHAT, no_prompts, person


async def test_urgent_goes_from_dana_to_jo_to_lee_and_round_again(open_story: Open) -> None:
    """Ten minutes each; in the second round the supervisor is told from its first step on."""
    story = await open_story(no_prompts())
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await story.forward(minutes=9, seconds=59)
    jo.got_nothing()
    await story.forward(seconds=1)
    await jo.gets("Someone needs you soon.")
    await story.forward(minutes=9, seconds=59)
    lee.got_nothing()
    await story.forward(seconds=1)
    await lee.gets("Someone needs you soon.")
    await story.forward(minutes=10)
    await dana.gets("Still nobody has it.")
    await lee.gets("Still nobody has it.")
    await story.forward(minutes=10)
    await jo.gets("Still nobody has it.")
    await story.forward(minutes=10)
    await lee.gets("Still nobody has it.")
    await lee.says("1")
    await lee.gets("You have it.")
    await dana.gets("Lee has it.")
    await jo.gets("Lee has it.")
    await alex.gets("Lee from your team has your message now.")
    await lee.says("CLOSE 2")
    await lee.gets("is closed: safe.")
    await story.forward(hours=4)


async def test_a_crisis_tells_two_at_once_and_the_supervisor_after_three_minutes(open_story: Open) -> None:
    """Dana and Jo at once, Lee at three minutes, all three at six, and so on: never longer than six alone."""
    story = await open_story(no_prompts())
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await alex.says("I want to die")
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await story.forward(minutes=2, seconds=59)
    lee.got_nothing()
    await story.forward(seconds=1)
    await lee.gets("Someone needs you now.")
    for _ in range(3):
        await story.forward(minutes=3)
        for staff in (dana, jo, lee):
            await staff.gets("Still nobody has it. Someone needs you now.")
        await story.forward(minutes=3)
        await lee.gets("Still nobody has it. Someone needs you now.")


async def test_an_off_duty_specialist_is_skipped_at_once(open_story: Open) -> None:
    """At eight in the evening Dana sleeps in peace: Jo is told in the same instant."""
    story = await open_story(no_prompts())
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await story.forward(hours=10)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await jo.gets("Someone needs you soon.")
    dana.got_nothing()
    await jo.says("1")
    await jo.gets("You have it.")
    await alex.gets("Jo from your team")


async def test_in_a_crisis_nobody_is_off_duty_for_ever(open_story: Open) -> None:
    """At night Jo and Lee come first; when a whole round has passed, Dana is woken too."""
    story = await open_story(no_prompts())
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await story.forward(hours=10)
    await alex.says("I want to die")
    await alex.gets("I'm glad you told me.")
    await jo.gets("Someone needs you now.")
    await story.forward(minutes=3)
    await lee.gets("Someone needs you now.")
    dana.got_nothing()
    await story.forward(minutes=3)
    for staff in (dana, jo, lee):
        await staff.gets("Still nobody has it.")


async def test_a_step_nobody_can_take_costs_no_time(open_story: Open) -> None:
    """Jo has no backup: after her ten minutes the supervisor is told, not after twenty."""
    story = await open_story(no_prompts())
    marisol, jo, lee = story.chat(MARISOL_CHAT), story.phone(JO), story.phone(LEE)
    await marisol.says("no aguanto mas")
    await marisol.gets("Gracias por contarme. Soy un sistema, no una persona.")
    await jo.gets("Someone needs you soon.")
    await story.forward(minutes=10)
    await lee.gets("Someone needs you soon.")


async def test_when_nobody_at_all_is_on_duty_the_supervisor_is_told_all_the_same(open_story: Open) -> None:
    """Everybody is off duty at night: an urgent text still reaches the supervisor at once."""
    file = no_prompts()
    for ref in ("jo", "lee"):
        person(file, ref)["duty"] = ["Mon-Fri 09:00-17:00"]
    story = await open_story(file)
    alex, lee = story.phone(ALEX), story.phone(LEE)
    await lee.gets("Nobody is on duty or on call: Mon 18:00-09:00.")
    await story.forward(hours=12)
    await alex.says("I feel hopeless")
    await alex.gets("I'm telling your team.")
    await lee.gets("Someone needs you soon.")


async def test_when_nobody_can_be_reached_alex_is_told_so_and_it_goes_on(open_story: Open) -> None:
    """With every staff phone opted out the reply promises nobody; a START brings the next round."""
    file = no_prompts()
    person(file, "lee")["contacts"].pop()  # the number Lee can be called at
    story = await open_story(file)
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    dana_sms = story.phone("+12025550101")
    for staff in (jo, dana_sms):
        await staff.says("STOP")
        await lee.gets("Cover is thin")
    await lee.says("STOP")
    await dana.blocks()
    await alex.says("I want to die")
    await alex.gets(
        "I'm automated, and I can't reach your team right now. Please don't wait for us: call or text 988"
    )
    await story.forward(minutes=1)
    await jo.says("START")
    await jo.gets("Welcome back")
    await story.forward(minutes=2)
    await jo.gets("Still nobody has it. Someone needs you now.")
