"""Runs the cases of a sweep side by side, each in a process that does nothing else."""

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path
from time import perf_counter
from typing import Final

from attrs import frozen

from simulations.floors import simulate
from simulations.outside import Outside
from simulations.result import Provenance
from simulations.sweep.outcome import Outcome, outcome_of
from simulations.sweep.plan import Case

LOOK_S: Final = 0.2
"""How often it is asked whether the sweep is to end."""


@frozen
class Workers:
    """How cases are run: in so many processes, each prepared by a function that can be pickled.

    ``files`` is the folder from which a scenario's files of prices count.
    """

    jobs: int
    prepare: Callable[[], None]
    provenance: Provenance
    files: Path | None


def run_cases(cases: Sequence[Case], workers: Workers, wants_end: Callable[[], bool]) -> Iterator[tuple[Case, Outcome]]:
    """Run cases and yield each with its outcome, in the order in which they end; end the processes when told to.

    Raises what a run raises, and ``concurrent.futures.process.BrokenProcessPool`` when a process dies.
    """
    # Fresh processes: one that is forked from a program with threads may find a lock that nobody will ever release.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers.jobs, context, initializer=workers.prepare)
    is_done = False
    try:
        due = {pool.submit(run_case, case, workers.provenance, workers.files): case for case in cases}
        left = set(due)
        while left and not wants_end():
            ended, left = wait(left, LOOK_S, FIRST_COMPLETED)
            for done in ended:
                yield due[done], done.result()
        is_done = not left
    finally:
        if not is_done:  # First, as one that is told to end would be ended in the midst of that.
            for process in multiprocessing.active_children():
                process.terminate()
        pool.shutdown(wait=is_done, cancel_futures=True)


def run_case(case: Case, provenance: Provenance, files: Path | None) -> Outcome:
    """Run one case in this process, and leave nothing of it behind but its outcome."""
    outcome = outcome_of(simulate(case.scenario, Outside(perf_counter, provenance, files=files)))
    # Actors that know each other are cycles, which a process that collects seldom would pile up run by run.
    gc.collect()
    return outcome
