"""The page behind a link in a text, shown once to one member of staff: a situation, or a paper to print."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.actions.context import Situation, load_situation
from bot.actions.handovers import handover_of
from bot.actions.links import PATH, use_link
from bot.actions.notices import note
from bot.actions.people import own_participant
from bot.actions.summaries import summary_of
from bot.domain.charts import draw_svg
from bot.domain.errors import ErasedError
from bot.domain.papers import Article, Paper
from bot.domain.situations import about, day, facts, moment, plan_lines, words
from bot.domain.summaries import about as paper_about
from bot.domain.summaries import words as paper_words
from bot.store.alerts import Alert
from bot.store.database import Database, Tx
from bot.store.desk import Link, LinkKind
from bot.store.people import Participant, Programme, Staff

# Nothing of this page may be kept, framed, or told to another site.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
    ),
}
_TEMPLATES = Environment(loader=PackageLoader("handlers", "pages"), autoescape=True)


class StaffPage:
    """Shows a situation: a GET only asks, so that a phone's link preview does not use the link up."""

    def __init__(self, database: Database) -> None:
        """Take the database to look things up in."""
        self._database = database

    @property
    def route(self) -> Route:
        """Return the page's route."""
        return Route(f"{PATH}/{{token}}", self.show, methods=["GET", "POST"])

    async def show(self, request: Request) -> Response:
        """Ask first, then show it once."""
        if request.method == "GET":
            return _page(_language(request), None)
        async with self._database.write() as tx:
            link = await use_link(tx, request.path_params["token"])
            if link is None:
                return _page(_language(request), None, gone=True, status=410)
            return await _show(tx, link)


async def _show(tx: Tx, link: Link) -> Response:
    staff = await tx.session.get_one(Staff, link.staff_id)
    programme = await tx.session.get_one(Programme, staff.programme_id)
    language, zone = str(programme.languages[0]), staff.timezone or programme.timezone
    if link.kind is not LinkKind.SITUATION:
        paper = await _paper_of(tx, link, staff, programme)
        return print_paper(paper, language, zone) if paper else _page(language, None, gone=True, status=410)
    alert = await tx.session.get(Alert, link.alert_id) if link.alert_id is not None else None
    participant = await tx.session.get(Participant, link.participant_id) if link.participant_id else None
    if alert is not None:
        note(tx, alert, "viewed", staff_id=staff.id)
    if participant is None:
        return _page(language, None, gone=True, status=410)
    situation = await load_situation(tx, participant, alert)
    await tx.session.flush()
    return _page(language, situation, zone=zone)


async def _paper_of(tx: Tx, link: Link, staff: Staff, programme: Programme) -> Paper | None:
    """Return the paper behind a link; None for whoever may not see it any more."""
    if link.kind is LinkKind.HANDOVER:
        paper, _ = await handover_of(tx, await tx.session.get_one(Staff, link.about_id), programme, staff)
        return paper
    person = await tx.session.get(Participant, link.participant_id) if link.participant_id else None
    if person is None:
        return None
    try:
        if await own_participant(tx, staff, person.ref) is not None:
            return await summary_of(tx, person, programme, staff)
    except ErasedError:
        pass  # nothing is left to read
    return None


def print_paper(paper: Paper, language: str, zone: str) -> Response:
    """Return a paper as a page that can be printed."""
    given = {
        "language": language,
        "words": words(language),
        "said": paper_words(language),
        "paper": paper,
        "charts": [_charts(article, language, zone) for article in paper.articles],
    }
    return HTMLResponse(_TEMPLATES.get_template("paper.html").render(given), 200, HEADERS)


def _charts(article: Article, language: str, zone: str) -> list[tuple[str, Markup]]:
    """Draw the trends that are more than one answer, each over its own days."""
    drawn = []
    for series in article.trends:
        if len(series.points) > 1:
            first, last = series.points[0][0], series.points[-1][0]
            ends = (day(first, zone, language), day(last, zone, language))
            # Our own drawing; what people wrote is in none of it.
            picture = Markup(draw_svg(series, (first, last), ends))  # noqa: S704
            drawn.append((paper_about(series.title, language), picture))
    return drawn


def _page(
    language: str, situation: Situation | None, *, zone: str = "UTC", gone: bool = False, status: int = 200
) -> Response:
    given: dict[str, Any] = {
        "language": language,
        "words": words(language),
        "situation": situation,
        "gone": gone,
    }
    if situation is not None:
        ends = (day(situation.since, zone, language), day(situation.until, zone, language))
        given |= {
            "facts": facts(
                language,
                zone,
                level=situation.level,
                why=situation.why,
                sign=situation.sign,
                said_at=situation.said_at,
                crisis_reply=situation.crisis_reply,
                next_backup=situation.next_backup,
            ),
            "charts": [
                # Our own drawing; what people wrote is in none of it.
                (
                    about(series.title, language),
                    Markup(draw_svg(series, (situation.since, situation.until), ends)),  # noqa: S704
                )
                for series in situation.trends
            ],
            "plan": plan_lines(situation.plan, language),
            "promises": [(moment(due, zone, language), text) for due, text in situation.promises],
            "lines": [
                (moment(line.at, zone, language), line.who or words(language)["bot"], line.text)
                for line in situation.lines
            ],
        }
    return HTMLResponse(_TEMPLATES.get_template("situation.html").render(given), status, HEADERS)


def _language(request: Request) -> str:
    return "es" if request.headers.get("accept-language", "").lower().startswith("es") else "en"
