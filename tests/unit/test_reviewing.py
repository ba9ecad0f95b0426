"""A whole programme is read like one text: questions, labels, variants and lists included."""

from __future__ import annotations

from importlib.resources import files

from bot.domain.programme_reading import parse_programme
from bot.domain.reviewing import review, texts_of
from bot.domain.wording import Rule, Severity
from tests.unit.cli import EXAMPLE

HEAD = """programme: {name: A, country: US, timezone: UTC, help_contact: us, languages: [en, es]}
staff:
  - {ref: dana, name: Dana Reyes, roles: [specialist]}
schedules:
  - name: s
    title: S
    prompts:
      - key: k
        at: {days: daily, time: "10:00"}
        support: emotional
"""


def places(more: str) -> list[tuple[str, str, str]]:
    """Return where something is to be mended, what about, and how badly."""
    return [
        (str(one.place), str(one.finding.rule), str(one.finding.level))
        for one in review(parse_programme(HEAD + more))
    ]


def test_a_plain_prompt_has_nothing_to_mend() -> None:
    """Both languages, answers offered: no finding."""
    more = (
        '        text: {en: "A good day, 0 to 10?", es: "¿Qué tal, 0 a 10?"}\n        answer: {scale: 0-10}\n'
    )
    assert places(more) == []


def test_every_text_of_a_sequence_is_read() -> None:
    """The opening with its first question, later questions, labels, and variants."""
    more = """        text: {en: "Now.", es: "Ahora."}
        variants: {faith: {en: "Dana Reyes prays."}}
        questions:
          - {key: a, ask: {en: "You addict?", es: "¿Bien?"}, answer: {scale: 0-10}}
          - key: b
            ask: {en: "Which: 1 or 2? See www.x.org now", es: "¿Cual, 1 o 2?"}
            answer: {choice: {"1": {en: Beer, es: Agua}, "2": {en: Tea}}}
"""
    where = "schedule s, prompt k"
    assert places(more) == [
        (f"{where}, en", "stigma", "warning"),
        (f"{where}, variant faith, en", "name", "error"),
        (f"{where}, variant faith, en", "stigma", "warning"),
        (f"{where}, question b, en", "link", "warning"),
        (f"{where}, answer 1, en", "lock_screen", "error"),
        (f"{where}, variant faith, es", "language", "error"),
        (f"{where}, answer 2, es", "language", "error"),
        (f"{where}, question a, en", "answers", "warning"),
        (f"{where}, question a, es", "answers", "warning"),
    ]


def test_lists_are_read_too() -> None:
    """What MEETING answers stands on the same lock screen."""
    more = """        text: {en: "Hi.", es: "Hola."}
directory:
  meetings:
    - {text: {en: "AA, Tuesday at six."}}
"""
    assert places(more) == [("directory meetings[0], en", "lock_screen", "error")]


def test_the_example_is_worth_a_look_and_no_more() -> None:
    """The file people start from has no error-level finding."""
    programme = parse_programme(EXAMPLE.read_text("utf-8"))
    assert [one.place for one in review(programme) if one.finding.level is Severity.ERROR] == []
    assert {one.finding.rule for one in review(programme)} <= set(Rule)
    assert len(list(texts_of(programme))) == 14


def test_the_demo_has_no_error() -> None:
    """What people see first is worded right, in both languages."""
    text = (files("bot.commands") / "demo_programme.yaml").read_text("utf-8")
    assert [one.place for one in review(parse_programme(text)) if one.finding.level is Severity.ERROR] == []
