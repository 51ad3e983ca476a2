"""The desk of simulations: who asks for one gets a place in its queue, and so many run at a time.

Every job is kept before it is answered. A start of the program takes the queue up again; what ran when the program
ended is shown as interrupted and not run again, for it may be what ended the program.
"""

import logging
from collections.abc import Mapping
from typing import Final

import trio
from attrs import evolve, frozen

from actors.errors import SimulationNotOver, SimulationOver, SimulationsFull, SimulationsUnavailable
from actors.ports.clock import Clock, Ids
from actors.ports.simulations import JobStore, Simulator
from actors.simulating.board import Board
from actors.simulating.messages import (
    CancelSimulation,
    EndRun,
    GiveUp,
    LookAtDisk,
    RemoveSimulation,
    RunEnded,
    StartSimulation,
)
from actors.simulating.model import Ending, Job, JobState, ended, interrupted
from actors.simulating.room import FREE_BYTES_MIN, Limits, Space, clearance, nearly_full, too_large
from actors.simulating.run import SimulationActor
from supervisor import (
    Actor,
    Backoff,
    ChildSpec,
    Exceeded,
    NoSuchActor,
    Restart,
    SupervisorSpec,
    Terminated,
    handles,
)

SIMULATIONS: Final = "/simulations"
DESK: Final = f"{SIMULATIONS}/desk"

DEFAULT_LIMITS: Final = Limits(kept=50, bytes_max=2_000_000_000)

QUEUE_MAX: Final = 20
"""Jobs that may wait; a longer queue is a sweep, and `tradefloor sweep` does that better."""

LOOK_EVERY_S: Final = 2.0
"""How often the disk is looked at while something runs: a run writes some dozens of megabytes until the next look."""

RUN_STOP_S: Final = 15.0
"""How long a run may take to end when its actor is stopped: its process is asked first, then killed."""

_log = logging.getLogger(__name__)


@frozen
class Simulations:
    """What the actors of simulations share; so many run `at_once`, and what is kept of them is within `limits`."""

    board: Board
    simulator: Simulator
    store: JobStore
    clock: Clock
    ids: Ids
    at_once: int = 1
    limits: Limits = DEFAULT_LIMITS


def simulations_tree(simulations: Simulations) -> SupervisorSpec:
    """Return the specification of `/simulations`: the desk, below which the runs are started."""
    desk = ChildSpec(
        "desk",
        lambda: DeskActor(simulations),
        backoff=Backoff(base_s=0.5, max_s=30.0),
        on_exceeded=Exceeded.QUARANTINE,
    )
    return SupervisorSpec("simulations", children=(desk,))


def path_of(job_id: str) -> str:
    """Return where the actor of a run lives."""
    return f"{SIMULATIONS}/{job_id}"


