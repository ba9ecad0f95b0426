"""The command line. Thin on purpose: it imports nothing heavy, so that `--help` answers at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

FORMATS = Literal["yaml", "csv", "ics"]
ROLES = Literal["all", "web", "worker"]
JSON = Annotated[bool, typer.Option("--json", help="Write JSON.")]

app = typer.Typer(
    name="handrail",
    help="Something to hold on to between sessions: check-ins by Telegram and SMS for people in recovery.",
    epilog="Exit codes: 0 done, 1 a fault found or a failure, 2 wrong usage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
keys = typer.Typer(help="The key ring that locks the data.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(keys, name="keys")


@app.command()
def demo(port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen.")] = 8000) -> None:
    """Try it: an example programme with simulated phones, on a throw-away database."""
    from bot.commands.demo import main

    main(port)


@app.command()
def run(
    role: Annotated[ROLES, typer.Option(help="Take in (web), work off (worker), or both.")] = "all",
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Where to listen: 8000; a worker only if you name one."),
    ] = None,
) -> None:
    """Run the real thing until SIGTERM or Ctrl-C."""
    from bot.commands.run import run

    run(role, host, port)


@app.command()
def migrate() -> None:
    """Bring the database to the newest version."""
    from bot.commands.migrate import migrate

    migrate()


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A programme file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Read a programme file, all or nothing. Doing it twice changes nothing; it texts nobody."""
    from bot.commands.importing import import_file

    import_file(file, dry_run=dry_run)


@keys.command("new")
def keys_new(
    add: Annotated[
        bool, typer.Option("--add", help="Print it in front of the ring in HANDRAIL_KEYS.")
    ] = False,
) -> None:
    """Print a new key ring, to be put into .env after HANDRAIL_KEYS=."""
    from bot.commands.keys import new

    new(add=add)


def main(args: Sequence[str] | None = None) -> None:
    """Run a command, and end with its exit code and at most one plain sentence on standard error."""
    try:
        app(args, prog_name="handrail")
    except Exception as error:
        from bot.commands.failures import explain

        sys.exit(explain(error))


if __name__ == "__main__":
    main()
