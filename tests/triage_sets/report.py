"""Show the figures of our own sentences: tables for the terminal, and for their places in docs/triage.md."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.table import Table

from bot.domain.triage.levels import Level
from tests.triage_sets import measuring, reading
from tests.triage_sets.judges import LEFT_OUT, Contestant, Judge
from tests.triage_sets.measuring import PLAIN, Count
from tests.triage_sets.reading import HYPERBOLE, Sentence
from tests.triage_sets.splitting import held_back

WIDTH = 115  # of the prose on the page
PAGE = Path(__file__).parents[2] / "docs" / "triage.md"


def _harmless(sentence: Sentence) -> bool:
    return sentence.label is Level.NONE and sentence.kind != HYPERBOLE


_QUESTIONS = (
    ("crisis flagged", lambda each: each.label is Level.CRISIS, Level.URGENT),
    ("crisis at crisis", lambda each: each.label is Level.CRISIS, Level.CRISIS),
    ("urgent flagged", lambda each: each.label is Level.URGENT, Level.URGENT),
    ("hyperbole flagged", lambda each: each.kind == HYPERBOLE, Level.URGENT),
    ("other none flagged", _harmless, Level.URGENT),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A table: its name on the page, its title, heads and rows."""

    name: str
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def shown(self) -> Table:
        """Return it for the terminal."""
        table = Table(title=self.title, title_justify="left", caption=self.note or None)
        for number, head in enumerate(self.heads):
            table.add_column(head, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """Return it for the page."""
        lines = [_line(self.heads), "| --- |" + " ---: |" * (len(self.heads) - 1), *map(_line, self.rows)]
        note = [*textwrap.wrap(self.note, WIDTH), ""] if self.note else []
        return "\n".join([*note, *lines])


def sets(judges: Sequence[Contestant]) -> Sheet:
    """Return how the Spanish and the abuse set fare, held back beside tuned on, and each who judges."""
    playing = _playing(judges)
    rows = []
    for name in reading.SETS:
        sentences = reading.sentences(name)
        for half, held in (("held back", True), ("tuned on", False)):
            part = [each for each in sentences if each.held_back is held]
            for what, wanted, level in _QUESTIONS:
                counts = [measuring.flagged(part, each, wanted, level) for each in playing.values()]
                rows.append([f"{name}, {half}: {what}", str(counts[0].of), *map(_share, counts)])
    return Sheet(name="sets", title="Our own sets", heads=("set", "texts", *playing), rows=rows)


def learning(judges: Sequence[Contestant]) -> Sheet:
    """Return how the held-back third of what the net learns from fares, by set and label."""
    held = [each for each in reading.learning() if held_back({"id": each.id})]
    return _by_set("learning", "Held back from the net", held, judges)


def fresh(judges: Sequence[Contestant]) -> Sheet:
    """Return how sentences fare that neither rules nor net were tuned on, by set and label."""
    return _by_set("fresh", "Never tuned on", reading.fresh(), judges)


def _by_set(name: str, title: str, sentences: Sequence[Sentence], judges: Sequence[Contestant]) -> Sheet:
    playing = _playing(judges)
    rows = []
    for source, label in sorted({(each.source, each.label) for each in sentences}):
        part = [each for each in sentences if (each.source, each.label) == (source, label)]
        found = [measuring.flagged(part, judge, _all) for judge in playing.values()]
        grave = measuring.flagged(part, next(iter(playing.values())), _all, Level.CRISIS)
        rows.append([f"{source} {label}", str(found[0].of), *map(_share, found), _share(grave)])
    heads = ("set", "texts", *(f"{each} flags" for each in playing), "Handrail at crisis")
    return Sheet(name=name, title=title, heads=heads, rows=rows)


def _all(_: Sentence) -> bool:
    return True


def capabilities(judges: Sequence[Contestant]) -> Sheet:
    """Return the share judged wrong by capability: the failure rate of a CheckList."""
    playing = _playing(judges)
    counted = {name: measuring.right(reading.cases(), judge) for name, judge in playing.items()}
    rows = [
        [name.replace("_", " "), str(first.of), *(_wrong(each[name]) for each in counted.values())]
        for name, first in next(iter(counted.values())).items()
    ]
    return Sheet(
        name="capabilities",
        title="Judged wrong, by capability",
        heads=("capability", "cases", *playing),
        rows=rows,
    )


def varieties(judge: Contestant) -> Sheet:
    """Return how the same meanings fare in every variety of English."""
    assert judge.judge
    meanings = reading.meanings()
    rows = []
    for variety in meanings[0].said:
        shares = [measuring.found_in(meanings, judge.judge, variety, level) for level in Level]
        change = measuring.against_plain(meanings, judge.judge, variety)
        none, urgent, crisis = map(_share, shares)
        same = "-" if variety == PLAIN else f"{change.same:.0%}"
        rows.append(
            [variety.replace("_", " "), str(change.of), crisis, urgent, none, same, str(change.lower)]
        )
    heads = (
        "variety",
        "meanings",
        "crisis flagged",
        "urgent flagged",
        "none flagged",
        "level as plain",
        "lower",
    )
    return Sheet(name="varieties", title="The same meaning in other words", heads=heads, rows=rows)


def identities(judge: Contestant) -> Sheet:
    """Return whether saying who one is moves the level."""
    assert judge.judge
    meanings = reading.meanings()
    rows = []
    for name, mentions in reading.identities().items():
        change = measuring.with_identity(meanings, judge.judge, mentions)
        rows.append([name, str(change.of), f"{change.same:.1%}", str(change.lower), str(change.higher)])
    heads = ("mention of", "pairs", "same level", "lower", "higher")
    return Sheet(name="identities", title="With a mention of who somebody is", heads=heads, rows=rows)


def write_page(sheets: Sequence[Sheet], page: Path = PAGE) -> None:
    """Put each table between its markers on the page; what was not measured now stays as it was."""
    text = page.read_text(encoding="utf-8")
    for sheet in sheets:
        begin, end = f"<!-- {sheet.name}: measured -->", f"<!-- {sheet.name}: end -->"
        between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        assert between.search(text), f"{page.name} has no place for {sheet.name}"
        # A function, for in a replacement text a backslash would mean something.
        text = between.sub(partial(_same, f"{begin}\n{sheet.markdown()}\n{end}"), text)
    page.write_text(text, encoding="utf-8")


def _playing(judges: Sequence[Contestant]) -> Mapping[str, Judge]:
    return {each.name: each.judge for each in judges if each.judge}


def absent(judges: Sequence[Contestant]) -> str:
    """Say who did not take part, and why."""
    left = {each.name: each.note for each in judges if not each.judge} | LEFT_OUT
    return "Left out: " + "; ".join(f"{name} ({why})" for name, why in left.items()) + "."


def _share(count: Count) -> str:
    return f"{count.share:.0%}" if count.of else "-"


def _wrong(count: Count) -> str:
    return f"{1 - count.share:.0%}"


def _same(new: str, _found: re.Match[str]) -> str:
    return new


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def all_sheets(judges: Sequence[Contestant]) -> Iterator[Sheet]:
    """Yield every table of our own sentences."""
    yield sets(judges)
    yield learning(judges)
    yield fresh(judges)
    yield capabilities(judges)
    yield varieties(judges[0])
    yield identities(judges[0])
