"""`handrail transfer` says what moves, writes nothing on a dry run, and names a mistake in one sentence."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli import EXAMPLE, Shell


@pytest.fixture
def imported(keyed: Shell) -> Shell:
    """Return a shell whose database holds the example programme."""
    assert keyed("import", str(EXAMPLE)).code == 0
    return keyed


def test_a_dry_run_writes_nothing_and_twice_moves_nobody(imported: Shell) -> None:
    """First what would move, then the move, then nobody is left to move."""
    dry = imported("transfer", "--from", "dana", "--to", "jo", "--dry-run")
    assert dry.code == 0
    assert dry.out == "1 with jo now: p1. Told by text: p1. Dry run: nothing was written.\n"
    real = imported("transfer", "--from", "dana", "--to", "jo", "--json")
    data = json.loads(real.out)
    assert (data["people"], data["told"], data["dry_run"]) == (["p1"], ["p1"], False)
    assert imported("transfer", "--from", "dana", "--to", "jo").out.startswith("Nobody to move")


def test_a_mistake_is_one_sentence(imported: Shell) -> None:
    """Nobody of that name; somebody else's person."""
    unknown = imported("transfer", "--from", "dana", "--to", "max")
    assert unknown.code == 1
    assert unknown.err == "There is nobody called max on staff; `handrail export` lists them.\n"
    others = imported("transfer", "--from", "dana", "--to", "lee", "--only", "p2")
    assert others.code == 1
    assert others.err == "Not with dana: p2; `handrail export` shows who is with whom.\n"
