"""Statements in one database's own words, put together once and run for many rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiled:
    """A statement's text; the order its parameters come in, or None where they go by name; their types."""

    text: str
    order: tuple[str, ...] | None
    types: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A statement in one dialect's words, and how our rows become its parameters."""

    text: str
    arrange: Callable[[Any], Any]


def compile_for(statement: ClauseElement, names: Sequence[str], dialect: Dialect) -> Compiled:
    """Return a statement in a dialect's words, its parameters given by these names and no others."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
    strange = set(compiled.binds) - set(names)
    assert not strange, f"{strange} have no place in the rows"  # noqa: S101 - a statement of ours
    return Compiled(
        text=str(compiled),
        order=tuple(compiled.positiontup) if compiled.positional else None,
        types={name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()},
    )
