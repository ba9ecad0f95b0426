"""Distress: answered at once, and a person says "I have it"."""

from __future__ import annotations

from bot.store.alerts import Alert, AlertState
from tests.journeys.conftest import Open
from tests.journeys.people import Chatter, Texter
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, LEE, MARISOL_CHAT, no_prompts, only_mood
from tests.journeys.story import Story

CRISIS = "I want to kill myself"
URGENT = "I feel hopeless"


def _cast(story: Story) -> tuple[Texter, Chatter, Texter, Texter]:
    return story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)


async def _in_crisis(story: Story) -> str:
    """Let Alex write the worst; everybody reads what they get. Return the alert's reference."""
    alex, dana, jo, _ = _cast(story)
    await alex.says(CRISIS)
    await alex.gets("I'm automated, not a person.", "call or text 988, or call 911")
    notice = await dana.gets("Someone needs you now. Ref ")
    assert notice == await jo.gets("Someone needs you now. Ref ")
    return notice.split("Ref ")[1].split(".")[0]


async def test_a_bare_1_by_text_takes_it(open_story: Open) -> None:
    """Jo answers 1: she has it, Dana is told who, Alex is told who, and nobody is told again."""
    story = await open_story(no_prompts())
    alex, dana, jo, _ = _cast(story)
    ref = await _in_crisis(story)
    await story.forward(minutes=1)
    await jo.says("1")
    await jo.gets(f"You have it. Ref {ref}, person p1.")
    await dana.gets(f"Jo has it. Ref {ref}. Nothing more for you to do.")
    await alex.gets("Jo from your team has your message now.")
    await story.forward(minutes=30)


async def test_a_1_with_the_reference_takes_that_one_of_two(open_story: Open) -> None:
    """With two people waiting, a bare 1 is asked which; "1" and the reference takes that one."""
    story = await open_story(no_prompts())
    alex, dana, jo, _ = _cast(story)
    marisol = story.chat(MARISOL_CHAT)
    first = await _in_crisis(story)
    await marisol.says("me quiero morir")
    await marisol.gets("Soy un sistema, no una persona.", "llama al 988 y marca 2, o al 911")
    second = (await jo.gets("Someone needs you now. Ref ")).split("Ref ")[1].split(".")[0]
    await jo.says("1")
    await jo.gets("More than one is waiting", first, second)
    await jo.says(f"1 {first.lower()}")
    await jo.gets(f"You have it. Ref {first}, person p1.")
    await alex.gets("Jo from your team")
    await dana.gets(f"Jo has it. Ref {first}.")
    await jo.says("1")  # a second 1 so soon may be the first one sent twice: it takes nobody else by mistake
    await jo.gets(f"Ref {second} is waiting too. Reply 1 {second}")
    await jo.says(second)
    await jo.gets(f"You have it. Ref {second}, person p2.")
    await marisol.gets("Jo, de tu equipo, ya tiene tu mensaje.")


async def test_a_tapped_button_takes_it_and_a_late_1_hears_who_has_it(open_story: Open) -> None:
    """Dana taps "I have it"; Jo, a minute later, learns that nothing is left to do."""
    story = await open_story(no_prompts())
    alex, dana, jo, _ = _cast(story)
    ref = await _in_crisis(story)
    await dana.taps("I have it")
    await dana.gets(f"You have it. Ref {ref}, person p1.")
    await jo.gets(f"Dana has it. Ref {ref}.")
    await alex.gets("Dana from your team has your message now.")
    await story.forward(minutes=1)
    await jo.says("1")
    await jo.gets(f"Dana has it. Ref {ref}.")
    await dana.taps("I have it")
    await dana.gets(f"You already have it. Ref {ref}.")
    (alert,) = await story.rows(Alert)
    assert alert.state is AlertState.ACKNOWLEDGED


async def test_a_telegram_notice_quotes_only_where_the_programme_allows(open_story: Open) -> None:
    """With `telegram_details` Dana sees name and words on Telegram; Jo's text shows neither."""
    file = no_prompts()
    file["programme"]["telegram_details"] = True
    story = await open_story(file)
    alex, dana, jo, _ = _cast(story)
    await alex.says(CRISIS)
    await alex.gets("988")
    await dana.gets("Someone needs you now.", "Alex: says they", CRISIS)
    notice = await jo.gets("Someone needs you now.")
    assert "Alex" not in notice
    assert "kill" not in notice


async def test_of_a_long_text_staff_are_shown_the_words_that_made_it_so(open_story: Open) -> None:
    """Danger said at the end of a long text is in the notice and in its details, not what it began with."""
    file = no_prompts()
    file["programme"]["telegram_details"] = True
    story = await open_story(file)
    alex, dana, jo, _ = _cast(story)
    await alex.says(f"{'Yesterday everybody wandered downtown together. ' * 16}{CRISIS} and that is all")
    await alex.gets("988")
    await dana.gets("Someone needs you now.", "Alex: says they", '"...', CRISIS, 'and that is all"')
    await jo.gets("Someone needs you now.")
    await dana.taps("Details")
    await dana.gets("Alex", '"...', CRISIS, 'and that is all"')