class DeskActor(Actor):
    """Takes jobs, starts their runs in order, and keeps what becomes of them."""

    def __init__(self, simulations: Simulations) -> None:
        self._simulations = simulations
        self._board = simulations.board

    async def started(self) -> None:
        """Take up what is kept. Runs go on while the desk alone is restarted."""
        for job in await self._simulations.store.jobs():
            if job.state.is_over or job.state is JobState.QUEUED:
                self._board.put(job)
            elif self.ctx.system.exists(path_of(job.job_id)):
                self.ctx.watch(self.ctx.ref(path_of(job.job_id)))
            else:
                await self._show(interrupted(job, self._now_us))
        await self._make_room()
        await self._begin_due()
        self.ctx.start_task(self._watch_disk)

    def inspect(self) -> Mapping[str, object]:
        """Show how many jobs there are in each state."""
        counts = {state.value: len(self._in(state)) for state in JobState}
        return {state: count for state, count in counts.items() if count}

    @handles(StartSimulation)
    async def start(self, message: StartSimulation) -> Job:
        """Queue a job, and start it if there is room."""
        if len(self._in(JobState.QUEUED)) >= QUEUE_MAX:
            raise SimulationsFull(f"{QUEUE_MAX} simulations wait already; cancel one, or come back when some have run")
        free_bytes = (await self._space()).free_bytes
        if free_bytes < FREE_BYTES_MIN:
            raise SimulationsUnavailable(nearly_full(free_bytes))
        job = Job(
            job_id=self._simulations.ids.new("sim"),
            wanted=message.wanted,
            plan=message.plan,
            asked_by=message.asked_by,
            created_at_us=self._now_us,
        )
        await self._keep(job)
        await self._begin_due()
        return self._board.job(job.job_id)

    @handles(CancelSimulation)
    async def cancel(self, message: CancelSimulation) -> Job:
        """End a run at its next tick, or take it out of the queue. What was cancelled before is answered the same."""
        job = self._board.job(message.job_id)
        if job.state is JobState.QUEUED:
            failure = "It was cancelled before it began."
            await self._keep(evolve(job, state=JobState.CANCELLED, ended_at_us=self._now_us, failure=failure))
            await self._make_room()
        elif job.state is JobState.RUNNING:
            await self._show(evolve(job, state=JobState.CANCELLING))
            await self.ctx.ref(path_of(job.job_id)).tell(EndRun())
        elif job.state not in {JobState.CANCELLING, JobState.CANCELLED}:
            raise SimulationOver(f"the simulation has ended already: it is {job.state}")
        return self._board.job(job.job_id)

    @handles(RemoveSimulation)
    async def remove(self, message: RemoveSimulation) -> None:
        """Forget a job that is over, with its results."""
        job = self._board.job(message.job_id)
        if not job.state.is_over:
            raise SimulationNotOver(f"the simulation is {job.state}; cancel it first")
        await self._forget(job)

    @handles(RunEnded)
    async def run_ended(self, message: RunEnded) -> None:
        """Keep what came of a run, if that is not too much, and start the next one."""
        ending = message.ending
        size_bytes = await self._size_of(message.job_id)
        if size_bytes > self._simulations.limits.bytes_max:
            ending = Ending(failure=too_large(size_bytes, self._simulations.limits.bytes_max))
        if ending.result is None:
            await self._clear(message.job_id)
        await self._over(message.job_id, ending)

    @handles(Terminated)
    async def actor_ended(self, message: Terminated) -> None:
        """See that no run is left without an end: its actor crashed, or an operator stopped it."""
        job_id = message.path.rpartition("/")[2]
        cause = message.exit.cause
        await self._over(job_id, None if cause is None else Ending(failure=f"Its actor crashed: {cause!r}"))

    async def _over(self, job_id: str, ending: Ending | None) -> None:
        """Show a run as ended, unless it is already; None: it was interrupted."""
        job = self._board.job(job_id)
        if not job.state.is_over:
            await self._show(interrupted(job, self._now_us) if ending is None else ended(job, ending, self._now_us))
            await self._make_room()
        await self._begin_due()

    async def _begin_due(self) -> None:
        """Start the oldest that wait, as many as may run beside those that do."""
        running = len(self._in(JobState.RUNNING, JobState.CANCELLING))
        for job in self._in(JobState.QUEUED)[: max(0, self._simulations.at_once - running)]:
            try:
                self.ctx.watch(self.ctx.start_child_nowait(self._run_of(job.job_id)))
            except NoSuchActor:  # The floor is stopping; the queue is taken up again at its next start.
                return
            await self._show(evolve(job, state=JobState.RUNNING, started_at_us=self._now_us))

    def _run_of(self, job_id: str) -> ChildSpec:
        shared = self._simulations
        return ChildSpec(
            job_id,
            lambda: SimulationActor(job_id, shared.board, shared.simulator, self.ctx.self_ref),
            restart=Restart.TEMPORARY,
            shutdown_s=RUN_STOP_S,
        )

    @handles(LookAtDisk)
    async def look_at_disk(self, _message: LookAtDisk) -> None:
        """Make room for what runs."""
        await self._make_room()

    async def _watch_disk(self) -> None:
        while True:
            await trio.sleep(LOOK_EVERY_S)
            if any(job.state.is_running for job in self._board.jobs):
                await self.ctx.self_ref.tell(LookAtDisk())

    async def _make_room(self) -> None:
        """Forget the oldest of those that are over, and give up runs, as far as the limits want it."""
        try:
            cleared = clearance(self._board.jobs, await self._space(), self._simulations.limits)
        except SimulationsUnavailable as error:
            _log.warning("what simulations take of the disk is not bounded now: %s", error)
            return
        for job_id, reason in cleared.given_up.items():
            await self.ctx.ref(path_of(job_id)).tell(GiveUp(reason))
        for job_id in cleared.forgotten:
            try:
                await self._forget(self._board.job(job_id))
            except SimulationsUnavailable as error:
                _log.warning("%s is kept for longer than it should be: %s", job_id, error)

    async def _space(self) -> Space:
        try:
            return await self._simulations.store.space()
        except OSError as error:
            raise SimulationsUnavailable(f"the disk of simulations cannot be read: {error}") from error

    async def _size_of(self, job_id: str) -> int:
        """Return what a job takes of the disk, 0 where that cannot be told."""
        try:
            return (await self._space()).sizes_bytes.get(job_id, 0)
        except SimulationsUnavailable:
            return 0

    async def _clear(self, job_id: str) -> None:
        """Remove what a run without a result has written."""
        try:
            await self._simulations.store.clear(job_id)
        except OSError as error:
            _log.warning("what %s has written could not be removed: %s", job_id, error)

    async def _keep(self, job: Job) -> None:
        """Keep a job and show it. Raises SimulationsUnavailable, and then nothing has changed."""
        try:
            await self._simulations.store.save(job)
        except OSError as error:
            raise SimulationsUnavailable(f"simulations cannot be kept: {error}") from error
        self._board.put(job)

    async def _show(self, job: Job) -> None:
        """Show what has happened to a job, also where that cannot be kept: the next start then calls it interrupted."""
        self._board.put(job)
        try:
            await self._simulations.store.save(job)
        except OSError as error:
            _log.warning("that %s is %s could not be kept: %s", job.job_id, job.state, error)

    async def _forget(self, job: Job) -> None:
        try:
            await self._simulations.store.remove(job.job_id)
        except OSError as error:
            raise SimulationsUnavailable(f"its files cannot be removed: {error}") from error
        self._board.remove(job.job_id)

    def _in(self, *states: JobState) -> list[Job]:
        return [job for job in self._board.jobs if job.state in states]

    @property
    def _now_us(self) -> int:
        return self._simulations.clock.now_us()
