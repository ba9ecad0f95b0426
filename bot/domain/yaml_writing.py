"""Plain data as YAML for people: short things on one line, and quotes where YAML would misread."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import yaml

_PLAIN = re.compile(r"\w(?:[\w .@/-]*\w)?")


class Quoted(str):
    """Text that is always written in double quotes."""

    __slots__ = ()


class Inline(dict[str, Any]):
    """A mapping written on one line."""


class Lines(list[Any]):
    """A list written one item a line."""


def to_node(data: object) -> yaml.Node:
    """Return plain data as YAML nodes, `Quoted` and `Inline` as they ask to be written."""
    match data:
        case bool():
            return yaml.ScalarNode("tag:yaml.org,2002:bool", str(data).lower())
        case int():
            return yaml.ScalarNode("tag:yaml.org,2002:int", str(data))
        case date():
            return yaml.ScalarNode("tag:yaml.org,2002:timestamp", data.isoformat())
        case str():
            plain = not isinstance(data, Quoted) and _PLAIN.fullmatch(data)
            return yaml.ScalarNode("tag:yaml.org,2002:str", str(data), style=None if plain else '"')
        case Mapping():
            pairs = [(_key(key), to_node(value)) for key, value in data.items()]
            return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=isinstance(data, Inline))
        case Sequence():
            items = [to_node(item) for item in data]
            # Short lists fit on one line unless something in them needs lines of its own.
            flow = all(not isinstance(item, yaml.CollectionNode) or item.flow_style for item in items)
            flow = flow and len(items) < 10 and not isinstance(data, Lines)
            return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=flow)
        case _:
            raise TypeError(type(data).__name__)


def write_yaml(data: Mapping[str, Any]) -> str:
    """Return `data` as YAML with two-space indents and unfolded lines."""
    text: str = yaml.serialize(to_node(data), Dumper=_Writer, width=1 << 30, allow_unicode=True)
    return text


def write_flow(data: object) -> str:
    """Return `data` as YAML on one line, for a cell of a sheet."""
    node = to_node(data)
    _flatten(node)
    text: str = yaml.serialize(node, Dumper=_Writer, width=1 << 30, allow_unicode=True)
    return text.strip()


def _flatten(node: yaml.Node) -> None:
    if isinstance(node, yaml.CollectionNode):
        node.flow_style = True
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _flatten(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _flatten(key)
            _flatten(value)


class _Writer(yaml.SafeDumper):
    """PyYAML's writer, with lists indented under their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _key(key: str) -> yaml.Node:
    # YAML takes `on` for a switch and would quote it; everybody writes it bare, and it is read as written.
    return yaml.ScalarNode("tag:yaml.org,2002:bool", key) if key == "on" else to_node(key)
