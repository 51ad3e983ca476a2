"""The benchmark of simulations measures what it says."""

import pytest

from simulations.bench import simulate


@pytest.mark.usefixtures("processes_unmeasured")
def test_a_quick_run_has_every_figure() -> None:
    """In a process of its own, with its time, its rates and its memory."""
    figures = {figure.name: figure.value for figure in simulate.run(quick=True)}

    assert list(figures) == [
        "100 agents, 240 ticks",
        "100 agents, agent-ticks",
        "100 agents, trades",
        "100 agents, trades in all",
        "100 agents, until the first tick",
        "100 agents, trades while it opens",
        "100 agents, agent-ticks after that",
        "100 agents, trades after that",
        "100 agents, peak of memory",
    ]
    assert all(value > 0 for value in figures.values())
