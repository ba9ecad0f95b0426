"""What people can ask for by one word at any time: PLAN, CRAVE, SLIP, TALK, MYDATA, MOOD."""

from __future__ import annotations

from typing import Any

from bot.domain.messages import Kind, MessageState
from bot.store.alerts import Alert
from bot.store.messages import Message
from bot.store.plans import OwnQuestion, PlanEntry
from bot.store.schedules import AnswerRow, Checkin, CheckinState
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
from tests.journeys.story import Story, bring_in

WHY, SIGNS, HELPS, PEOPLE = (
    "What are you doing this for?",
    "What tells you a hard time is coming?",
    "What helps when it gets hard?",
    "Whom can you call, day or night?",
)


async def build(story: Story) -> None:
    """Have Alex write a plan with one entry in each part."""
    alex = story.phone(ALEX)
    await alex.says("PLAN")
    await alex.gets("Your plan, in your own words.", WHY, "1 skips, 2 ends")
    await alex.says("my two kids")
    await alex.gets("Next:", SIGNS)
    await alex.says("I stop cooking 🍳 at night")
    await alex.gets("Next:", HELPS)
    await alex.says("a walk by the river")
    await alex.gets("Next:", PEOPLE)
    await alex.says("my sister Bea")
    await alex.gets("It's kept. Text PLAN to see it, CRAVE when you need it.")


async def test_a_plan_is_built_shown_used_and_changed(open_story: Open) -> None:
    """Four questions, one at a time; then it comes back in their own words, and changes by text."""
    story = await open_story(no_prompts())
    alex = story.phone(ALEX)
    await build(story)
    await alex.says("my plan")
    shown = await alex.gets("Your plan")
    assert "Why: 1 my two kids\nSigns: 2 I stop cooking at night\nHelps: 3 a walk by the river" in shown
    assert "People: 4 my sister Bea" in shown
    await alex.says("crave")
    await alex.gets("This helps: a walk by the river. And why: my two kids.", "Text TALK")
    await alex.says("Plan add helps: cold water")
    await alex.gets("Added: cold water.")
    await alex.says("PLAN REMOVE 3")
    await alex.gets("Taken out: a walk by the river.")
    await alex.says("plan remove 9")
    await alex.gets("no such number")
    await alex.says("CRAVE")
    await alex.gets("This helps: cold water.")
    await alex.says("plan add cold water")
    await alex.gets("To which part?")
    assert await story.rows(Alert) == []


async def test_a_plan_on_telegram_in_spanish(open_story: Open) -> None:
    """Buttons pass on a question and end; another adds to one part; a stale button does nothing."""
    story = await open_story(no_prompts())
    marisol = story.chat(MARISOL_CHAT)
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("Mi plan")
    await marisol.gets("Tu plan, en tus palabras.", "¿Por qué haces esto?", "1 salta, 2 termina")
    await marisol.taps("Saltar")
    await marisol.gets("Sigue: ¿Qué te avisa que viene un rato dificil?")
    await marisol.says("no sé")
    await marisol.gets("Sigue: ¿Qué te ayuda")
    await marisol.says("cantar en la cocina 🎵")
    await marisol.gets("Sigue: ¿A quién puedes llamar")
    await marisol.taps("Basta por hoy")
    await marisol.gets("Guardado.")
    await marisol.says("plan")
    await marisol.gets("Me sirve: 1 cantar en la cocina 🎵")
    await marisol.taps("+ Personas")
    await marisol.gets("¿A quién puedes llamar", "2 termina")
    await marisol.taps("Saltar")  # of a question that is over
    await marisol.says("mi tía Lola")
    await marisol.gets("Guardado.")
    await marisol.says("ganas")
    await marisol.gets("Escribiste que te ayuda: cantar en la cocina 🎵.")
    await marisol.says("PLAN QUITAR 1")
    await marisol.gets("Quitado: cantar en la cocina 🎵.")
    await marisol.says("ganas")
    await marisol.gets("Escribiste a quién llamar: mi tía Lola.")


async def test_stop_in_the_middle_of_a_plan(open_story: Open) -> None:
    """STOP opts out as ever; after START what they write is talk, not the answer to an old question."""
    story = await open_story(no_prompts())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("PLAN")
    await alex.gets(WHY)
    await alex.says("please stop texting me")
    await alex.gets("you're opted out")
    await dana.gets("asked us to stop")
    await alex.says("START")
    await alex.gets("Welcome back")
    await alex.says("I had soup")
    await alex.gets("Thanks for writing.")
    assert await story.rows(PlanEntry) == []


