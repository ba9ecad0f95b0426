"""Sentences of our own by what they say: in Spanish, of abuse at home, and of everyday life and recovery."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.domain.triage.assess import assess
from bot.domain.triage.levels import Level

FOLDER = Path(__file__).parent
HEADING = re.compile(r"\[(.+): (crisis|urgent|none)\]")

# Read wrongly so far: means without intent, blows at a place, "when I was" of last night, and a jest whose
# reason stands behind a comma.
WRONG = (
    "compre veneno",
    "quité la pistola",
    "beat me up at the shelter",
    "when i was on the floor",
    "otra vez lunes",
    # who does it, or that it is meant, only a person reads from the sentence before or from what goes unsaid
    "mi gata me tiene secuestrada",
    "a gun under the pillow",
    "he found me",
    "con la puerta cerrada por miedo",
    "haz como que vendes algo",
    "tengo el labio roto",
    "su música a las 3 am",
    "tanta tarea jajaja",
    "years back i tried",
    "sería mi funeral",
    "una menos que falta",
    "hoy sí me aviento",
    "with that bib",
    # and of everyday life: drink among people who may not be in recovery, what is about to be given away or
    # left, and a grumble whose reason is nothing the rules know
    "drunk last night lol",
    # a trifle excuses no talk of killing, parting or having no place
    "off to the airport",
    "ate my leftovers",
    "at the festival",
    "few beers with the lads",
    "drink after that meeting",
    "get drunk on friday",
    "leave the key",
    "my old bike",
    "in-laws",
    "this queue is endless",
    "air fryer",
    "my card got declined",
    "when she sees the car",
    "In 2009 I nearly died",
    "then it turned",
    "car in January",
    "jonesing for the new season",
    "call an ambulance, don't wait",
    "since I started the medicine",
    # and of talk about anybody: blows in a story or by a child, a threat in jest, drink as a pastime,
    # danger told without a word of it
    "My kid keeps hitting his",
    "this meeting could have been",
    "My landlord is trying to",
    "Watching my team is a",
    "My mom would kill me",
    "Cops found him passed out",
    "He pulled a gun in",
    "They're watching us from the",
    "Don't want to get up,",
    "do this today, people",
    "It was nice knowing you.",
    "this election season",
    "I didn't think I could",
    "they can have my body,",
    "the kids will be fine,",
    "thank you for trying with",
    "this is where i get",
    "i'm coming home to be",
    "already picked the date",
    # and of plain Spanish: what goes unsaid, two halves that only a person joins, and moods that pass
    "la pistola de mi papá, está",
    "cobre mi mamá el seguro",
    "las claves de la tarjeta",
    "creo que necesito puntos",
    "dar sueño de las pastillas",
    "la carta y el dinero",
    "si no me voy la ahorco",
    "abuela muerta sentada",
    "pero yo ya decidí",
    "le deseo lo mejor a todos",
    "en la mira a mi exjefe",
    "no he consumido en dos",
    "desde la cocina que ya",
    "solo los domingos",
    "bajoneado pero voy",
    "puro aire acondicionado",
    "no abre el frasco",
    "vende las tortillas",
    "creo que es gripe",
    "i told my sister where",
    "just drove past the bridge",
    "amiga está afuera, ya me voy",
)


def sentences(name: str) -> list[tuple[str, str, str]]:
    """Return the file's sentences, each with its heading's area and level."""
    found: list[tuple[str, str, str]] = []
    area = level = ""
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if heading := HEADING.fullmatch(line):
            area, level = heading.groups()
        elif line:
            found.append((area, level, line))
    return found


CASES = [
    (f"{name} {area}", level, text)
    for name in ("spanish", "plain_spanish", "abuse", "everyday")
    for area, level, text in sentences(name)
]
READ_RIGHTLY = [case for case in CASES if not any(part in case[2] for part in WRONG)]


@pytest.mark.parametrize(
    ("level", "text"),
    [(level, text) for _, level, text in READ_RIGHTLY],
    ids=[f"{area}-{level}-{n}".replace(" ", "-") for n, (area, level, _) in enumerate(READ_RIGHTLY)],
)
def test_a_sentence_calls_a_human_or_does_not(level: str, text: str) -> None:
    """Whoever needs a human gets one, and nobody else; how soon is a crisis' own test below."""
    assert (assess(text, "es").level is Level.NONE) is (level == "none")


def test_nearly_every_crisis_is_read_as_a_crisis() -> None:
    """A human at some time is not a human now: of the crises, 95 in a hundred are found at their level."""
    levels = [assess(text, "es").level for _, level, text in CASES if level == "crisis"]
    assert levels.count(Level.CRISIS) / len(levels) >= 0.95


def test_few_everyday_words_call_anybody() -> None:
    """Dangerous words in harmless texts flag at most three in a hundred, wrong ones included."""
    flagged = [assess(text).level is not Level.NONE for text in everyday("none")]
    assert len(flagged) >= 600
    assert sum(flagged) / len(flagged) <= 0.03


def everyday(level: str) -> list[str]:
    """Return the sentences of everyday life at `level`."""
    return [text for _, given, text in sentences("everyday") if given == level]


@pytest.mark.parametrize("nth", range(10))
def test_accents_and_case_change_nothing(nth: int) -> None:
    """People text without accents, or shout."""
    for _, _, text in CASES[nth::10]:
        for disguised in (text.upper(), text.translate(str.maketrans("áéíóúñÁÉÍÓÚ", "aeiounAEIOU"))):
            assert assess(disguised, "es").level is assess(text, "es").level
