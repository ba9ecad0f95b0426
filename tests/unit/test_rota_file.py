"""Rotas and leave in the programme file: read, written back the same, and every wrong field named."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.domain.errors import ProgrammeFileError
from bot.domain.programme import Programme
from bot.domain.programme_reading import parse_programme
from bot.domain.programme_writing import dump_programme
from bot.domain.rota import Leave
from bot.domain.rota_file import rota_from_data, rota_to_data

FILE = """
programme: {name: Riverside, country: US, timezone: America/New_York, help_contact: "+1 202 555 0100"}
staff:
  - {ref: dana, name: Dana Reyes, roles: [specialist], leave: ["2026-12-20 to 2027-01-02", "2027-02-01"]}
  - {ref: jo, name: Jo Park, roles: [specialist]}
rota:
  - name: nights
    people: [dana, jo]
    starts: "2026-11-02 09:00"
    every: 2w
    timezone: America/Chicago
    overrides:
      - {who: jo, from: "2026-11-10 09:00", until: "2026-11-11 09:00"}
  - {name: days, people: [jo], starts: "2026-11-02 17:00"}
escalation:
  urgent:
    - {notify: on_call, by: [sms], wait: 10m}
  remind: 45m
"""


def programme() -> Programme:
    """Return the file as values."""
    return parse_programme(FILE)


def test_it_is_read() -> None:
    """Defaults are the programme's zone and a week."""
    read = programme()
    nights, days = read.rotas
    assert (nights.people, nights.every, nights.timezone) == (
        ("dana", "jo"),
        timedelta(weeks=2),
        "America/Chicago",
    )
    assert (days.every, days.timezone, days.overrides) == (timedelta(weeks=1), "America/New_York", ())
    assert read.staff[0].leave == (
        Leave(first=date(2026, 12, 20), last=date(2027, 1, 2)),
        Leave(first=date(2027, 2, 1), last=date(2027, 2, 1)),
    )
    assert read.remind == timedelta(minutes=45)


def test_it_is_written_back_the_same() -> None:
    """Export gives what import took, to the file and to the database."""
    read = programme()
    assert parse_programme(dump_programme(read)) == read
    assert tuple(rota_from_data(rota_to_data(rota)) for rota in read.rotas) == read.rotas


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("people: [dana, jo]", "people: [dana, joe]", "rota[0].people[1]", "did you mean `jo`"),
        ("people: [dana, jo]", "people: []", "rota[0].people", "at least one"),
        ('starts: "2026-11-02 09:00"', 'starts: "2026-11-02"', "rota[0].starts", "like 2026-11-02 09:00"),
        ("every: 2w", "every: 36h", "rota[0].every", "whole days"),
        ("name: days", "name: nights", "rota[1]", "already"),
        (
            'until: "2026-11-11 09:00"',
            'until: "2026-11-09 09:00"',
            "rota[0].overrides[0]",
            "ends before it begins",
        ),
        ('"2027-02-01"', '"2027-02-30"', "staff[0].leave[1]", "Leave is written like"),
        ('"2026-12-20 to 2027-01-02"', '"2027-12-20 to 2027-01-02"', "staff[0].leave[0]", "ends before"),
        ("remind: 45m", "remind: soon", "escalation.remind", "A duration is"),
        ("every: 2w", "evry: 2w", "rota[0].evry", "did you mean `every`"),
    ],
)
def test_it_names_the_line_of_a_wrong_field(old: str, new: str, path: str, words: str) -> None:
    """One wrong field gives one error, with its place and mend."""
    text = FILE.replace(old, new, 1)
    with pytest.raises(ProgrammeFileError) as caught:
        parse_programme(text)
    (error,) = caught.value.errors
    assert error.field == path
    assert words in error.sentence
    line = text.splitlines()[error.line - 1]
    assert new.partition(":")[0].strip('"').split(" ")[0] in line
