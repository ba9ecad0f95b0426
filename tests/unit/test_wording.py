"""The lint reads a text as a stranger, a carrier and a tired reader would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.word_lists import content, folded
from bot.domain.wording import Finding, Rule, Severity, findings


def found(text: str, language: str = "en") -> list[tuple[Rule, Severity, str]]:
    """Say what the lint finds and on which words."""
    return [(one.rule, one.level, text[slice(*one.place)]) for one in findings(text, language)]


def only(text: str, language: str = "en") -> Finding:
    """Return the single finding of a text."""
    (one,) = findings(text, language)
    return one


@pytest.mark.parametrize(
    ("text", "language", "word"),
    [
        ("How did the methadone visit go?", "en", "methadone"),
        ("No beer today, well done.", "en", "beer"),
        ("Your REHAB friends say hi.", "en", "REHAB"),
        ("AA is at seven tonight.", "en", "AA"),
        ("See you at Smart Recovery tonight.", "en", "Smart Recovery"),
        ("Living with bipolar is hard work.", "en", "bipolar"),
        ("Hoy nada de cerveza.", "es", "cerveza"),
        ("¿Fuiste a Alcoholicos Anonimos?", "es", "Alcoholicos Anonimos"),
        ("La metadona se entrega a las 9.", "es", "metadona"),
        ("Tu grupo de desintoxicacion abre hoy.", "es-MX", "desintoxicacion"),
    ],
)
def test_it_keeps_secrets_off_the_lock_screen(text: str, language: str, word: str) -> None:
    """Substances, illnesses, clinics, fellowships and medicines are errors, at their place."""
    assert (Rule.LOCK_SCREEN, Severity.ERROR, word) in found(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Drinking water helps. So does a short walk.", "en"),
        ("Clean one shelf, then sit down with tea.", "en"),
        ("New aa batteries for the radio will do it.", "en"),
        ("Do the dirty dishes to a good song.", "en"),
        ("In the past 30 days, what went well?", "en"),
        ("How do you feel, from 0 low to 10 high?", "en"),
        ("Meet us at the basketball court in Macon, GA.", "en"),
        ("Limpia la mesa y pon una taza.", "es"),
        ("Toma agua limpia y sal a caminar.", "es"),
        ("Na, hoy no pasa nada malo por eso.", "es"),
    ],
)
def test_it_leaves_innocent_words_alone(text: str, language: str) -> None:
    """A word with a harmless sense in its phrase is not reported."""
    assert found(text, language) == []


def test_accents_and_capitals_hide_nothing() -> None:
    """A place stays true when accents are folded away before the search."""
    text = "¿Tú y yo? La COCAÍNA no."
    assert (Rule.LOCK_SCREEN, Severity.ERROR, "COCAÍNA") in found(text, "es")


@pytest.mark.parametrize(
    ("text", "language", "level", "words"),
    [
        ("30 days sober, wow!", "en", Severity.ERROR, "30 days sober"),
        ("Happy day 90 to you!", "en", Severity.ERROR, "day 90"),
        ("Three days of showing up counts.", "en", Severity.WARNING, "Three days"),
        ("Ya son 30 dias sin nada.", "es", Severity.ERROR, "30 dias sin"),
        ("Tres dias de seguir aqui cuentan.", "es", Severity.WARNING, "Tres dias"),
    ],
)
def test_it_hears_a_count_of_days(text: str, language: str, level: Severity, words: str) -> None:
    """A count of days is found once, an error when it says what is counted."""
    counts = [one for one in found(text, language) if one[0] is Rule.DAY_COUNT]
    assert counts == [(Rule.DAY_COUNT, level, words)]


@pytest.mark.parametrize(
    ("text", "language", "better"),
    [
        ("Another addict told us this.", "en", "person in recovery"),
        ("You stayed clean all night.", "en", "not using"),
        ("A relapse is not the last word.", "en", "return to use"),
        ("That is drug  abuse and we know it.", "en", "use"),
        ("Un adicto nos dijo lo mismo.", "es", "persona en recuperacion"),
        ("Una recaída no es el final.", "es", "volver a consumir"),
    ],
)
def test_it_offers_the_better_word(text: str, language: str, better: str) -> None:
    """A word that shames comes with one that does not."""
    mends = [one.mend for one in findings(text, language) if one.rule is Rule.STIGMA]
    assert mends == [better]


@pytest.mark.parametrize(
    ("text", "language", "word"),
    [
        ("Reply CANCEL if you can't come.", "en", "CANCEL"),
        ("reply yes or no", "en", "yes"),
        ("Text 'end' when you are home.", "en", "end"),
        ("Reply with “quit” any time.", "en", "quit"),
        ("Answer no, maybe or yes.", "en", "yes"),
        ("Do you want in? YES or NO?", "en", "YES"),
        ("Reply STOP to close this check-in.", "en", "STOP"),
        ("Responde YES si vienes.", "es", "YES"),
        ("Escribe fin al terminar.", "es", "fin"),
        ("Antworte STOP", "de", "STOP"),
    ],
)
def test_it_never_asks_for_a_carrier_word(text: str, language: str, word: str) -> None:
    """A word that carriers act on is an error as an answer, in capitals or after "reply"."""
    assert (Rule.CARRIER_WORD, Severity.ERROR, word) in found(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Reply 1 for yes, 2 for no.", "en"),
        ("You can stop and start again at the end.", "en"),
        ("Reply STOP to opt out, HELP for help.", "en"),
        ("Responde 1 si, 2 no.", "es"),
        ("Escribe STOP para salir, AYUDA para recibir ayuda.", "es"),
    ],
)
def test_it_allows_carrier_words_that_mean_what_they_do(text: str, language: str) -> None:
    """Telling people how to leave or get help is owed, and plain speech is no command."""
    assert Rule.CARRIER_WORD not in {one.rule for one in findings(text, language)}


def test_length_is_measured_with_room_for_a_name() -> None:
    """A text of 150 letters is one SMS; with room for a name of twelve it is not."""
    assert found("a" * 150) == []
    assert (only("a" * 150 + "{first_name|}").rule, only("a" * 161).level) == (Rule.LENGTH, Severity.WARNING)
    assert only("a" * 320).level is Severity.WARNING
    assert only("a" * 321).level is Severity.ERROR


def test_it_warns_of_links_and_refuses_shorteners() -> None:
    """A link is a warning; a shortened one, which carriers block, an error."""
    assert found("See https://example.org/a?b=c now") == [
        (Rule.LINK, Severity.WARNING, "https://example.org/a?b=c")
    ]
    assert found("See bit.ly/abc now") == [(Rule.LINK, Severity.ERROR, "bit.ly/abc")]
    assert found("Come at 9.30 a.m. or 5 p.m. today.") == []


def test_it_shows_the_way_out_of_ucs2() -> None:
    """Neighbouring characters that cost are one finding with their replacement."""
    assert [(one.place, one.mend) for one in findings("¿Cómo estás?", "es")] == [
        ((2, 3), "o"),
        ((9, 10), "a"),
    ]
    assert only("ok 🙂🙂").mend == "Leave it out."


def test_it_warns_above_sixth_grade() -> None:
    """Long words make a warning; the same said plainly does not."""
    hard = "Participation necessitates appropriate communication regarding individual circumstances."
    assert found(hard)[0][:2] == (Rule.READING, Severity.WARNING)
    assert found("Tell us how you are so that we can help.") == []
    duro = "La participacion responsable necesita comunicaciones oportunas sobre circunstancias individuales."
    assert found(duro, "es")[0][:2] == (Rule.READING, Severity.WARNING)
    assert found("Dinos como te va y vemos en que te damos una mano.", "es") == []


def test_it_asks_one_question() -> None:
    """A second question is a warning; two marks after one question are one."""
    assert found("How are you? Did you eat?")[0][:2] == (Rule.QUESTIONS, Severity.WARNING)
    assert found("How are you??") == []


def test_it_knows_which_variables_can_be_filled() -> None:
    """A stray brace and an unknown name are errors, a name without fallback a warning."""
    assert only("Hi {first name}").level is Severity.ERROR
    assert only("Hi {nick|you}").mend == "Use one of: first_name, specialist_name, programme_name."
    assert findings("Hi {nick|you}", "en", known=("nick",)) == ()
    assert (only("Hi {first_name}").rule, only("Hi {first_name}").level) == (Rule.VARIABLE, Severity.WARNING)
    assert findings("This is {programme_name}.", "en") == ()


def test_what_a_fallback_says_is_read_too() -> None:
    """A word hidden in a fallback would be sent, so it is found."""
    assert (Rule.STIGMA, Severity.WARNING, "addict") in found("Hi {first_name|addict}, good day.")


def test_the_lists_are_equal_care_and_never_shame_in_return() -> None:
    """Both languages look for the same things, and no better word is itself one to be bettered."""
    lists = {code: content()["languages"][code] for code in ("en", "es")}
    assert lists["en"]["words"].keys() == lists["es"]["words"].keys() <= content()["reasons"].keys()
    for code, own in lists.items():
        for better in own["stigma"].values():
            assert Rule.STIGMA not in {one.rule for one in findings(better, code)}, better
        for levels in own["words"].values():
            entries = [folded(entry) for level in levels.values() for entry in level if not entry.isupper()]
            assert len(entries) == len(set(entries))


@given(st.text(), st.sampled_from(["en", "es", "es-MX", "fr", ""]))
def test_any_text_can_be_linted(text: str, language: str) -> None:
    """Whatever is typed, the lint answers, in order, with places inside the text and sentences to read."""
    every = findings(text, language)
    assert [one.place[0] for one in every] == sorted(one.place[0] for one in every)
    assert all(0 <= one.place[0] <= one.place[1] <= len(text) for one in every)
    assert all(one.reason and one.mend for one in every)


NAMES = ("Dana Reyes", "Joy", "Al Green")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Dana Reyes will be there.", [(Severity.ERROR, "Dana Reyes")]),
        ("dana  reyes will be there.", [(Severity.ERROR, "dana  reyes")]),
        ("Ask Dana about the bus.", [(Severity.WARNING, "Dana")]),
        ("Find some joy in it.", []),
        ("Joy comes back in small bits.", [(Severity.WARNING, "Joy")]),
        ("Also, the grass is green.", []),
        ("Ask {specialist_name|Dana} about it.", []),
    ],
)
def test_it_keeps_names_off_the_lock_screen(text: str, told: list[tuple[Severity, str]]) -> None:
    """A whole name is an error; a first name, which may be a word, a warning; a variable is the way."""
    names = [one for one in findings(text, "en", names=NAMES) if one.rule is Rule.NAME]
    assert [(one.level, text[slice(*one.place)]) for one in names] == told
