"""The plainest scan there is, for when the rules themselves fail. It leans on nothing but this file."""

from __future__ import annotations

from bot.domain.triage.levels import Assessment, Level, Phrase, Signal

RULES = "fallback-1"

CRISIS = (
    "suicid", "kill myself", "kill my self", "kms", "end my life", "end it all", "want to die", "wanna die",
    "hurt myself", "cut myself", "cutting myself", "overdos", "not breathing", "wont wake", "won't wake",
    "took all my pills", "blue lips", "hitting me", "has a gun", "going to kill",
    "matarme", "me quiero morir", "quiero morir", "quitarme la vida", "sobredosis", "no respira",
    "no despierta", "cortarme", "me esta pegando", "me está pegando", "tiene una pistola",
)  # fmt: skip
URGENT = (
    "relapse", "craving", "want to use", "wanna use", "want to drink", "withdrawal", "hopeless", "panic",
    "recai", "recaí", "ganas de consumir", "ganas de tomar", "sin esperanza", "abstinencia",
)  # fmt: skip


def plain_scan(text: str, extra: tuple[Phrase, ...] = ()) -> Assessment:
    """Look for a few dozen plain phrases in `text`, and a programme's own; always asks for human eyes."""
    lowered = text.lower()
    own = tuple((phrase.level, (phrase.words.lower(),)) for phrase in extra)
    signals = tuple(
        Signal(
            concept="keyword",
            level=level,
            words=text[at : at + len(phrase)],
            start=at,
            end=at + len(phrase),
        )
        for level, phrases in ((Level.CRISIS, CRISIS), (Level.URGENT, URGENT), *own)
        for phrase in phrases
        if (at := lowered.find(phrase)) >= 0
    )
    level = max((signal.level for signal in signals), key=lambda level: level.rank, default=Level.NONE)
    why = (
        "the rules failed on this text; a plain word scan found something" if signals else "the rules failed"
    )
    return Assessment(level=level, signals=signals, why=why, rules=RULES, flagged=True)
