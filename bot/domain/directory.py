"""What a programme answers to MEETING, RESOURCES and STORY: its own lists, told a page at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.encoding import segments
from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.pathways import Pathway
from bot.domain.programme_words import read_texts
from bot.domain.yaml_fields import Field, WrongFieldError
from bot.domain.yaml_writing import Lines, Quoted, to_node

LONGEST_ENTRY = 150  # units: with a heading it is one text
LONGEST_STORY = 300  # units: two texts
PAGE = 270  # units of a page: with its heading and "more" it stays within two texts


class Shelf(StrEnum):
    """One of the lists."""

    MEETINGS = "meetings"
    RESOURCES = "resources"
    STORIES = "stories"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One meeting, place or story, by language. `pathways` are those it is for; none means everybody."""

    text: dict[str, str]
    pathways: tuple[Pathway, ...] = ()

    def said(self, language: str) -> str:
        """Return it in `language`, or in the first it has: an address helps in any language."""
        return self.text.get(language) or next(iter(self.text.values()), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """A programme's lists."""

    meetings: tuple[Entry, ...] = ()
    resources: tuple[Entry, ...] = ()
    stories: tuple[Entry, ...] = ()

    def on(self, shelf: Shelf, pathway: Pathway | None) -> list[Entry]:
        """Return what a list has for somebody: their own pathway's first, none of another's.

        Somebody without a preference gets all of it, what is for everybody first.
        """
        entries: tuple[Entry, ...] = getattr(self, shelf)
        if pathway is None:
            return sorted(entries, key=lambda one: bool(one.pathways))
        fitting = [one for one in entries if not one.pathways or pathway in one.pathways]
        return sorted(fitting, key=lambda one: not one.pathways)


def pages(entries: Sequence[Entry], language: str) -> list[str]:
    """Put entries together, a line each, in pages of at most `PAGE` units."""
    found: list[str] = []
    for line in (entry.said(language) for entry in entries):
        both = f"{found[-1]}\n{line}" if found else line
        if found and segments(both).units <= PAGE and segments(both).encoding is segments(line).encoding:
            found[-1] = both
        else:
            found.append(line)
    return found


def read_directory(field: Field, languages: Collection[str] | None) -> Directory:
    """Read the lists; `languages` None lets any language in."""
    keys = field.keys(list(Shelf))
    return Directory(
        meetings=keys.get(Shelf.MEETINGS, lambda below: _entries(below, languages, LONGEST_ENTRY), ()),
        resources=keys.get(Shelf.RESOURCES, lambda below: _entries(below, languages, LONGEST_ENTRY), ()),
        stories=keys.get(Shelf.STORIES, lambda below: _entries(below, languages, LONGEST_STORY), ()),
    )


def directory_to_data(directory: Directory) -> dict[str, Any]:
    """Return the lists as `read_directory` reads them, empty ones left out."""
    shelves: dict[str, tuple[Entry, ...]] = {str(shelf): getattr(directory, shelf) for shelf in Shelf}
    return {name: Lines(map(_entry_to_data, entries)) for name, entries in shelves.items() if entries}


def directory_from_data(data: dict[str, Any]) -> Directory:
    """Return what `directory_to_data` wrote. Raises ProgrammeFileError on anything else."""
    problems: list[FieldError] = []
    directory = read_directory(Field(to_node(data), "directory", problems), None)
    if problems:
        raise ProgrammeFileError(tuple(problems))
    return directory


def _entries(field: Field, languages: Collection[str] | None, most: int) -> tuple[Entry, ...]:
    return field.each(lambda item: _entry(item, languages, most))


def _entry(field: Field, languages: Collection[str] | None, most: int) -> Entry:
    keys = field.keys(["text", "for"])
    return Entry(
        text=keys.need("text", lambda below: read_texts(below, languages, most), {}),
        pathways=keys.get("for", _pathways, ()),
    )


def _pathways(field: Field) -> tuple[Pathway, ...]:
    found = field.each(lambda one: one.one_of(Pathway))
    if field.is_list and not field.items():
        raise WrongFieldError("Name at least one pathway, or leave `for` out.")
    return tuple(dict.fromkeys(found))


def _entry_to_data(entry: Entry) -> dict[str, Any]:
    data: dict[str, Any] = {"text": {language: Quoted(text) for language, text in entry.text.items()}}
    return data | {"for": [str(one) for one in entry.pathways]} if entry.pathways else data
