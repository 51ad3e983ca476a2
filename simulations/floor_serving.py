"""What the process of a floor does: it runs the floor in step with the others, and sends what that leaves behind."""

import logging
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Final

from attrs import define

from simulations.outside import FloorTask, Outside, Progress
from simulations.result import RunResult
from simulations.runner import simulate_floor
from simulations.scenario.reading import ScenarioError

REPORTS: Final = 100
"""How often a floor reports in a run at most, at most once a tick: each time it may have to wait for the others."""


def serve(line: Connection) -> None:
    """Run the floor that comes over a line, and send what it leaves behind, or the error that the outside caused."""
    logging.getLogger().addHandler(logging.NullHandler())
    task: FloorTask = line.recv()
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
    try:
        result = simulate_floor(task.scenario, task.floor, outside)
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
