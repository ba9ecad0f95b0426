"""Ways to change a sentence that change nothing of what it means."""

from __future__ import annotations

import re
from collections.abc import Callable

Change = Callable[[str], str]

_WEIGHTLESS = re.compile(r"\{(\w+)\}")


def plain(seed: str) -> str:
    """Return a seed without its braces."""
    return _WEIGHTLESS.sub(r"\1", seed)


def misspelt(seed: str) -> str:
    """Return a seed whose weightless words have two letters swapped."""
    return _WEIGHTLESS.sub(lambda found: _swapped(found[1]), seed)


def _swapped(word: str) -> str:
    middle = len(word) // 2
    return word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]


def _tossed(text: str) -> str:
    return "".join(each.upper() if at % 2 else each.lower() for at, each in enumerate(text))


# What is put in front or behind is a clause of its own, as people text it.
SHARED: dict[str, Change] = {
    "in capitals": str.upper,
    "in small letters": str.lower,
    "case tossed": _tossed,
    "spaces doubled": lambda text: text.replace(" ", "  "),
    "a line a word": lambda text: text.replace(" ", "\n"),
    "spaces around": lambda text: f"   {text}  ",
    "an ellipsis behind": lambda text: f"{text}...",
    "an ellipsis as one sign": lambda text: f"{text}…",
    "a full stop behind": lambda text: f"{text}.",
    "exclaimed": lambda text: f"{text}!!!",
    "a tear behind": lambda text: f"{text} 😢",
    "a heart behind": lambda text: f"{text} ❤️",
    "a folded hand in front": lambda text: f"🙏 {text}",
    "in quotes of a phone": lambda text: text.replace("'", "’"),
    "no apostrophes": lambda text: text.replace("'", ""),
    "no commas": lambda text: text.replace(",", ""),
    "in dots": lambda text: f"... {text}",
}
OWN: dict[str, dict[str, Change]] = {
    "en": {
        "greeted": lambda text: f"Hi, {text}",
        "greeted with good morning": lambda text: f"good morning. {text}",
        "asked please": lambda text: f"{text} please",
        "idk in front": lambda text: f"idk {text}",
        "idk behind": lambda text: f"{text} idk",
        "thanked behind": lambda text: f"{text}. Thanks for reading",
        "a sorry in front": lambda text: f"sorry, {text}",
        "other news in front": lambda text: f"The bus was late today. {text}",
        "other news behind": lambda text: f"{text}. I fed the dog",
        "other news, misspelt": lambda text: f"I saw my nieghbor at the marekt. {text}",
    },
    "es": {
        "greeted": lambda text: f"Hola, {text}",
        "greeted with good morning": lambda text: f"buenos días. {text}",
        "asked please": lambda text: f"{text} por favor",
        "a filler in front": lambda text: f"pues {text}",
        "no lo sé behind": lambda text: f"{text}, no sé",
        "thanked behind": lambda text: f"{text}. Gracias por leerme",
        "a sorry in front": lambda text: f"perdón, {text}",
        "other news in front": lambda text: f"Hoy llegó tarde el camión. {text}",
        "other news behind": lambda text: f"{text}. Le di de comer al perro",
        "other news, misspelt": lambda text: f"vi a mi vezina en el mercdo. {text}",
        "no accents": lambda text: text.translate(str.maketrans("áéíóúñ", "aeioun")),
    },
}


def changes(language: str) -> dict[str, Change]:
    """Return the changes for a language, by name."""
    return SHARED | OWN[language]
