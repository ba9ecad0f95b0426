"""Fixtures of the unit tests: a shell to type commands into."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store.vault import new_ring_key
from tests.unit.cli import Shell, make_shell


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """Return a shell in an empty folder without any setting."""
    return make_shell(capsys, monkeypatch, tmp_path)


@pytest.fixture
def keyed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return the same shell with a key ring set."""
    monkeypatch.setenv("HANDRAIL_KEYS", new_ring_key())
    return shell
