"""The benchmarks still run: tiny sizes, no figure is judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import report
from tests.bench.__main__ import BENCHES, main, measure
from tests.bench.figures import QUICK, Better, Figure, Target


async def test_the_idle_benchmark_gives_a_figure_beside_its_baseline() -> None:
    """A run of the smallest size measures both and passes through the table and the JSON."""
    figures = await measure(["idle"], replace(QUICK, enrolled=(20,), ticks=3))
    assert all(figure.ours > 0 and figure.ratio for figure in figures["idle"])
    assert report.table(figures).row_count == len(figures["idle"])
    assert '"ratio"' in report.as_json(figures)


def test_the_page_has_a_place_for_every_benchmark(tmp_path: Path) -> None:
    """Writing replaces what stands between the markers, and nothing else."""
    page = tmp_path / "performance.md"
    page.write_text(report.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    figure = Figure(
        what="a thing", unit="ms", ours=2.0, baseline=4.0, better=Better.LOWER, target=Target(limit=3)
    )
    for _ in range(2):
        report.write_page({name: [figure] for name in BENCHES}, page)
    assert page.read_text(encoding="utf-8").count("| a thing | 2.00 ms | 4.00 ms | 0.50 |") == len(BENCHES)


def test_an_unknown_name_is_a_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """The answer names the ones there are."""
    assert main(["--only", "nothing"]) == 2
    assert "planner" in capsys.readouterr().err


def test_a_target_may_be_a_share_of_the_baseline() -> None:
    """60% of the bare loop is met by 0.7 of it, and not by 0.5."""
    met = [
        Figure(
            what="x",
            unit="/s",
            ours=ours,
            baseline=100,
            better=Better.HIGHER,
            target=Target(limit=0.6, share=True),
        ).met
        for ours in (70, 50)
    ]
    assert met == [True, False]
