"""Runs the command line in this process, as a shell would, in a folder of its own."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from bot.__main__ import main

EXAMPLE = Path(__file__).parents[1] / "fixtures" / "programme.example.yaml"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a command came to."""

    code: int
    out: str
    err: str


Shell = Callable[..., Ended]


def make_shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Shell:
    """Return a function that runs one command with its words, `stdin` as its input."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")

    def shell(*words: str, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        try:
            main(words)
        except SystemExit as ended:
            code = ended.code
        else:
            code = 0
        finally:
            structlog.reset_defaults()  # a log would go on to this test's standard error in the next one
        said = capsys.readouterr()
        return Ended(
            code=code if isinstance(code, int) else 0 if code is None else 1, out=said.out, err=said.err
        )

    return shell
