"""Runs a scenario on its floors: one in this process, several side by side in a process each.

Floors share the market, whose prices follow from the seed, and nothing else. They keep in step, so that somebody who
ends a run early ends it on the same tick everywhere: each reports now and then, and goes no further than the next
report before all have come to this one.
"""

import logging
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

import orjson
from attrs import define, evolve, frozen

from simulations.division import ONLY, Floor, floors
from simulations.event_log import FILE_NAME, file_name
from simulations.merging import merged
from simulations.result import Provenance, RunResult
from simulations.runner import Outside, Progress, simulate_floor
from simulations.scenario import Scenario
from simulations.scenario.reading import ScenarioError
from simulations.settling import few_collections, memory_mib_max

REPORTS: Final = 100
"""How often a floor reports in a run at most, at most once a tick: each time it may have to wait for the others."""


class FloorLost(RuntimeError):
    """The process of a floor ended before its run did."""


def simulate(scenario: Scenario, outside: Outside) -> RunResult:
    """Run a scenario to its horizon, or until somebody wants it to end, and return what it left behind.

    Raises ScenarioError for a market that cannot be made or more than one floor where a database is wanted, OSError for
    files that cannot be written, FloorLost when a process ends that should not.
    """
    if scenario.floors == 1:
        return simulate_floor(scenario, ONLY, outside)
    if outside.database is not None:
        problem = f"a database holds one floor, and this scenario has {scenario.floors}; set floors to 1"
        raise ScenarioError(scenario.name, [f"floors: {problem}"])
    assert outside.at_end is None, "one floor can be looked at, with simulate_floor"
    began_s = outside.monotonic_s()
    task = _Task(scenario, outside.provenance, outside.folder, outside.files, outside.until_s)
    with _processes(task) as lines:
        parts = _Crew(scenario, outside, lines).results()
    text = _index(parts)
    if outside.folder is not None:
        (outside.folder / FILE_NAME).write_bytes(text)
    whole = merged(parts, sha256(text).hexdigest(), outside.monotonic_s() - began_s)
    memory = whole.pace.memory_mib_max + memory_mib_max()
    return evolve(whole, pace=evolve(whole.pace, memory_mib_max=memory))


def _index(parts: Sequence[RunResult]) -> bytes:
    """Return the log of a divided run: a line for each floor, which names its own log and tells that one's digest."""
    lines = (
        {"floor": floor.number + 1, "file": file_name(floor), "events": part.events, "sha256": part.digest}
        for floor, part in zip(floors(len(parts)), parts, strict=True)
    )
    return b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


@frozen
class _Task:
    """What a process needs to know to run one of a scenario's floors."""

    scenario: Scenario
    provenance: Provenance
    folder: Path | None
    files: Path | None
    until_s: float | None


@contextmanager
def _processes(task: _Task) -> Iterator[list[Connection]]:
    """Start a process for each floor and give the ends of their lines; whatever happens, none is left."""
    # Fresh processes: one that is forked from a program with threads may find a lock that nobody will ever release.
    context = multiprocessing.get_context("spawn")
    processes: list[SpawnProcess] = []
    lines: list[Connection] = []
    try:
        with _interrupts_held():
            for floor in floors(task.scenario.floors):
                line, its_line = context.Pipe()
                lines.append(line)
                process = context.Process(target=_serve, args=(task, floor, its_line), name=floor.name, daemon=True)
                process.start()
                processes.append(process)
                its_line.close()  # Or the end of that process would not be the end of the line.
        yield lines
    finally:
        for line in lines:
            line.close()
        for process in processes:
            process.terminate()
            process.join()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let a Ctrl-C wait until the end, and have the processes that are started meanwhile never hear of one.

    A terminal sends it to all of them, and it is the first process that says what comes of it.
    """
    resource_tracker.ensure_running()  # To start it with the first process would let in what is held back.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Crew:
    """The floors of a run, from the outside."""

    def __init__(self, scenario: Scenario, outside: Outside, lines: Sequence[Connection]) -> None:
        self._scenario = scenario
        self._outside = outside
        self._lines = lines
        self._reports: list[list[Progress]] = [[] for _ in lines]
        self._results: dict[int, RunResult] = {}
        self._passed = 0

    def results(self) -> list[RunResult]:
        """Return what the floors leave behind, in their order, once all are over."""
        while len(self._results) < len(self._lines):
            left = {line: number for number, line in enumerate(self._lines) if number not in self._results}
            for line in wait(list(left)):
                assert isinstance(line, Connection)
                self._take(left[line], line)
            while all(len(reports) > self._passed for reports in self._reports):
                self._pass()
        return [self._results[number] for number in range(len(self._lines))]

    def _take(self, number: int, line: Connection) -> None:
        try:
            message = line.recv()
        except (EOFError, ConnectionError) as error:
            advice = "when memory has run out, ask for fewer agents with --agents"
            raise FloorLost(f"The process of floor {number + 1} ended before its run did; {advice}.") from error
        match message:
            case Progress():
                self._reports[number].append(message)
            case RunResult():
                self._results[number] = message
            case _:
                raise message

    def _pass(self) -> None:
        """Tell how far all are, and let them go on or end."""
        reports = [reports[self._passed] for reports in self._reports]
        self._passed += 1
        self._outside.on_progress(
            evolve(reports[0], trades=sum(report.trades for report in reports), agents=self._scenario.agents)
        )
        ends = self._outside.wants_end()
        for number, line in enumerate(self._lines):
            if number not in self._results:
                with suppress(BrokenPipeError):  # It has ended already, and what it left waits to be read.
                    line.send(ends)


def _serve(task: _Task, floor: Floor, line: Connection) -> None:
    """Be the process of a floor: run it and send what it leaves behind, or the error of the outside that ended it."""
    logging.getLogger().addHandler(logging.NullHandler())
    steps = _Steps(line, -(-task.scenario.time.ticks_total // REPORTS))
    outside = Outside(
        monotonic_s=_no_time,
        provenance=task.provenance,
        on_progress=steps.report,
        wants_end=steps.is_over,
        folder=task.folder,
        files=task.files,
        until_s=task.until_s,
    )
    result: RunResult | Exception
    # Until the end of this process, which has nothing to do any more once it has sent what it leaves behind.
    with few_collections():
        try:
            result = simulate_floor(task.scenario, floor, outside)
        except (ScenarioError, OSError) as error:
            result = error
        with suppress(ConnectionError):
            line.send(result)


@define
class _Steps:
    """Keeps a floor in step with the others; where nobody listens any more, the run is over."""

    _line: Connection
    _every_ticks: int
    _awaits: bool = False
    _over: bool = False

    def report(self, progress: Progress) -> None:
        """Say how far this floor is, once all others have come to where it reported last."""
        if progress.ticks % self._every_ticks and progress.ticks < progress.ticks_total:
            return
        try:
            if self._awaits:
                self._over = self._line.recv()
            self._line.send(progress)
        except (EOFError, ConnectionError):
            self._over = True
        self._awaits = True

    def is_over(self) -> bool:
        """Say whether somebody wants the run to end here."""
        return self._over


def _no_time() -> float:
    return 0.0
