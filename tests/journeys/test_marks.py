"""A specialist says what triage got wrong, in the chat where the alert came."""

from __future__ import annotations

import re

from bot.domain.marks import Mark
from bot.store.messages import Message, TriageMark
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, no_prompts
from tests.journeys.story import Story


async def alert_about(story: Story, text: str) -> str:
    """Have Alex write something urgent and Dana hear of it; return the alert's ref."""
    await story.phone(ALEX).says(text)
    await story.phone(ALEX).gets("Thank you for telling me.")
    notice = await story.chat(DANA_CHAT).gets("Someone needs you soon.")
    found = re.search(r"Ref (\w+)", notice)
    assert found is not None
    return found[1]


async def marks_on(story: Story, body_of: str) -> list[tuple[Mark, str | None]]:
    """Return the marks on the message with this text, with their reasons."""
    async with story.database.read() as tx:
        found = []
        for mark in await story.rows(TriageMark):
            message = await tx.session.get_one(Message, mark.message_id)
            said = await tx.vault.reveal(tx.session, message.body or b"", "messages", "body", message.id)
            reason = mark.reason
            why = reason and await tx.vault.reveal(tx.session, reason, "triage_marks", "reason", mark.id)
            if said == body_of:
                found.append((mark.mark, why))
        return found


async def test_a_false_alarm_is_noted_with_its_reason(open_story: Open) -> None:
    """FALSE and the ref: kept for the figures; the alert itself goes on until somebody takes it."""
    story = await open_story(no_prompts())
    dana = story.chat(DANA_CHAT)
    ref = await alert_about(story, "I feel hopeless")
    await dana.says(f"False {ref.lower()}: about the football")
    await dana.gets("Noted", ref, "10:00", "false alarm")
    assert await marks_on(story, "I feel hopeless") == [(Mark.FALSE_ALARM, "about the football")]
    await dana.says("1")
    await dana.gets("You have it.")
    await story.phone(ALEX).gets("has your message now.")


async def test_a_missed_text_is_found_by_the_alert_after_it(open_story: Open) -> None:
    """MISSED, as a reply to the notice, means the text before it that nobody was told of."""
    story = await open_story(no_prompts())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("I gave my dog to my sister")
    await alex.gets("Thanks for writing.")
    await story.forward(minutes=30)
    await alert_about(story, "I feel hopeless")
    notice = next(b.message_id for b in reversed(dana.phone.bubbles) if not b.mine)
    await dana.says("MISSED", reply_to=notice)
    await dana.gets("Noted: we missed the text of 10:00")
    assert await marks_on(story, "I gave my dog to my sister") == [(Mark.MISSED, None)]
    await dana.says("1")
    await dana.gets("You have it.")
    await alex.gets("has your message now.")


async def test_a_bare_word_means_the_only_alert(open_story: Open) -> None:
    """With one alert there is nothing to ask; without any, the ref is asked for."""
    story = await open_story(no_prompts())
    dana = story.chat(DANA_CHAT)
    await dana.says("false alarm")
    await dana.gets("Which one do you mean?", "FALSE ALARM K7")
    await alert_about(story, "I feel hopeless")
    await dana.says("false alarm")
    await dana.gets("was a false alarm")
    assert await marks_on(story, "I feel hopeless") == [(Mark.FALSE_ALARM, None)]
    await dana.says("1")
    await dana.gets("You have it.")
    await story.phone(ALEX).gets("has your message now.")


async def test_what_is_no_mark_marks_nothing(open_story: Open) -> None:
    """A sentence that begins like one, and a ref nobody knows, leave no mark."""
    story = await open_story(no_prompts())
    jo = story.phone(JO)
    await jo.says("missed my bus, sorry")
    await jo.gets("Reply 1 to take a call for help")
    await jo.says("FALSE X9")
    await jo.gets("I don't know Ref X9. Nothing was noted.")
    assert await story.rows(TriageMark) == []
