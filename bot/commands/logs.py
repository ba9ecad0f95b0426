"""Logs of the commands, one JSON object a line on standard error; standard output is for what was asked."""

from __future__ import annotations

import logging
import sys

import structlog


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
    """Log what happens while Handrail runs, and the libraries' warnings."""
    from bot.app import start_logging

    start_logging()
    logging.getLogger().addHandler(LibraryLog(logging.WARNING))


def log_errors() -> None:
    """Log errors alone, for commands that end by themselves and say the rest on their own."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
            wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
            logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        )
