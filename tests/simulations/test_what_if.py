"""What renews docs/what-if.md: its tables have their places there."""

import pytest

from simulations.scenario import load
from simulations.sweep.outcome import Outcome
from simulations.sweep.plan import cases, parse_variation
from simulations.sweep.table import points
from tests.simulations.what_if import PAGE, SCENARIO, SWEEPS, Sweep, table_of, with_table

OUTCOME = Outcome(0.0123, 0.01, 0.02, 7, 5.0, 4.0, 0.25, 600.0, 0.5, -1_234.0, "digest")


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)
def test_the_page_has_a_place_for_each_table(sweep: Sweep) -> None:
    """One mark before and one after it."""
    page = with_table(PAGE.read_text("utf-8"), sweep.name, "| a table |")

    assert page.count("| a table |") == 1


def test_a_table_has_a_row_for_each_setting() -> None:
    """Its values as a person writes them, and its figures."""
    (lives, *_) = SWEEPS
    planned = cases(load(SCENARIO), tuple(map(parse_variation, lives.varied)), 1, lambda scenario: scenario)
    found = points(planned, {case.identity: OUTCOME for case in planned})

    assert table_of(found, lives.columns).splitlines() == [
        "| requests live | decisions a day | expired | waited (median) | gain against the first |",
        "| --- | --- | --- | --- | --- |",
        "| 4h | 4.0 | 25.0 % | 10 min | 0.00 % |",
        "| 8h | 4.0 | 25.0 % | 10 min | 0.00 % |",
        "| 16h | 4.0 | 25.0 % | 10 min | 0.00 % |",
    ]
