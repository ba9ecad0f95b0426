"""The pages that staff print: readable on a small phone, on a wide screen, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page

from bot.domain.charts import Series
from bot.domain.checkins import Silence
from bot.domain.handovers import Charge, hand_over
from bot.domain.papers import Paper
from bot.domain.plans import Section
from bot.domain.summaries import Added, Alarm, Material, Said, Setting, Vow, Wrote, span, summarise, words
from handlers.staff_page import print_paper
from tests.browser.checks import contrast_faults, naming_faults

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
ZONE = "America/New_York"
LONG = "I do not know how to say this, " * 6


def _trend(title: str, *values: float) -> Series:
    first = NOW - timedelta(days=len(values))
    return Series(
        title=title, low=0, high=10, points=[(first + timedelta(days=n), v) for n, v in enumerate(values)]
    )


def _summary(language: str) -> Paper:
    material = Material(
        person="p1",
        name="Alex",
        language="es",
        since=NOW - timedelta(days=14),
        until=NOW,
        session_at=NOW + timedelta(hours=1),
        trends=(_trend("mood", 3, 2, 5, 6, 7, 7), _trend("craving", 8, 8, 6, 4)),
        asked=(None,) * 10 + (Silence.MISSING,) * 3 + (Silence.UNDELIVERED,),
        wrote=(Wrote(at=NOW - timedelta(days=3), text=LONG, level="urgent"),),
        words=(Said(at=NOW - timedelta(days=2), text="x" * 150),),
        alerts=(
            Alarm(
                ref="K7",
                level="urgent",
                opened_at=NOW - timedelta(days=3),
                closed_at=NOW - timedelta(days=3),
                outcome="safe",
                name="Dana",
            ),
        ),
        promises=(Vow(ref="P4", text="ride to group on Friday", due_at=NOW + timedelta(days=3)),),
        helped=(Said(at=NOW - timedelta(days=6), text="caminar"),),
        plan=(Added(at=NOW - timedelta(days=5), section=Section.WHAT_HELPS, text="my sister"),),
        settings=(Setting(key="time", at=NOW - timedelta(days=5), values={"time": "20:00"}),),
    )
    article = summarise(material, language, ZONE)
    return Paper(title=words(language)["paper"], about=span(material, language, ZONE), articles=(article,))


def _handover(language: str) -> Paper:
    charges = [
        Charge(
            person=f"p{number}",
            name="Marisol",
            alerts=(Alarm(ref="K7", level="crisis", opened_at=NOW - timedelta(hours=1)),),
            promises=(Vow(ref="P4", text=LONG, due_at=NOW - timedelta(days=1)),),
            session_at=NOW + timedelta(days=2),
            trends=(_trend("mood", 8, 7, 3, 2),),
        )
        for number in range(6)
    ]
    articles = [hand_over(charge, NOW, language, ZONE) for charge in charges]
    said = words(language)
    return Paper(
        title=said["handover"].format(name="Dana"),
        about=said["handover_about"].format(count=6, at="Nov 23 10:00"),
        articles=tuple(article for article in articles if article is not None),
    )


@pytest.fixture(params=[(320, "light"), (320, "dark"), (1280, "light"), (1280, "dark")], ids=str)
def paper_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open an empty page of a width and a colour scheme, with scripts switched off in what it shows."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    yield page
    context.close()


@pytest.mark.parametrize(
    "paper", [_summary("en"), _summary("es"), _handover("es")], ids=["en", "es", "handover"]
)
def test_a_paper_fits_the_screen_and_the_sheet(paper_page: Page, paper: Paper) -> None:
    """Nothing runs over the edge, everything can be read, and print leaves the screen's own words out."""
    paper_page.set_content(bytes(print_paper(paper, "en", ZONE).body).decode())
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert paper_page.evaluate(wide), "it runs over the edge"
    assert contrast_faults(paper_page) == []
    assert naming_faults(paper_page) == []
    assert paper_page.locator(".screen").is_visible()
    paper_page.emulate_media(media="print")
    assert not paper_page.locator(".screen").is_visible()
    assert contrast_faults(paper_page) == []
