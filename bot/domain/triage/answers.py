"""Say how soon a human is needed for an answer, read with its question: "yes" alone says nothing."""

from __future__ import annotations

from bot.domain.answers import AnswerSpec, Choice, FreeText, Scale, YesNo
from bot.domain.checkins import Answer
from bot.domain.phrases import fold
from bot.domain.triage.assess import assess
from bot.domain.triage.levels import Assessment, Level, Signal
from bot.domain.triage.lexicon import lexicon

HIGH = 0.9  # of a scale about craving: from here on a human looks now; below, the programme says who hears
CRAVING = frozenset({"craving", "cravings", "urge", "urges"})
MOOD = frozenset({"mood", "feeling", "wellbeing"})
SAFE = ("safe", "safety", "a salvo", "segura", "seguro", "seguridad")
HARM = (
    "suicid", "kill yourself", "hurt yourself", "hurting yourself", "harm yourself", "self harm", "self_harm",
    "end your life", "better off dead", "want to die", "matarte", "hacerte dano", "lastimarte",
    "quitarte la vida", "morir",
)  # fmt: skip
DANGER = (
    "hurting you",
    "hurt you",
    "danger",
    "afraid of",
    "scared of",
    "peligro",
    "te hace dano",
    "miedo de",
)
USE = (
    "did you use", "have you used", "used today", "did you drink", "had a drink", "relapse", "slip",
    "want to use", "consumiste", "tomaste", "bebiste", "recaida", "recaiste",
)  # fmt: skip


def assess_answer(
    spec: AnswerSpec, answer: Answer, *, question: str = "", language: str = "en"
) -> Assessment:
    """Return the assessment of an `answer` to a question; `question` is its text, where it is known.

    The lowest mood is level none and flagged: worth a follow-up, no alarm. Free text is read like any text.
    """
    asked = fold(f"{question} {spec.about or ''}")
    match spec:
        case Scale() if answer.number is not None:
            return _scale(spec, answer.number, asked)
        case YesNo() if answer.key in {"yes", "no"}:
            return _yes_no(asked, yes=answer.key == "yes")
        case Choice():
            labels = [option.labels for option in spec.options if option.key == answer.key]
            return assess(labels[0].get(language, "") if labels else "", language)
        case FreeText():
            return assess(answer.text or "", language)
    return _told(Level.NONE, "", "")


def _scale(spec: Scale, number: int, asked: str) -> Assessment:
    about = spec.about or ""
    share = (number - spec.low) / max(1, spec.high - spec.low)
    if (about in CRAVING or "craving" in asked or "ganas" in asked) and share >= HIGH:
        return _told(Level.URGENT, "craving", f"put their craving at {number} of {spec.high}")
    if (about in MOOD or "mood" in asked) and number == spec.low:
        return _told(Level.NONE, "", f"put their mood at {number} of {spec.high}", flagged=True)
    return _told(Level.NONE, "", "")


def _yes_no(asked: str, *, yes: bool) -> Assessment:
    """Read yes or no; harm goes before safety, for "yes" to a question about both is the graver one."""
    if _any(HARM, asked):
        return (
            _told(Level.CRISIS, "suicidal_thoughts", "said yes to a question about suicide") if yes else _NONE
        )
    if _any(SAFE, asked):
        return _NONE if yes else _told(Level.CRISIS, "danger", "said no to a question about being safe")
    if yes and _any(DANGER, asked):
        return _told(Level.CRISIS, "danger", "said yes to a question about danger")
    if yes and _any(USE, asked):
        return _told(Level.URGENT, "return_to_use", "said yes to a question about using")
    return _NONE


def _any(words: tuple[str, ...], asked: str) -> bool:
    return any(word in asked for word in words)


def _told(level: Level, concept: str, why: str, *, flagged: bool = False) -> Assessment:
    signals = (Signal(concept=concept, level=level, words="", start=0, end=0),) if concept else ()
    return Assessment(level=level, signals=signals, why=why, rules=lexicon().version, flagged=flagged)


_NONE = Assessment(level=Level.NONE, signals=(), why="", rules="answers-1")
