"""What ships is loaded once, and so is a failure found out once."""

from __future__ import annotations

import pytest

from bot.domain.triage.once import NotLoadedError, once


def test_what_is_loaded_is_kept() -> None:
    """A second call gets the same thing."""
    loaded = once(object)
    assert loaded() is loaded()


def test_a_failure_is_kept_and_told_anew() -> None:
    """It is met once, and what is raised holds on to nothing of those who asked before."""
    tried: list[int] = []

    @once
    def rules() -> str:
        tried.append(1)
        raise ValueError

    errors = []
    for _ in range(3):
        with pytest.raises(NotLoadedError, match=r"^rules can't be loaded; install Handrail again") as found:
            rules()
        errors.append(found.value)
    assert len(tried) == 1
    assert len({id(error) for error in errors}) == 3
    assert all(isinstance(error.__cause__, ValueError) for error in errors)
    assert all(error.__cause__ and error.__cause__.__traceback__ is None for error in errors)
