"""Logs of a command that runs: ours and the libraries', one JSON object a line on standard error."""

from __future__ import annotations

import logging

import structlog

from bot.app import start_logging


class LibraryLog(logging.Handler):
    """Writes down that a library spoke, and where: what it says may hold texts, numbers or tokens."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the place and the error's type."""
        error = record.exc_info[0] if record.exc_info else None
        structlog.get_logger().log(
            record.levelno,
            "library",
            logger=record.name,
            place=f"{record.module}:{record.lineno}",
            **({"error": error.__name__} if error is not None else {}),
        )


def log_everything() -> None:
    """Start our log, and let libraries write their warnings into it."""
    start_logging()
    logging.getLogger().addHandler(LibraryLog(logging.WARNING))
