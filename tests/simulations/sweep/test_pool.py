"""The processes of a sweep: what they keep of the cases that they have run, and how they end."""

import gc
import multiprocessing
from multiprocessing.process import BaseProcess

import pytest

from simulations.sweep.plan import Case
from simulations.sweep.pool import Workers, run_case, run_cases
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


@pytest.mark.usefixtures("processes_unmeasured")
def test_processes_end_by_themselves() -> None:
    """What they have to do at their end, such as saying what they ran, is not cut short."""
    cases = [Case((), short_form("quickstart", agents=3, ticks=2))] * 2
    processes: list[BaseProcess] = []
    for _ in run_cases(cases, Workers(1, gc.enable, OUTSIDE.provenance, None), lambda: False):
        processes = list(multiprocessing.active_children())
    assert [process.exitcode for process in processes] == [0]
