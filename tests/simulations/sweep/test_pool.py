"""What a process of a sweep keeps of the cases that it has run."""

import gc

from simulations.sweep.plan import Case
from simulations.sweep.pool import run_case
from supervisor.cell import Cell
from tests.simulations.runs import OUTSIDE, short_form


def cells() -> int:
    """Count the cells in this process."""
    return sum(type(one) is Cell for one in gc.get_objects())


def test_a_run_leaves_nothing_behind_but_its_outcome() -> None:
    """Also where the collector never comes by itself, as in a process that is told to collect seldom."""
    case = Case((), short_form("quickstart", agents=3, ticks=2))
    gc.collect()
    before = cells()
    gc.disable()
    try:
        outcome = run_case(case, OUTSIDE.provenance, None)
        left = cells()
    finally:
        gc.enable()
    assert outcome.trades > 0
    assert left == before
