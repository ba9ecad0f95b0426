"""Twilio on a bad day: nobody's alert is lost, and nobody gets a routine text twice."""

from __future__ import annotations

from bot.domain.messages import Kind, MessageState
from bot.store.messages import Message
from tests.fakes.trouble import broken, dropped, hung, rate_limited
from tests.fakes.twilio_phone import Text
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA, DANA_CHAT, JO, LEE, no_prompts, only_mood, person
from tests.journeys.story import File, Story


async def test_a_stop_we_never_heard_of_is_learnt_from_the_refusal(open_story: Open) -> None:
    """Twilio says 21610: Alex is out, Dana is told, and no further question is tried."""
    story = await open_story(only_mood())
    story.twilio.opted_out.add(ALEX)
    await story.forward(minutes=30)
    await story.chat(DANA_CHAT).gets("One of your people asked us to stop: person p1.")
    await story.forward(days=2)
    asked = await story.rows(Message, Message.kind == Kind.PROMPT, Message.attempts > 0)
    assert len(asked) == 1


async def test_a_dead_number_is_told_to_dana_once(open_story: Open) -> None:
    """A receipt says 30005, unknown number: Dana is asked to check it, and questions stop."""
    story = await open_story(only_mood())
    story.twilio.auto_report = ()
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await story.forward(minutes=30)
    await alex.gets("Morning Alex")
    await _report(story, alex.phone.got[-1], "undelivered", error_code=30005)
    await dana.gets("We can't reach one of your people by sms: person p1. Please check their contact.")
    await story.forward(days=2)


async def test_a_notice_that_is_not_delivered_goes_another_way_at_once(open_story: Open) -> None:
    """Dana's text bounces: Telegram in the same instant, and Jo still at ten minutes, not at twenty."""
    story = await open_story(_by_text_first())
    story.twilio.auto_report = ("sent",)
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await story.phone(DANA).gets("Someone needs you soon.")
    await story.forward(seconds=40)
    await _report(story, story.phone(DANA).phone.got[-1], "undelivered", error_code=30003)
    await dana.gets("Someone needs you soon.")
    await story.forward(minutes=9, seconds=19)
    jo.got_nothing()
    await story.forward(seconds=1)
    await jo.gets("Someone needs you soon.")


async def test_a_notice_with_no_way_left_brings_the_next_step_at_once(open_story: Open) -> None:
    """Jo, who has one phone, can't be texted: Lee is told now, not in ten minutes."""
    story = await open_story(no_prompts())
    story.twilio.auto_report = ("sent",)
    alex, dana, jo, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO), story.phone(LEE)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    await dana.gets("Someone needs you soon.")
    await story.forward(minutes=10)
    await jo.gets("Someone needs you soon.")
    lee.got_nothing()
    await _report(story, jo.phone.got[-1], "failed", error_code=30008)
    await lee.gets("Someone needs you soon.")


async def test_too_fast_is_waited_for_and_sent_once(open_story: Open) -> None:
    """429 with a pause of 30 seconds: nothing is tried before, and the question comes once after."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    story.twilio.trouble.append(rate_limited(30))
    await story.forward(minutes=30, seconds=29)
    alex.got_nothing()
    await story.forward(seconds=31)
    await alex.gets("Morning Alex")


async def test_an_alert_whose_answer_was_lost_is_found_and_not_sent_twice(open_story: Open) -> None:
    """500 after Twilio kept it: the look-up finds both texts; Jo and Alex get one each."""
    story = await open_story(no_prompts())
    story.twilio.auto_report = ()
    story.twilio.trouble.extend([broken(stored=True), dropped(stored=True)])
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("I want to die")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await alex.gets("I'm glad you told me.")
    await story.forward(minutes=2)
    states = {m.state for m in await story.rows(Message, Message.kind.in_([Kind.NOTICE, Kind.CRISIS]))}
    assert states == {MessageState.SENT, MessageState.DELIVERED}


async def test_an_alert_that_was_lost_is_sent_again(open_story: Open) -> None:
    """500 and a cut connection, nothing kept: seconds later both texts are there."""
    story = await open_story(no_prompts())
    story.twilio.trouble.extend([broken(), dropped()])
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("I want to die")
    await dana.gets("Someone needs you now.")
    jo.got_nothing()
    await story.forward(seconds=5)
    await jo.gets("Someone needs you now.")
    await alex.gets("I'm glad you told me.")


async def test_a_question_is_never_asked_twice(open_story: Open) -> None:
    """500 after keeping it, and 500 without: one question the first day, none the second, one the third."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    story.twilio.trouble.append(broken(stored=True))
    await story.forward(days=1)
    await alex.gets("Morning Alex")
    story.twilio.trouble.append(broken())
    await story.forward(days=1)
    alex.got_nothing()
    await story.forward(days=1)
    await alex.gets("Morning Alex")


