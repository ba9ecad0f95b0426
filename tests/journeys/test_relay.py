"""Staff and participants talk through the bot: by first name, without a number, and never crossed."""

from __future__ import annotations

from typing import Any

from bot.store.alerts import Alert, AlertState
from tests.journeys.conftest import Open
from tests.journeys.people import Chatter, Texter
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, LEE, MARISOL_CHAT, no_prompts, person
from tests.journeys.story import Story


def _open_house() -> dict[str, Any]:
    """Return a programme that lets Telegram show what people wrote; Marisol is Dana's too."""
    file = no_prompts()
    file["programme"]["telegram_details"] = True
    marisol = person(file, "p2")
    marisol["specialist"] = "dana"
    marisol["contacts"][0]["consent"]["method"] = "written"
    return file


async def _alex_with_dana(story: Story) -> tuple[Texter, Chatter, str]:
    """Alex feels hopeless, Dana takes it; return them and the ref."""
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await dana.taps("I have it")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team has your message now.")
    alerts = await story.rows(Alert, Alert.state == AlertState.ACKNOWLEDGED)
    return alex, dana, max(alerts, key=lambda alert: alert.opened_at).ref


async def test_a_talk_by_ref_and_its_end_by_back(open_story: Open) -> None:
    """`K7 hello` begins it; plain words go on; the bot keeps quiet; BACK tells both."""
    story = await open_story(_open_house())
    alex, dana, ref = await _alex_with_dana(story)
    await dana.says(f"{ref} Hi Alex, how are you now?")
    await dana.gets("You are talking with person p1 now")
    await alex.gets("Dana: Hi Alex, how are you now?")
    await alex.says("a bit better")
    await dana.gets(f"{ref}: a bit better")
    await dana.says("good to hear")
    await alex.gets("Dana: good to hear")
    await alex.says("PAUSE")  # the bot keeps quiet, whatever they write
    await dana.gets(f"{ref}: PAUSE")
    await dana.says("BACK")
    await dana.gets(f"I am back with Ref {ref}.")
    await alex.gets("Dana has gone now.")
    await alex.says("thanks")
    await alex.gets("Thanks for writing.")
    dana.got_nothing()


async def test_a_reply_on_telegram_and_a_quick_answer(open_story: Open) -> None:
    """A reply to the notice begins a talk; a button sends a ready sentence in the person's language."""
    story = await open_story(_open_house())
    marisol, dana = story.chat(MARISOL_CHAT), story.chat(DANA_CHAT)
    await marisol.says("no aguanto mas")
    await marisol.gets("Gracias por contarme.")
    await dana.gets("Someone needs you soon.")
    await dana.says("Hola, soy Dana", reply_to=dana.phone.bubbles[-1].message_id)
    await marisol.gets("Dana, de tu equipo")
    await dana.gets("You are talking with person p2 now")
    await marisol.gets("Dana: Hola, soy Dana")
    await marisol.says("gracias")
    await dana.gets(": gracias")
    await dana.taps("Can I call you now?")
    await marisol.gets("Dana: ¿Te puedo llamar ahora?")


async def test_after_half_an_hour_of_silence_the_bot_comes_back(open_story: Open) -> None:
    """Both are told, once."""
    story = await open_story(_open_house())
    alex, dana, ref = await _alex_with_dana(story)
    await dana.says(f"{ref} I am here")
    await dana.gets("You are talking with person p1 now")
    await alex.gets("Dana: I am here")
    await story.forward(minutes=29)
    alex.got_nothing()
    await story.forward(minutes=1)
    await dana.gets("I am back with Ref")
    await alex.gets("Dana has gone now.")


async def test_words_for_two_people_are_never_crossed(open_story: Open) -> None:
    """With two talks open plain words go to nobody: Dana is asked for whom they are."""
    story = await open_story(_open_house())
    alex, dana, ref = await _alex_with_dana(story)
    await dana.says(f"{ref} hello Alex")
    await dana.gets("You are talking with person p1 now")
    await alex.gets("Dana: hello Alex")
    await dana.says("TO p2 Hola Marisol")
    await dana.gets("You are talking with person p2 now")
    marisol = story.chat(MARISOL_CHAT)
    await marisol.gets("Dana: Hola Marisol")
    await dana.says("take care")
    await dana.gets("Who is this for?", ref, "p2")
    alex.got_nothing()
    marisol.got_nothing()
    await marisol.says("hola Dana")
    await dana.gets("p2: hola Dana")
    await dana.says("te llamo", reply_to=dana.phone.bubbles[-1].message_id)
    await marisol.gets("Dana: te llamo")
    alex.got_nothing()


