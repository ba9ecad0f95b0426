"""Read "I moved to Denver" as a change of clocks, apart from other texts, in both languages."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from bot.domain.phrases import bare, fold, load

LONGEST = 80  # characters; whoever writes more has more to say


def read_move(text: str, country: str) -> str | None:
    """Return the zone of a place in `country` (two letters) that somebody says they moved to, else None.

    >>> read_move("I moved to Denver", "US"), read_move("I moved to tears", "US")
    ('America/Denver', None)
    """
    if len(text) > LONGEST:
        return None
    said = bare(text)
    before = next((phrase for phrase in _BEFORE if said.startswith(f"{phrase} ")), None)
    if before is None:
        return None
    place = said.removeprefix(f"{before} ")
    after = next((phrase for phrase in _AFTER if place.endswith(f" {phrase}")), None)
    if before in _NEEDS_AFTER and after is None:
        return None
    return _places(country).get(place.removesuffix(f" {after}") if after else place)


def place_of(zone: str) -> str:
    """Return what people call a zone: its city."""
    return zone.rpartition("/")[2].replace("_", " ")


@cache
def _places(country: str) -> dict[str, str]:
    """Return the zones of a country by the folded names of their places."""
    table = (files("tzdata.zoneinfo") / "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    cities = {fold(place_of(row[2])): row[2] for row in rows if row[0] == country}
    return cities | {name: zone for zone, names in _PLACES.get(country, {}).items() for name in names}


_DATA = load("moves")
_BEFORE: list[str] = sorted(_DATA["before"], key=len, reverse=True)
_AFTER: list[str] = sorted(_DATA["after"], key=len, reverse=True)
_NEEDS_AFTER = frozenset(_DATA["needs_after"])
_PLACES: dict[str, dict[str, list[str]]] = _DATA["places"]
