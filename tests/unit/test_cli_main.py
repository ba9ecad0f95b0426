"""The command line as a whole: what there is, how fast it answers, and how it fails."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot import __main__ as program
from bot.__main__ import main
from bot.domain.errors import HandrailError
from tests.unit.cli import Shell

COMMANDS = [
    *(
        "demo",
        "run",
        "migrate",
        "doctor",
        "import",
        "check",
        "enroll",
        "transfer",
        "answers",
        "export",
        "preview",
        "forecast",
    ),
    *("triage", "staff", "keys", "schedule"),
]
HEAVY = ["sqlalchemy", "telegram", "twilio", "pydantic", "yaml", "rich", "starlette", "structlog"]


def test_help_lists_exactly_the_commands_there_are(shell: Shell) -> None:
    """`--help` names each command once, and nothing that is not built."""
    ended = shell("--help")
    listed = re.findall(r"^  ([a-z]+)  ", ended.out.partition("Commands:")[2], flags=re.MULTILINE)
    assert (ended.code, listed) == (0, COMMANDS)


@pytest.mark.parametrize("command", [*([one] for one in COMMANDS), ["keys", "new"], ["keys", "rotate"]])
def test_every_command_has_help(shell: Shell, command: list[str]) -> None:
    """Each command explains itself in words of its own."""
    ended = shell(*command, "--help")
    assert ended.code == 0
    assert "Usage: handrail" in ended.out


def test_nothing_heavy_is_loaded_for_help() -> None:
    """What takes long to import is imported by the command that needs it: help answers at once."""
    asked = f"import bot.__main__, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "words", [["nonsense"], ["run", "--role", "leader"], ["import"], ["preview"], ["keys", "x"]]
)
def test_wrong_usage_ends_with_2(shell: Shell, words: list[str]) -> None:
    """Wrong usage is told apart from a failure by its exit code."""
    assert shell(*words).code == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (HandrailError("the schedule is gone"), "The schedule is gone."),
        (FileNotFoundError(2, "No such file or directory", "x.yaml"), "No such file or directory: x.yaml."),
        (RuntimeError("Alex +12025550101"), "Something went wrong (RuntimeError)"),
    ],
    ids=["ours", "system", "unexpected"],
)
def test_an_error_is_one_plain_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    """No failure shows a traceback, or anything that a message might hold about somebody."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(program, "app", fail)
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    err = capsys.readouterr().err
    assert ended.value.code == 1
    assert said in err
    assert "Traceback" not in err
    assert "Alex" not in err


@pytest.mark.parametrize(
    "command", [["run"], ["export"], ["keys", "rotate"], ["preview", "--schedule", "a", "--participant", "b"]]
)
def test_without_keys_nothing_happens(shell: Shell, tmp_path: Path, command: list[str]) -> None:
    """A command that would touch data names the missing setting, and touches nothing."""
    ended = shell(*command)
    assert ended.code == 1
    assert ended.err.startswith("HANDRAIL_KEYS is missing; `handrail keys new`")
    assert list(tmp_path.iterdir()) == []


def test_a_new_key_ring_needs_no_settings(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`keys new` prints the bare ring, whatever else is wrong: it is the first command anybody runs."""
    monkeypatch.setenv("HANDRAIL_SMS_RATE", "fast")
    (tmp_path / ".env").write_bytes(b"\xff\xfe=broken")
    ended = shell("keys", "new")
    assert ended.code == 0
    assert re.fullmatch(r"k[0-9a-f]{8}:[\w=-]{44}\n", ended.out)
    assert shell("keys", "new").out != ended.out


def test_a_key_is_added_in_front_of_the_ring(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--add` the newest key comes first and the old ring stays whole behind it."""
    old = shell("keys", "new").out.strip()
    monkeypatch.setenv("HANDRAIL_KEYS", old)
    new, _, rest = shell("keys", "new", "--add").out.strip().partition(",")
    assert rest == old
    assert new != old


def test_a_taken_port_is_one_sentence(keyed: Shell, tmp_path: Path) -> None:
    """Two programs on one port: the second says so before it touches the database."""
    from bot.commands.run import listen

    with listen("127.0.0.1", 0) as taken:
        ended = keyed("run", "--port", str(taken.getsockname()[1]))
    assert ended.code == 1
    assert "can't be listened on (address already in use); name another with --port." in ended.err
    assert list(tmp_path.iterdir()) == []
