"""YAML read field by field, so that every error knows its line.

Scalars are taken as they are written: NO is Norway and 13:30 a time, whatever YAML would make of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

import yaml

from bot.domain.errors import FieldError, HandrailError, ProgrammeFileError
from bot.domain.yaml_content import LOADER

MAX_BYTES = 5_000_000
MAX_DEPTH = 30
MAX_REPEATED = 10_000  # nodes that aliases may add to a file
T = TypeVar("T")
D = TypeVar("D")
S = TypeVar("S", bound=StrEnum)

_WHOLE = re.compile(r"-?[0-9]{1,18}")


class WrongFieldError(HandrailError):
    """This is not what belongs here."""


@dataclass(frozen=True, slots=True)
class Field:
    """One place in the file; wrong fields are added to `problems`, which all fields of a file share."""

    node: yaml.Node
    path: str
    problems: list[FieldError]

    def say(self, sentence: str) -> None:
        """Record that this field is wrong."""
        line = self.node.start_mark.line + 1 if self.node.start_mark else 0
        self.problems.append(FieldError(line=line, field=self.path or "file", sentence=sentence))

    def silent(self) -> Field:
        """Return this place for a first look that says nothing."""
        return Field(self.node, self.path, [])

    @property
    def is_list(self) -> bool:
        """Tell whether a list was written here."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_group(self) -> bool:
        """Tell whether a group of keys was written here."""
        return isinstance(self.node, yaml.MappingNode)

    def text(self, *, most: int = 200) -> str:
        """Return the scalar as written. Raises WrongFieldError."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise WrongFieldError("This must be a single text, not a list or a group of keys.")
        value: str = self.node.value
        if not value.strip() or (self.node.tag.endswith(":null") and self.node.style is None):
            raise WrongFieldError("This is empty; write something or leave the key out.")
        if len(value) > most:
            raise WrongFieldError(f"This is too long; at most {most} characters.")
        return value

    def whole(self, *, least: int, most: int) -> int:
        """Return a whole number within bounds. Raises WrongFieldError."""
        text = self.text()
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise WrongFieldError(f"This must be a whole number from {least} to {most}.")
        return int(text)

    def truth(self) -> bool:
        """Return true or false. Raises WrongFieldError."""
        text = self.text()
        if text not in {"true", "false"}:
            raise WrongFieldError("This must be true or false.")
        return text == "true"

    def day(self) -> date:
        """Return a date from 1900 to 2199. Raises WrongFieldError."""
        text = self.text()
        try:
            if re.fullmatch(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", text):
                return date.fromisoformat(text)
        except ValueError:  # such as 30 February
            pass
        raise WrongFieldError("A date is written like 2026-11-01.")

    def one_of(self, kind: type[S]) -> S:
        """Return a member of `kind`. Raises WrongFieldError."""
        try:
            return kind(self.text())
        except ValueError:
            raise WrongFieldError(f"This must be one of: {', '.join(kind)}.") from None

    def keys(self, known: Iterable[str] | None = None) -> Keys:
        """Return the fields below, saying which keys come twice or are not among the `known` ones."""
        if not isinstance(self.node, yaml.MappingNode):
            self.say("This must be a group of keys, each with a colon.")
            return Keys(self, {}, broken=True)
        found: dict[str, Field] = {}
        for name, value in self.node.value:
            key = name.value if isinstance(name, yaml.ScalarNode) else "?"
            below = Field(name, f"{self.path}.{key}" if self.path else key, self.problems)
            if not isinstance(name, yaml.ScalarNode):
                below.say("A key must be a single word.")
            elif known is not None and key not in known:
                below.say(_unknown(key, known))
            elif key in found:
                below.say(f"The key `{key}` is here twice.")
            else:
                found[key] = Field(value, below.path, self.problems)
        return Keys(self, found, broken=False)

    def each(self, read: Callable[[Field], T]) -> tuple[T, ...]:
        """Return what `read` makes of each item of a list, leaving out the wrong ones."""
        return tuple(value for item in self.items() for value in item.attempt(read))

    def items(self) -> list[Field]:
        """Return the fields of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.say("This must be a list.")
            return []
        return [
            Field(node, f"{self.path}[{place}]", self.problems) for place, node in enumerate(self.node.value)
        ]

    def attempt(self, read: Callable[[Field], T]) -> tuple[T, ...]:
        """Return what `read` makes of this field, or nothing and say why."""
        try:
            return (read(self),)
        except HandrailError as error:
            self.say(str(error))
            return ()


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys found at one place. `broken` when it was no group of keys at all."""

    field: Field
    found: dict[str, Field]
    broken: bool

    @classmethod
    def nothing(cls) -> Keys:
        """Return keys for a place that is not in the file at all."""
        return cls(Field(yaml.MappingNode("", []), "", []), {}, broken=True)

    def get(self, key: str, read: Callable[[Field], T], default: D) -> T | D:
        """Return what `read` makes of an optional key."""
        below = self.found.get(key)
        value = below.attempt(read) if below else ()
        return value[0] if value else default

    def need(self, key: str, read: Callable[[Field], T], instead: D) -> T | D:
        """Return what `read` makes of a key that must be there, or go on with `instead`."""
        if key not in self.found and not self.broken:
            self.field.say(f"The key `{key}` is missing.")
        return self.get(key, read, instead)


def read_yaml(text: str, problems: list[FieldError]) -> Field:
    """Return the top of a YAML file. Raises ProgrammeFileError if it is not YAML, too large or too deep."""
    try:
        if len(text.encode()) > MAX_BYTES:
            raise _refused(1, f"This file is too large; at most {MAX_BYTES // 1_000_000} MB.")
        _check_depth(text)
        node = yaml.compose(text, Loader=LOADER)
    except UnicodeEncodeError as error:
        raise _refused(_line(text, error.start), "This is not text in UTF-8.") from None
    except yaml.reader.ReaderError as error:
        raise _refused(
            _line(text, error.position), "There is a control character here; take it out."
        ) from None
    except yaml.MarkedYAMLError as error:
        raise _refused(*_explain(text, error)) from None
    if node is None:
        raise _refused(1, "This file is empty.")
    _check_aliases(node)
    return Field(node, "", problems)


def _unknown(key: str, known: Iterable[str]) -> str:
    close = get_close_matches(key[:60], list(known), n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"known keys are {', '.join(known)}."
    return f"There is no key `{key[:60]}` here; {hint}"


def _refused(line: int, sentence: str) -> ProgrammeFileError:
    return ProgrammeFileError((FieldError(line=line, field="file", sentence=sentence),))


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _explain(text: str, error: yaml.MarkedYAMLError) -> tuple[int, str]:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    lines = text.splitlines()
    if line <= len(lines) and "\t" in lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]:
        return line, "There is a tab here; indent with spaces."
    return line, f"This is not YAML: {error.problem or 'it cannot be read'}."


def _check_depth(text: str) -> None:
    """Refuse deep nesting before anything recurses into it."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark = event.start_mark
                raise _refused(mark.line + 1 if mark else 1, "This is nested too deep.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check_aliases(top: yaml.Node) -> None:
    """Refuse aliases that make a small file large, or that hold themselves."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node, depth: int) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if depth > MAX_DEPTH:
            raise _refused(node.start_mark.line + 1, "Aliases are nested too deep.")
        if isinstance(node, yaml.MappingNode):
            total = 1 + sum(size(key, depth + 1) + size(value, depth + 1) for key, value in node.value)
        elif isinstance(node, yaml.SequenceNode):
            total = 1 + sum(size(item, depth + 1) for item in node.value)
        else:
            total = 1
        sizes[id(node)] = total
        return total

    if size(top, 0) > len(sizes) + MAX_REPEATED:
        raise _refused(top.start_mark.line + 1, "Aliases repeat too much; write the parts out.")
