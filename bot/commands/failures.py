"""What went wrong, as one plain sentence: no traceback, no text, name or number of anybody."""

from __future__ import annotations

import os
import sys
import traceback

import structlog

from bot.commands.logs import log_errors
from bot.domain.errors import HandrailError, ProgrammeFileError

DEBUG = "HANDRAIL_DEBUG"  # shows where, for whoever mends the program; not a setting


def explain(error: Exception) -> int:
    """Say on standard error what went wrong, and return the exit code."""
    if os.environ.get(DEBUG):
        print("".join(traceback.format_tb(error.__traceback__)), file=sys.stderr, end="")
    for line in _lines(error):
        print(line, file=sys.stderr)
    return 1


def describe(error: Exception) -> str:
    """Return an error of a file, a connection or a database as a sentence that says the mend."""
    return _database(error) if _is_database(error) else _sentence(_system(error))


def _lines(error: Exception) -> list[str]:
    match error:
        case ProgrammeFileError():
            return [str(error)]
        case HandrailError():
            return [_sentence(str(error))]
    if isinstance(error, OSError) or _is_database(error):
        return [describe(error)]
    log_errors()
    name = type(error).__name__
    structlog.get_logger().error("command_failed", error=name)
    return [f"Something went wrong ({name}); run again with {DEBUG}=1 to see where."]


def _sentence(text: str) -> str:
    plain = " ".join(text.split())
    return plain[:1].upper() + plain[1:] + ("" if plain.endswith((".", "!", "?")) else ".")


def _system(error: Exception) -> str:
    if not isinstance(error, OSError) or error.errno is None:
        return type(error).__name__
    reason = os.strerror(error.errno) if error.errno > 0 else "Name or address not known"
    return f"{reason}: {error.filename}" if error.filename else reason


def _is_database(error: Exception) -> bool:
    module = type(error).__module__.partition(".")[0]
    return module in {"sqlalchemy", "asyncpg", "psycopg", "sqlite3"}


def _database(error: Exception) -> str:
    # A driver's message may hold the values of a row; its first line is shown only where it can't.
    cause = getattr(error, "orig", None) or error
    text = str(cause).splitlines()[0] if str(cause) else ""
    if "no such table" in text or "does not exist" in text or "UndefinedTable" in type(cause).__name__:
        return "The database is not up to date; run `handrail migrate`."
    if "unable to open" in text:
        return "The database file can't be opened; check HANDRAIL_DATABASE_URL and the folder's rights."
    if "locked" in text:
        return "The database is busy; another process holds it. Try again in a moment."
    if "not a database" in text or "malformed" in text:
        return "The database file is damaged or is no database; restore it from a backup."
    return f"The database can't be used ({type(cause).__name__}); `handrail doctor` says more."