async def test_distress_in_the_middle_of_a_plan(open_story: Open) -> None:
    """A human is told first; neither the cry nor what follows it lands in the plan."""
    story = await open_story(no_prompts())
    alex, dana, jo = story.phone(ALEX), story.chat(DANA_CHAT), story.phone(JO)
    await alex.says("PLAN")
    await alex.gets(WHY)
    await alex.says("no reason left, I want to kill myself")
    await alex.gets("I'm glad you told me.")
    await dana.gets("Someone needs you now.")
    await jo.gets("Someone needs you now.")
    await alex.says("my sister is at work")
    await alex.gets("Thanks for writing.")
    assert await story.rows(PlanEntry) == await story.rows(OwnQuestion) == []


async def test_other_words_go_first_and_time_lets_it_go(open_story: Open) -> None:
    """WHEN in the middle of a plan is WHEN; two hours later nothing is taken for an answer."""
    story = await open_story(no_prompts())
    alex = story.phone(ALEX)
    await alex.says("PLAN")
    await alex.gets(WHY)
    await alex.says("when")
    await alex.gets("Nothing is planned right now.")
    await alex.says("I had soup")
    await alex.gets("Thanks for writing.")
    await alex.says("plan")
    await alex.gets(WHY)
    await story.forward(hours=2, minutes=1)
    await alex.says("a late word")
    await alex.gets("Thanks for writing.")
    assert await story.rows(PlanEntry) == []


