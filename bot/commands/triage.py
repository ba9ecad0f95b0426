"""`handrail triage`: what the rules say of a text, or of one JSON object a line.

Needs no settings, unless a programme is asked for by its name.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any

import typer

from bot.domain.triage.assess import Assessment, Phrase, Signal, assess, prepare

SOME = 500  # lines between two steps of the progress


def triage(text: str | None, *, jsonl: bool, lang: str, programme: str | None = None) -> None:
    """Assess `text`, or the whole of standard input, or each of its lines with `jsonl`.

    With the own words of `programme`, a file or a name, if given. Raises NotFoundError.
    """
    _speak_utf8()
    if jsonl:
        if text is not None:
            raise typer.BadParameter("with --jsonl the texts come from standard input; leave TEXT out")
        _all_lines(lang, _own_words(programme))
        return
    if text is None:
        if sys.stdin.isatty():
            raise typer.BadParameter("give a TEXT in quotes, or pipe one in")
        text = sys.stdin.read()
    for line in plain(assess(text, lang, extra=_own_words(programme))):
        print(line)


def _own_words(programme: str | None) -> tuple[Phrase, ...]:
    if programme is None:
        return ()
    from bot.commands.own_words import own_words  # with the database: only when it is asked for

    return own_words(programme)


def plain(found: Assessment) -> Iterator[str]:
    """Yield the verdict in words: the level, why, what said so, and the rules' version."""
    yield str(found.level)
    if found.why:
        yield f"why: {found.why}"
    for signal in found.signals:
        yield f"signal: {_signal(signal)}, “{signal.words}”"
    yield f"rules: {found.rules}"


def verdicts(lines: Iterable[str], lang: str, extra: tuple[Phrase, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield one verdict a line, or what is wrong with the line under `error`. Empty lines are skipped."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _verdict(number, line, lang, extra)


def _verdict(number: int, line: str, lang: str, extra: tuple[Phrase, ...]) -> dict[str, Any]:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return {"line": number, "error": "this line is not JSON"}
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        return {"line": number, "error": 'this line is not an object with a "text"'}
    language = given.get("lang") or lang
    if not isinstance(language, str):
        return {"id": given.get("id"), "line": number, "error": '"lang" must be a code such as "es"'}
    found = assess(given["text"], language, extra=extra)
    return {
        "id": given.get("id"),
        "level": str(found.level),
        "signals": [_signal(signal) for signal in found.signals],
        "why": found.why,
        "rules": found.rules,
    }


def _signal(signal: Signal) -> str:
    return signal.concept


def _all_lines(lang: str, extra: tuple[Phrase, ...]) -> None:
    wrong = 0
    prepare()
    with _progress() as step:
        for number, verdict in enumerate(verdicts(sys.stdin, lang, extra), start=1):
            print(json.dumps(verdict, ensure_ascii=False))
            wrong += "error" in verdict
            if number % SOME == 0:
                step()
    if wrong:
        print(f"{wrong} {'line' if wrong == 1 else 'lines'} could not be read.", file=sys.stderr)
        raise SystemExit(1)


def _speak_utf8() -> None:
    # A lone surrogate, which JSON may hold, is written as the escape it came as.
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(
            encoding="utf-8", errors="backslashreplace", line_buffering=sys.stdout.isatty()
        )


@contextmanager
def _progress() -> Iterator[Callable[[], None]]:
    """Show how many lines are done, to a person at a terminal only."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TextColumn("{task.completed:,.0f} lines"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("triage", total=None)
        yield lambda: progress.advance(task, SOME)
