"""Figures, their ratios and what is wanted of them, as JSON and as a table."""

import io

import pytest
from rich.console import Console

from simulations.bench.report import Figure, as_json, print_table


@pytest.mark.parametrize(
    ("figure", "ratio", "is_met"),
    [
        (Figure("a", 3.0, "1/s"), None, None),
        (Figure("a", 3.0, "1/s", 2.0, "bare", ratio_min=1.5), 1.5, True),
        (Figure("a", 2.9, "1/s", 2.0, "bare", ratio_min=1.5), 1.45, False),
        (Figure("a", 3.0, "1/s", 0.0, "bare", ratio_min=1.5), None, None),
        (Figure("a", 3.0, "s", value_max=3.0), None, True),
        (Figure("a", 3.1, "s", value_max=3.0), None, False),
    ],
)
def test_figure_is_met_by_its_ratio_or_its_limit(figure: Figure, ratio: float | None, is_met: bool | None) -> None:
    """Without a target, or a bound to compare with, nothing is said."""
    assert (figure.ratio, figure.is_met) == (ratio, is_met)


def test_json_and_table_show_the_same() -> None:
    """Machines get every field, people a line for each figure."""
    figures = [
        Figure("asks", 90_000.4, "1/s", 45_000.2, "bare trio", ratio_min=1.5),
        Figure("stop", 1.25, "s", value_max=10),
    ]
    assert as_json(figures)[0] == {
        "name": "asks",
        "value": 90000.4,
        "unit": "1/s",
        "bound": 45000.2,
        "boundName": "bare trio",
        "ratio": 2.0,
        "ratioMin": 1.5,
        "valueMax": None,
        "met": True,
    }
    out = io.StringIO()
    print_table("runtime", figures, Console(file=out, width=120))
    lines = out.getvalue().splitlines()
    assert [
        word
        for word in ("runtime", "90,000", "bare trio: 45,000", "2.00", ">= 1.50", "met")
        if word not in out.getvalue()
    ] == []
    assert any("stop" in line and "1.25" in line and "<= 10.00" in line for line in lines)


def test_a_table_fits_eighty_columns() -> None:
    """Names give way, numbers never do; what no figure has gets no column."""
    out = io.StringIO()
    figures = [Figure(f"{count:,} agents, agent-ticks after the opening", count, "1/s") for count in (10, 10**9)]
    print_table("simulate", figures, Console(file=out, width=80))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert any("1,000,000,000 1/s" in line for line in lines)
    assert not any(heading in out.getvalue() for heading in ("bound", "ratio", "wanted"))
