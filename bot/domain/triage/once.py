"""Load what ships with the rules once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

Loaded = TypeVar("Loaded")


class NotLoadedError(Exception):
    """Something that ships with the rules can't be loaded."""


def once(load: Callable[[], Loaded]) -> Callable[[], Loaded]:
    """Make `load` load once; a failure is kept too, so that a broken file costs nobody's text a try.

    It is told anew each time and without a traceback: these would hold on to the texts that met it.
    """

    @lru_cache(maxsize=1)
    def kept() -> Loaded | Exception:
        try:
            return load()
        except Exception as error:
            return error.with_traceback(None)

    @wraps(load)
    def loaded() -> Loaded:
        found = kept()
        if isinstance(found, Exception):
            raise NotLoadedError(f"{load.__name__} can't be loaded; install Handrail again.") from found
        return found

    return loaded
