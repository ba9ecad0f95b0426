"""Many at once: first notices never wait, repeated ones come together."""

from __future__ import annotations

from typing import Any

from bot.store.alerts import Alert, AlertState
from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, LEE, MARISOL_CHAT, no_prompts, person

SAM = "+13125550203"


def _three_of_jo() -> dict[str, Any]:
    """Return three people whose specialist is Jo, in a chain of Jo alone."""
    file = no_prompts()
    written = {"method": "written", "on": "2026-11-01", "wording": "v1"}
    file["participants"].append(
        {"ref": "p3", "name": "Sam", "specialist": "jo", "contacts": [{"sms": SAM, "consent": written}]}
    )
    person(file, "p1")["specialist"] = "jo"
    file["escalation"]["urgent"] = [{"notify": "assigned", "by": ["sms"], "wait": "10m"}]
    person(file, "lee")["roles"] = ["coordinator"]
    return file


async def test_three_who_wait_are_named_in_one_text(open_story: Open) -> None:
    """Three first notices within a minute, then one reminder that names all three."""
    story = await open_story(_three_of_jo())
    jo, alex, sam, marisol = story.phone(JO), story.phone(ALEX), story.phone(SAM), story.chat(MARISOL_CHAT)
    for who, text, reply in (
        (alex, "I feel hopeless", "Thank you"),
        (sam, "I feel hopeless", "Thank you"),
        (marisol, "no aguanto mas", "Gracias"),
    ):
        await who.says(text)
        await who.gets(reply)
        await jo.gets("Someone needs you soon.")  # each at once, none waits for another
        await story.forward(seconds=10)
    refs = {alert.ref for alert in await story.rows(Alert)}
    for _ in range(3):
        await story.forward(minutes=10)
        text = await jo.gets("Still nobody has these: Ref ")
        assert all(ref in text for ref in refs)
        jo.got_nothing()


async def test_a_new_persons_notice_does_not_wait_for_the_bundle(open_story: Open) -> None:
    """Seconds after a reminder about others, somebody new in distress is told of by themselves."""
    story = await open_story(_three_of_jo())
    jo, alex, sam, marisol = story.phone(JO), story.phone(ALEX), story.phone(SAM), story.chat(MARISOL_CHAT)
    for who in (alex, sam):
        await who.says("I feel hopeless")
        await who.gets("Thank you")
        await jo.gets("Someone needs you soon.")
    await story.forward(minutes=10)
    await jo.gets("Still nobody has these")
    await marisol.says("no aguanto mas")
    await marisol.gets("Gracias")
    await jo.gets("Someone needs you soon.")
    for alert in await story.rows(Alert, Alert.state == AlertState.OPEN):
        await jo.says(f"1 {alert.ref}")
        await jo.gets("You have it.", alert.ref)
    await alex.gets("Jo from your team")
    await sam.gets("Jo from your team")
    await marisol.gets("Jo, de tu equipo")
    story.chat(DANA_CHAT).got_nothing()
    story.phone(LEE).got_nothing()
