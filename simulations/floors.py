"""Runs a scenario on its floors: one in this process, several side by side in a process each.

Floors share the market, whose prices follow from the seed, and nothing else. They keep in step, so that somebody who
ends a run early ends it on the same tick everywhere: each reports now and then, and goes no further than the next
report before all have come to this one.
"""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from multiprocessing.connection import Connection, wait

import orjson
from attrs import evolve

from simulations.division import ONLY, floors
from simulations.floor_processes import floor_processes
from simulations.log_files import FILE_NAME, file_name
from simulations.merging import merged
from simulations.outside import FloorTask, Outside, Progress
from simulations.result import RunResult
from simulations.scenario import Scenario
from simulations.scenario.reading import ScenarioError
from simulations.settling import memory_mib_max


class FloorLost(RuntimeError):
    """The process of a floor ended before its run did."""


def simulate(scenario: Scenario, outside: Outside) -> RunResult:
    """Run a scenario to its horizon, or until somebody wants it to end, and return what it left behind.

    Raises ScenarioError for a market or agents that cannot be made or more than one floor where a database is wanted,
    OSError for files that cannot be written, JournalUnavailable for a database that cannot, FloorLost when a process
    ends that should not.
    """
    if scenario.floors == 1:
        from simulations.runner import simulate_floor  # noqa: PLC0415 - several floors run it in their processes alone

        return simulate_floor(scenario, ONLY, outside)
    if outside.database is not None:
        problem = f"a database holds one floor, and this scenario has {scenario.floors}; set floors to 1"
        raise ScenarioError(scenario.name, [f"floors: {problem}"])
    assert outside.at_end is None, "one floor can be looked at, with simulate_floor"
    began_s = outside.monotonic_s()
    tasks = [
        FloorTask(scenario, floor, outside.provenance, outside.folder, outside.files, outside.until_s)
        for floor in floors(scenario.floors)
    ]
    with floor_processes(tasks) as lines:
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
