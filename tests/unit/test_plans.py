"""What people ask of their plan, and how it fits two texts; the skills that stand in for one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.consent import read_consent
from bot.domain.encoding import Encoding, segments
from bot.domain.plans import (
    LONGEST_ENTRY,
    MOST_ENTRIES,
    PAGE,
    Counter,
    Entry,
    PlanWish,
    Section,
    Wish,
    is_done,
    is_skip,
    pages,
    plain,
    read_counter,
    read_plan,
)
from bot.domain.skills import has_nose_spray, rotated, skills
from bot.domain.triage.assess import Level, assess
from bot.domain.wording import Severity, findings

WISHES = [
    ("PLAN", PlanWish(wish=Wish.SHOW)),
    ("mi plan", PlanWish(wish=Wish.SHOW)),
    ("/plan", PlanWish(wish=Wish.SHOW)),
    (
        "Plan add helps: Walking, slowly",
        PlanWish(wish=Wish.ADD, section=Section.WHAT_HELPS, text="Walking, slowly"),
    ),
    (
        "plan agregar por qué mis hijos",
        PlanWish(wish=Wish.ADD, section=Section.REASONS, text="mis hijos"),
    ),
    ("PLAN SIRVE: caminar", PlanWish(wish=Wish.ADD, section=Section.WHAT_HELPS, text="caminar")),
    ("plan señales:  no duermo", PlanWish(wish=Wish.ADD, section=Section.WARNING_SIGNS, text="no duermo")),
    ("my plan people", PlanWish(wish=Wish.ASK, section=Section.PEOPLE)),
    ("plan helps:", PlanWish(wish=Wish.ASK, section=Section.WHAT_HELPS)),
    ("plan add walking", PlanWish(wish=Wish.ADD)),
    ("PLAN REMOVE 2", PlanWish(wish=Wish.REMOVE, number=2)),
    ("plan quitar 12", PlanWish(wish=Wish.REMOVE, number=12)),
]
TALK = [
    "", "🙂", "plan helps me a lot", "my plan is to go home", "plan b", "remove 2", "plan remove",
    "plan remove it all", "I plan to stay", "el plan de hoy es dormir", "2",
]  # fmt: skip


@pytest.mark.parametrize(("text", "wish"), WISHES)
def test_what_is_asked_of_a_plan(text: str, wish: PlanWish) -> None:
    """Case, accents and colons make no difference; the words that go in stay as written."""
    assert read_plan(text) == wish
    assert read_consent(text).word is None
    assert assess(text).level is Level.NONE


@pytest.mark.parametrize("text", TALK)
def test_talk_of_plans_changes_none(text: str) -> None:
    """A sentence that begins like it is talk."""
    assert read_plan(text) is None


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever arrives is read, and what would be kept is short."""
    for said in (text, f"plan {text}", f"plan why: {text}"):
        wish = read_plan(said)
        assert wish is None or len(wish.text) <= LONGEST_ENTRY
    assert segments(plain(text)).count <= segments(text).count


def test_passing_and_ending_are_no_words_of_carriers() -> None:
    """Nobody who wants no more questions is opted out."""
    for word in ("skip", "1", "saltar", "nada", "idk"):
        assert is_skip(word)
    for word in ("2", "DONE", "listo", "Ya está"):
        assert is_done(word)
        assert read_consent(word).word is None
    assert not is_done("stop")


def test_what_becomes_of_the_count() -> None:
    """By number or in words, and nothing else."""
    assert [read_counter(t) for t in ("1", "Start over", "que descanse")] == list(Counter)
    assert read_counter("4") is None


def test_a_full_plan_fits_two_texts() -> None:
    """Every entry is in it, shortened evenly, however long they are."""
    entries = [
        Entry(id=f"{section}{n}", section=section, text="w" * LONGEST_ENTRY)
        for section in Section
        for n in range(MOST_ENTRIES)
    ]
    texts = pages(entries, "en", title="Your plan", hint="x" * 60)
    assert len(texts) == 2
    assert all(segments(text).units <= PAGE for text in texts)
    assert all(f"{number} www" in "\n".join(texts) for number in range(1, len(entries) + 1))


def test_a_short_plan_is_one_text_in_whole() -> None:
    """Numbers run through, each part has its name once."""
    entries = [
        Entry(id="a", section=Section.REASONS, text="my kids"),
        Entry(id="b", section=Section.REASONS, text="my health"),
        Entry(id="c", section=Section.PEOPLE, text="Bea"),
    ]
    (text,) = pages(entries, "en", title="Your plan", hint="Hint.")
    assert text == "Your plan\nWhy: 1 my kids\n2 my health\nPeople: 3 Bea\nHint."


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("mi tía Lola", "mi tia Lola"),
        ("sing 🎵 loud", "sing loud"),
        ("🎵", "🎵"),
        ("прогулка", "прогулка"),
        ("a “walk”", 'a "walk"'),
    ],
)
def test_own_words_by_sms(text: str, sent: str) -> None:
    """What makes a text dear is written plainly, unless nothing would be left of it."""
    assert plain(text) == sent


@pytest.mark.parametrize("language", ["en", "es"])
def test_our_skills_are_fit_to_send(language: str) -> None:
    """Short, plain letters, safe on a lock screen; as many in each language."""
    assert len(skills(language)) == len(skills("en"))
    for skill in skills(language):
        counted = segments(skill)
        assert counted.encoding is Encoding.GSM7, skill
        assert counted.units <= 128, skill
        assert [f for f in findings(skill, language) if f.level is Severity.ERROR] == [], skill
        assert assess(skill, language).level is Level.NONE, skill


def test_the_skills_rotate() -> None:
    """Another each time, another each day, and all of them come round."""
    of = skills("en")
    day = date(2026, 11, 23)
    assert {rotated(of, "p", day, told) for told in range(len(of))} == set(of)
    assert rotated(of, "p", day, 0) != rotated(of, "p", date(2026, 11, 24), 0)


def test_the_spray_is_named_only_where_people_have_it() -> None:
    """And nowhere by default."""
    assert has_nose_spray("us")
    assert not has_nose_spray("DE")
