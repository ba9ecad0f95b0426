"""How many years of school a text asks for.

English: Flesch-Kincaid grade (Kincaid, Fishburne, Rogers and Chissom 1975),
    0.39 x words per sentence + 11.8 x syllables per word - 15.59.
Spanish: Crawford (1989, Lectura y Vida), made for primary-school Spanish,
    -0.205 x sentences per 100 words + 0.049 x syllables per 100 words - 3.407.
Both are averages over long texts; on one SMS they are a hint, which is why the lint only warns.
"""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[.!?\n]+(?:\s|$)|$")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_EN_GROUP = re.compile(r"[aeiouy]+")
_EN_HIATUS = re.compile(r"i[ao]|eo|ua[lt]|ie[nt]|[aeiouy]ing|idea|area|creat|[^qg]uity")
_EN_INNER_E = re.compile(
    r"(?<=[aeiouy][^aeiouy])e(?=thing|one|body|time|day|book|where|ly$|ment|ful|less|ry)"
)
_EN_ONE_SOUND = re.compile(r"[cst]ia|[cstg]io|people|eou")
_EN_SILENT = re.compile(r"(?<=[^aeiouyl])e$|(?<=[aeiouy])le$|(?<=[^aeioutd])ed$|(?<=[^aeiouycgszxh])es$")

_ES_SILENT_U = re.compile(r"(?<=[qg])u(?=[eiéí])")
_ES_NUCLEUS = re.compile(r"[iuü]?[aeoáéóíú][iuüy]?(?![aeoáéíóú])|[iuü]?[aeoáéóíú]|[iuü]+y?|y$")


def grade(text: str, language: str) -> float | None:
    """Estimate the school grade of a text, or None for a text or a language we have no measure of."""
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        return None
    sentences = sum(1 for part in _SENTENCE.split(text) if _WORD.search(part))
    match language.partition("-")[0].lower():
        case "en":
            syllables = sum(map(_english_syllables, words))
            return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
        case "es":
            syllables = sum(map(_spanish_syllables, words))
            return -0.205 * 100 * sentences / len(words) + 0.049 * 100 * syllables / len(words) - 3.407
        case _:
            return None


def _english_syllables(word: str) -> int:
    """Count the vowel sounds of an English word, silent endings left out; a number counts as one."""
    word = re.sub(r"['’].*", "", word)
    heard = _EN_SILENT.sub("", _EN_INNER_E.sub("", word))
    hiatus = len(_EN_HIATUS.findall(heard)) - len(_EN_ONE_SOUND.findall(heard))
    return max(1, len(_EN_GROUP.findall(heard)) + max(0, hiatus))


def _spanish_syllables(word: str) -> int:
    """Count the vowel nuclei of a Spanish word: diphthongs are one, two strong vowels are two."""
    return max(1, len(_ES_NUCLEUS.findall(_ES_SILENT_U.sub("", word))))
