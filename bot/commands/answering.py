"""`handrail answers`: how somebody has been, answer by answer; silence is told, never counted."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.actions.histories import Point, Scored, find_participant, points_of, scores_of
from bot.commands.opening import opened
from bot.domain.checkins import Answer
from bot.settings import Settings, load
from bot.store.people import Programme


def answers(ref: str, *, days: int, as_json: bool) -> None:
    """Print a participant's answers and scores of the last `days` days, oldest first."""
    points, scores, zone = asyncio.run(_read(load(), ref, timedelta(days=days)))
    if as_json:
        data = {
            "participant": ref,
            "zone": zone.key,
            "answers": [_point(one) for one in points],
            "scores": [_scored(one) for one in scores],
        }
        print(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for one in points:
        said = _in_words(one.answer) if one.answer is not None else f"({one.silence})"
        print(f"{_local(one.at, zone)}  {one.prompt}{'/' if one.question else ''}{one.question}  {said}")
    for scored in scores:
        parts = ", ".join(f"{name} {value}" for name, value in scored.score.parts.items())
        print(f"{_local(scored.at, zone)}  {scored.score.instrument} v{scored.score.version}: {parts}")
    if not points and not scores:
        print("Nothing was asked.")


def _point(one: Point) -> dict[str, Any]:
    answer = one.answer
    return {
        "at": one.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "prompt": one.prompt,
        "question": one.question or None,
        "about": one.about,
        "number": answer.number if answer is not None else None,
        "key": answer.key if answer is not None else None,
        "text": answer.text if answer is not None else None,
        "silence": str(one.silence) if one.silence is not None else None,
    }


def _scored(one: Scored) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "instrument": one.score.instrument,
        "version": one.score.version,
        "parts": one.score.parts,
        "reached": list(one.score.reached),
    }


def _in_words(answer: Answer) -> str:
    short = str(answer.number) if answer.number is not None else answer.key or ""
    text = " ".join((answer.text or "").split())
    return f"{short}: {text}" if short and text else short or text


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


async def _read(settings: Settings, ref: str, back: timedelta) -> tuple[list[Point], list[Scored], ZoneInfo]:
    async with opened(settings) as database, database.read() as tx:
        person = await find_participant(tx, ref)
        programme = await tx.session.get_one(Programme, person.programme_id)
        since = tx.now - back
        zone = ZoneInfo(person.timezone or programme.timezone)
        return await points_of(tx, person, since), await scores_of(tx, person, since), zone