async def test_by_sms_nothing_said_is_shown(open_story: Open) -> None:
    """Jo's texts hold a link that is good once, never Alex's words; Alex never sees a number."""
    file = no_prompts()
    person(file, "p1")["specialist"] = "jo"
    story = await open_story(file)
    alex, jo = story.phone(ALEX), story.phone(JO)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    notice = await jo.gets("Someone needs you soon.")
    ref = notice.split("Ref ")[1][:2]
    await jo.says(f"{ref} Hi, it's Jo")
    await alex.gets("Jo from your team")
    await jo.gets("You are talking with person p1 now")
    await alex.gets("Jo: Hi, it's Jo")
    await alex.says("I am at my sister's")
    shown = await jo.gets(f"They wrote to you. Ref {ref}.")
    assert "sister" not in shown
    assert f"{story.url}/s/" in shown


async def test_a_supervisor_joins_and_both_see_everything(open_story: Open) -> None:
    """Lee writes into Dana's talk: Alex sees both names, Dana sees what Lee said."""
    story = await open_story(_open_house())
    alex, dana, ref = await _alex_with_dana(story)
    lee, jo = story.phone(LEE), story.phone(JO)
    await dana.says(f"{ref} hello")
    await dana.gets("You are talking with person p1 now")
    await alex.gets("Dana: hello")
    await lee.says(f"{ref} Lee here too")
    await alex.gets("Lee: Lee here too")
    await dana.gets("Lee: Lee here too")
    await jo.says(f"{ref} me too")
    await jo.gets("Dana has it.")
    await alex.says("thank you both")
    await dana.gets(f"{ref}: thank you both")
    await lee.gets("They wrote to you.")


async def test_nobody_writes_to_somebody_who_said_stop(open_story: Open) -> None:
    """Alex has stopped us: Dana is told to call."""
    story = await open_story(_open_house())
    alex, dana, ref = await _alex_with_dana(story)
    await alex.says("STOP")
    await dana.gets("asked us to stop")
    await dana.says(f"{ref} are you ok?")
    await dana.gets("I may not text person p1")
    alex.got_nothing()


async def test_distress_in_a_talk_is_still_an_alert(open_story: Open) -> None:
    """What Alex writes to Dana is read for distress like everything else."""
    story = await open_story(_open_house())
    alex, dana, ref = await _alex_with_dana(story)
    await dana.says(f"{ref} hello")
    await dana.gets("You are talking with person p1 now")
    await alex.gets("Dana: hello")
    await alex.says("I want to die")
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    await story.phone(JO).gets("Someone needs you now.")
    await dana.gets(f"{ref}: I want to die")
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("Dana from your team")
    await story.phone(JO).gets("Dana has it.")


async def test_a_closed_alert_is_not_everybodys(open_story: Open) -> None:
    """Dana had it and closed it. Jo, who was only told, can't write to Alex on its ref; Dana and Lee can."""
    file = no_prompts()
    person(file, "p1")["specialist"] = "lee"
    file["escalation"]["urgent"] = [{"notify": ["dana", "jo"], "by": ["telegram", "sms"], "wait": "10m"}]
    story = await open_story(file)
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    ref = (await jo.gets("Someone needs you soon.")).split("Ref ")[1][:2]
    notice = await dana.gets("Someone needs you soon.")
    assert ref in notice
    await dana.says("1")
    await dana.gets("You have it.")
    await jo.gets("Dana has it.")
    await alex.gets("Dana from your team")
    await dana.says(f"CLOSE {ref} safe")
    await dana.gets("is closed")
    await jo.says(f"{ref} hello, are you well?")
    await jo.gets(f"Ref {ref} is closed, and I sent nothing.")
    alex.got_nothing()
    await dana.says(f"{ref} hello Alex")
    await dana.gets("You are talking with person p1")
    await alex.gets("Dana", "hello Alex")
    await dana.says("BACK")
    await dana.gets("I am back")
    await alex.gets("Dana has gone now.")
    await lee.says(f"{ref} and from me")
    await lee.gets("You are talking with person p1")
    await alex.gets("Lee", "and from me")
