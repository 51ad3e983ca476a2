"""The benchmark of the runtime measures what it says it does."""

import pytest

from simulations.bench.runtime import run, traced


@pytest.mark.usefixtures("processes_unmeasured")
def test_each_figure_is_there_with_its_bound_or_limit() -> None:
    """Quickly, so only that something plausible comes out; how fast it is depends on the machine."""
    figures = {figure.name: figure for figure in run(quick=True)}
    assert list(figures) == [
        "asks",
        "tells",
        "spawns",
        "idle actor with its task",
        "idle actor, passive",
        "start of 10,000 idle actors",
        "stop of 10,000 idle actors",
        "start of 10,000 passive actors",
        "stop of 10,000 passive actors",
    ]
    assert all(figure.value > 0 for figure in figures.values())
    assert [figures[name].ratio is not None for name in ("asks", "tells", "spawns")] == [True, False, True]
    assert figures["idle actor with its task"].is_met
    assert figures["idle actor, passive"].is_met


def test_tracing_is_measured_beside_asks_that_are_not_traced() -> None:
    """Both in one run."""
    figure = traced(quick=True)
    assert (figure.bound_name, figure.value > 0, (figure.bound or 0) > 0) == ("not traced", True, True)
