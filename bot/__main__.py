"""The command line. Thin on purpose: it imports nothing heavy, so that `--help` answers at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

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


class TextOrVerb(TyperGroup):
    """A group whose first word may also be a text: `triage TEXT` beside `triage report`.

    A text that is exactly a verb's name is asked for as `triage -- report`.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what is no verb as the text's own command."""
        if args[:1] != ["--help"] and (not args or args[0] not in VERBS):
            args = ["text", *args]
        return super().parse_args(ctx, args)


VERBS = {"report", "marks"}
triage_app = typer.Typer(
    cls=TextOrVerb,
    help="Say how soon a human is needed for a text, and why; or what staff marked.",
    subcommand_metavar="[TEXT] [--jsonl] [--lang CODE] | report | marks",
    options_metavar="",
    epilog="Without TEXT, standard input is the text; with --jsonl, one JSON object a line: text, and id and "
    "lang if you like. A text that is exactly a command's name: handrail triage -- report.",
    rich_markup_mode=None,
)
app.add_typer(triage_app, name="triage")
staff = typer.Typer(help="The people who look after people.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(staff, name="staff")
keys = typer.Typer(help="The key ring that locks the data.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(keys, name="keys")
schedule = typer.Typer(
    help="What is said when: drafts, what they would change, publishing and taking back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(schedule, name="schedule")
NAME = Annotated[str, typer.Argument(metavar="NAME", help="The schedule.")]
BY = Annotated[str | None, typer.Option(metavar="REF", help="Who you are, for the record.")]


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0: any free port.")] = 8765,
) -> None:
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


@app.command()
def doctor(as_json: JSON = False) -> None:
    """Check settings, keys, database and providers, and say how to mend each fault."""
    from bot.commands.doctor import doctor

    doctor(as_json=as_json)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A programme file, or a sheet of schedules (CSV).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Read a programme file, all or nothing. Doing it twice changes nothing; it texts nobody.

    But for this: whoever gets another specialist by it is told, as by `handrail transfer`.
    """
    from bot.commands.importing import import_file

    import_file(file, dry_run=dry_run)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A programme file, or a sheet of schedules (CSV).")],
    price: Annotated[float | None, typer.Option(min=0, help="What one SMS costs you.")] = None,
    as_json: JSON = False,
) -> None:
    """Name every fault and everything to reword in a file, without importing it."""
    from bot.commands.checking import check

    check(file, as_json=as_json, price=price)


