"""Variables are filled in once, and leave no trace when there is nothing to say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.templates import WordingError, render, variables_in


@pytest.mark.parametrize(
    ("template", "variables", "expected"),
    [
        ("Hi {first_name|there}.", {"first_name": "Alex"}, "Hi Alex."),
        ("Hi {first_name|there}.", {}, "Hi there."),
        ("Hi {first_name|there}.", {"first_name": "  "}, "Hi there."),
        ("Hi {first_name}.", {"first_name": " Ana \n Luz "}, "Hi Ana Luz."),
    ],
)
def test_it_fills_in_what_is_known(template: str, variables: dict[str, str], expected: str) -> None:
    """A value is used when there is one, tidied to one line, and the fallback when there is none."""
    assert render(template, variables, "en") == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Buenos dias {first_name|}. ¿Como", "Buenos dias. ¿Como"),
        ("Hi {first_name|}, how", "Hi, how"),
        ("Thanks, {first_name|}.", "Thanks."),
        ("Thanks, {first_name|}", "Thanks"),
        ("Well, {first_name|}, go on", "Well, go on"),
        ("{first_name|}, how are you?", "How are you?"),
        ("Good. {first_name|}, how are you?", "Good. How are you?"),
        ("{first_name|} {specialist_name|} hello", "Hello"),
        ("Hola, ¿{first_name|}, como estas?", "Hola, ¿como estas?"),
        ("Your person ({specialist_name|}) is in.", "Your person is in."),
        ("Hi {first_name|} and welcome", "Hi and welcome"),
        ("pre{first_name|}post", "prepost"),
        ("{first_name|}", ""),
    ],
)
def test_an_empty_value_leaves_no_trace(template: str, expected: str) -> None:
    """Spaces, the comma and the capital are put right around nothing."""
    assert render(template, {}, "es") == expected


def test_a_missing_variable_without_fallback_is_an_error_to_read() -> None:
    """The sentence names the variable and what to write, and nothing of the text."""
    with pytest.raises(WordingError, match=r"needs \{nick\}.*\{nick\|there\}"):
        render("Secret {nick}", {}, "en")


@pytest.mark.parametrize("template", ["Hi {", "Hi }", "Hi {First Name}", "{a{b}}", "{a|b|c}", "{}"])
def test_a_stray_brace_is_an_error_that_quotes_nothing(template: str) -> None:
    """A brace that is no variable stops the text, and the sentence says where."""
    with pytest.raises(WordingError, match="at character"):
        render(template, {"a": "x", "b": "x"}, "en")
    with pytest.raises(WordingError):
        variables_in(template)


def test_it_names_the_variables_once_in_order() -> None:
    """A coordinator's unknown name can be found before anything is sent."""
    assert variables_in("{b|x} {a} {b}") == ("b", "a")


def test_small_words_suit_the_sound_that_follows() -> None:
    """Spanish y and o, English a: only where they stand before the variable."""
    assert render("Tu y {x}", {"x": "Irene"}, "es-MX") == "Tu e Irene"
    assert render("Tu y {x}", {"x": "Íñigo"}, "es") == "Tu e Íñigo"
    assert render("Tu y {x}", {"x": "Hiena"}, "es") == "Tu y Hiena"
    assert render("Ana o {x}", {"x": "Olga"}, "es") == "Ana u Olga"
    assert render("Meet a {x}", {"x": "artist"}, "en") == "Meet an artist"
    assert render("Tu y {x}", {"x": "Irene"}, "en") == "Tu y Irene"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1))
def test_a_value_is_never_a_template(value: str) -> None:
    """Whatever a name holds, braces too, it comes out as it is."""
    assert render("x {a} y {b|z}", {"a": value, "b": value}, "fr") == f"x {value} y {value}"


@given(st.text(alphabet="aB .,;:!?¿¡()\n"), st.text(alphabet="aB .,;:!?¿¡()\n"))
def test_tidying_only_takes_away(before: str, after: str) -> None:
    """Around nothing no letter is lost, and no mark of the gap remains."""
    text = render(f"{before}{{x|}}{after}", {}, "es")
    letters = [one for one in (before + after).lower() if one.isalpha()]
    assert [one for one in text.lower() if one.isalpha()] == letters
    assert len(text) <= len(before) + len(after) + 1
    text.encode()
