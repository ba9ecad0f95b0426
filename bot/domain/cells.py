"""One row of a sheet, made readable by what reads programme files; errors come back with line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

import yaml

from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.yaml_fields import Field, read_yaml

T = TypeVar("T")
_MISSING = re.compile(r"The key `(\w+)` is missing")
_TEXT, _GROUP, _LIST = "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"


class Cell(str):
    """A cell that is one value as it is written."""

    __slots__ = ()


class Flow(str):
    """A cell that is written as in a programme file, such as `{days: daily, time: "09:30"}`."""

    __slots__ = ()


Tree = Cell | Flow | Mapping[str, "Tree"] | list["Tree"]


def read_row(
    tree: Tree,
    line: int,
    column: Callable[[str], str],
    read: Callable[[Field], T],
    problems: list[FieldError],
) -> tuple[T, ...]:
    """Return what `read` makes of a row, or nothing; what is wrong is added with its line and column.

    `column` turns a path in the tree, such as "text.en", into the column's name.
    """
    own: list[FieldError] = []
    node = _node(tree, "", own)
    value = () if own else Field(node, "", own).attempt(read)
    problems += [_at(problem, line, column) for problem in own]
    return () if own else value


def _at(problem: FieldError, line: int, column: Callable[[str], str]) -> FieldError:
    missing = _MISSING.match(problem.sentence)
    name = column(missing[1] if missing else "" if problem.field == "file" else problem.field)
    return FieldError(line=line, field=name, sentence=problem.sentence)


def _node(tree: Tree, path: str, problems: list[FieldError]) -> yaml.Node:
    match tree:
        case Flow():
            return _flow(tree, path, problems)
        case str():
            return yaml.ScalarNode(_TEXT, str(tree), style='"')
        case list():
            return yaml.SequenceNode(_LIST, [_node(item, path, problems) for item in tree])
        case _:
            pairs = [
                (yaml.ScalarNode(_TEXT, key), _node(value, f"{path}.{key}".strip("."), problems))
                for key, value in tree.items()
            ]
            return yaml.MappingNode(_GROUP, pairs)


def _flow(text: str, path: str, problems: list[FieldError]) -> yaml.Node:
    try:
        return read_yaml(str(text), []).node
    except ProgrammeFileError as error:
        problems += [FieldError(line=1, field=path, sentence=one.sentence) for one in error.errors]
        return yaml.MappingNode(_GROUP, [])