@app.command()
def enroll(
    file: Annotated[Path, typer.Argument(help="A sheet of people (CSV), one row each.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Enrol many people at once. Doing it twice changes nothing; it texts nobody.

    But for this: whoever gets another specialist by it is told, as by `handrail transfer`.
    """
    from bot.commands.enrolling import enroll

    enroll(file, dry_run=dry_run)


@app.command()
def transfer(
    old: Annotated[str, typer.Option("--from", metavar="REF", help="Whose people move.")],
    new: Annotated[str, typer.Option("--to", metavar="REF", help="Who looks after them from now on.")],
    only: Annotated[
        list[str] | None, typer.Option(metavar="REF", help="Only this participant; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would move.")] = False,
    as_json: JSON = False,
) -> None:
    """Give people another specialist, with their alerts and promises; they and both specialists are told."""
    from bot.commands.transferring import transfer

    transfer(old, new, only or [], dry_run=dry_run, as_json=as_json)


@app.command()
def answers(
    participant: Annotated[str, typer.Option(metavar="REF", help="Of this participant.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="How far back.")] = 30,
    as_json: JSON = False,
) -> None:
    """Show somebody's answers and scores, and why there are none."""
    from bot.commands.answering import answers

    answers(participant, days=days, as_json=as_json)


@app.command()
def export(
    schedule: Annotated[str | None, typer.Option(metavar="NAME", help="Only this schedule.")] = None,
    format_: Annotated[
        FORMATS, typer.Option("--format", help="A programme file, a sheet, a calendar.")
    ] = "yaml",
) -> None:
    """Write the programme to standard output; importing that again changes nothing."""
    from bot.commands.exporting import export

    export(schedule, format_)


@app.command()
def preview(
    *,
    schedule: Annotated[str, typer.Option(metavar="NAME", help="Of this schedule.")],
    participant: Annotated[
        str | None, typer.Option(metavar="REF", help="To this participant; without: to a sample.")
    ] = None,
    people: Annotated[int, typer.Option(min=1, max=100, help="How many are in the sample.")] = 3,
    count: Annotated[int, typer.Option(min=1, max=500, help="How many sends.")] = 6,
    draft: Annotated[bool, typer.Option("--draft", help="As if the draft were published.")] = False,
    as_json: JSON = False,
) -> None:
    """Show what somebody gets next: when, how it reads, what it costs, and why not."""
    from bot.commands.previewing import preview

    preview(schedule, participant, people=people, count=count, draft=draft, as_json=as_json)


@app.command()
def forecast(
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look.")] = 30,
    as_json: JSON = False,
) -> None:
    """Show how much is sent when, and warn of peaks that the senders are too slow for."""
    from bot.commands.forecasting import forecast

    forecast(days=days, as_json=as_json)


@triage_app.command("text", hidden=True)
def triage(
    text: Annotated[str | None, typer.Argument(help="A text; without it, standard input.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Read one JSON object a line: text, and id and lang if you like.")
    ] = False,
    lang: Annotated[str, typer.Option(help="The writer's language.")] = "en",
    programme: Annotated[
        str | None,
        typer.Option(help="With a programme's own words: its file, or its name in the database."),
    ] = None,
) -> None:
    """Say how soon a human is needed for a text, and why."""
    from bot.commands.triage import triage

    triage(text, jsonl=jsonl, lang=lang, programme=programme)


@schedule.command("list")
def schedule_list(as_json: JSON = False) -> None:
    """List the schedules: what is in force, who drafts, how many are on them."""
    from bot.commands.schedules import list_all

    list_all(as_json=as_json)


@schedule.command("history")
def schedule_history(name: NAME, as_json: JSON = False) -> None:
    """List a schedule's versions, newest first."""
    from bot.commands.schedules import history

    history(name, as_json=as_json)


@schedule.command("draft")
def schedule_draft(
    name: NAME,
    file: Annotated[Path | None, typer.Argument(help="An edited draft to save; without: print it.")] = None,
    by: BY = None,
) -> None:
    """Print the draft to edit, or save an edited one; nobody's saving is ever overwritten."""
    from bot.commands.schedules import draft

    draft(name, file, by=by)


@schedule.command("discard")
def schedule_discard(name: NAME) -> None:
    """Throw the draft away."""
    from bot.commands.schedules import discard

    discard(name)


@schedule.command("diff")
def schedule_diff(
    name: NAME,
    old: Annotated[int | None, typer.Option("--from", help="A version; else what is published.")] = None,
    new: Annotated[int | None, typer.Option("--to", help="A version; else the draft.")] = None,
    as_json: JSON = False,
) -> None:
    """Show what differs: prompts added, removed, changed, and in what."""
    from bot.commands.schedules import diff

    diff(name, old, new, as_json=as_json)


@schedule.command("impact")
def schedule_impact(
    name: NAME,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look.")] = 30,
    as_json: JSON = False,
) -> None:
    """Show what publishing the draft would change, for whom, before you do it."""
    from bot.commands.schedules import impact

    impact(name, days=days, as_json=as_json)


@schedule.command("publish")
def schedule_publish(
    name: NAME,
    revision: Annotated[int | None, typer.Option(min=1, help="Only if the draft is this one.")] = None,
    by: BY = None,
    as_json: JSON = False,
) -> None:
    """Publish the draft; delivery goes on meanwhile, and a kill half-way loses nothing."""
    from bot.commands.schedules import publish

    publish(name, revision=revision, by=by, as_json=as_json)


@schedule.command("undo")
def schedule_undo(name: NAME, by: BY = None, as_json: JSON = False) -> None:
    """Take the last change back, within 24 hours."""
    from bot.commands.schedules import undo

    undo(name, by=by, as_json=as_json)


@schedule.command("archive")
def schedule_archive(name: NAME, by: BY = None, as_json: JSON = False) -> None:
    """End a schedule: nobody gets anything from it any more."""
    from bot.commands.schedules import archive

    archive(name, by=by, as_json=as_json)


@schedule.command("restore")
def schedule_restore(
    name: NAME,
    version: Annotated[int, typer.Option("--version", min=1, help="Its number, from `history`.")],
    by: BY = None,
) -> None:
    """Make an old version the draft."""
    from bot.commands.schedules import restore

    restore(name, version, by=by)


@triage_app.command("report")
def triage_report(as_json: JSON = False) -> None:
    """Say what staff marked, by month: precision, missed texts, words most often wrong."""
    from bot.commands.triage_marks import report

    report(as_json=as_json)


@triage_app.command("marks")
def triage_marks(
    texts: Annotated[
        bool, typer.Option("--texts", help="With what was written. Keep it as you keep the database.")
    ] = False,
) -> None:
    """Write the marked texts as JSON lines, without names, for developing the rules."""
    from bot.commands.triage_marks import marks

    marks(with_texts=texts)


@staff.command("load")
def staff_load(
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=104, help="Whole weeks of nights.")] = 4,
    as_json: JSON = False,
) -> None:
    """Say what each specialist carries, and whom nights have woken."""
    from bot.commands.staff_load import show_load

    show_load(weeks=weeks, as_json=as_json)


@keys.command("new")
def keys_new(
    add: Annotated[
        bool, typer.Option("--add", help="Print it in front of the ring in HANDRAIL_KEYS.")
    ] = False,
) -> None:
    """Print a new key ring, to be put into .env after HANDRAIL_KEYS=."""
    from bot.commands.keys import new

    new(add=add)


@keys.command("rotate")
def keys_rotate() -> None:
    """Take the data over to the newest key of HANDRAIL_KEYS. Stopped half-way, it goes on."""
    from bot.commands.keys import rotate

    rotate()


def main(args: Sequence[str] | None = None) -> None:
    """Run a command, and end with its exit code and at most one plain sentence on standard error."""
    try:
        app(args, prog_name="handrail")
    except Exception as error:
        from bot.commands.failures import explain

        sys.exit(explain(error))


if __name__ == "__main__":
    main()
