"""A trend as a picture: what was answered is in it, silence is not."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

from PIL import Image

from bot.domain.charts import HEIGHT, WIDTH, Series, draw_png, draw_svg

UNTIL = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SPAN = (UNTIL - timedelta(days=28), UNTIL)
ENDS = ("Oct 26", "Nov 23")


def series(*points: tuple[float, float]) -> Series:
    """Return answers as (days ago, value)."""
    return Series(title="mood", low=0, high=10, points=[(UNTIL - timedelta(days=d), v) for d, v in points])


def test_the_picture_is_a_small_png() -> None:
    """Of the size that is said, with something drawn on it."""
    picture = Image.open(io.BytesIO(draw_png(series((3, 4), (2, 5), (1, 2)), SPAN, ENDS)))
    assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
    colours = picture.convert("RGB").getcolors(100_000)
    assert colours is not None
    assert len(colours) > 3


def test_no_answers_make_an_empty_picture() -> None:
    """Nobody answered: the scale alone."""
    assert draw_png(series(), SPAN, ENDS).startswith(b"\x89PNG")


def test_silence_is_a_gap() -> None:
    """A line is drawn only between answers of neighbouring days."""
    drawn = ET.fromstring(draw_svg(series((9, 4), (8, 5), (2, 3), (1, 2)), SPAN, ENDS))  # noqa: S314 - our own drawing
    lines = drawn.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [2, 2]


def test_the_page_can_be_read_without_the_picture() -> None:
    """The title says every answer; what people name is escaped."""
    odd = Series(title="<mood>", low=0, high=10, points=[(UNTIL, 3)])
    text = draw_svg(odd, SPAN, ENDS)
    assert "&lt;mood&gt;: 2026-11-23 3" in text


def test_values_outside_the_scale_stay_on_the_picture() -> None:
    """A scale that was changed later must not draw over the edge."""
    drawn = ET.fromstring(draw_svg(series((2, 99), (1, -5)), SPAN, ENDS))  # noqa: S314 - our own drawing
    heights = [float(c.attrib["cy"]) for c in drawn.findall("{http://www.w3.org/2000/svg}circle")]
    assert all(0 <= height <= HEIGHT for height in heights)
