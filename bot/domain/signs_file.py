"""What a programme file says under `follow_up`: how loud each sign is."""

from __future__ import annotations

from typing import Any

from bot.domain.durations import format_duration
from bot.domain.programme_words import read_duration
from bot.domain.signs import DEFAULT, FollowUps, Loudness, Sign
from bot.domain.yaml_fields import Field, WrongFieldError
from bot.domain.yaml_writing import Inline

MOST_MISSED = 50


def read_follow_ups(field: Field) -> FollowUps:
    """Read `{missed: {in_a_row: 3, level: note}, falling: urgent, …}`; short: `missed: 3`, `missed: none`."""
    keys = field.keys(list(Sign))
    missed = keys.get(Sign.MISSED, _read_missed, {})
    return FollowUps(
        **missed,
        falling=keys.get(Sign.FALLING, _read_loudness, DEFAULT.falling),
        undeliverable=keys.get(Sign.UNDELIVERABLE, _read_loudness, DEFAULT.undeliverable),
        opted_out=keys.get(Sign.OPTED_OUT, _read_loudness, DEFAULT.opted_out),
    )


def follow_ups_to_file(follow_ups: FollowUps) -> dict[str, Any] | None:
    """Return what differs from the defaults as the file writes it; nothing of it, no key."""
    missed: dict[str, Any] = {}
    if follow_ups.in_a_row != DEFAULT.in_a_row:
        missed["in_a_row"] = follow_ups.in_a_row
    if follow_ups.share is not None:
        missed["share"] = follow_ups.share
    if follow_ups.within != DEFAULT.within:
        missed["within"] = format_duration(follow_ups.within)
    if follow_ups.missed is not DEFAULT.missed:
        missed["level"] = str(follow_ups.missed)
    said: dict[str, Any] = {str(Sign.MISSED): Inline(missed)} if missed else {}
    for sign in (Sign.FALLING, Sign.UNDELIVERABLE, Sign.OPTED_OUT):
        if follow_ups.loudness(sign) is not DEFAULT.loudness(sign):
            said[str(sign)] = str(follow_ups.loudness(sign))
    return Inline(said) if said else None


def _read_loudness(field: Field) -> Loudness:
    return field.one_of(Loudness)


def _read_missed(field: Field) -> dict[str, Any]:
    if not field.is_group:
        text = field.text()
        if text in list(Loudness):
            return {"missed": Loudness(text)}
        if not text.isdecimal():
            raise WrongFieldError(
                "This is how many in a row, a level (none, note, urgent), or a group such as "
                "{in_a_row: 3, level: note}."
            )
        return {"in_a_row": field.whole(least=1, most=MOST_MISSED)}
    keys = field.keys(["in_a_row", "share", "within", "level"])
    if "within" in keys.found and "share" not in keys.found:
        keys.found["within"].say("This goes with a `share`, such as {share: 80, within: 14d}.")
    return {
        "in_a_row": keys.get(
            "in_a_row", lambda below: below.whole(least=1, most=MOST_MISSED), DEFAULT.in_a_row
        ),
        "share": keys.get("share", lambda below: below.whole(least=1, most=100), None),
        "within": keys.get("within", read_duration, DEFAULT.within),
        "missed": keys.get("level", _read_loudness, DEFAULT.missed),
    }
