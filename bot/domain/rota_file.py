"""Rotas and leave as programme files write them, read and written back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from bot.domain.durations import format_duration, parse_duration
from bot.domain.programme_words import read_name, read_zone
from bot.domain.rota import WEEK, Leave, Override, Rota
from bot.domain.yaml_fields import Field, WrongFieldError
from bot.domain.yaml_writing import Inline, Lines, Quoted

DAY = timedelta(days=1)
UNSAID = datetime.fromisoformat("2000-01-03T09:00")  # stands for a wrong time while the rest is read
Who = Callable[[Field], str]


def read_rota(field: Field, who: Who, zone: str) -> Rota:
    """Read one rota; `who` reads a staff ref, `zone` is the programme's. Raises WrongFieldError."""
    keys = field.keys(["name", "people", "starts", "every", "timezone", "overrides"])
    return Rota(
        name=keys.need("name", read_name, ""),
        people=keys.need("people", lambda below: _people(below, who), ()),
        starts=keys.need("starts", _wall, UNSAID),
        every=keys.get("every", _turn, WEEK),
        timezone=keys.get("timezone", read_zone, zone),
        overrides=keys.get("overrides", lambda below: below.each(lambda one: _override(one, who)), ()),
    )


def read_leave(field: Field) -> Leave:
    """Read days away: one, or `FIRST to LAST`, both included. Raises WrongFieldError."""
    first, to, last = field.text().partition(" to ")
    try:
        leave = Leave(first=date.fromisoformat(first), last=date.fromisoformat(last if to else first))
    except ValueError:
        raise WrongFieldError("Leave is written like 2026-12-20 or 2026-12-20 to 2027-01-02.") from None
    if leave.last < leave.first:
        raise WrongFieldError("This leave ends before it begins.")
    return leave


def rota_to_file(rota: Rota, zone: str) -> dict[str, Any]:
    """Return a rota as the file holds it; what is as usual is left out."""
    data: dict[str, Any] = {
        "name": rota.name,
        "people": list(rota.people),
        "starts": Quoted(f"{rota.starts:%Y-%m-%d %H:%M}"),
    }
    if rota.every != WEEK:
        data["every"] = format_duration(rota.every)
    if rota.timezone != zone:
        data["timezone"] = rota.timezone
    if rota.overrides:
        data["overrides"] = Lines(_override_to_file(one) for one in rota.overrides)
    return data


def rota_to_data(rota: Rota) -> dict[str, Any]:
    """Return a rota as JSON data, for the database."""
    return {
        "name": rota.name,
        "people": list(rota.people),
        "starts": rota.starts.isoformat(),
        "every": rota.every.days,
        "timezone": rota.timezone,
        "overrides": [[o.who, o.since.isoformat(), o.until.isoformat()] for o in rota.overrides],
    }


def rota_from_data(data: dict[str, Any]) -> Rota:
    """Read a rota back from the database."""
    return Rota(
        name=data["name"],
        people=tuple(data["people"]),
        starts=datetime.fromisoformat(data["starts"]),
        every=timedelta(days=data["every"]),
        timezone=data["timezone"],
        overrides=tuple(
            Override(who=who, since=datetime.fromisoformat(since), until=datetime.fromisoformat(until))
            for who, since, until in data["overrides"]
        ),
    )


def _people(field: Field, who: Who) -> tuple[str, ...]:
    people = field.each(who)
    if field.is_list and not field.items():
        raise WrongFieldError("Name at least one.")
    return people


def _wall(field: Field) -> datetime:
    text = field.text()
    try:
        if len(text) == len("2026-11-02 09:00"):
            return datetime.fromisoformat(text)
    except ValueError:  # such as 30 February
        pass
    raise WrongFieldError("A wall time is written like 2026-11-02 09:00.")


def _turn(field: Field) -> timedelta:
    length = parse_duration(field.text())
    if not length or length % DAY:
        raise WrongFieldError("A turn lasts whole days or weeks, like 1d or 1w.")
    return length


def _override(field: Field, who: Who) -> Override:
    keys = field.keys(["who", "from", "until"])
    since = keys.need("from", _wall, UNSAID)
    until = keys.need("until", _wall, since + DAY)
    if until <= since:
        raise WrongFieldError("This ends before it begins.")
    return Override(who=keys.need("who", who, ""), since=since, until=until)


def _override_to_file(one: Override) -> dict[str, Any]:
    since, until = (Quoted(f"{wall:%Y-%m-%d %H:%M}") for wall in (one.since, one.until))
    return Inline({"who": one.who, "from": since, "until": until})