async def test_distress_while_an_alert_is_open_joins_it(open_story: Open) -> None:
    """More of the same: one alert whose count rises, no second notice, no second reply within ten minutes."""
    file = no_prompts()
    for steps in file["escalation"].values():
        if isinstance(steps, list):
            steps[0]["wait"] = "1h"
    story = await open_story(file)
    alex, *_ = _cast(story)
    await _in_crisis(story)
    await story.forward(minutes=2)
    await alex.says("I really want to die")
    alex.got_nothing()
    (alert,) = await story.rows(Alert)
    assert alert.count == 2
    await story.forward(minutes=9)
    await alex.says("I want to die")
    await alex.gets("988")
    (alert,) = await story.rows(Alert)
    assert alert.count == 3


async def test_whoever_has_it_hears_that_they_wrote_again(open_story: Open) -> None:
    """After "I have it" the person writes again: the holder alone is told, and no new chain starts."""
    story = await open_story(no_prompts())
    alex, dana, jo, _ = _cast(story)
    ref = await _in_crisis(story)
    await dana.taps("I have it")
    await dana.gets("You have it.")
    await jo.gets("Dana has it.")
    await alex.gets("Dana from your team")
    await story.forward(minutes=5)
    await alex.says("I want to die")
    await dana.gets(f"They wrote again. Ref {ref}.")
    await story.forward(minutes=30)


async def test_a_rising_level_tells_everybody_anew(open_story: Open) -> None:
    """Hopeless first, then worse: the crisis chain starts at once, and Alex gets the crisis reply at once."""
    story = await open_story(no_prompts())
    alex, dana, jo, _ = _cast(story)
    await alex.says(URGENT)
    await alex.gets("Thank you for telling me. I'm automated, not a person.")
    await dana.gets("Someone needs you soon.")
    await story.forward(minutes=1)
    await alex.says(CRISIS)
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    (alert,) = await story.rows(Alert)
    assert (alert.level, alert.count) == ("crisis", 2)


async def test_urgent_texts_close_together_are_one_telling(open_story: Open) -> None:
    """Hopeless twice within nine minutes stays urgent; said later, it is a second time, and a crisis."""
    story = await open_story(no_prompts())
    alex, dana, jo, _ = _cast(story)
    await alex.says(URGENT)
    await alex.gets("Thank you for telling me. I'm automated, not a person.")
    await dana.gets("Someone needs you soon.")
    await dana.taps("I have it")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await story.forward(minutes=9)
    await alex.says(URGENT)
    await dana.gets("They wrote again.")
    (alert,) = await story.rows(Alert)
    assert alert.level == "urgent"
    await story.forward(minutes=2)
    await alex.says(URGENT)
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    (alert,) = await story.rows(Alert)
    assert alert.level == "crisis"


async def test_a_taken_alert_that_rises_is_everybodys_again(open_story: Open) -> None:
    """Dana has the urgent one; when it becomes a crisis she and Jo are told, and somebody must take it."""
    story = await open_story(no_prompts())
    alex, dana, jo, _ = _cast(story)
    await alex.says(URGENT)
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await dana.taps("I have it")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await story.forward(minutes=1)
    await alex.says(CRISIS)
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await jo.says("1")
    await jo.gets("You have it.")
    await dana.gets("Jo has it.")
    await alex.gets("Jo from your team")


async def test_encouragement_waits_while_somebody_needs_help(open_story: Open) -> None:
    """The 9:30 question is held while the alert is open and two hours after a person has it."""
    story = await open_story(only_mood())
    alex, dana, jo, _ = _cast(story)
    await story.forward(minutes=25)
    await _in_crisis(story)
    await dana.taps("I have it")
    await dana.gets("You have it.")
    await jo.gets("Dana has it.")
    await alex.gets("Dana from your team")
    await story.forward(minutes=60)
    await dana.gets("Are you still with Ref")
    await dana.says("1")
    await dana.gets("You already have it.")
    await story.forward(minutes=59)
    alex.got_nothing()
    await story.forward(minutes=10)
    await dana.gets("Are you still with Ref")
    await alex.gets("Morning Alex.")


async def test_a_crisis_inside_an_answer_keeps_the_answer_too(open_story: Open) -> None:
    """ "1, I want to die" is a 1 and a cry: a person is told, and the number is kept without a thank-you."""
    story = await open_story(only_mood())
    alex, dana, jo, _ = _cast(story)
    await story.forward(minutes=30)
    await alex.gets("Morning Alex")
    await alex.says("1, I want to die")
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
