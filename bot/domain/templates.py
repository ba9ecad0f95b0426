"""Texts with variables: `{first_name|there}` becomes the person's name, or "there" when we have none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.errors import HandrailError

# What each name may be replaced by, in letters: room kept for it when a text is measured.
KNOWN_VARIABLES: Mapping[str, int] = {"first_name": 12, "specialist_name": 12, "programme_name": 20}

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)(?:\|([^{}|]*))?\}")
_ENDS = ".!?\n"
_OPENS = "¿¡("
_JOINS = ",;:"

# Small words that change before a sound: (word, becomes, the value's beginning, lower case, no accents).
_SOUNDS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "en": (("a", "an", r"[aeio]"),),
    "es": (("y", "e", r"h?i(?![aeou])"), ("o", "u", r"h?o")),
}
_PLAIN = str.maketrans("áéíóúàèìòù", "aeiouaeiou")


class WordingError(HandrailError):
    """This text cannot be used as it is written; mend it and save it again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placeholder:
    """One `{name}` (fallback None) or `{name|fallback}`; `place` is its start and end."""

    name: str
    fallback: str | None
    place: tuple[int, int]


def placeholders(template: str) -> tuple[Placeholder, ...]:
    """Read the placeholders in order. Raises WordingError on a brace that belongs to none."""
    stray = re.search(r"[{}]", _PLACEHOLDER.sub(lambda match: " " * len(match[0]), template))
    if stray:
        raise WordingError(
            f"There is a stray {stray[0]} at character {stray.start() + 1}; "
            "write variables like {first_name|there}, in small letters."
        )
    return tuple(
        Placeholder(name=match[1], fallback=match[2], place=match.span())
        for match in _PLACEHOLDER.finditer(template)
    )


def variables_in(template: str) -> tuple[str, ...]:
    """Name the variables a template uses, each once, in order. Raises WordingError on a stray brace."""
    return tuple(dict.fromkeys(found.name for found in placeholders(template)))


def render(template: str, variables: Mapping[str, str], language: str) -> str:
    """Fill in the variables; a value is never read as a template again.

    A missing or blank variable takes its fallback. An empty fallback leaves no trace: the spaces and the
    comma that held it go too, and the sentence keeps its capital. `language` is a code such as "es" or
    "es-MX". Raises WordingError when a variable is missing and has no fallback, or on a stray brace.
    """
    done, end = "", 0
    for found in placeholders(template):
        done = _append(done, template[end : found.place[0]])
        end = found.place[1]
        value = " ".join(variables.get(found.name, "").split())
        if not value and found.fallback is None:
            raise WordingError(
                f"This text needs {{{found.name}}}, which is not known here; "
                f"give it a fallback like {{{found.name}|there}}."
            )
        value = value or (found.fallback or "").strip()
        done = f"{_fit(done, value, language)}{value}" if value else f"{done}{_GAP}"
    return _append(done, template[end:])


# Marks where an empty value stood until the text after it is known. Not a character people can type: a
# lone surrogate never reaches us, `storable` has escaped it.
_GAP = "\ud800"


def _append(done: str, literal: str) -> str:
    """Put `literal` after `done`, closing the gap between them if there is one."""
    if not done.endswith(_GAP):
        return done + literal
    before = done.rstrip(_GAP + " ")
    after = literal.lstrip(" ")
    spaced = len(before) + 1 < len(done) or len(after) < len(literal)
    if before.endswith("(") and after.startswith(")"):
        return _append(f"{before[:-1]}{_GAP}", after[1:])
    if not before or before[-1] in _OPENS + _ENDS:
        return _begin(before, after.lstrip(_JOINS + _ENDS + " "))
    if before[-1] in _JOINS and (not after or after[0] in _JOINS + _ENDS + ")"):
        before = before[:-1]
    tight = not spaced or not after or after[0] in _JOINS + _ENDS + ")"
    return before + after if tight else f"{before} {after}"


def _begin(before: str, after: str) -> str:
    """Let `after` begin where the value would have begun, with a capital if that begins a sentence."""
    opened = before.rstrip(_OPENS + " ")
    if not opened or opened[-1] in _ENDS:
        after = after[:1].upper() + after[1:]
    return before + after if not before or before[-1] in _OPENS + "\n" else f"{before} {after}"


def _fit(done: str, value: str, language: str) -> str:
    """Change a small word before the value to suit its sound: "tu y Irene" to "tu e Irene"."""
    start = value.lower().translate(_PLAIN)
    for word, becomes, sound in _SOUNDS.get(language.partition("-")[0].lower(), ()):
        if re.search(rf"(?<!\w){word} $", done) and re.match(sound, start):
            return f"{done[: -len(word) - 1]}{becomes} "
    return done
