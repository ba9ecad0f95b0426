"""Files that people bring: read whole, refused when they are too large or in another encoding."""

from __future__ import annotations

from pathlib import Path

from bot.domain import sheets
from bot.domain.errors import HandrailError
from bot.domain.yaml_fields import MAX_BYTES


class FileError(HandrailError):
    """The file can't be read."""


def is_sheet(path: Path) -> bool:
    """Tell whether a file is a sheet, by its name."""
    return path.suffix.lower() in {".csv", ".tsv"}


def read_bytes(path: Path) -> bytes:
    """Return a sheet's bytes. Raises FileError: too large; OSError: not there."""
    return _read(path, sheets.MAX_BYTES, "a sheet for one import")


def read_file(path: Path) -> str:
    """Return a programme file's text. Raises FileError: too large, or not UTF-8; OSError: not there."""
    data = _read(path, MAX_BYTES, "a programme file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(
            f"{path.name}: line {line} is not UTF-8; save the file as UTF-8 in your editor"
        ) from None


def _read(path: Path, most: int, what: str) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise FileError(f"{path.name} is over {most // 1_000_000} MB; that is no {what.removeprefix('a ')}")
    return data