async def test_one_question_at_a_time(open_story: Open) -> None:
    """PLAN replaces an open check-in; a check-in that comes lets the plan go, and a number answers it."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await story.forward(minutes=31)
    await alex.gets("How are you today")
    await alex.says("PLAN")
    await alex.gets(WHY)
    (checkin,) = await story.rows(Checkin)
    assert checkin.state is CheckinState.REPLACED
    await story.forward(hours=23)
    await alex.says("plan")
    await alex.gets(WHY)
    await story.forward(hours=1)
    await alex.gets("How are you today")
    await alex.says("8")
    await alex.gets("Glad to hear it.")
    assert await story.rows(PlanEntry) == []


async def test_crave_without_a_plan(open_story: Open) -> None:
    """One of our own skills, another each time, with the offer of a call; no alert by itself."""
    story = await open_story(no_prompts())
    alex = story.phone(ALEX)
    said = set()
    for _ in range(3):
        await alex.says("CRAVE")
        said.add(await alex.gets("Text TALK for a call."))
    assert len(said) == 3
    assert await story.rows(Alert) == []


async def test_craving_in_plain_words_tells_a_human_and_gives_the_plan_back(open_story: Open) -> None:
    """Triage has it first; then their own words, too."""
    story = await open_story(no_prompts())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("plan helps: a walk")
    await alex.gets("Added: a walk.")
    await alex.says("I'm craving")
    await alex.gets("Thank you for telling me.", "I'm telling your team")
    await alex.gets("You wrote that this helps: a walk.")
    await dana.gets("Someone needs you soon.")


async def test_a_slip_without_a_count(open_story: Open) -> None:
    """Thanks, safety first, and the truth about who hears of it; nothing of a count nobody keeps."""
    story = await open_story(no_prompts())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("SLIP")
    await alex.gets("Thank you for telling me. After a break a body takes less", "nose spray", "call 911")
    await alex.gets("I'm letting Dana know. Text TALK for a call.")
    await dana.gets("had a hard day", "p1")
    assert await story.rows(Alert) == []


def counting(**programme: Any) -> dict[str, Any]:
    """Return the example with both counting their days since 1 November."""
    file = no_prompts()
    file["programme"] |= programme
    for ref in ("p1", "p2"):
        person(file, ref)["recovery_date"] = "2026-11-01"
        person(file, ref)["milestones"] = True
    return file


async def test_a_slip_and_the_count(open_story: Open) -> None:
    """They choose: anew, and the days stand, also after the file is imported again; or keep; or rest."""
    file = counting()
    story = await open_story(file)
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("slip")
    await alex.gets("After a break")
    await alex.gets("I'm letting Dana know.", "All your days stand. 1 keep counting, 2 start anew, 3 let")
    await dana.gets("had a hard day")
    await alex.says("2")
    await alex.gets("a new start today. Days before it that still stand: 22.")
    await bring_in(story.database, file)
    await story.forward(days=3)
    await alex.says("slip")
    await alex.gets("After a break")
    await alex.gets("All your days stand.")
    await dana.gets("had a hard day")
    await alex.says("start over")
    await alex.gets("still stand: 25.")
    await alex.says("SLIP")
    await alex.gets("After a break")
    await alex.gets("All your days stand.")
    await alex.says("3")
    await alex.gets("the count rests. Text MILESTONES")
    await alex.says("SLIP")
    await alex.gets("After a break")
    await alex.gets("I'm letting Dana know. Text TALK for a call.")


async def test_a_slip_in_spanish_where_the_programme_wants_an_alert(open_story: Open) -> None:
    """`on_slip: urgent` starts the chain; the buttons choose; elsewhere no spray is mentioned."""
    story = await open_story(counting(on_slip="urgent", country="DE", quiet_hours="none"))
    marisol, jo = story.chat(MARISOL_CHAT), story.phone(JO)
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("desliz")
    first = await marisol.gets("Gracias por contarme.", "el cuerpo aguanta menos")
    assert "spray" not in first
    assert "911" not in first
    await marisol.gets("Le aviso a tu equipo ahora.", "Todos tus dias valen.")
    await jo.gets("Someone needs you soon.")
    await marisol.taps("Seguir contando")
    await marisol.gets("tu cuenta sigue")


async def test_a_slip_of_which_nobody_is_told(open_story: Open) -> None:
    """`on_slip: nothing` leaves it between them and the line, and promises nobody."""
    file = no_prompts()
    file["programme"]["on_slip"] = "nothing"
    story = await open_story(file)
    alex = story.phone(ALEX)
    await alex.says("Slip")
    await alex.gets("After a break")
    assert await alex.gets("TALK") == "Text TALK if you'd like a call."


async def test_talk_tells_the_hours_and_the_specialist_once(open_story: Open) -> None:
    """On duty nobody can say when; after hours they hear when Dana is back, and Dana hears then, once."""
    story = await open_story(no_prompts())
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await story.forward(hours=10)  # 20:00 in New York: Dana is off duty
    await alex.says("TALK")
    await alex.gets("I've asked Dana to call you. Back on duty: Tuesday 24 at 08:00.", "988")
    await alex.says("can we talk")
    await alex.gets("I've asked Dana to call you.")
    dana.got_nothing()
    await story.forward(hours=13)
    await dana.gets("would like a call from you: person p1")
    await alex.says("talk")
    await alex.gets("I've asked Dana to call you. I can't say when.")
    dana.got_nothing()


async def test_talk_where_nobody_can_be_told(open_story: Open) -> None:
    """The truth, and whom to call instead."""
    file = no_prompts()
    for staff in file["staff"]:
        staff["contacts"] = []
    story = await open_story(file)
    marisol = story.chat(MARISOL_CHAT)
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("quiero hablar")
    await marisol.gets("Ahora no logro avisar a nadie", "+1 202 555 0100", "988")


async def test_mydata_says_what_is_kept_and_tells_the_coordinator(open_story: Open) -> None:
    """Two texts, and one word to the coordinator however often it is asked in a week."""
    story = await open_story(no_prompts())
    alex, marisol = story.phone(ALEX), story.chat(MARISOL_CHAT)
    for _ in range(2):
        await alex.says("MYDATA")
        await alex.gets("We keep your number, texts, answers, plan and consent")
        await alex.gets(
            "For a copy, or to have it all erased: +1 202 555 0100. I've told them that you asked."
        )
    await story.phone(LEE).gets("asks about their data", "p1")
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("mis datos")
    await marisol.gets("Guardamos tu numero")
    await marisol.gets("Para una copia, o para borrarlo todo")
    await story.phone(LEE).gets("asks about their data", "p2")


async def test_mood_on_demand(open_story: Open) -> None:
    """The question comes at once, with buttons on Telegram; the answer is kept like any check-in's."""
    story = await open_story(no_prompts())
    alex, marisol = story.phone(ALEX), story.chat(MARISOL_CHAT)
    await alex.says("mood")
    await alex.gets("How are you right now, from 0 (rough) to 10 (good)?")
    await alex.says("7/10")
    await alex.gets("Glad to hear it.")
    await marisol.says("/start")
    await marisol.gets("listo")
    await marisol.says("ánimo")
    await marisol.gets("¿Como te sientes ahora")
    await marisol.taps("2")
    await marisol.gets("Gracias por ser sincero")
    assert len(await story.rows(AnswerRow)) == 2


async def test_the_two_texts_of_one_answer_keep_their_order(open_story: Open) -> None:
    """Safety is read before anything else."""
    story = await open_story(no_prompts())
    alex = story.phone(ALEX)
    await alex.says("slip")
    sent = await story.rows(Message, Message.kind == Kind.REPLY, Message.state == MessageState.DELIVERED)
    first, second = sorted(sent, key=lambda message: message.not_before)
    assert str(first.dedupe_key).startswith("slip:")
    assert str(second.dedupe_key).startswith("slip_told:")
    assert [text.partition(" ")[0] for text in alex.unread] == ["Thank", "I'm"]
    for _ in range(2):
        await alex.gets()
    await story.chat(DANA_CHAT).gets("had a hard day")
