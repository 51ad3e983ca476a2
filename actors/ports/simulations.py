"""The ports to simulations: what runs them, and what keeps them."""

from collections.abc import Callable, Sequence
from typing import Protocol

import trio
from attrs import frozen

from actors.simulating.model import Ending, Job, Plan, Progress, Scenario, Wanted
from actors.simulating.room import Space


@frozen
class Mistake:
    """One mistake of a scenario: the key at fault, such as `oversight.approvers`, and what is wrong with it."""

    key: str
    message: str


class ScenarioRefused(ValueError):
    """A scenario cannot be run as it is asked for; `mistakes` has every key at fault."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(f"{mistake.key}: {mistake.message}" for mistake in mistakes))
        self.mistakes = tuple(mistakes)


class Simulator(Protocol):
    """Runs simulations beside the floor, without keeping its loop busy."""

    def scenarios(self) -> Sequence[Scenario]:
        """Return what can be started."""
        ...

    def plan(self, wanted: Wanted) -> Plan:
        """Return what a job comes to. Raises ScenarioRefused."""
        ...

    async def run(
        self, job_id: str, wanted: Wanted, wants_end: trio.Event, on_progress: Callable[[Progress], None]
    ) -> Ending:
        """Run a job to its end, or until somebody wants it to end: then the result is of what was run by then.

        A cancellation ends it at once, without a result. What goes wrong in the run is its ending, not an exception.
        """
        ...


class JobStore(Protocol):
    """Keeps jobs and what they leave behind over restarts of the program."""

    async def jobs(self) -> Sequence[Job]:
        """Return the jobs that are kept, the oldest first. Raises OSError."""
        ...

    async def save(self, job: Job) -> None:
        """Keep a job as it is now. Raises OSError."""
        ...

    async def remove(self, job_id: str) -> None:
        """Forget a job, with its results. Raises OSError."""
        ...

    async def clear(self, job_id: str) -> None:
        """Remove the results of a job, and keep the job. Raises OSError."""
        ...

    async def space(self) -> Space:
        """Return what is taken and what is free. Raises OSError."""
        ...

    async def report(self, job_id: str) -> bytes | None:
        """Return the report of a run as HTML in UTF-8, None where there is none. Raises OSError."""
        ...
