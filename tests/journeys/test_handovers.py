"""Whoever steps in sees at a glance who needs what; nothing of it goes where it may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.journeys.conftest import Open
from tests.journeys.people import Chatter
from tests.journeys.programmes import ALEX, DANA_CHAT, JO, no_prompts, person
from tests.journeys.story import Story

MIDNIGHT = datetime(2026, 11, 23, 5, tzinfo=UTC)  # in New York, of a Monday


def _file(*, details: bool) -> dict[str, Any]:
    """Return a programme in which Alex and two calm people are Dana's."""
    file = no_prompts()
    file["programme"]["telegram_details"] = details
    person(file, "p1")["sessions"] = ["2026-11-25 13:00"]
    person(file, "jo")["duty"] = ["Mon-Fri 09:00-18:00"]
    person(file, "p2")["specialist"] = "dana"
    person(file, "p2")["sessions"] = []
    return file


async def _alex_waits(story: Story) -> tuple[Chatter, str]:
    """Alex feels hopeless, and nobody has taken it yet; Dana owes Marisol something."""
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await dana.says("NOTE p2 call 10m. Next: forms on Friday")
    await dana.gets("Noted for person p2")
    await alex.says("I feel hopeless")
    await alex.gets("Thank you for telling me.")
    notice = await dana.gets("Someone needs you soon.")
    return dana, notice.split("Ref ")[1][:2]


async def test_in_words_on_telegram_whoever_waits_first(open_story: Open) -> None:
    """Alex's alert before Marisol's promise; one message a person."""
    story = await open_story(_file(details=True))
    dana, ref = await _alex_waits(story)
    await dana.says("HANDOVER")
    shown = [bubble.text for bubble in dana.phone.bubbles][-3:]
    assert "Handover: Dana\n2 people, as of Nov 23 10:00" in await dana.gets("Handover: Dana")
    alex = await dana.gets("Alex (p1)")
    assert f"{ref} (urgent), since Nov 23 10:00: open, nobody has it" in alex
    assert "Nov 25 14:00" in alex
    marisol = await dana.gets("Marisol (p2)")
    assert "due Nov 27: forms on Friday" in marisol
    assert "has not written yet" in marisol
    assert shown == ["Handover: Dana\n2 people, as of Nov 23 10:00", alex, marisol]
    await dana.says("1")
    await dana.gets("You have it.")
    await story.phone(ALEX).gets("Dana from your team")


async def test_given_to_whoever_steps_in(open_story: Open) -> None:
    """HANDOVER jo: Jo's text names nobody; the page does, once; Dana hears that it is given."""
    story = await open_story(_file(details=False))
    dana, ref = await _alex_waits(story)
    jo = story.phone(JO)
    await dana.says("handover Jo")
    await dana.gets("Jo has your handover now.")
    text = await jo.gets("Handover, the people of Dana: read it here, once")
    assert len(text) <= 160
    async with httpx.AsyncClient(trust_env=False) as browser:
        page = (await browser.post(text.split()[-1])).text
        assert "Handover: Dana" in page
        assert "Alex (p1)" in page
        assert page.index("Alex (p1)") < page.index("Marisol (p2)")
        assert (await browser.post(text.split()[-1])).status_code == 410
    await dana.says("HANDOVER max")
    await dana.gets("I know nobody called max on staff")
    await dana.says(f"1 {ref}")
    await dana.gets("You have it.")
    await story.phone(ALEX).gets("Dana from your team")


async def test_off_duty_it_waits_and_the_link_with_it(open_story: Open) -> None:
    """Given at eight in the evening: Jo reads it at nine, when the link has not run out."""
    story = await open_story(_file(details=False))
    dana, jo = story.chat(DANA_CHAT), story.phone(JO)
    await story.until(MIDNIGHT + timedelta(hours=20))
    await dana.says("handover jo")
    await dana.gets("Jo is off duty and gets your handover when duty begins.")
    jo.got_nothing()
    await story.until(MIDNIGHT + timedelta(hours=33, minutes=30))
    text = await jo.gets("Handover, the people of Dana")
    async with httpx.AsyncClient(trust_env=False) as browser:
        page = (await browser.post(text.split()[-1])).text
        assert "Handover: Dana" in page


async def test_in_spanish_where_nothing_is_open(open_story: Open) -> None:
    """ENTREGA, in the staff's language; whoever has nothing open is named by ref alone."""
    file = _file(details=True)
    file["programme"]["languages"] = ["es", "en"]
    file["schedules"] = []
    person(file, "p1")["sessions"] = []
    story = await open_story(file)
    alex, dana = story.phone(ALEX), story.chat(DANA_CHAT)
    await alex.says("good day today")
    await alex.gets("Thanks for writing.")
    await dana.says("entrega")
    await dana.gets("Entrega: Dana", "2 personas, a las 23 nov 10:00. Nada abierto: p1")
    await dana.gets("Marisol (p2)", "aún no ha escrito")
    await dana.says("ENTREGA max")
    await dana.gets("No encuentro a nadie del equipo con el nombre max.")
