"""Simulations without processes and files: they go as far as a test lets them, and fail on request."""

from collections.abc import Callable, Sequence
from typing import Final

import trio
from attrs import define, field

from actors.ports.simulations import Mistake, ScenarioRefused
from actors.simulating.board import Board
from actors.simulating.desk import DEFAULT_LIMITS, Simulations
from actors.simulating.model import Ending, Job, Plan, Progress, Result, Scenario, Wanted
from actors.simulating.room import MB, Limits, Space
from simulations.ports.clock import CountingIds, VirtualClock
from tests.actors.builders import NOW_US

PLAN: Final = Plan(agents=200, ticks=864, virtual_s=259_200.0, seed=7)
RESULT: Final = Result("digest", ended_early=False, figures={"gain": 0.25, "trades": 12, "busyShare": None})
CUT: Final = Result("cut", ended_early=True, figures={"gain": 0.5, "trades": 3})
REPORT: Final = b"<!doctype html><title>report</title>" + b" " * 2_000


def progress(ticks: int) -> Progress:
    """Return the progress of a run after so many ticks."""
    return Progress(ticks, PLAN.ticks, ticks * 300.0, ticks / 100, ticks * 2)


@define
class Run:
    """A run that waits for the test to end it."""

    wanted: Wanted
    wants_end: trio.Event
    on_progress: Callable[[Progress], None]
    ending: Ending | None = None
    crash: Exception | None = None
    over: trio.Event = field(factory=trio.Event)
    was_stopped: bool = False

    def end(self, ending: Ending) -> None:
        """Let it end so."""
        self.ending = ending
        self.over.set()

    def fail(self, crash: Exception) -> None:
        """Let it raise, as no simulator should."""
        self.crash = crash
        self.over.set()


@define
class FakeSimulator:
    """Satisfies `actors.ports.simulations.Simulator` in the loop; `runs` has each by its job.

    One that `obliges` begins at once and ends as soon as that is wanted, instead of waiting for the test.
    """

    runs: dict[str, Run] = field(factory=dict)
    obliges: bool = False

    def scenarios(self) -> Sequence[Scenario]:
        """Return the one there is."""
        return (Scenario("quickstart", "Two hundred agents trade.", PLAN),)

    def plan(self, wanted: Wanted) -> Plan:
        """Refuse every setting, and all scenarios but one."""
        mistakes = [Mistake(setting.partition("=")[0], "is not known here") for setting in wanted.settings]
        if wanted.scenario != "quickstart":
            mistakes.append(Mistake("scenario", "must be one of quickstart"))
        if mistakes:
            raise ScenarioRefused(mistakes)
        return PLAN

    async def run(
        self, job_id: str, wanted: Wanted, wants_end: trio.Event, on_progress: Callable[[Progress], None]
    ) -> Ending:
        """Wait for the test."""
        run = self.runs[job_id] = Run(wanted, wants_end, on_progress)
        try:
            if self.obliges:
                on_progress(progress(0))
                await wants_end.wait()
                run.end(Ending(CUT))
            await run.over.wait()
        except trio.Cancelled:
            run.was_stopped = True
            raise
        if run.crash is not None:
            raise run.crash
        assert run.ending is not None
        return run.ending


@define
class MemoryJobs:
    """Satisfies `actors.ports.simulations.JobStore` in memory; while it is `full` nothing can be kept or removed.

    `sizes_bytes` is what the results of jobs take; while it `is_unreadable` nobody can tell.
    """

    kept: dict[str, Job] = field(factory=dict)
    reports: dict[str, bytes] = field(factory=dict)
    full: bool = False
    sizes_bytes: dict[str, int] = field(factory=dict)
    free_bytes: int = 10_000 * MB
    is_unreadable: bool = False

    async def jobs(self) -> Sequence[Job]:
        """Return the jobs, the oldest first."""
        await trio.lowlevel.checkpoint()
        return sorted(self.kept.values(), key=lambda job: (job.created_at_us, job.job_id))

    async def save(self, job: Job) -> None:
        """Keep a job."""
        await self._change()
        self.kept[job.job_id] = job

    async def remove(self, job_id: str) -> None:
        """Forget a job."""
        await self._change()
        self.kept.pop(job_id, None)
        self._drop_results(job_id)

    async def clear(self, job_id: str) -> None:
        """Drop the results of a job."""
        await self._change()
        self._drop_results(job_id)

    async def space(self) -> Space:
        """Return the sizes that the test has set."""
        await trio.lowlevel.checkpoint()
        if self.is_unreadable:
            raise OSError(5, "Input/output error")
        return Space({job_id: self.sizes_bytes.get(job_id, 0) for job_id in self.kept}, self.free_bytes)

    async def report(self, job_id: str) -> bytes | None:
        """Return a report."""
        await trio.lowlevel.checkpoint()
        return self.reports.get(job_id)

    def _drop_results(self, job_id: str) -> None:
        self.reports.pop(job_id, None)
        self.sizes_bytes.pop(job_id, None)

    async def _change(self) -> None:
        await trio.lowlevel.checkpoint()
        if self.full:
            raise OSError(28, "No space left on device")


def simulations(
    simulator: FakeSimulator, store: MemoryJobs, at_once: int = 1, limits: Limits = DEFAULT_LIMITS
) -> Simulations:
    """Return what the actors of simulations share, out of fakes."""
    return Simulations(Board(), simulator, store, VirtualClock(NOW_US), CountingIds(), at_once, limits)
