"""Answers are read as people give them, and never read into what was only said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answers import AnswerSpec, Choice, FreeText, Option, Scale, YesNo
from bot.domain.checkins import (
    Answer,
    AnswerKind,
    Move,
    Reading,
    ReadingStatus,
    from_data,
    next_move,
    read_answer,
    to_data,
)
from bot.domain.phrases import load

READ, UNCLEAR, NOT = ReadingStatus.READ, ReadingStatus.UNCLEAR, ReadingStatus.NOT_AN_ANSWER
MOOD = Scale(low=0, high=10, about="mood")
RIDE = Choice(
    options=(
        Option(key="1", labels={"en": "Ride", "es": "Transporte"}),
        Option(key="2", labels={"en": "No ride", "es": "Sin transporte"}),
    )
)
PLACE = Choice(
    options=(
        Option(key="home", labels={"en": "At home", "es": "En casa"}),
        Option(key="work", labels={"en": "At work", "es": "En el trabajo"}),
        Option(key="out", labels={"en": "Somewhere else", "es": "En otro lugar"}),
    )
)
NUMBERS: dict[str, list[str]] = load("answers")["numbers"]

SCALE = [
    ("7", 7), ("7/10", 7), ("7 / 10", 7), ("7 out of 10", 7), ("seven", 7), ("Seven.", 7), ("about a 7", 7),
    ("7ish", 7), ("7-ish", 7), ("7 ish", 7), ("a 7 I guess", 7), ("I'd say 7", 7),
    ("I'm at a 7", 7), ("#7", 7),
    ("7!", 7), ("10!!!", 10), ("0", 0), ("zero", 0), ("00", 0), ("07", 7), ("7️⃣", 7), ("🔟", 10),
    ("0️⃣", 0),
    ("７", 7), ("7 😊", 7), ("😞 3", 3), ("(4)", 4), ("'5'", 5), ("mood 7", 7), ("Mood: 7", 7),
    ("my mood is 6", 6),
    ("Today is a 4", 4), ("maybe 6", 6), ("probably like a 5", 5), ("solid 8", 8),
    ("I give it a 7", 7), ("7 lol", 7),
    ("5 thanks", 5), ("5 today", 5),
    ("feeling like a four", 4), ("ten out of ten", 10), ("I'm a 3 right now", 3), ("ok 6", 6), ("ten", 10),
    ("7 because I slept badly", 7), ("7, slept badly", 7), ("7 slept badly", 7),
    ("7. Slept badly", 7), ("7 - slept badly", 7),
    ("7\nslept badly", 7), ("7 but my back hurts", 7), ("4 not great", 4), ("3 I'm tired", 3),
    ("6 better", 6),
    ("rough night, 3", 3), ("Not great. 4", 4), ("slept badly\n2", 2), ("7/10 because of work", 7),
    ("siete", 7), ("un 7", 7), ("Un siete.", 7), ("7 porque dormí mal", 7), ("7, dormí mal", 7),
    ("7 de 10", 7),
    ("siete de diez", 7), ("7 sobre 10", 7), ("como un 7", 7), ("creo que un 6", 6), ("diría que 5", 5),
    ("hoy estoy en 4", 4), ("me siento un 8", 8), ("más o menos 6", 6), ("6 más o menos", 6), ("cero", 0),
    ("diez!!", 10), ("uno", 1), ("un dos", 2), ("tres porque estoy cansada", 3), ("5 gracias", 5),
    ("ánimo 7", 7),
    ("un 3 pero ya mejor", 3), ("mala noche, 3", 3), ("la verdad 4", 4), ("4 la verdad", 4),
    ("7 hoy", 7), ("dos, no dormi", 2), ("quizás 5", 5),
]  # fmt: skip

SCALE_UNCLEAR = [
    "7.5", "7,5", "6.5/10", "between 6 and 7", "6 or 7", "6-7", "6 – 7", "6 to 7", "-1",
    "minus 1", "11", "70",
    "100", "7/5", "7777777777777", "7 and a half", "seven and a half", "½", "good", "ok", "idk",
    "not great", "same",
    "entre 6 y 7", "6 o 7", "menos 1", "once", "veinte", "siete y medio", "bien", "mal", "no sé",
    "regular", "igual",
    "lo mismo", "😞", "???", "7 coffee helped", "3 drinks", "6 7", "6ish maybe 7", "6, maybe 7",
    "6/7", "eleven",
]  # fmt: skip

SCALE_TALK = [
    "I have been here 7 times and nobody came", "", "   ", "I used again", "who is this",
    "call me at 5 please ok",
    "one of those days", "I feel like 10 people hate me", "my 2 kids are with me", "there are 3 of us here",
    "I took 20 pills", "see you at 9 tomorrow morning", "it was 7 years ago that she left",
    "I can't do this any more",
    "he estado aquí 7 veces y nadie vino", "tengo 2 hijos conmigo", "me tomé 20 pastillas",
    "hace 3 años de eso",
    "¿a qué hora es la cita?", "una mierda de día", "llámame a las 5", "no puedo más", "what does 10 mean",
    "10 people died in my town last year", "my number is 202 555 0100", "dos de mis amigos murieron",
]  # fmt: skip

CHOICES = [
    (RIDE, "1", "1"), (RIDE, "1.", "1"), (RIDE, "#1", "1"), (RIDE, "one", "1"), (RIDE, "Ride", "1"),
    (RIDE, "ride!", "1"), (RIDE, "no ride", "2"), (RIDE, "the first one", "1"), (RIDE, "2nd", "2"),
    (RIDE, "number 2", "2"), (RIDE, "option 1 please", "1"), (RIDE, "1️⃣", "1"), (RIDE, "2 no", "2"),
    (RIDE, "1 ride", "1"), (RIDE, "1 because my car broke", "1"), (RIDE, "no", "2"), (RIDE, "uno", "1"),
    (RIDE, "dos", "2"), (RIDE, "Transporte", "1"), (RIDE, "transp", "1"), (RIDE, "sin", "2"),
    (RIDE, "la primera", "1"), (RIDE, "I need a ride", "1"), (RIDE, "no ride please", "2"),
    (RIDE, "necesito transporte", "1"), (RIDE, "el segundo", "2"), (RIDE, "opción 2", "2"),
    (RIDE, "1 por favor", "1"),
    (RIDE, "Sin transporte.", "2"), (RIDE, "1 sí", "1"), (RIDE, "2, tengo carro", "2"),
    (RIDE, "I think 2", "2"),
    (PLACE, "home", "home"), (PLACE, "at home", "home"), (PLACE, "AT WORK", "work"), (PLACE, "some", "out"),
    (PLACE, "1", "home"), (PLACE, "3", "out"), (PLACE, "third", "out"), (PLACE, "En casa", "home"),
    (PLACE, "en el trabajo", "work"), (PLACE, "tercera opción", "out"), (PLACE, "en otro", "out"),
    (PLACE, "home with my kids", "home"), (PLACE, "at work, call later", "work"), (PLACE, "tres", "out"),
]  # fmt: skip

CHOICES_UNCLEAR = [
    (RIDE, "3"), (RIDE, "0"), (RIDE, "1 or 2"), (RIDE, "1 o 2"), (RIDE, "both"), (RIDE, "yes"), (RIDE, "sí"),
    (RIDE, "si"), (RIDE, "idk"), (RIDE, "1 no ride"), (RIDE, "same"), (RIDE, "1/2"), (PLACE, "4"),
    (PLACE, "igual"),
]  # fmt: skip

CHOICES_TALK = [
    (RIDE, "I can't do this"), (RIDE, "who are you"), (RIDE, "I don't need a ride"), (RIDE, "no transporte"),
    (RIDE, "¿quién eres?"),
    (RIDE, "the first time I used I was 12"),
    (PLACE, "I lost my home and my job at work"), (PLACE, "I took 20 pills"), (PLACE, "extraño a mi mamá"),
]  # fmt: skip

YES_NO = [
    ("yes", "yes"), ("Yep", "yes"), ("yeah!", "yes"), ("y", "yes"), ("Y.", "yes"),
    ("sure", "yes"), ("1", "yes"),
    ("1.", "yes"), ("of course", "yes"), ("yes, but it was hard", "yes"), ("yes I did", "yes"),
    ("yes went to group", "yes"),
    ("👍", "yes"),
    ("👍🏽", "yes"), ("yes because I had to", "yes"), ("one", "yes"), ("1 yes", "yes"),
    ("no", "no"), ("NO!!", "no"),
    ("nope", "no"), ("nah", "no"), ("n", "no"), ("2", "no"), ("not really", "no"), ("no thanks", "no"),
    ("not yet", "no"), ("no, not today", "no"), ("no but I will", "no"), ("👎", "no"), ("2 not today", "no"),
    ("sí", "yes"), ("Si", "yes"), ("Sí, gracias", "yes"), ("claro", "yes"), ("claro que sí", "yes"),
    ("por supuesto", "yes"), ("sí pero con ganas", "yes"), ("uno", "yes"), ("1 si", "yes"),
    ("no gracias", "no"),
    ("todavía no", "no"), ("no, hoy no", "no"), ("para nada", "no"), ("nunca", "no"),
    ("dos", "no"), ("2 no", "no"),
    ("no porque no pude", "no"), ("claro que no", "no"), ("No.", "no"), ("nel", "no"),
]  # fmt: skip

YES_NO_UNCLEAR = [
    "3",
    "0",
    "maybe",
    "not sure",
    "yes and no",
    "idk",
    "no sé",
    "tal vez",
    "sí y no",
    "a veces",
    "1 no",
    "yes no",
]
YES_NO_TALK = [
    "",
    "no one cares about me",
    "nobody came",
    "I used again",
    "si tuviera dinero iría",
    "me quiero morir",
]


def read(spec: AnswerSpec, text: str, language: str = "en", previous: Answer | None = None) -> Reading:
    """Read an answer with the defaults most examples share."""
    return read_answer(spec, text, language=language, previous=previous)


@pytest.mark.parametrize(("text", "number"), SCALE)
def test_a_number_is_read_as_people_write_it(text: str, number: int) -> None:
    """Digits, words, keycaps, asides and remarks, in either language."""
    for language in ("en", "es"):
        reading = read(MOOD, text, language)
        assert reading.value is not None
        assert reading.value.number == number


@pytest.mark.parametrize("text", SCALE_UNCLEAR)
def test_what_only_looks_like_a_number_is_asked_about(text: str) -> None:
    """Halves, ranges, numbers out of range and vague words are never rounded or guessed."""
    assert read(MOOD, text, "es").status is UNCLEAR


@pytest.mark.parametrize("text", SCALE_TALK)
def test_a_number_in_a_sentence_is_no_answer(text: str) -> None:
    """Somebody telling us something has not scored their mood."""
    for language in ("en", "es"):
        assert read(MOOD, text, language).status is NOT


def test_once_is_eleven_only_in_spanish() -> None:
    """The same letters are another word in English."""
    wide = Scale(low=0, high=20)
    reading = read(wide, "once", "es")
    assert reading.value is not None
    assert reading.value.number == 11
    assert read(wide, "once", "en").status is NOT


@pytest.mark.parametrize(
    ("text", "kept"), [("7", None), ("about a 7", None), ("7 porque dormí mal", "7 porque dormí mal")]
)
def test_a_remark_is_kept_as_written(text: str, kept: str | None) -> None:
    """What somebody adds to a number may matter more than the number."""
    value = read(MOOD, text).value
    assert value is not None
    assert value.text == kept


@pytest.mark.parametrize("text", ["same", "Same as yesterday", "igual", "lo mismo", "Igual que ayer."])
def test_same_repeats_the_previous_answer(text: str) -> None:
    """Without a previous answer, or with one that no longer fits, it is asked about."""
    before = Answer(kind=AnswerKind.SCALE, number=6, text="6, tired")
    assert read(MOOD, text, previous=before).value == Answer(kind=AnswerKind.SCALE, number=6)
    assert read(MOOD, text).status is UNCLEAR
    assert read(Scale(low=0, high=5), text, previous=before).status is UNCLEAR
    assert read(YesNo(), text, previous=before).status is UNCLEAR
    chosen = Answer(kind=AnswerKind.CHOICE, key="home")
    assert read(PLACE, text, previous=chosen).value == chosen
    assert read(RIDE, text, previous=chosen).status is UNCLEAR


def test_a_denominator_must_be_the_scale() -> None:
    """Three out of five is not three out of ten."""
    five = Scale(low=0, high=5)
    assert read(five, "3/5").status is READ
    assert read(five, "3/10").status is UNCLEAR


@pytest.mark.parametrize(("spec", "text", "key"), CHOICES)
def test_a_choice_is_read_by_key_label_place_or_beginning(spec: Choice, text: str, key: str) -> None:
    """Labels of both languages count, whichever was sent."""
    for language in ("en", "es"):
        value = read(spec, text, language).value
        assert value is not None
        assert value.key == key


@pytest.mark.parametrize(("spec", "text"), CHOICES_UNCLEAR)
def test_a_doubtful_choice_is_asked_about(spec: Choice, text: str) -> None:
    """Yes, both, a number not offered: worth one question, not a guess."""
    assert read(spec, text, "es").status is UNCLEAR


@pytest.mark.parametrize(("spec", "text"), CHOICES_TALK)
def test_talk_chooses_nothing(spec: Choice, text: str) -> None:
    """A sentence that names no option at its start is conversation."""
    assert read(spec, text).status is NOT


@pytest.mark.parametrize(("text", "key"), YES_NO)
def test_yes_and_no_are_read_in_both_languages(text: str, key: str) -> None:
    """Words, numbers and thumbs."""
    for language in ("en", "es"):
        value = read(YesNo(), text, language).value
        assert value is not None
        assert value.key == key


@pytest.mark.parametrize("text", YES_NO_UNCLEAR)
def test_neither_yes_nor_no_is_asked_about(text: str) -> None:
    """Doubt is not counted as either."""
    assert read(YesNo(), text).status is UNCLEAR


@pytest.mark.parametrize("text", YES_NO_TALK)
def test_a_sentence_that_begins_with_no_is_no_answer(text: str) -> None:
    """ "No one cares" must reach a person, not a chart."""
    assert read(YesNo(), text, "es").status is NOT


@pytest.mark.parametrize(
    ("text", "status"), [("  a walk ", READ), ("7", READ), ("🙂", READ), ("", NOT), (" \u200b", NOT)]
)
def test_free_text_is_anything_said(text: str, status: ReadingStatus) -> None:
    """It is kept as written; nothing visible is no answer."""
    reading = read(FreeText(), text)
    assert reading.status is status
    assert reading.value is None or reading.value.text == text.strip()


@pytest.mark.parametrize(
    ("status", "reasks", "move"),
    [
        (READ, 0, Move.ANSWERED),
        (READ, 1, Move.ANSWERED),
        (UNCLEAR, 0, Move.REASK),
        (UNCLEAR, 1, Move.LET_GO),
        (NOT, 0, Move.LET_GO),
        (NOT, 1, Move.LET_GO),
    ],
)
def test_a_question_is_asked_again_once_at_most(status: ReadingStatus, reasks: int, move: Move) -> None:
    """Conversation is never answered with the question again."""
    assert next_move(Reading(status=status), reasks) is move


@given(
    st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.sampled_from(["en", "es"]), st.booleans()
)
def test_every_number_of_every_scale_reads_back(
    a: int, b: int, c: int, language: str, in_words: bool
) -> None:
    """In digits and in words, from nought to twenty, and only within the scale."""
    low, number, high = sorted((a, b, c))
    text = NUMBERS[language][number] if in_words else str(number)
    reading = read(Scale(low=low, high=high), text, language)
    assert reading.value == Answer(kind=AnswerKind.SCALE, number=number)
    assert number == low or read(Scale(low=low, high=number - 1), text, language).status is UNCLEAR


@given(
    st.text(max_size=200),
    st.sampled_from([MOOD, RIDE, PLACE, YesNo(), FreeText()]),
    st.sampled_from(["en", "es"]),
)
def test_no_text_is_too_strange(text: str, spec: AnswerSpec, language: str) -> None:
    """Whatever arrives gets a reading, and an answer comes with it exactly when it was read."""
    reading = read(spec, text, language)
    assert (reading.value is not None) == (reading.status is READ)


@given(
    st.sampled_from(AnswerKind),
    st.none() | st.integers(),
    st.none() | st.text(max_size=9),
    st.none() | st.text(max_size=9),
)
def test_answers_survive_being_stored(
    kind: AnswerKind, number: int | None, key: str | None, text: str | None
) -> None:
    """What comes back from plain data is what went in."""
    answer = Answer(kind=kind, number=number, key=key, text=text)
    assert from_data(to_data(answer)) == answer


def test_word_lists_are_folded_words() -> None:
    """A word that YAML takes for a truth value, or that folding would change, could never match."""

    def leaves(data: object) -> list[object]:
        if isinstance(data, dict):
            return [leaf for value in data.values() for leaf in leaves(value)]
        return [leaf for item in data for leaf in leaves(item)] if isinstance(data, list) else [data]

    for leaf in leaves({**load("answers"), "thumbs": [], "commands": load("commands")["commands"]}):
        assert isinstance(leaf, str)
        assert leaf.isascii()
        assert leaf == leaf.lower()
