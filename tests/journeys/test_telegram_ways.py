"""What only Telegram does: edits, voice notes, blocks, chats that move."""

from __future__ import annotations

from sqlalchemy import select

from bot.store.messages import Message
from bot.store.people import Contact
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA, DANA_CHAT, JO, LEE, MARISOL_CHAT, no_prompts, only_mood


async def test_an_edited_message_is_read_again(open_story: Open) -> None:
    """ "estoy bien" changed into a cry is a cry."""
    story = await open_story(no_prompts())
    marisol, jo = story.chat(MARISOL_CHAT), story.phone(JO)
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("estoy bien")
    await marisol.gets("Gracias por escribir.")
    await marisol.edits("me quiero morir")
    await marisol.gets("Soy un sistema, no una persona.")
    await jo.gets("Someone needs you now.")


async def test_a_harmless_edit_is_not_answered_again(open_story: Open) -> None:
    """Mending a typing error brings no second answer."""
    story = await open_story(no_prompts())
    marisol = story.chat(MARISOL_CHAT)
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("hoy fui al parqe")
    await marisol.gets("Gracias por escribir.")
    await marisol.edits("hoy fui al parque")


async def test_a_voice_note_is_answered_and_flagged(open_story: Open) -> None:
    """We say that we can't hear it and ask to type; Jo is asked to look, once a day."""
    story = await open_story(no_prompts())
    marisol, jo = story.chat(MARISOL_CHAT), story.phone(JO)
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.sends("voice", {"file_id": "v1", "file_unique_id": "u1", "duration": 4})
    await marisol.gets("No puedo abrir fotos ni notas de voz.", "Le pedi a Jo que lo vea.")
    await jo.gets("Someone sent something I can't read: person p2.")
    flagged = await story.rows(Message, Message.flag == "media")
    assert [message.media for message in flagged] == [["voice"]]


async def test_a_picture_by_text_is_answered_too(open_story: Open) -> None:
    """The same by MMS."""
    story = await open_story(no_prompts())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("", media=("image/jpeg",))
    await alex.gets(
        "I can't open pictures or voice notes. Could you type it? I've asked Dana to have a look."
    )
    await dana.gets("Someone sent something I can't read: person p1.")


async def test_a_picture_with_a_cry_under_it_is_heard(open_story: Open) -> None:
    """The words under a picture are read like any others."""
    story = await open_story(no_prompts())
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("I want to die", media=("image/jpeg",))
    await alex.gets("988")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")


async def test_when_dana_has_blocked_the_bot_alerts_come_by_text(open_story: Open) -> None:
    """Telegram says 403 to her notice: she gets a text in the same instant, and Lee hears of thin cover."""
    story = await open_story(no_prompts())
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    dana.phone.blocked = True  # without the update that tells us
    await alex.says("I want to die")
    await alex.gets("988")
    await jo.gets("Someone needs you now.")
    await story.phone(DANA).gets("Someone needs you now.")
    await lee.gets("Cover is thin: one of our staff can't get alerts by telegram now.")
    await story.phone(DANA).says("1")
    await story.phone(DANA).gets("You have it.")
    await jo.gets("Dana has it.")
    await alex.gets("Dana from your team")


async def test_when_telegram_tells_us_of_a_block_cover_is_mended_before_it_matters(open_story: Open) -> None:
    """Dana blocks the bot on a quiet day: Lee is warned at once, and the next alert goes by text."""
    story = await open_story(no_prompts())
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await dana.blocks()
    await lee.gets("Cover is thin: one of our staff can't get alerts by telegram now.")
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await story.phone(DANA).gets("Someone needs you soon.")
    await dana.unblocks()
    await dana.says("/start")
    await dana.gets("Welcome back")
    jo.got_nothing()


async def test_a_participant_who_blocks_the_bot_is_out_until_their_own_start(open_story: Open) -> None:
    """No prompt after the block; unblocking alone changes nothing; /start does."""
    story = await open_story(only_mood())
    alex, marisol, jo = story.phone(ALEX), story.chat(MARISOL_CHAT), story.phone(JO)
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.blocks()
    await jo.gets("asked us to stop: person p2.")
    await marisol.unblocks()
    await story.forward(days=1)
    await alex.gets("Morning Alex")
    marisol.got_nothing()
    await marisol.says("/start")
    await marisol.gets("Hola de nuevo")
    await story.forward(days=1)
    await alex.gets("Morning Alex")
    await marisol.gets("Buenos dias Marisol")


async def test_a_chat_that_moved_is_followed(open_story: Open) -> None:
    """Telegram answers with the chat's new address: the question goes there, and answers from there count."""
    story = await open_story(only_mood())
    alex, marisol = story.phone(ALEX), story.chat(MARISOL_CHAT)
    await marisol.says("/start")
    await marisol.gets("listo")
    moved = story.chat(800003, "Marisol")
    marisol.phone.migrated_to = 800003
    await story.forward(hours=1, minutes=30)
    await alex.gets("Morning Alex")
    await moved.gets("Buenos dias Marisol")
    await moved.says("7")
    await moved.gets("Me alegra leerlo.")
    async with story.database.read() as tx:
        contacts = (await tx.session.scalars(select(Contact).where(Contact.channel == "telegram"))).all()
    assert len(contacts) == 2  # Dana's and Marisol's: nobody was added