async def test_a_call_that_hangs_delays_nobody_else(open_story: Open) -> None:
    """Twilio takes Jo's notice and never answers: Dana has hers, and Jo gets no second one."""
    story = await open_story(no_prompts(), patience=0.6)
    story.twilio.trouble.extend([hung(stored=True), hung(stored=True)])
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("I want to die")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await alex.gets("I'm glad you told me.")
    await story.forward(minutes=1)


async def test_on_telegram_one_extra_alert_beats_none(open_story: Open) -> None:
    """Telegram can't be asked what it took: Dana gets a text at once, and her notice again; one ref."""
    story = await open_story(no_prompts(), patience=0.6)
    story.telegram.trouble.append(dropped(stored=True))
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    first = await dana.gets("Someone needs you soon.")
    assert await story.phone(DANA).gets("Someone needs you soon.") == first
    await story.forward(seconds=5)
    assert await dana.gets("Someone needs you soon.") == first


async def test_receipts_out_of_order_never_move_a_message_back(open_story: Open) -> None:
    """ "delivered" before "sent" before "queued", each twice: it stays delivered."""
    story = await open_story(only_mood())
    story.twilio.auto_report = ()
    alex = story.phone(ALEX)
    await story.forward(minutes=30)
    await alex.gets("Morning Alex")
    text = alex.phone.got[-1]
    await _report(story, text, "delivered", "sent", "queued", "undelivered", "delivered", "sent")
    (message,) = await story.rows(Message, Message.provider_id == text.sid)
    assert message.state is MessageState.DELIVERED


async def test_a_receipt_may_come_before_the_answer_to_our_call(open_story: Open) -> None:
    """The receipt arrives while the call that made the text is lost: delivered, and not sent again."""
    story = await open_story(no_prompts(), patience=0.6)
    story.twilio.trouble.extend([hung(stored=True), hung(stored=True)])
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("I want to die")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await alex.gets("I'm glad you told me.")
    states = {m.state for m in await story.rows(Message, Message.kind.in_([Kind.NOTICE, Kind.CRISIS]))}
    assert states == {MessageState.DELIVERED}
    assert not story.twilio.trouble


async def test_when_twilio_refuses_the_account_alerts_go_round_it(open_story: Open) -> None:
    """The account is suspended: Lee hears so by Telegram, alerts go by Telegram, and Alex is not lied to."""
    file = no_prompts()
    person(file, "lee")["contacts"].append({"telegram": 700003})
    file["escalation"]["urgent"][2]["by"] = ["sms", "telegram"]
    story = await open_story(file)
    story.twilio.account_status = "suspended"
    alex, dana, lee = story.phone(ALEX), story.chat(DANA_CHAT), story.chat(700003, "Lee")
    await alex.says("I feel hopeless")
    await dana.gets("Someone needs you soon.")
    await lee.gets("Sending by sms is refused by the provider (20005).")
    await story.forward(minutes=10)
    await lee.gets("Someone needs you soon.")


def _by_text_first() -> File:
    file = no_prompts()
    file["escalation"]["urgent"][0]["by"] = ["sms", "telegram"]
    return file


async def _report(story: Story, text: Text, *statuses: str, error_code: int | None = None) -> None:
    await story.twilio.report(text, *statuses, error_code=error_code)
    await story.settle()
