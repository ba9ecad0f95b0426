"""Marisol's week, from the first word to the last in Spanish."""

from __future__ import annotations

from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, JO, MARISOL_CHAT, example
from tests.journeys.story import Story


async def test_marisol_from_start_to_i_have_it(story: Story) -> None:
    """She begins, answers a question in words, pauses, asks for help, and hears who has her message."""
    alex, marisol, jo = story.phone(ALEX), story.chat(MARISOL_CHAT), story.phone(JO)
    await marisol.says("/start")
    await marisol.gets("Riverside Recovery: listo. Mensajes, unos", "STOP para terminar.")
    await story.forward(hours=1, minutes=30)
    await alex.gets("Morning Alex")
    await marisol.gets("Buenos dias Marisol. ¿Como te sientes hoy, de 0 (mal) a 10 (bien)?")
    await marisol.says("mas o menos")
    await marisol.gets("No entendi bien. Basta un numero de 0 a 10, o lo dejamos.")
    await marisol.says("siete")
    await marisol.gets("Me alegra leerlo. Gracias por responder.")
    await marisol.says("cuando")
    await marisol.gets("El proximo mensaje: martes 24 a las 09:30.")
    await marisol.says("hablar")
    await marisol.gets("Le pedi a Jo que te llame. No puedo decir cuando.", "llama al 988 y marca 2")
    await jo.gets("One of your people would like a call from you: person p2.")
    await marisol.says("me quiero morir")
    await marisol.gets(
        "Gracias por contarme. Soy un sistema, no una persona.", "llama al 988 y marca 2, o al 911"
    )
    await jo.gets("Someone needs you now. Ref ")
    await jo.says("1")
    await jo.gets("You have it.", "person p2")
    await marisol.gets("Jo, de tu equipo, ya tiene tu mensaje.")


async def test_a_whole_week_of_the_example_programme(open_story: Open) -> None:
    """Every prompt of the example comes once, in each person's language, at each person's own hour."""
    file = example()
    file["programme"]["follow_up"] = {"missed": "none"}  # nobody answers here, and no word of it is wanted
    story = await open_story(file)
    alex, marisol = story.phone(ALEX), story.chat(MARISOL_CHAT)
    await marisol.says("/start")
    await marisol.gets("listo")
    await story.forward(days=7)
    for _ in range(7):
        await alex.gets("Morning Alex")
        await marisol.gets("Buenos dias Marisol")
    for _ in range(3):
        await alex.gets("An urge often passes in 20 minutes.")
        await marisol.gets("Las ganas suelen pasar en 20 minutos.")
    await marisol.gets("Te reunes con Jo manana. ¿Necesitas transporte? Responde 1 si, 2 no.")
    await alex.gets("Group is open tonight.")  # every second Wednesday counts from each one's own start
