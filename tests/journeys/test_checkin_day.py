"""A day with a check-in: asked at the person's own time, answered their own way, let go gently."""

from __future__ import annotations

from tests.journeys.conftest import Open
from tests.journeys.programmes import ALEX, only_mood


async def test_a_mood_question_comes_at_half_past_nine_where_alex_lives(open_story: Open) -> None:
    """The question waits for 9:30 in Chicago; "7/10" is thanked."""
    story = await open_story(only_mood())
    alex = story.phone(ALEX)
    await story.forward(minutes=29)
    alex.got_nothing()
    await story.forward(minutes=1)
    await alex.gets("Morning Alex. How are you today, 0 (rough) to 10 (good)?")
    await alex.says("7/10")
    await alex.gets("Glad to hear it.")
