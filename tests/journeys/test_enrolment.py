"""Joining: nobody gets a prompt before their own yes, and importing sends nothing."""

from __future__ import annotations

from sqlalchemy import select

from bot.actions.enrolments import make_invite
from bot.domain.messages import ChannelName, MessageState
from bot.store.messages import Message
from bot.store.people import Participant
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, LEE, MARISOL_CHAT, UNKNOWN, no_prompts, only_mood
from tests.journeys.story import Story


async def test_importing_people_sends_them_nothing(story: Story) -> None:
    """A programme with two people and three staff is imported: every phone stays silent."""
    assert story.twilio.texts == {}
    assert story.telegram.calls["sendMessage"] == 0


async def test_marisol_starts_the_bot_and_is_asked_from_then_on(open_story: Open) -> None:
    """Invited on Telegram, she gets no prompt before her own /start, and one the next morning after it."""
    story = await open_story(only_mood())
    marisol = story.chat(MARISOL_CHAT)
    await story.forward(hours=20)  # past 9:30 in Denver, twice in Chicago: Alex's question is not her story
    await story.phone(ALEX).gets("Morning Alex")
    marisol.got_nothing()
    cancelled = await story.rows(Message, Message.state == MessageState.CANCELLED)
    assert [message.reason for message in cancelled] == ["invited"]

    await marisol.says("/start")
    await marisol.gets(
        "Riverside Recovery: listo.", "unos 7 por semana", "Puede haber cargos", "HELP", "STOP"
    )
    await story.forward(hours=5, minutes=30)
    await story.phone(ALEX).gets("Morning Alex")
    await marisol.gets("Buenos dias Marisol. ¿Como te sientes hoy, de 0 (mal) a 10 (bien)?")


async def test_writing_before_the_yes_is_answered_with_how_to_begin(open_story: Open) -> None:
    """Somebody invited who writes anything else hears once a day how to begin, and is not taken in by it."""
    story = await open_story(only_mood())
    marisol = story.chat(MARISOL_CHAT)
    await marisol.says("hola, quien es?")
    await marisol.gets("Para empezar, responde START.")
    await marisol.says("hola?")
    marisol.got_nothing()
    await story.forward(minutes=2)
    await marisol.says("si")
    await marisol.gets("Riverside Recovery: listo.")


async def test_a_stranger_joins_by_the_keyword_and_a_yes(open_story: Open) -> None:
    """RIVER asks for a yes and says what a carrier wants said; START begins; the coordinator hears of it."""
    file = only_mood()
    file["programme"]["join_schedule"] = "first-weeks"
    story = await open_story(file)
    sam, lee = story.phone(UNKNOWN), story.phone(LEE)
    await sam.says("River.")
    await sam.gets(
        "Riverside Recovery: check-in texts, about 7 a week. Msg&data rates may apply.",
        "Reply START to begin, HELP for help, STOP to end.",
    )
    await lee.gets("A new person joined by keyword: join-")
    await story.forward(minutes=5)
    await sam.says("START")
    await sam.gets("Riverside Recovery: you're in. Check-ins, about 7 a week. Msg&data rates may apply.")
    await story.forward(hours=24)
    await story.phone(ALEX).gets("Morning Alex")
    await sam.gets("Morning there. How are you today, 0 (rough) to 10 (good)?")


async def test_a_stranger_who_says_no_is_left_alone(open_story: Open) -> None:
    """STOP after the keyword ends it: one confirmation, then nothing."""
    story = await open_story(only_mood())
    sam, lee = story.phone(UNKNOWN), story.phone(LEE)
    await sam.says("RIVER")
    await sam.gets("Reply START to begin")
    await lee.gets("A new person joined by keyword")
    await sam.says("Please stop!")
    await sam.gets("Riverside Recovery: you're opted out and will get no more texts from us.")
    await lee.gets("One of your people asked us to stop")


async def test_a_one_time_link_takes_a_chat_in_once(open_story: Open) -> None:
    """The link that Alex's coordinator sent opens one chat; a second phone that tries it stays a stranger."""
    story = await open_story(only_mood())
    async with story.database.write() as tx:
        alex = (await tx.session.scalars(select(Participant).where(Participant.ref == "p1"))).one()
        token = await make_invite(tx, alex, ChannelName.TELEGRAM)
    chat, other = story.chat(800101, "Alex"), story.chat(800102, "Sam")
    await chat.says(f"/start {token}")
    await chat.gets("Riverside Recovery: you're in.")
    await other.says(f"/start {token}")
    await other.gets("This is an automated line of Riverside Recovery. We don't know this phone yet.")
    await other.says("/start")
    other.got_nothing()


async def test_help_says_who_we_are_and_how_to_reach_a_person(open_story: Open) -> None:
    """HELP is answered whoever asks: a participant, somebody not yet in, somebody unknown."""
    story = await open_story(no_prompts())
    for person in (story.phone(ALEX), story.chat(MARISOL_CHAT), story.phone(UNKNOWN)):
        await person.says("HELP")
        await person.gets("Riverside Recovery", "+1 202 555 0100", "STOP")


async def test_help_with_a_reason_is_a_cry(open_story: Open) -> None:
    """ "help me please" is no question about the service: Dana is told."""
    story = await open_story(no_prompts())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("help me please")
    await alex.gets("I'm telling your team.", "988")
    await dana.gets("Someone needs you soon.")
