"""A trend as a small picture: what somebody answered on a scale, day by day, with the silences left open."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, EDGE = 640, 240, 36
INK, LINE, GRID, PAPER = "#22313f", "#2b6cb0", "#d5dde5", "#ffffff"
SILENCE = timedelta(days=2)  # a longer stretch without an answer is no line: silence is not a value


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Answers on one scale from `low` to `high`, oldest first: (aware instant, number)."""

    title: str
    low: float
    high: float
    points: Sequence[tuple[datetime, float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Frame:
    series: Series
    since: datetime
    until: datetime

    def at(self, point: tuple[datetime, float]) -> tuple[float, float]:
        """Return where a point stands on the picture."""
        span = max((self.until - self.since).total_seconds(), 1)
        x = EDGE + (WIDTH - 2 * EDGE) * (point[0] - self.since).total_seconds() / span
        return x, self.height(point[1])

    def height(self, value: float) -> float:
        """Return how far down a value stands."""
        share = (value - self.series.low) / max(self.series.high - self.series.low, 1)
        return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * min(max(share, 0), 1)


Span = tuple[datetime, datetime]  # aware instants
Ends = tuple[str, str]  # what the first and the last day are called


def draw_png(series: Series, span: Span, ends: Ends) -> bytes:
    """Return the trend over a span as a PNG of 640 by 240 pixels."""
    frame = _Frame(series=series, since=span[0], until=span[1])
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=14)
    for value in (series.low, (series.low + series.high) / 2, series.high):
        y = frame.height(value)
        pen.line([(EDGE, y), (WIDTH - EDGE, y)], fill=GRID)
        pen.text((6, y - 8), f"{value:g}", fill=INK, font=font)
    pen.text((EDGE, 8), series.title, fill=INK, font=font)
    pen.text((EDGE, HEIGHT - 10), ends[0], fill=INK, font=font, anchor="ls")
    pen.text((WIDTH - EDGE, HEIGHT - 10), ends[1], fill=INK, font=font, anchor="rs")
    for run in _runs(series.points):
        places = [frame.at(point) for point in run]
        if len(places) > 1:
            pen.line(places, fill=LINE, width=3)
        for x, y in places:
            pen.ellipse([(x - 4, y - 4), (x + 4, y + 4)], fill=LINE)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def draw_svg(series: Series, span: Span, ends: Ends) -> str:
    """Return the same trend as an SVG element, for a page; what it shows stands in its title too."""
    frame = _Frame(series=series, since=span[0], until=span[1])
    said = ", ".join(f"{at:%Y-%m-%d} {value:g}" for at, value in series.points) or "-"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(series.title)}: {escape(said)}</title>",
    ]
    for value in (series.low, (series.low + series.high) / 2, series.high):
        y = frame.height(value)
        parts.append(f'<line x1="{EDGE}" y1="{y:.0f}" x2="{WIDTH - EDGE}" y2="{y:.0f}" class="grid"/>')
        parts.append(f'<text x="6" y="{y + 5:.0f}">{value:g}</text>')
    parts.append(f'<text x="{EDGE}" y="{HEIGHT - 8}">{escape(ends[0])}</text>')
    parts.append(f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 8}" text-anchor="end">{escape(ends[1])}</text>')
    for run in _runs(series.points):
        places = [frame.at(point) for point in run]
        joined = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
        parts.append(f'<polyline points="{joined}" class="trend"/>')
        parts += [f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" class="point"/>' for x, y in places]
    parts.append("</svg>")
    return "".join(parts)


def _runs(points: Sequence[tuple[datetime, float]]) -> list[list[tuple[datetime, float]]]:
    """Cut the points where somebody was silent."""
    runs: list[list[tuple[datetime, float]]] = []
    for point in points:
        if runs and point[0] - runs[-1][-1][0] <= SILENCE:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs
