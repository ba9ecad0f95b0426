"""What every table shares: column types and naming."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, cast

from sqlalchemy import JSON, BigInteger, Dialect, LargeBinary, MetaData, String, Table, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

from bot.domain.instants import from_micros, to_micros


class Instant(TypeDecorator[datetime]):
    """Aware UTC in, aware UTC out; microseconds since 1970 in the database, the same on both."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse naive datetimes: they would mean different things on two machines."""
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        return None if value is None else from_micros(value)


class Day(TypeDecorator[date]):
    """A calendar day as `2026-11-22`, the same on both databases."""

    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """Write the day."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """Read the day."""
        return None if value is None else date.fromisoformat(value)


class LocalTime(TypeDecorator[datetime]):
    """A wall-clock time without zone, to the minute, as `2026-11-22T09:30`."""

    impl = String(16)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Refuse aware datetimes: a wall clock has no zone."""
        if value is not None and value.tzinfo is not None:
            raise ValueError("a local time has no zone")
        return None if value is None else value.isoformat(timespec="minutes")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read the wall clock."""
        return None if value is None else datetime.fromisoformat(value)


class Word(TypeDecorator[StrEnum]):
    """A StrEnum as its own word: readable in the database, an enumeration in Python."""

    impl = String(20)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        """Take the enumeration."""
        super().__init__()
        self.words = words
        self._members: dict[str | None, StrEnum | None] = {None: None, **{str(word): word for word in words}}

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """Write the word."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Read the word."""
        return self._members[value]

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], StrEnum | None]:
        """Read words without a call of ours for each: there are several in every row."""
        return self._members.__getitem__


Sealed = bytes  # a column of this type holds what `Vault.seal` made


def table_of(model: type[DeclarativeBase]) -> Table:
    """Return a model's table, for statements that run for many rows at once."""
    return cast(Table, model.__table__)


class Base(DeclarativeBase):
    """The tables' common root."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        date: Day,
        bytes: LargeBinary,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }
